"""Stages and publishes one partition: new files stay invisible until one catalog update switches readers to them."""
from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime

from pyspark.sql import DataFrame, SparkSession

from lake_etl import runtime
from lake_etl.arguments import PARTITION_KEYS
from lake_etl.errors import PublicationConflict
from lake_etl.ports import Catalog, Cause, Column, Partition, Publication, Table
from lake_etl.publish.audit import Audit, attach_audit
from lake_etl.publish.failed_rows import files_of_failed_rows, read_failed_rows, without_mark
from lake_etl.publish.joining import NewFiles, carry_over, joined_columns
from lake_etl.publish.layout import is_data_file, load_folder, partition_folder
from lake_etl.publish.load_files import (
    catalog_columns, file_name, lower_case_names, remove_folder, removed_on_failure, require_rows, write_folder)
from lake_etl.publish.older_partitions import OlderPartitions, rewrite_older_partitions
from lake_etl.publish.ownership import parameters_after, require_ownership
from lake_etl.publish.protected_state import ProtectedColumns, joined_protection, protection_property
from lake_etl.publish.schema_evolution import evolved_columns, published_keys, require_allowed_change, same_partition
from lake_etl.publish.sources import SourceFile, partition_properties, sources_of, write_id
from lake_etl.publish.staged import StagedFiles
from lake_etl.publish.sweep import sweep_partition
from lake_etl.publish.target import PartitionValues, Published, Target

LOG = logging.getLogger(__name__)
ATTEMPTS = 10


@dataclass(frozen=True)
class PartitionChange:
    """How a load changes a partition.

    table       as it will be
    existing    the table when the load was staged; None when there was none
    values      of the partition keys
    place       folder of the partition
    load        folder of the load below it
    new         files of the load
    cause       for the history of the table
    protection  the columns that the new rows protect
    older       partitions that get the types of the table
    """

    table: Table
    existing: Table | None
    values: PartitionValues
    place: str
    load: str
    new: NewFiles
    cause: Cause
    protection: ProtectedColumns | None = None
    older: OlderPartitions = OlderPartitions()


def stage_partition(df: DataFrame, target: Target, values: PartitionValues, by_file: bool = False) -> StagedPartition:
    """Write the frame next to a partition; publishing makes it the content, or replaces the rows of its source file.

    Writes in one Spark job. Raises OwnershipError and SchemaChangeError before writing, DataError when the files lack
    rows; what a failure leaves is removed.
    """
    data = lower_case_names(df.drop(*target.key_names))
    columns = catalog_columns(without_mark(data).schema)
    existing = runtime.catalog().table(target.database, target.table)
    require_ownership(existing, target.ownership)
    require_allowed_change(existing, columns, published_keys(existing, target.keys), target.allow_schema_change)
    table = _table_afterwards(existing, target, columns, by_file)
    values = _published_values(table, values)
    place = partition_folder(table.location, target.key_names, values)
    load = load_folder(place, target.load)
    observed, pending = attach_audit(data)
    folder = write_folder(observed, load)
    with removed_on_failure(load):
        audit = pending.result()
        written = [entry for entry in runtime.files(load).list(load) if is_data_file(file_name(entry.uri))]
        uris = [entry.uri for entry in written]
        failed = files_of_failed_rows(uris)
        require_rows(target.name, audit.rows, [entry for entry in written if entry.uri not in failed])
        source = SourceFile(target.source_file, audit.rows, write_id(map(file_name, uris)))
        new = NewFiles(folder, columns, source, target.file_key)
        older = rewrite_older_partitions(df.sparkSession, table, target, {values})
        change = PartitionChange(table, existing, values, place, load, new, target.cause(by_file), target.protection,
                                 older)
        return StagedPartition(target, audit, change, read_failed_rows(data, failed, load), failed, df.sparkSession)


