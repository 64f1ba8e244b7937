"""What the laptop's catalog holds at one instant: its names, and the partitions of the tables that are asked for."""
from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lake_etl.adapters.local.catalog_rows import View, read_databases, read_partitions, read_tables, read_views
from lake_etl.adapters.local.iceberg_tables import read_iceberg_tables
from lake_etl.ports import Partition, Table

Name = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class Names:
    """The databases, and the tables and views by (database, name), all in lower case."""

    databases: tuple[str, ...]
    tables: Mapping[Name, Table]
    views: Mapping[Name, View]


@dataclass(frozen=True)
class PublishedTable:
    """A table together with the partitions that it had at the same instant."""

    table: Table
    partitions: tuple[Partition, ...]


def read_names(connection: sqlite3.Connection) -> Names:
    """Return all names of the catalog, those of Iceberg tables included."""
    iceberg = read_iceberg_tables(connection)
    return Names(
        databases=tuple(sorted({*read_databases(connection), *(table.database for table in iceberg)})),
        tables={(table.database, table.name): table for table in (*read_tables(connection), *iceberg)},
        views={(view.database, view.name): view for view in read_views(connection)})


def with_partitions(connection: sqlite3.Connection, tables: Iterable[Table]) -> tuple[PublishedTable, ...]:
    """Return the tables together with their partitions."""
    return tuple(PublishedTable(table, read_partitions(connection, table.database, table.name)) for table in tables)
