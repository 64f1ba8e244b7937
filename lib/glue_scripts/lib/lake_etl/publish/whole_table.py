"""Publishes the result of a query as a whole table, or as the partitions that the query returns."""
from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import UTC, datetime

from pyspark.sql import DataFrame
from pyspark.sql.types import StringType

from lake_etl import runtime
from lake_etl.errors import DataError
from lake_etl.ports import Column, Partition, Publication, Table
from lake_etl.publish.aside import files_aside, rows_aside
from lake_etl.publish.audit import Audit, attach_audit
from lake_etl.publish.files import catalog_columns, lower_case_names, write_partitions
from lake_etl.publish.layout import LOAD_KEY, NULL_VALUE, partition_of_file
from lake_etl.publish.marked_rows import without_mark
from lake_etl.publish.ownership import parameters_after, require_ownership
from lake_etl.publish.schema_evolution import evolved_columns, require_allowed_change
from lake_etl.publish.sweep import sweep_table
from lake_etl.publish.target import Published, TableCheck, Target

LOG = logging.getLogger(__name__)


def publish_table(df: DataFrame, target: Target, check: TableCheck, only_its_partitions: bool = False) -> Published:
    """Make the frame the whole content of a table, or of just the partitions it has rows for.

    The frame has a column for each partition key. Writes in one Spark job; `check` sees the audit and the partitions of
    the written data and raises to refuse it; partitions that it names have no rows left and disappear. Marked rows that
    fail rules are written aside, for the check to publish elsewhere. Readers see the old table until the catalog is
    switched, and after any failure. Raises OwnershipError and SchemaChangeError before writing, DataError when a row
    has no partition value.
    """
    catalog = runtime.catalog()
    data = lower_case_names(_with_text_keys(df, target))
    columns = catalog_columns(without_mark(data).drop(*target.key_names).schema)
    existing = catalog.table(target.database, target.table)
    require_ownership(existing, target.ownership)
    require_allowed_change(existing, columns, target.keys, target.allow_schema_change)
    location = target.table_location(existing)
    kept = evolved_columns(existing.columns, columns, target.allow_schema_change) if existing else columns
    table = Table(target.database, target.table, kept, target.keys, location, target.description,
                  parameters_after(existing, target.ownership))
    observed, pending = attach_audit(data)
    try:
        write_partitions(observed, location, target.key_names, target.load)
        uris, audit = _files_of_load(location, target.load), pending.result()
        aside = files_aside(uris)
        partitions = _partitions(table, target, columns, set(uris) - set(aside))
        new = {partition.values for partition in partitions}
        emptied = check(audit, new, rows_aside(data, aside, location))
        runtime.files(location).delete(aside)
        # The write took its time, in which another workflow may have made the table.
        require_ownership(catalog.table(target.database, target.table), target.ownership)
    except Exception:
        _remove_load(table, target)
        raise
    # From here on files stay whatever happens: readers may see them already. A sweep removes what nothing refers to.
    before = catalog.partitions(target.database, target.table)
    drop = tuple(item.values for item in before
                 if item.values not in new and (item.values in emptied or not only_its_partitions))
    catalog.create_database(target.database, f'{target.folder}/{target.database}', target.database_description)
    catalog.publish(Publication(table, partitions, drop))
    _report(target, audit, partitions, drop)
    current = {item.location for item in catalog.partitions(target.database, target.table)}
    replaced = {item.location for item in before if item.values in {*new, *drop}}
    sweep_table(runtime.files(location), location, target.key_names, current, replaced, datetime.now(UTC),
                target.retention)
    return Published(target.name, tuple(sorted(new)), audit)


def _with_text_keys(df: DataFrame, target: Target) -> DataFrame:
    return df.withColumns({name: df[name].cast(StringType()) for name in target.key_names})


def _partitions(table: Table, target: Target, columns: tuple[Column, ...],
                uris: Collection[str]) -> tuple[Partition, ...]:
    """Return the partitions that the files have filled; raises DataError when one has a null in its values."""
    # Folders as Spark named them: it spells some characters of the values differently.
    folders: dict[tuple[str, ...], str] = {}
    for uri in uris:
        values = partition_of_file(uri, table.location, target.key_names)
        if values is not None:
            folders[values] = uri.rpartition('/')[0]
    if any(NULL_VALUE in values for values in folders):
        raise DataError(f'The query for {target.name} returned rows without a value in one of {target.key_names}. '
                        'Nothing was published; make the query return year, month and day for every row.')
    return tuple(Partition(values, folder, columns) for values, folder in sorted(folders.items()))


def _files_of_load(location: str, load: str) -> list[str]:
    mark = f'/{LOAD_KEY}={load}/'
    return [entry.uri for entry in runtime.files(location).list(location) if mark in entry.uri]


def _remove_load(table: Table, target: Target) -> None:
    """Remove what the failed load has written; a later load does so when this fails too."""
    try:
        runtime.files(table.location).delete(_files_of_load(table.location, target.load))
    except Exception:
        LOG.warning('Could not remove the unfinished files of %s; a later load will.', target.name)


def _report(target: Target, audit: Audit, partitions: tuple[Partition, ...], drop: tuple[tuple[str, ...], ...]) -> None:
    if audit.rows == 0:
        LOG.warning('The query for %s returned no rows; the table is empty now.', target.name)
    LOG.info('Published %d rows in %d partitions of %s; %d partitions disappeared.', audit.rows, len(partitions),
             target.name, len(drop), extra={'published_rows': audit.rows, 'table': target.name})
