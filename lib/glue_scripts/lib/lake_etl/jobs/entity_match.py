"""The steps of the entity match job, in the order in which the job takes them."""
from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lake_etl import runtime
from lake_etl.arguments import PARTITION_KEYS, EntityMatchArguments
from lake_etl.config.configuration_files import entity_match_file
from lake_etl.config.match_specification import EntityMatchSpec
from lake_etl.config.reader import configuration_reader
from lake_etl.config.workflow import read_entity_match
from lake_etl.controls.run_records import WRITE_OPERATION
from lake_etl.errors import ConfigurationError, DataError, MergeConflict, OwnershipError, Problem
from lake_etl.jobs.job_run import JobRun
from lake_etl.match.entity_keys import (
    ENTITY, KEY, CrossReference, changed_references, cross_reference_rows, with_entity_key)
from lake_etl.match.match_plan import MatchPlan, build_plan
from lake_etl.match.resolve import assign_global_ids, log_level_counts
from lake_etl.match.survivorship import changed_rows, conform_types
from lake_etl.match.training import trained_scorers
from lake_etl.ports import Cause, MergedTables, TableState
from lake_etl.publish.layout import ICEBERG_FOLDER
from lake_etl.publish.match_history import MATCH, SUFFIX, merge_properties
from lake_etl.publish.merged_table import MergeTarget, stage_merge
from lake_etl.publish.ownership import UNCHANGED, remembered_of
from lake_etl.publish.protected_state import ProtectedColumns, protection_of
from lake_etl.publish.target import Published
from lake_etl.spark.columns import column, has_column
from lake_etl.spark.helper_names import visible_names
from lake_etl.spark.materialize import checkpointed, keep_checkpoints
from lake_etl.syntax.records import suggestion

LOG = logging.getLogger(__name__)
EntityMatchRun = JobRun[EntityMatchArguments]
ATTEMPTS = 5
PAUSE_SECONDS = 2.0


@dataclass(frozen=True)
class EntityTables:
    """The tables of a match: where they are, and how both were when they were read."""

    tables: MergedTables
    database: str
    primary: str
    primary_state: TableState | None
    reference_state: TableState | None

    @property
    def reference(self) -> str:
        """Return the name of the cross-reference table."""
        return self.primary + SUFFIX


@dataclass(frozen=True)
class Matched:
    """What a match leads to.

    rows        rows for the primary table, only those that change it
    references  rows for the cross-reference, likewise
    """

    rows: DataFrame
    references: DataFrame


def read_configuration(run: EntityMatchRun) -> EntityMatchSpec:
    """Return the specification.

    Raises ConfigurationError with all problems, or OwnershipError when a workflow fills one of its tables, before any
    data is read.
    """
    read = configuration_reader(run.load.scripts_folder, run.arguments.txn_spec_prefix_path)
    spec = read_entity_match(run.arguments.database_name_prefix, read)
    _require_own_tables(run, spec)
    return spec


def _require_own_tables(run: EntityMatchRun, spec: EntityMatchSpec) -> None:
    database, primary = run.load.database.lower(), spec.primary_entity_table.lower()
    for name in (primary, primary + SUFFIX):
        table = runtime.catalog().table(database, name)
        if table is not None:
            owner = remembered_of(table).workflow or 'a workflow'
            raise OwnershipError(
                f'Table {database}.{name} is filled by {owner}, and the entity match would put its rows there. Choose '
                f'another primary_entity_table. {UNCHANGED}')


def read_incoming(run: EntityMatchRun, spec: EntityMatchSpec) -> DataFrame:
    """Return the rows of the incoming partition, with the global id as text.

    Raises DataError when the table does not exist, ConfigurationError naming all columns that it lacks.
    """
    database, table = run.load.database.lower(), run.load.table.lower()
    if runtime.catalog().table(database, table) is None:
        raise DataError(f'There is no table {database}.{table} to match. Write a Spark SQL file that fills it.')
    runtime.catalog().attach(run.spark, table)
    df = run.spark.table(f'`{database}`.`{table}`')
    for key, value in zip(PARTITION_KEYS, run.load.partition, strict=True):
        df = df.where(column(key.name) == value)
    require_columns(df, spec, entity_match_file(run.arguments.database_name_prefix).rpartition('/')[2],
                    f'{database}.{table}')
    run.lineage.update_lineage(df, run.load.source_key, 'read', table=f'{database}.{table}')
    return df


def require_columns(df: DataFrame, spec: EntityMatchSpec, file: str, table: str) -> None:
    """Raise ConfigurationError naming every column of the specification that a table lacks."""
    known = visible_names(df.schema)
    missing = [name for name in spec.columns() if not has_column(df.schema, name)]
    if missing:
        raise ConfigurationError(Problem(file, '', f"column '{name}' is not in {table}", suggestion(name, known))
                                 for name in missing)


def open_tables(run: EntityMatchRun, spec: EntityMatchSpec) -> EntityTables:
    """Return the tables of the match as they are now."""
    warehouse = f'{run.load.target_folder}/{ICEBERG_FOLDER}'
    tables = runtime.merged_tables(run.arguments.iceberg_catalog, warehouse)
    database, primary = run.load.database.lower(), spec.primary_entity_table.lower()
    # The cross-reference first: it is written first too, so it is never older than what the primary says.
    reference = tables.state(run.spark, database, primary + SUFFIX)
    return EntityTables(tables, database, primary, tables.state(run.spark, database, primary), reference)


