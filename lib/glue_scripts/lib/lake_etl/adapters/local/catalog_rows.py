"""Reads and writes the rows of the laptop's catalog, as tables, partitions and views."""
from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lake_etl.adapters.change_records import read_record, record_bytes
from lake_etl.adapters.local.lake_paths import connection_paths
from lake_etl.ports import Column, Partition, Table, TableChange

TABLE_FIELDS = 'database, name, columns, partition_keys, location, description, parameters'
# Locations are stored relative to the lake; the SQL functions that convert them belong to a catalog's connection.
READ_FIELDS = TABLE_FIELDS.replace('location', 'lake_full(location)')


@dataclass(frozen=True, kw_only=True)
class View:
    """A view of the catalog.

    database, name  lower case
    statement       the statement as its author wrote it, in the dialect of Athena
    translated      its query for DuckDB, every table with its database
    reads           (database, name) of the tables and views in the query
    """

    database: str
    name: str
    statement: str
    translated: str
    reads: tuple[tuple[str, str], ...]


def read_tables(connection: sqlite3.Connection, database: str | None = None) -> tuple[Table, ...]:
    """Return the tables of one database, or of all, ordered by database and name."""
    rows = connection.execute(
        f'SELECT {READ_FIELDS} FROM catalog_tables WHERE ?1 IS NULL OR database = ?1 ORDER BY database, name',
        (database.lower() if database is not None else None,))
    return tuple(_table(row) for row in rows)


def read_table(connection: sqlite3.Connection, database: str, name: str) -> Table | None:
    """Return one table, or None."""
    row = connection.execute(f'SELECT {READ_FIELDS} FROM catalog_tables WHERE database = ? AND name = ?',
                             (database.lower(), name.lower())).fetchone()
    return _table(row) if row else None


def read_partitions(connection: sqlite3.Connection, database: str, name: str) -> tuple[Partition, ...]:
    """Return a table's partitions ordered by value."""
    rows = connection.execute(
        'SELECT partition_values, lake_full(location), columns, parameters FROM catalog_partitions '
        'WHERE database = ? AND table_name = ?', (database.lower(), name.lower()))
    partitions = (Partition(tuple(json.loads(values)), location, _columns(columns), json.loads(parameters))
                  for values, location, columns, parameters in rows)
    return tuple(sorted(partitions, key=lambda partition: partition.values))


def read_changes(connection: sqlite3.Connection, database: str, name: str) -> tuple[TableChange, ...]:
    """Return the history of a table, the latest change first."""
    rows = connection.execute('SELECT record FROM catalog_history WHERE database = ? AND table_name = ? '
                              'ORDER BY id DESC', (database.lower(), name.lower()))
    paths = connection_paths(connection)
    return tuple(read_record(record, paths.full) for record, in rows)


def write_change(connection: sqlite3.Connection, table: Table, change: TableChange) -> None:
    """Add a change to the history of a table."""
    connection.execute('INSERT INTO catalog_history VALUES (?, ?, ?, ?)', (
        change.id, table.database, table.name, record_bytes(change, connection_paths(connection).stored)))


def read_views(connection: sqlite3.Connection) -> tuple[View, ...]:
    """Return all views ordered by database and name."""
    rows = connection.execute(
        'SELECT database, name, statement, translated, reads FROM catalog_views ORDER BY database, name')
    return tuple(View(database=database, name=name, statement=statement, translated=translated,
                      reads=tuple((schema, table) for schema, table in json.loads(reads)))
                 for database, name, statement, translated, reads in rows)


def read_databases(connection: sqlite3.Connection) -> tuple[str, ...]:
    """Return the names of the databases in order."""
    return tuple(name for name, in connection.execute('SELECT name FROM catalog_databases ORDER BY name'))


def write_table(connection: sqlite3.Connection, table: Table) -> None:
    """Create or replace the row of a table."""
    connection.execute(
        f'INSERT OR REPLACE INTO catalog_tables ({TABLE_FIELDS}) VALUES (?, ?, ?, ?, lake_stored(?), ?, ?)',
        (table.database, table.name, _column_text(table.columns), _column_text(table.partition_keys), table.location,
         table.description, _text(dict(table.parameters))))


def write_partitions(connection: sqlite3.Connection, table: Table, partitions: Iterable[Partition]) -> None:
    """Create or replace the rows of partitions."""
    connection.executemany(
        'INSERT OR REPLACE INTO catalog_partitions VALUES (?, ?, ?, lake_stored(?), ?, ?)',
        ((table.database, table.name, _text(partition.values), partition.location, _column_text(partition.columns),
          _text(dict(partition.parameters))) for partition in partitions))


def delete_partitions(connection: sqlite3.Connection, table: Table, dropped: Iterable[tuple[str, ...]]) -> None:
    """Delete the rows of partitions; missing ones are ignored."""
    connection.executemany(
        'DELETE FROM catalog_partitions WHERE database = ? AND table_name = ? AND partition_values = ?',
        ((table.database, table.name, _text(values)) for values in dropped))


def write_view(connection: sqlite3.Connection, view: View) -> None:
    """Create or replace the row of a view."""
    connection.execute(
        'INSERT OR REPLACE INTO catalog_views (database, name, statement, translated, reads) VALUES (?, ?, ?, ?, ?)',
        (view.database, view.name, view.statement, view.translated, _text(view.reads)))


def delete_view(connection: sqlite3.Connection, database: str, name: str) -> None:
    """Delete the row of a view; a missing one is ignored."""
    connection.execute('DELETE FROM catalog_views WHERE database = ? AND name = ?', (database, name))


def _table(row: tuple[str, str, str, str, str, str | None, str]) -> Table:
    database, name, columns, keys, location, description, parameters = row
    return Table(database, name, _columns(columns), _columns(keys), location, description, json.loads(parameters))


def _columns(text: str) -> tuple[Column, ...]:
    return tuple(Column(name, type_name, comment) for name, type_name, comment in json.loads(text))


def _column_text(columns: Iterable[Column]) -> str:
    return _text([(column.name, column.type, column.comment) for column in columns])


def _text(value: Mapping[str, str] | Iterable[object]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(',', ':'))
