"""Keeps a laptop's catalog in a SQLite file, in which a single transaction switches a whole table."""
from __future__ import annotations

import logging
import re
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lake_etl.adapters.change_records import new_change
from lake_etl.adapters.local.catalog_file import CatalogFileError, reading, writing
from lake_etl.adapters.local.catalog_rows import (
    delete_partitions, read_changes, read_databases, read_partitions, read_table, read_tables, read_views, write_change,
    write_partitions, write_table)
from lake_etl.adapters.local.iceberg_tables import iceberg_table_names, is_iceberg, read_iceberg_tables
from lake_etl.adapters.local.snapshot import with_partitions
from lake_etl.adapters.publication import folder, merged_table, require_expected, require_publishable, table_name
from lake_etl.errors import PublicationError
from lake_etl.ports import Column, Partition, Publication, Table, TableChange

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

LOG = logging.getLogger(__name__)


class SqliteCatalog:
    """The catalog in the file of an address `sqlite:///folder/lake.db`.

    It has no open connection, so it can be used from any thread and process. Every method raises LakeError if the file
    cannot be used.
    """

    def __init__(self, address: str):
        self._address = address

    def create_database(self, name: str, location: str, description: str | None = None) -> None:
        """Create the database unless it exists; an existing one is left as it is."""
        with writing(self._address) as connection:
            connection.execute('INSERT OR IGNORE INTO catalog_databases (name, location, description) '
                               'VALUES (?, lake_stored(?), ?)', (name.lower(), folder(location), description))

    def table(self, database: str, name: str) -> Table | None:
        """Return the table, or None when table or database do not exist."""
        with reading(self._address) as connection:
            return read_table(connection, database, name)

    def described(self, database: str, name: str) -> dict[str, Any] | None:
        """Return a table, view or Iceberg table as AWS Glue's GetTable describes it, or None when there is none."""
        wanted = database.lower(), name.lower()
        with reading(self._address) as connection:
            tables = (*read_tables(connection, database), *read_iceberg_tables(connection))
            views = read_views(connection)
        for table in tables:
            if (table.database, table.name) == wanted:
                kind = {'TableType': 'EXTERNAL_TABLE', 'Parameters': dict(table.parameters)}
                return _description(table) | (kind | {'Parameters': {'table_type': 'ICEBERG'}}
                                              if is_iceberg(table) else kind)
        for view in views:
            if (view.database, view.name) == wanted:
                return {'DatabaseName': view.database, 'Name': view.name, 'TableType': 'VIRTUAL_VIEW',
                        'ViewOriginalText': view.statement}
        return None

    def tables(self, database: str | None = None) -> Iterator[Table]:
        """Yield the tables of one database, or of all, ordered by database and name."""
        with reading(self._address) as connection:
            found = read_tables(connection, database)
        yield from found

    def partitions(self, database: str, name: str) -> tuple[Partition, ...]:
        """Return the table's partitions ordered by value; empty when there is no such table."""
        with reading(self._address) as connection:
            return read_partitions(connection, database, name)

    def publish(self, publication: Publication) -> None:
        """Switch readers to the publication's schema and all its partitions, and record it, in one transaction.

        Raises PublicationConflict if an expectation is not met, PublicationError if the database does not exist, a view
        or Iceberg table has the name, or the file cannot be written. Readers see the old data then.
        """
        require_publishable(publication)
        try:
            with writing(self._address) as connection:
                _require_place(connection, publication)
                _publish(connection, publication)
        except CatalogFileError as error:
            raise PublicationError(f'{table_name(publication)} was not published. {error}') from error
        LOG.info('Switched %s: %d partitions put, %d dropped.', table_name(publication), len(publication.put),
                 len(publication.drop))

    def history(self, database: str, name: str) -> tuple[TableChange, ...]:
        """Return the publications of a table that changed folders of partitions, the latest first."""
        with reading(self._address) as connection:
            return read_changes(connection, database, name)

    def attach(self, spark: SparkSession, sql: str) -> None:
        """Make every table whose name occurs in the SQL text readable in this session, in its current state.

        Runs no Spark job. Views of the catalog are not attached. Raises QueryError if Spark refuses a table.
        """
        from lake_etl.adapters.local.attach import attach_table  # other methods need no Spark
        with reading(self._address) as connection:
            named = [table for table in read_tables(connection) if _occurs(table.name, sql)]
            found = with_partitions(connection, named)
        for published in found:
            attach_table(spark, published)


def _description(table: Table) -> dict[str, Any]:
    def described(columns: Iterable[Column]) -> list[dict[str, str]]:
        return [{'Name': column.name, 'Type': column.type} | ({'Comment': column.comment} if column.comment else {})
                for column in columns]
    return {'DatabaseName': table.database, 'Name': table.name, 'Description': table.description or '',
            'StorageDescriptor': {'Columns': described(table.columns), 'Location': table.location},
            'PartitionKeys': described(table.partition_keys)}


def _require_place(connection: sqlite3.Connection, publication: Publication) -> None:
    """Raise PublicationError unless the database exists and no view or Iceberg table has the table's name."""
    database, name = publication.table.database.lower(), publication.table.name.lower()
    if database not in read_databases(connection):
        raise PublicationError(f'Database {database} does not exist, so table {name} cannot be published to it. '
                               'Nothing was changed; create the database first.')
    if any((view.database, view.name) == (database, name) for view in read_views(connection)):
        raise PublicationError(f'{database}.{name} is a view, so no table can be published under that name. Nothing '
                               'was changed; drop the view or choose another table name.')
    if (database, name) in iceberg_table_names(connection):
        raise PublicationError(f'{database}.{name} is an Iceberg table, so no Parquet table can be published under '
                               'that name. Nothing was changed; choose another name.')


def _publish(connection: sqlite3.Connection, publication: Publication) -> None:
    existing = read_table(connection, publication.table.database, publication.table.name)
    table = merged_table(existing, publication.table)
    current = {item.values: item for item in read_partitions(connection, table.database, table.name)}
    require_expected(publication, {values: partition.location for values, partition in current.items()})
    put = tuple(map(_stored, publication.put))
    write_table(connection, table)
    delete_partitions(connection, table, publication.drop)
    write_partitions(connection, table, put)
    if change := new_change(replace(publication, put=put), existing, table, current):
        write_change(connection, table, change)


def _stored(partition: Partition) -> Partition:
    columns = tuple(Column(column.name.lower(), column.type, column.comment) for column in partition.columns)
    return replace(partition, location=folder(partition.location), columns=columns)


def _occurs(name: str, sql: str) -> bool:
    return re.search(rf'(?<!\w){re.escape(name)}(?!\w)', sql, re.IGNORECASE) is not None