def match(run: EntityMatchRun, spec: EntityMatchSpec, incoming: DataFrame, tables: EntityTables) -> Matched:
    """Return what the incoming rows change in the tables; nothing is written."""
    state = tables.primary_state
    primary = state.rows if state else None
    if primary is not None:
        file = entity_match_file(run.arguments.database_name_prefix).rpartition('/')[2]
        require_columns(primary, spec, file, f'{tables.database}.{tables.primary}')
    rows = checkpointed(prepared(incoming, primary, spec))
    plan = build_plan(spec, trained_scorers(spec, rows, ENTITY, primary))
    reference = tables.reference_state and CrossReference(tables.reference_state.rows, spec.global_id_field)
    assigned = assign_global_ids(rows, primary, reference.known() if reference else None, spec.global_id_field, plan)
    log_level_counts(assigned, [level.name for level in plan.levels])
    run.lineage.update_lineage(None, run.load.source_key, 'entitymatch', levels=_settings(plan))
    named = with_assigned_ids(rows, assigned, spec.global_id_field)
    changes = checkpointed(changed_rows(named, primary, spec.global_id_field, spec.sort_field))
    references = cross_reference_rows(rows, assigned, spec)
    if reference:
        references = changed_references(references, assigned.select(F.col('entity').alias(KEY)), reference)
    return Matched(changes, checkpointed(references))


def prepared(incoming: DataFrame, primary: DataFrame | None, spec: EntityMatchSpec) -> DataFrame:
    """Return the incoming rows, each once, with the primary's types, a column for the global id, and entity keys.

    A new primary table holds source keys as text: the next file may bring one such as 007, whatever the first looks
    like.
    """
    keys = spec.exact_match_fields
    if keys and primary is None:
        for name in (keys.source_primary_key, keys.source_system_key):
            incoming = incoming.withColumn(name, column(name).cast('string'))
    if not has_column(incoming.schema, spec.global_id_field):
        incoming = incoming.withColumn(spec.global_id_field, F.lit(None).cast('string'))
    fitting = conform_types(incoming, primary.schema if primary is not None else None)
    text = column(spec.global_id_field).cast('string')
    return with_entity_key(fitting.withColumn(spec.global_id_field, F.when(text != '', text)), spec)


def with_assigned_ids(rows: DataFrame, assigned: DataFrame, global_id: str) -> DataFrame:
    """Return the rows with the id of their entity where they bring none, the global id as the first column."""
    ids = assigned.select(F.col('entity').alias(ENTITY), F.col('global_id').alias('assigned'))
    others = [column(name) for name in rows.columns if name.lower() not in (global_id.lower(), ENTITY)]
    return rows.join(ids, ENTITY).select(F.coalesce(column(global_id), F.col('assigned')).alias(global_id), *others,
                                         F.col(ENTITY))


def publish_matches(run: EntityMatchRun, spec: EntityMatchSpec, tables: EntityTables, matched: Matched) -> None:
    """Stage both tables, then publish them, the cross-reference first.

    An execution that ends between the two leaves keys with their ids. A later execution gives these ids to the rows
    again, so it writes what this one would have written. Raises MergeConflict when a table has changed since it was
    read.
    """
    protection = _protection(run)
    reference, primary = (
        MergeTarget(tables.tables, tables.database, name, key, state.version if state else None,
                    merge_properties(_cause(run), key, state.properties if state else None, protection))
        for name, key, state in ((tables.reference, KEY, tables.reference_state),
                                 (tables.primary, spec.global_id_field, tables.primary_state)))
    with (stage_merge(matched.references, reference) as references,
          stage_merge(matched.rows, primary) as entities):
        _record(run, references.publish(), matched.references)
        _record(run, entities.publish(), matched.rows)


def _cause(run: EntityMatchRun) -> Cause:
    place = (run.load.source_key, *run.load.partition, run.arguments.base_file_name)
    return Cause(MATCH, run.load.execution_id, '/'.join(filter(None, place)))


def _protection(run: EntityMatchRun) -> ProtectedColumns | None:
    """Return which columns the rows of the incoming partition protect; None if that is not known."""
    partitions = runtime.catalog().partitions(run.load.database, run.load.table)
    found = next((item for item in partitions if item.values == run.load.partition), None)
    return protection_of(found.parameters) if found else None


def _record(run: EntityMatchRun, published: Published, rows: DataFrame) -> None:
    table, count = published.table, published.audit.rows
    LOG.info('%s: %d rows are new or changed.', table, count, extra={'published_rows': count, 'table': table})
    run.lineage.update_lineage(rows, run.load.source_key, WRITE_OPERATION, table=table, rows=count)


def match_and_merge(run: EntityMatchRun, spec: EntityMatchSpec, incoming: DataFrame,
                    pause: Callable[[float], None] = time.sleep) -> None:
    """Match the rows and merge them; when another execution has changed the tables meanwhile, match again.

    Raises MergeConflict when that has happened five times.
    """
    keep_checkpoints(run.spark, f'{run.scratch}/checkpoints')
    for attempt in range(1, ATTEMPTS + 1):
        tables = open_tables(run, spec)
        try:
            return publish_matches(run, spec, tables, match(run, spec, incoming, tables))
        except MergeConflict as conflict:
            if attempt == ATTEMPTS:
                raise
            LOG.warning('%s Matching again, attempt %d of %d.', conflict, attempt + 1, ATTEMPTS)
        pause(PAUSE_SECONDS * attempt * (1 + random.random()))


def _settings(plan: MatchPlan) -> list[dict[str, object]]:
    return [{'level': level.name, 'threshold': level.threshold} for level in plan.levels]
