"""Publishes one partition: writes beside the old data, then lets one catalog update point readers at the new."""
from __future__ import annotations

import logging
from datetime import UTC, datetime

from pyspark.sql import DataFrame, SparkSession

from lake_etl import runtime
from lake_etl.errors import PublicationConflict
from lake_etl.ports import Catalog, Column, Partition, Publication, Table
from lake_etl.publish.aside import files_aside, rows_aside
from lake_etl.publish.audit import attach_audit
from lake_etl.publish.files import catalog_columns, file_name, lower_case_names, removed_on_failure, write_folder
from lake_etl.publish.joining import NewFiles, carry_over, joined_columns
from lake_etl.publish.layout import load_folder, partition_folder
from lake_etl.publish.marked_rows import without_mark
from lake_etl.publish.ownership import parameters_after, require_ownership
from lake_etl.publish.schema_evolution import evolved_columns, require_allowed_change
from lake_etl.publish.sources import Source, partition_properties, sources_of, write_id
from lake_etl.publish.sweep import sweep_partition
from lake_etl.publish.target import Check, Published, Target

LOG = logging.getLogger(__name__)
ATTEMPTS = 10


def publish_partition(df: DataFrame, target: Target, values: tuple[str, ...], check: Check,
                      by_file: bool = False) -> Published:
    """Make the frame the content of a partition, or with `by_file` the rows of its source file in that partition.

    Writes in one Spark job. `check` sees the audit of the written data and raises to refuse it. Marked rows that fail
    rules are written aside, for the check to publish elsewhere. Until the catalog is switched, readers see the old
    data; after any failure they go on doing so. Raises OwnershipError and SchemaChangeError before writing.
    """
    catalog = runtime.catalog()
    data = lower_case_names(df.drop(*target.key_names))
    columns = catalog_columns(without_mark(data).schema)
    existing = catalog.table(target.database, target.table)
    require_ownership(existing, target.ownership)
    require_allowed_change(existing, columns, target.keys, target.allow_schema_change)
    table = _table_afterwards(existing, target, columns, by_file)
    place = partition_folder(table.location, target.key_names, values)
    load = load_folder(place, target.load)
    observed, pending = attach_audit(data)
    folder = write_folder(observed, load)
    with removed_on_failure(load):
        audit = pending.result()
        uris = [entry.uri for entry in runtime.files(load).list(load)]
        aside = files_aside(uris)
        check(audit, rows_aside(data, aside, load))
        runtime.files(load).delete(aside)
        written = Source(target.source_file, audit.rows, write_id(map(file_name, uris)))
        # The write took its time, in which another workflow may have made the table.
        require_ownership(catalog.table(target.database, target.table), target.ownership)
    # From here on files stay whatever happens: readers may see them already. A sweep removes what nothing refers to.
    catalog.create_database(target.database, f'{target.folder}/{target.database}', target.database_description)
    new = NewFiles(folder, columns, written)
    if by_file:
        replaced = _switch_by_file(catalog, table, existing, values, new, df.sparkSession)
    else:
        replaced = _switch(catalog, table, values, new)
    LOG.info('Published %d rows in %d columns to partition %s of %s.', audit.rows, len(columns), '/'.join(values),
             target.name, extra={'published_rows': audit.rows, 'table': target.name})
    sweep_partition(runtime.files(place), place, _locations(_partition(catalog, table, values)), replaced,
                    datetime.now(UTC), target.retention)
    return Published(target.name, (values,), audit)


def _table_afterwards(existing: Table | None, target: Target, columns: tuple[Column, ...], by_file: bool) -> Table:
    if existing:
        columns = evolved_columns(existing.columns, columns, target.allow_schema_change, keep_missing=by_file)
    return Table(target.database, target.table, columns, target.keys, target.table_location(existing),
                 target.description, parameters_after(existing, target.ownership))


def _switch(catalog: Catalog, table: Table, values: tuple[str, ...], new: NewFiles) -> set[str]:
    """Point the partition at the new folder, whatever it held before, and return where that lay."""
    before = _partition(catalog, table, values)
    others = [item for item in sources_of(before.parameters if before else {}) if item.file != new.source.file]
    if others:
        LOG.warning('Partition %s of %s.%s held %d rows of %d other source files, which this load replaces. Set '
                    "load_mode to 'by_file' in the input_spec when the files of one day belong together.",
                    '/'.join(values), table.database, table.name, sum(item.rows for item in others), len(others))
    after = Partition(values, new.folder, new.columns, partition_properties([new.source]))
    catalog.publish(Publication(table, (after,)))
    return _locations(before)


def _switch_by_file(catalog: Catalog, table: Table, existing: Table | None, values: tuple[str, ...], new: NewFiles,
                    spark: SparkSession) -> set[str]:
    """Carry over the files of other sources and switch; begin again when another load was quicker.

    Returns where the partition lay before.
    """
    for _ in range(ATTEMPTS):
        _require_unchanged_types(catalog, table, existing)
        before = _partition(catalog, table, values)
        sources = carry_over(before, new, spark)
        after = Partition(values, new.folder, joined_columns(before, new), partition_properties(sources))
        expected = {values: before.location if before else None}
        try:
            catalog.publish(Publication(table, (after,), expected=expected))
        except PublicationConflict:
            LOG.info('Another load of partition %s of %s.%s was published first; adding its files.',
                     '/'.join(values), table.database, table.name)
        else:
            return _locations(before)
    raise PublicationConflict(
        f'Partition {"/".join(values)} of {table.database}.{table.name} was changed by other loads {ATTEMPTS} times '
        'while this one tried to join them. Readers see the data of those loads; run this one again.')


def _require_unchanged_types(catalog: Catalog, table: Table, existing: Table | None) -> None:
    """Raise PublicationConflict when another load changed column types since this one has settled its own by them."""
    now = catalog.table(table.database, table.name)
    types = {column.name: column.type for column in (existing.columns if existing else table.columns)}
    changed = [column.name for column in (now.columns if now else ())
               if types.get(column.name, column.type) != column.type]
    if changed:
        raise PublicationConflict(
            f'Another load has changed the types of {", ".join(changed)} in {table.database}.{table.name} in the '
            'meantime. Readers see the data of that load; run this one again.')


def _partition(catalog: Catalog, table: Table, values: tuple[str, ...]) -> Partition | None:
    found = [item for item in catalog.partitions(table.database, table.name) if item.values == values]
    return found[0] if found else None


def _locations(partition: Partition | None) -> set[str]:
    return {partition.location} if partition else set()
