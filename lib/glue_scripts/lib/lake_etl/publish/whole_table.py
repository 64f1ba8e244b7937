"""Stages and publishes the result of a query, as a whole table or as partitions, and empties partitions."""
from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from pyspark.sql import DataFrame
from pyspark.sql.types import StringType

from lake_etl import runtime
from lake_etl.errors import DataError
from lake_etl.ports import Column, Partition, Publication, Table
from lake_etl.publish.audit import Audit, attach_audit
from lake_etl.publish.failed_rows import files_of_failed_rows, read_failed_rows, without_mark
from lake_etl.publish.layout import LOAD_KEY, NULL_VALUE, partition_of_file, partition_of_load
from lake_etl.publish.load_files import catalog_columns, lower_case_names, require_rows, write_partitions
from lake_etl.publish.older_partitions import OlderPartitions, rewrite_older_partitions
from lake_etl.publish.ownership import parameters_after, require_ownership
from lake_etl.publish.protected_state import protection_property
from lake_etl.publish.schema_evolution import evolved_columns, published_keys, require_allowed_change
from lake_etl.publish.sources import ROW_COUNT
from lake_etl.publish.staged import StagedFiles
from lake_etl.publish.sweep import sweep_partition, sweep_table
from lake_etl.publish.target import PartitionValues, Published, Target

LOG = logging.getLogger(__name__)


def stage_table(df: DataFrame, target: Target, only_its_partitions: bool = False,
                emptied: Collection[PartitionValues] = ()) -> StagedTable:
    """Write the frame next to a table; publishing makes it the content of the table, or of the partitions in the frame.

    The frame has a column for each partition key. Partitions in `emptied` have no rows left unless the frame has some.
    Writes in one Spark job. Raises OwnershipError and SchemaChangeError before writing, DataError when a row has no
    partition value or the files lack rows; what a failure leaves is removed.
    """
    data = lower_case_names(_with_text_keys(df, target))
    columns = catalog_columns(without_mark(data).drop(*target.key_names).schema)
    existing = runtime.catalog().table(target.database, target.table)
    require_ownership(existing, target.ownership)
    keys = published_keys(existing, target.keys)
    require_allowed_change(existing, columns, keys, target.allow_schema_change)
    location = target.table_location(existing)
    evolved = evolved_columns(existing.columns, columns, target.allow_schema_change) if existing else columns
    table = Table(target.database, target.table, evolved, keys, location, target.description,
                  parameters_after(existing, target.ownership))
    observed, pending = attach_audit(data)
    try:
        written = write_partitions(observed, location, target.key_names, target.load, target.staging_folder(location))
        uris, audit = [entry.uri for entry in written], pending.result()
        failed = files_of_failed_rows(uris)
        rows = require_rows(target.name, audit.rows, [entry for entry in written if entry.uri not in failed])
        partitions = _filled_partitions(table, target, columns, rows)
        older = (rewrite_older_partitions(df.sparkSession, table, target, {item.values for item in partitions})
                 if only_its_partitions else OlderPartitions())
        return StagedTable(target, audit, table, partitions, read_failed_rows(data, failed, location), failed,
                           only_its_partitions, emptied, older)
    except Exception:
        _remove_load(location, target)
        raise


class StagedTable(StagedFiles):
    """A staged table, or some of its partitions."""

    def __init__(self, target: Target, audit: Audit, table: Table, partitions: tuple[Partition, ...],
                 failed_rows: DataFrame | None, failed_files: list[str], only_its_partitions: bool,
                 emptied: Collection[PartitionValues], older: OlderPartitions):
        super().__init__(target, audit, [item.values for item in partitions], failed_rows, failed_files)
        self._table = table
        self._new = partitions
        self._only_its_partitions = only_its_partitions
        self._emptied = frozenset(emptied)
        self._older = older

    def publish(self, emptied: Collection[PartitionValues] = ()) -> Published:
        """Switch readers to the staged partitions; partitions in `emptied` without staged rows disappear."""
        self._begin_publishing()
        catalog, target, new = runtime.catalog(), self.target, set(self.partitions)
        gone = self._emptied.union(emptied)
        before = catalog.partitions(target.database, target.table)
        drop = tuple(item.values for item in before
                     if item.values not in new and (item.values in gone or not self._only_its_partitions))
        older = [item for item in self._older.put if item.values not in drop]
        expected = {item.values: self._older.expected[item.values] for item in older}
        catalog.publish(Publication(self._table, (*self._new, *older), drop, expected, target.cause()))
        _report(target, self.audit, self._new, drop)
        current = {item.location for item in catalog.partitions(target.database, target.table)}
        replaced = {item.location for item in before if item.values in {*new, *drop, *expected}}
        location = self._table.location
        sweep_table(runtime.files(location), location, target.key_names, current, replaced, datetime.now(UTC),
                    target.retention)
        return Published(target.name, tuple(sorted(new)), self.audit)

    def _discard(self) -> None:
        _remove_load(self._table.location, self.target)


