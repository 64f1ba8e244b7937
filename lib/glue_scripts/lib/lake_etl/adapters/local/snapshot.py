"""Reads a snapshot of the laptop's catalog, and finds the tables and views that a query names."""
from __future__ import annotations

import difflib
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lake_etl.adapters.local.catalog_rows import View, read_databases, read_partitions, read_tables, read_views
from lake_etl.adapters.local.iceberg_tables import read_iceberg_tables
from lake_etl.errors import QueryError
from lake_etl.ports import Partition, Table

Name = tuple[str, str]
NEAREST = 5


@dataclass(frozen=True, kw_only=True)
class Names:
    """The databases, and the tables and views by (database, name), all in lower case."""

    databases: tuple[str, ...]
    tables: Mapping[Name, Table]
    views: Mapping[Name, View]


@dataclass(frozen=True)
class PublishedTable:
    """A table with its partitions, from one snapshot, or with the paths of its files where it has no partitions."""

    table: Table
    partitions: tuple[Partition, ...]
    files: tuple[str, ...] | None = None


def read_names(connection: sqlite3.Connection) -> Names:
    """Return all names of the catalog, including Iceberg tables."""
    iceberg = read_iceberg_tables(connection)
    return Names(
        databases=tuple(sorted({*read_databases(connection), *(table.database for table in iceberg)})),
        tables={(table.database, table.name): table for table in (*read_tables(connection), *iceberg)},
        views={(view.database, view.name): view for view in read_views(connection)})


def with_partitions(connection: sqlite3.Connection, tables: Iterable[Table]) -> tuple[PublishedTable, ...]:
    """Return the tables with their partitions."""
    return tuple(PublishedTable(table, read_partitions(connection, table.database, table.name)) for table in tables)


def resolve_name(names: Names, name: str, database: str | None) -> Name:
    """Return the full name of a table or view, in lower case.

    Without a database the name must be unique. Raises QueryError with similar names.
    """
    everything = {*names.tables, *names.views}
    if database is not None:
        if (database.lower(), name.lower()) in everything:
            return database.lower(), name.lower()
        raise _unknown(f'{database}.{name}', everything)
    found = sorted(known for known in everything if known[1] == name.lower())
    if len(found) > 1:
        raise QueryError(f"Table '{name}' exists in {len(found)} databases: {_listed(found)}. Add "
                         'the database to the name.')
    if not found:
        raise _unknown(name, everything)
    return found[0]


def dependencies(names: Names, wanted: Iterable[Name]) -> tuple[tuple[Table, ...], tuple[View, ...]]:
    """Return the wanted tables and views and all that they read; a view comes after everything that it reads.

    Raises QueryError if a view reads a table that no longer exists.
    """
    tables: dict[Name, Table] = {}
    views: dict[Name, View] = {}
    for name in wanted:
        _collect(names, name, tables, views)
    return tuple(tables.values()), tuple(views.values())


def _collect(names: Names, name: Name, tables: dict[Name, Table], views: dict[Name, View]) -> None:
    if name in names.tables:
        tables[name] = names.tables[name]
        return
    view = names.views[name]
    for read in view.reads:
        if read not in names.tables and read not in names.views:
            raise QueryError(f'View {".".join(name)} reads {".".join(read)}, which no longer exists. Load that '
                             'table again, or create a new view.')
        _collect(names, read, tables, views)
    views[name] = view


def _unknown(name: str, everything: set[Name]) -> QueryError:
    known = sorted('.'.join(item) for item in everything)
    nearest = difflib.get_close_matches(name.lower(), known, NEAREST, 0.5)
    same_table = [item for item in known if item.partition('.')[2] == name.rpartition('.')[2].lower()]
    suggestions = list(dict.fromkeys([*same_table, *nearest]))[:NEAREST]
    if suggestions:
        hint = f'Did you mean {" or ".join(suggestions)}?'
    elif known:
        hint = f'The catalog holds {len(known)} tables and views, such as {", ".join(known[:NEAREST])}.'
    else:
        hint = 'The catalog is empty; load a file first.'
    return QueryError(f"There is no table or view '{name}' in the catalog. {hint}")


def _listed(names: Iterable[Name]) -> str:
    return ', '.join('.'.join(name) for name in names)
