"""Lists what is published in a lake on this machine: tables with their sizes, and views."""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lake_etl.adapters.local.catalog_file import reading
from lake_etl.adapters.local.catalog_rows import read_tables, read_views
from lake_etl.adapters.local.duckdb_engine import view_name
from lake_etl.adapters.local.duckdb_queries import query
from lake_etl.adapters.local.iceberg_tables import read_iceberg_tables
from lake_etl.adapters.local.sqlite_catalog import SqliteCatalog
from lake_etl.ports import Table
from lake_etl.publish.layout import execution_mark
from lib.local_lake.folders import LakeFolders
from lib.local_lake.progress import doing

QUARANTINE = '_quarantine_'
RULES_COLUMN = 'failed_rules'


@dataclass(frozen=True)
class TableSummary:
    """A table and its size."""

    database: str
    table: str
    rows: int
    columns: int
    partitions: int
    description: str
    locations: tuple[str, ...]

    @property
    def name(self) -> str:
        """Return the table's name as queries write it."""
        return f'{self.database}.{self.table}'

    @property
    def is_quarantine(self) -> bool:
        """Return whether the table holds quarantined rows."""
        return QUARANTINE in self.table

    def filled_by(self, execution: str) -> bool:
        """Return whether the table holds rows of that execution."""
        return any(execution_mark(execution) in location for location in self.locations)


def published_tables(folders: LakeFolders) -> list[TableSummary]:
    """Return every table with its number of rows, from the statistics of its files."""
    catalog = SqliteCatalog(folders.catalog)
    with reading(folders.catalog) as connection:
        tables = (*read_tables(connection), *read_iceberg_tables(connection))
    found = []
    for table, count in zip(tables, _row_counts(folders, tables), strict=True):
        partitions = catalog.partitions(table.database, table.name)
        found.append(TableSummary(table.database, table.name, count, len(table.columns) + len(table.partition_keys),
                                  len(partitions), table.description or '',
                                  tuple(item.location for item in partitions)))
    return found


def _row_counts(folders: LakeFolders, tables: Sequence[Table]) -> list[int]:
    """Return the number of rows of each table, by one query."""
    if not tables:
        return []
    counts = ', '.join(f'(SELECT count(*) FROM {view_name(table.database, table.name)})' for table in tables)
    with doing(f'Counting the rows of {len(tables):,} tables'):
        return [int(str(count)) for count in query(folders.catalog, f'SELECT {counts}').rows[0]]


def quarantine_by_rule(folders: LakeFolders, tables: Iterable[Table]) -> dict[str, list[tuple[str, int]]]:
    """Return for each quarantine table its rules, each with the number of rows that failed it, by one query."""
    found: dict[str, list[tuple[str, int]]] = {}
    chosen = [table for table in tables
              if QUARANTINE in table.name and any(item.name == RULES_COLUMN for item in table.columns)]
    counts = [f"SELECT {number} AS number, rule, count(*) AS failed FROM {view_name(table.database, table.name)} "
              f'CROSS JOIN UNNEST({RULES_COLUMN}) AS t(rule) GROUP BY rule' for number, table in enumerate(chosen)]
    if not counts:
        return found
    together = f"{' UNION ALL '.join(counts)} ORDER BY number, failed DESC, rule"
    with doing(f'Counting the rows of {len(counts):,} quarantine tables by rule'):
        rows = query(folders.catalog, together).rows
    for number, rule, failed in rows:
        table = chosen[int(str(number))]
        found.setdefault(f'{table.database}.{table.name}', []).append((str(rule), int(str(failed))))
    return found


def published_views(folders: LakeFolders) -> list[tuple[str, str]]:
    """Return database and name of every view."""
    with reading(folders.catalog) as connection:
        return [(view.database, view.name) for view in read_views(connection)]