def _with_text_keys(df: DataFrame, target: Target) -> DataFrame:
    return df.withColumns({name: df[name].cast(StringType()) for name in target.key_names})


def _filled_partitions(table: Table, target: Target, columns: tuple[Column, ...],
                       rows: Mapping[str, int]) -> tuple[Partition, ...]:
    """Return the partitions that the files have filled; raises DataError when one has a null in its values.

    rows  of each file, by address
    """
    # Folders as Spark named them: it spells some characters of the values differently.
    folders: dict[PartitionValues, str] = {}
    counts: dict[PartitionValues, int] = {}
    for uri, count in rows.items():
        values = partition_of_file(uri, table.location, target.key_names)
        if values is not None:
            folders[values] = uri.rpartition('/')[0]
            counts[values] = counts.get(values, 0) + count
    if any(NULL_VALUE in values for values in folders):
        raise DataError(f'The query for {target.name} returned rows without a value in one of {target.key_names}. '
                        'The table was not changed; make the query return year, month and day for every row.')
    return tuple(Partition(values, folder, columns,
                           {ROW_COUNT: str(counts[values])} | protection_property(target.protection))
                 for values, folder in sorted(folders.items()))


def _files_of_load(location: str, load: str) -> list[str]:
    mark = f'/{LOAD_KEY}={load}/'
    return [entry.uri for entry in runtime.files(location).list(location) if mark in entry.uri]


def _remove_load(location: str, target: Target) -> None:
    """Remove what the load has written; if that fails, a later load removes it."""
    try:
        runtime.files(location).delete(_files_of_load(location, target.load))
    except Exception:
        LOG.warning('Could not remove the unfinished files of %s; a later load will.', target.name)


def _report(target: Target, audit: Audit, partitions: tuple[Partition, ...], drop: tuple[PartitionValues, ...]) -> None:
    if audit.rows == 0:
        LOG.warning('The query for %s returned no rows; the table is empty now.', target.name)
    LOG.info('Published %d rows in %d partitions of %s; %d partitions were dropped.', audit.rows, len(partitions),
             target.name, len(drop), extra={'published_rows': audit.rows, 'table': target.name})


def create_empty_table(target: Target, columns: tuple[Column, ...]) -> None:
    """Create a table that does not exist, with these columns and without partitions."""
    table = Table(target.database, target.table, columns, target.keys, target.table_location(None),
                  target.description, parameters_after(None, target.ownership))
    runtime.catalog().create_database(target.database, f'{target.folder}/{target.database}',
                                      target.database_description)
    runtime.catalog().publish(Publication(table))


def drop_partitions(target: Target, values: Collection[PartitionValues]) -> int:
    """Drop those of the partitions that the table has, and return how many there were.

    Raises OwnershipError when the load may not fill the table, even if there is nothing to drop.
    """
    catalog = runtime.catalog()
    existing = catalog.table(target.database, target.table)
    parameters = parameters_after(existing, target.ownership)
    partitions = catalog.partitions(target.database, target.table)
    dropped = tuple(partition for partition in partitions if partition.values in values)
    if existing is None or not dropped:
        return 0
    catalog.publish(Publication(replace(existing, parameters=parameters),
                                drop=tuple(partition.values for partition in dropped), cause=target.cause()))
    _sweep(target, dropped)
    LOG.info('Dropped %d partitions of %s.', len(dropped), target.name)
    return len(dropped)


def _sweep(target: Target, dropped: tuple[Partition, ...]) -> None:
    for partition in dropped:
        place = partition_of_load(partition.location)
        sweep_partition(runtime.files(place), place, (), (partition.location,), datetime.now(UTC), target.retention)
