"""Makes tables of the laptop's catalog readable in a Spark session with a catalog in memory."""
from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from itertools import islice

from pyspark.errors import PySparkException
from pyspark.sql import SparkSession
from pyspark.sql.catalog import Catalog

from lake_etl.adapters.local.catalog_types import CatalogType, parse_type
from lake_etl.adapters.local.snapshot import PublishedTable
from lake_etl.adapters.local.spark_types import conversion, read_type, spark_type
from lake_etl.errors import QueryError
from lake_etl.ports import Partition, Table
from lake_etl.reasons.failure import reason_of
from lake_etl.spark.columns import quoted
from lake_etl.syntax.sql_literal import sql_text

LOG = logging.getLogger(__name__)
FILE_VERSIONS = 'lake_file_versions'
PARTITIONS_A_STATEMENT = 200
Types = tuple[CatalogType, ...]


def attach_table(spark: SparkSession, published: PublishedTable) -> None:
    """Create or replace the table in the session's catalog, with its partitions, without starting a Spark job.

    If all files can be read with the types of the table, it is a plain external table. Otherwise it is a view that
    converts and unites hidden tables, one for each set of types in the files, because Spark's Parquet reader fails, or
    depends on the version, if a column was widened after files were written. Raises QueryError.
    """
    table = published.table
    try:
        wanted = _types(table)
        versions = _versions(published, wanted)
        _run(spark, f'CREATE DATABASE IF NOT EXISTS {quoted(table.database)}')
        name = f'{quoted(table.database)}.{quoted(table.name)}'
        _remove(spark, name)
        if set(versions) <= {wanted}:
            _create(spark, name, table, wanted, published.partitions)
        else:
            _create_view(spark, name, table, wanted, versions)
    except PySparkException as error:
        raise QueryError(f'Spark cannot read table {table.database}.{table.name}: {reason_of(error)} '
                         'Correct the table in the catalog, or load it again.') from error
    LOG.info('Table %s.%s is readable in Spark with %d partitions in %d file versions.', table.database, table.name,
             len(published.partitions), max(len(versions), 1))


def _run(spark: SparkSession, statement: str) -> None:
    """Run a statement as it is, also in a session that attaches tables before it runs one."""
    SparkSession.sql(spark, statement)


def _types(table: Table) -> Types:
    return tuple(parse_type(column.type) for column in table.columns)


def _versions(published: PublishedTable, wanted: Types) -> dict[Types, list[Partition]]:
    """Group the partitions by the types to read the table's columns with."""
    versions: dict[Types, list[Partition]] = {}
    for partition in published.partitions:
        found = {column.name.lower(): column.type for column in partition.columns}
        types = tuple(read_type(parse_type(found[column.name]), kind) if column.name in found else kind
                      for column, kind in zip(published.table.columns, wanted, strict=True))
        versions.setdefault(types, []).append(partition)
    return versions


def _remove(spark: SparkSession, name: str) -> None:
    catalog = Catalog(spark)
    if catalog.tableExists(name):
        kind = 'VIEW' if catalog.getTable(name).tableType == 'VIEW' else 'TABLE'
        _run(spark, f'DROP {kind} {name}')


def _create(spark: SparkSession, name: str, table: Table, types: Types, partitions: Sequence[Partition]) -> None:
    columns = [f'{quoted(column.name)} {spark_type(kind)} COMMENT {sql_text(column.comment)}'
               for column, kind in zip(table.columns, types, strict=True)]
    keys = [quoted(key.name) for key in table.partition_keys]
    columns += [f'{key} {spark_type(parse_type(column.type))}'
                for key, column in zip(keys, table.partition_keys, strict=True)]
    _run(spark, f'CREATE TABLE {name} ({", ".join(columns)}) USING parquet PARTITIONED BY ({", ".join(keys)}) '
                f'LOCATION {sql_text(table.location)}')
    remaining = iter(partitions)
    while batch := list(islice(remaining, PARTITIONS_A_STATEMENT)):
        _run(spark, f'ALTER TABLE {name} ADD {" ".join(_partition_clauses(keys, batch))}')


def _partition_clauses(keys: Sequence[str], partitions: Iterable[Partition]) -> list[str]:
    return [f'PARTITION ({_equations(keys, partition.values)}) LOCATION {sql_text(partition.location)}'
            for partition in partitions]


def _equations(keys: Sequence[str], values: Sequence[str]) -> str:
    return ', '.join(f'{key} = {sql_text(value)}' for key, value in zip(keys, values, strict=True))


def _create_view(spark: SparkSession, name: str, table: Table, wanted: Types,
                 versions: dict[Types, list[Partition]]) -> None:
    _run(spark, f'CREATE DATABASE IF NOT EXISTS {FILE_VERSIONS}')
    selects = []
    for number, (types, partitions) in enumerate(versions.items(), start=1):
        hidden = f'{FILE_VERSIONS}.{quoted(f"{table.database}__{table.name}__{number}")}'
        _remove(spark, hidden)
        _create(spark, hidden, table, types, partitions)
        selects.append(f'SELECT {", ".join(_select_list(table, types, wanted))} FROM {hidden}')
    _run(spark, f'CREATE VIEW {name} AS {" UNION ALL ".join(selects)}')


def _select_list(table: Table, types: Types, wanted: Types) -> list[str]:
    columns = []
    for column, source, target in zip(table.columns, types, wanted, strict=True):
        value = conversion(quoted(column.name), source, target)
        if value is None:
            LOG.warning('Column %s of %s.%s is null in older partitions: their type %s cannot become %s.', column.name,
                        table.database, table.name, spark_type(source), spark_type(target))
            value = f'CAST(NULL AS {spark_type(target)})'
        columns.append(f'{value} AS {quoted(column.name)}')
    return [*columns, *(quoted(key.name) for key in table.partition_keys)]