class StagedPartition(StagedFiles):
    """One staged partition."""

    def __init__(self, target: Target, audit: Audit, change: PartitionChange, failed_rows: DataFrame | None,
                 failed_files: list[str], spark: SparkSession):
        super().__init__(target, audit, [change.values], failed_rows, failed_files)
        self._change = change
        self._spark = spark

    def publish(self) -> Published:
        """Point the partition at the staged files in one catalog update.

        Raises PublicationConflict when other loads of a by-file partition were published first each time.
        """
        self._begin_publishing()
        catalog, change = runtime.catalog(), self._change
        replaced = _switch_by_file(catalog, change, self._spark) if change.cause.by_file else _switch(catalog, change)
        LOG.info('Published %d rows in %d columns to partition %s of %s.', self.audit.rows, len(change.new.columns),
                 '/'.join(change.values), self.target.name,
                 extra={'published_rows': self.audit.rows, 'table': self.target.name})
        current = _locations(find_partition(change.table.database, change.table.name, change.values))
        sweep_partition(runtime.files(change.place), change.place, current, replaced, datetime.now(UTC),
                        self.target.retention)
        change.older.sweep(self.target.retention)
        return Published(self.target.name, self.partitions, self.audit)

    def _discard(self) -> None:
        remove_folder(self._change.load)
        self._change.older.discard()


def _table_afterwards(existing: Table | None, target: Target, columns: tuple[Column, ...], by_file: bool) -> Table:
    if existing:
        columns = evolved_columns(existing.columns, columns, target.allow_schema_change, keep_missing=by_file)
    return Table(target.database, target.table, columns, published_keys(existing, target.keys),
                 target.table_location(existing), target.description, parameters_after(existing, target.ownership))


def _published_values(table: Table, values: PartitionValues) -> PartitionValues:
    """Return the values as the catalog spells them, if it has the partition."""
    found = runtime.catalog().partitions(table.database, table.name) if table.partition_keys != PARTITION_KEYS else ()
    return next((item.values for item in found if same_partition(item.values, values, table.partition_keys)), values)


def _switch(catalog: Catalog, change: PartitionChange) -> set[str]:
    """Point the partition at the new folder, whatever it held before, and return its previous location."""
    table, values, new = change.table, change.values, change.new
    before = find_partition(table.database, table.name, values)
    others = [item for item in sources_of(before.parameters if before else {}) if item.file != new.source.file]
    if others:
        LOG.warning('Partition %s of %s.%s held %d rows of %d other source files, which this load replaces. Set '
                    "load_mode to 'by_file' in the input_spec when the files of one day belong together.",
                    '/'.join(values), table.database, table.name, sum(item.rows for item in others), len(others))
    after = Partition(values, new.folder, new.columns,
                      partition_properties([new.source]) | protection_property(change.protection))
    catalog.publish(Publication(table, (after, *change.older.put), expected=change.older.expected, cause=change.cause))
    return _locations(before)


def _switch_by_file(catalog: Catalog, change: PartitionChange, spark: SparkSession) -> set[str]:
    """Carry over the files of other sources and switch; start again when another load was published first.

    Returns the previous location of the partition.
    """
    table, values, new = change.table, change.values, change.new
    for _ in range(ATTEMPTS):
        _require_unchanged_types(catalog, table, change.existing)
        before = find_partition(table.database, table.name, values)
        sources = carry_over(before, new, spark)
        protection = (joined_protection(before.parameters, change.protection) if before and len(sources) > 1
                      else change.protection)
        after = Partition(values, new.folder, joined_columns(before, new),
                          partition_properties(sources) | protection_property(protection))
        expected = {values: before.location if before else None, **change.older.expected}
        try:
            catalog.publish(Publication(table, (after, *change.older.put), expected=expected, cause=change.cause))
        except PublicationConflict:
            LOG.info('Another load of partition %s of %s.%s was published first; adding its files.',
                     '/'.join(values), table.database, table.name)
        else:
            return _locations(before)
    raise PublicationConflict(
        f'Partition {"/".join(values)} of {table.database}.{table.name} was changed by other loads {ATTEMPTS} times '
        'while this one tried to join them. Readers see the data of those loads; run this one again.')


def _require_unchanged_types(catalog: Catalog, table: Table, existing: Table | None) -> None:
    """Raise PublicationConflict when another load changed column types after this load chose its own."""
    now = catalog.table(table.database, table.name)
    types = {column.name: column.type for column in (existing.columns if existing else table.columns)}
    changed = [column.name for column in (now.columns if now else ())
               if types.get(column.name, column.type) != column.type]
    if changed:
        raise PublicationConflict(
            f'Another load changed the types of {", ".join(changed)} in {table.database}.{table.name} while '
            'this load was running. Readers see the data of that load; run this one again.')


def find_partition(database: str, table: str, values: PartitionValues) -> Partition | None:
    """Return the published partition with these values, or None."""
    found = runtime.catalog().partitions(database, table)
    return next((partition for partition in found if partition.values == values), None)


def _locations(partition: Partition | None) -> set[str]:
    return {partition.location} if partition else set()
