"""Reads what a catalog tells about the tables of a configured lake, without reading any row."""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from lake_etl import runtime
from lake_etl.column_lineage.workflow_lineage import LakeConfiguration
from lake_etl.config.written_tables import CONSUME, CROSS_REFERENCE
from lake_etl.ports import Column, Partition, Table
from lake_etl.publish.sources import ROW_COUNT
from lib.local_lake.showing.lake_summary import PublishedLake

# Iceberg leaves columns of earlier schemas in the AWS Glue Data Catalog, and marks them.
CURRENT, NO = 'iceberg.field.current', 'false'


def read_catalog(configuration: LakeConfiguration) -> PublishedLake:
    """Return the tables in the databases of the configuration, with their partitions and known numbers of rows.

    The rows of a table are known if each partition has its number; those of an Iceberg table are not in the catalog.
    """
    catalog = runtime.catalog()
    tables = {f'{table.database}.{table.name}': table
              for database in _databases(configuration) for table in catalog.tables(database)}
    partitions = {name: catalog.partitions(table.database, table.name) for name, table in tables.items()}
    counted = {name: _rows(found) for name, found in partitions.items()}
    for table in _match_tables(configuration):
        tables.setdefault(f'{table.database}.{table.name}', table)
    return PublishedLake(
        tables=tables, rows={name: rows for name, rows in counted.items() if rows is not None},
        parts={name: ['/'.join(item.values) for item in found] for name, found in partitions.items()})


def _databases(configuration: LakeConfiguration) -> list[str]:
    names = {database.lower() for database, _ in configuration.workflows} | {
        database.lower() for database in configuration.matches}
    return sorted(names | {f'{name}{CONSUME}' for name in names})


def _rows(partitions: Iterable[Partition]) -> int | None:
    """Return the number of rows in all partitions; None if one of them does not have its number."""
    counts = [item.parameters.get(ROW_COUNT, '') for item in partitions]
    return sum(map(int, counts)) if all(map(str.isdecimal, counts)) else None


def _match_tables(configuration: LakeConfiguration) -> Iterator[Table]:
    """Yield the Iceberg tables of entity matches that are in the catalog."""
    for database, spec in configuration.matches.items():
        primary = spec.primary_entity_table
        for name in (primary, f'{primary}{CROSS_REFERENCE}'):
            if found := runtime.catalog().described(f'{database}{CONSUME}', name):
                columns = filter(_current, found.get('StorageDescriptor', {}).get('Columns', ()))
                yield Table(f'{database}{CONSUME}'.lower(), name.lower(), tuple(map(_column, columns)), (), '',
                            found.get('Description'))


def _current(column: Mapping[str, Any]) -> bool:
    return bool(column.get('Parameters', {}).get(CURRENT) != NO)


def _column(found: Mapping[str, Any]) -> Column:
    return Column(found['Name'].lower(), found.get('Type', ''), found.get('Comment', ''))
