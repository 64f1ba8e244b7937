"""Reads what is published in a lake on this machine, with the numbers that only its rows tell."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict

from lake_etl.adapters.local.catalog_file import reading
from lake_etl.adapters.local.catalog_rows import read_tables
from lake_etl.adapters.local.iceberg_tables import read_iceberg_tables
from lake_etl.adapters.local.sqlite_catalog import SqliteCatalog
from lake_etl.errors import LakeError
from lib.local_lake.folders import LakeFolders
from lib.local_lake.showing.lake_summary import AUDIT, LINEAGE, RESULTS, PublishedLake, with_records
from lib.local_lake.showing.match_report import figures_of
from lib.local_lake.showing.match_source import MatchedDatabase
from lib.local_lake.showing.report import published_tables, quarantine_by_rule


def read_published(folders: LakeFolders) -> PublishedLake:
    """Return what is published in a lake; nothing where there is no lake yet."""
    if not folders.database_file.is_file():
        return PublishedLake()
    folders.require_lake()
    catalog = SqliteCatalog(folders.catalog)
    with reading(folders.catalog) as connection:
        found = (*read_tables(connection), *read_iceberg_tables(connection))
    tables = {f'{table.database}.{table.name}': table for table in found}
    published = PublishedLake(
        tables=tables, rows={summary.name: summary.rows for summary in published_tables(folders)},
        parts={name: ['/'.join(item.values) for item in catalog.partitions(table.database, table.name)]
               for name, table in tables.items()},
        failed=quarantine_by_rule(folders, found))
    return with_records(published, *(folders.items(name) for name in (AUDIT, LINEAGE, RESULTS)))


def match_figures(folders: LakeFolders, databases: Iterable[str]) -> list[Mapping[str, object]]:
    """Return the figures of each database that was matched; others are left out."""
    found: list[Mapping[str, object]] = []
    for database in databases:
        try:
            matched = MatchedDatabase(folders, database)
        except LakeError:
            continue    # It has no match yet.
        thresholds = {str(level.id): level.threshold for level in matched.spec.levels}
        found.append({'database': database, **asdict(figures_of(matched.known_keys(), thresholds))})
    return found
