"""What is published in the lake on this machine: tables with their sizes, views, quarantined rows."""
from __future__ import annotations

from dataclasses import dataclass

from lake_etl.adapters.local.catalog import SqliteCatalog
from lake_etl.adapters.local.queries import query
from lib.local_lake.folders import LakeFolders

QUARANTINE = '_quarantine_'


@dataclass(frozen=True)
class PublishedTable:
    """A table and its size."""

    database: str
    table: str
    rows: int
    columns: int
    partitions: int
    description: str

    @property
    def name(self) -> str:
        """Return the table's name as queries write it."""
        return f'{self.database}.{self.table}'

    def belongs_to(self, database: str, table: str) -> bool:
        """Tell whether a workflow fills the table: in Cleanse, in Consume, or with quarantined rows."""
        base = self.table.partition(QUARANTINE)[0]
        return base == table.lower() and self.database in (database.lower(), f'{database.lower()}_consume')


def published_tables(folders: LakeFolders) -> list[PublishedTable]:
    """Return every table with its number of rows, counted from the files' own statistics."""
    catalog = SqliteCatalog(folders.catalog)
    found = []
    for table in catalog.tables():
        partitions = catalog.partitions(table.database, table.name)
        count = query(folders.catalog, f'SELECT count(*) FROM "{table.database}"."{table.name}"').rows[0][0]
        found.append(PublishedTable(table.database, table.name, int(str(count)),
                                    len(table.columns) + len(table.partition_keys), len(partitions),
                                    table.description or ''))
    return found


def published_views(folders: LakeFolders) -> list[tuple[str, str]]:
    """Return database and name of every view."""
    return SqliteCatalog(folders.catalog).view_names()
