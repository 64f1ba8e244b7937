"""The steps of the collect-to-cleanse job, in the order in which the job takes them."""
from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StringType

from lake_etl import runtime
from lake_etl.arguments import EXECUTION_COLUMN, PARTITION_KEYS, RESERVED_COLUMNS
from lake_etl.column_lineage.cleanse_lineage import cleanse_lineage
from lake_etl.column_lineage.lineage_graph import TableLineage
from lake_etl.config.configuration_files import file_names
from lake_etl.config.formats.delimited_format import DELIMITED
from lake_etl.config.input import AS_INFERRED
from lake_etl.config.input_formats import choose_format
from lake_etl.config.quality_rules import quarantines_rows
from lake_etl.config.reader import configuration_reader
from lake_etl.config.transform_steps import text_columns, without_absent
from lake_etl.config.workflow import Workflow
from lake_etl.controls.control_points import RowWatch
from lake_etl.controls.control_statement import ACCEPTED, MAPPED, TRANSFORMED
from lake_etl.controls.run_records import NOTICES, has_known_steps
from lake_etl.errors import NoRowsError
from lake_etl.jobs.cleanse_target import CleanseRun, cleanse_target, source_address, source_file, table_runs
from lake_etl.jobs.control_totals import observe_source, observe_stage
from lake_etl.jobs.preflight import read_whole_workflow
from lake_etl.jobs.source_columns import KnownColumns, absent_columns, check_source_columns, mapping_rules, tell_columns
from lake_etl.jobs.table_ownership import published_table, require_own_table
from lake_etl.mapping.date_patterns import DatePatterns, date_patterns
from lake_etl.mapping.member_names import with_clean_member_names
from lake_etl.mapping.recommendation import recommended_mapping, recommended_spec, with_dates
from lake_etl.mapping.schema_mapping import apply_mapping
from lake_etl.ports import Table
from lake_etl.publish.layout import require_free_names
from lake_etl.publish.ownership import HASHING, chosen_hash_text, hash_warning
from lake_etl.quality.gate import QualityGate
from lake_etl.quality.gated_load import GatedLoad
from lake_etl.read.declared_types import with_declared_types_counted
from lake_etl.read.record_files import DividedFiles, divide_files
from lake_etl.read.record_tables import empty_rows, read_record_table
from lake_etl.read.source import first_text_values, proposed_input_spec, read_collected_file
from lake_etl.spark.source_rows import BLOCK, tracking_columns, without_tracking
from lake_etl.syntax.clean_names import clean_names, log_renamed
from lake_etl.transform.apply import apply_steps
from lake_etl.transform.discovery import all_transforms
from lake_etl.transform.inferred_text import as_inferred
from lake_etl.transform.registry import TransformContext, protecting_transforms

LOG = logging.getLogger(__name__)


def read_configuration(run: CleanseRun) -> Workflow:
    """Return the workflow's configuration; that of the jobs which follow is checked as well.

    Raises ConfigurationError with all problems, or OwnershipError when the load may not fill one of its tables, before
    any data is read.
    """
    read = configuration_reader(run.load.scripts_folder, run.arguments.txn_spec_prefix_path)
    workflow = read_whole_workflow(run.load.database, run.load.table, read, all_transforms(), run.load.environment)
    for table_run, table_workflow in table_runs(run, workflow):
        target = cleanse_target(table_run, table_workflow)
        require_own_table(target)
        ownership = target.ownership
        if ownership and (warning := hash_warning(published_table(target), ownership.hash_text, ownership.file)):
            LOG.warning('%s', warning)
        run.events.trace(partial(_column_lineage, table_run, table_workflow))
    return workflow


def _column_lineage(run: CleanseRun, workflow: Workflow) -> dict[str, TableLineage]:
    masking = protecting_transforms(all_transforms())
    _, cleanse = cleanse_lineage(run.load.database, run.load.table, workflow, masking)
    return {cleanse.name: cleanse}


def divide_source(run: CleanseRun, workflow: Workflow) -> DividedFiles | None:
    """Divide the collected file by its record types; returns None if it has one type only."""
    if workflow.input.records is None:
        return None
    hides = any(map(hides_malformed_rows, (workflow, *workflow.further_tables.values())))
    divided = divide_files(source_address(run), workflow.input, run.load.table, run.scratch, hides)
    for notice in divided.notices:
        run.notices.append(notice)
        LOG.warning('%s', notice)
    return divided


def read_source(run: CleanseRun, workflow: Workflow, divided: DividedFiles | None = None) -> DataFrame | None:
    """Return the rows of the collected file; columns that the steps need are checked by name before Spark reads it.

    None if the file has no rows for a further table that does not exist yet: nothing tells its types.

    divided  the file by its record types, if it has several
    """
    known = KnownColumns(run, workflow)
    footers: dict[str, tuple[str, ...]] = {}
    scratch, tracked = f'{run.scratch}/{run.load.table.lower()}', quarantines_rows(workflow.quality)
    apply_types = partial(with_declared_types_counted, watch=run.watch, hide_malformed=hides_malformed_rows(workflow))
    if divided is None:
        try:
            df = read_collected_file(run.spark, source_address(run), workflow.input, known, scratch=scratch,
                                     widths=_widths(workflow), layout=workflow.layout, tracked=tracked,
                                     apply_types=apply_types, notices=run.notices, footers=footers)
        except NoRowsError:
            if not workflow.filled_by:
                raise
            if (published := _published_or_told(run, workflow)) is None:
                return None
            names = _expected_columns(workflow, published)
            df = apply_types(empty_rows(run.spark, names, known(names)), workflow.input.types)
    else:
        if not divided.has_rows(run.load.table) and _published_or_told(run, workflow) is None:
            return None
        df = read_record_table(run.spark, divided, run.load.table, workflow.input, known, scratch=scratch,
                               apply_types=apply_types, tracked=tracked, notices=run.notices)
        footers |= divided.footers
    df = observe_source(run, workflow, df, footers)
    run.lineage.update_lineage(without_tracking(df), run.load.source_key, 'read', file=source_file(run),
                               datasetname=source_file(run))
    return df


def _published_or_told(run: CleanseRun, workflow: Workflow) -> Table | None:
    """Return the table that a file has no rows for; tells that it is not made if it does not exist."""
    published = published_table(cleanse_target(run, workflow))
    if published is None:
        run.record_sentences(NOTICES, ['the file has no rows for this table, which does not exist yet, so it was not '
                                       'made.'])
        LOG.warning('The file has no rows for table %s, which does not exist yet, so it was not made.', run.load.table)
    return published


def _expected_columns(workflow: Workflow, published: Table) -> list[str]:
    """Return the columns of a sheet without a row, of which the file names none."""
    if workflow.mapping is not None:
        return list(dict.fromkeys(row.source_name for row in workflow.mapping_rows if '`' not in row.source_name))
    return [item.name for item in published.columns if item.name not in RESERVED_COLUMNS]


def hides_malformed_rows(workflow: Workflow) -> bool:
    """Tell whether values of rows that do not fit their format are left out: no step could protect them."""
    if workflow.input.keep_malformed_text:
        return False
    protecting = protecting_transforms(all_transforms())
    # Nobody knows what a user's plain function protects, or what a step would have whose name is misspelt.
    return bool(workflow.unknown_transforms) or any(
        step.entries is None or protecting.get(step.name, False) for step in workflow.steps)


def _widths(workflow: Workflow) -> list[tuple[str, int]]:
    """Return the columns of fixed-width text, also those that the mapping drops."""
    return [(row.source_name, row.width) for row in workflow.mapping_rows if row.width is not None]


def map_columns(run: CleanseRun, workflow: Workflow, df: DataFrame) -> DataFrame:
    """Return the mapped columns; without a mapping all columns by cleaned names, and proposals are written.

    Each row has its place in the file beside them, which neither rules nor steps see.
    """
    if workflow.mapping is not None:
        mapped = apply_mapping(df, mapping_rules(workflow), run.load.source_key, run.lineage,
                               workflow.input.strict_schema_mapping)
        tell_columns(run, workflow, without_tracking(df).schema)
    else:
        visible = without_tracking(df)
        names = clean_names(visible.columns)
        log_renamed(visible.columns, names)
        mapped = df.toDF(*names, *tracking_columns(df))
        _propose(run, workflow, visible, without_tracking(mapped))
    mapped = mapped.drop(BLOCK) if BLOCK in mapped.columns else mapped
    check_source_columns(run, workflow, without_tracking(mapped).columns)
    mapped = observe_stage(run, workflow, mapped, MAPPED)
    return run.watch.begin(as_inferred(mapped, _inferred_columns(run, workflow, mapped)))


def _inferred_columns(run: CleanseRun, workflow: Workflow, mapped: DataFrame) -> list[str]:
    """Return the text columns of which the inferred value is hashed."""
    is_delimited = choose_format(run.arguments.base_file_name, workflow.input) is DELIMITED
    if not is_delimited or chosen_hash_text(workflow, run.args) != AS_INFERRED:
        return []
    hashed = {name.lower() for step in workflow.steps if step.name in HASHING
              for entry in step.entries or () for name in entry.reads()} & text_columns(workflow.steps)
    return [field.name for field in mapped.schema.fields
            if field.name.lower() in hashed and isinstance(field.dataType, StringType)]


def _propose(run: CleanseRun, workflow: Workflow, source: DataFrame, mapped: DataFrame) -> None:
    """Write a recommended mapping and specification to the temporary folder."""
    names = file_names(run.load.database, run.load.table)
    rows = [{'sourcename': old, 'destname': new} for old, new in zip(source.columns, mapped.columns, strict=True)]
    extension = run.arguments.base_file_name.rpartition('.')[2]
    spec = recommended_spec([(item.name, item.dataType.simpleString()) for item in mapped.schema.fields], extension)
    one_table = workflow.input.records is None and not workflow.filled_by
    spec['input_spec'] = proposed_input_spec(source_address(run), workflow.input, run.scratch) if one_table else {}
    spec = with_dates(spec, _dates_of_first_rows(run, workflow, mapped)) if one_table else spec
    for name, text in ((names.mapping, recommended_mapping(rows)), (names.spec, json.dumps(spec, indent=4) + '\n')):
        uri = f'{run.load.temporary_folder}/{name.rpartition("/")[2]}'
        runtime.files(uri).write(uri, text.encode())
        LOG.info('Wrote a recommended configuration file to start from: %s.', uri)


def _dates_of_first_rows(run: CleanseRun, workflow: Workflow, mapped: DataFrame) -> dict[str, DatePatterns]:
    """Return the text columns all of whose values in the first rows of delimited text are dates of some pattern."""
    values = first_text_values(source_address(run), workflow.input, run.scratch)
    if len(values) != len(mapped.columns):
        return {}
    return {field.name: found for field, texts in zip(mapped.schema.fields, values, strict=True)
            if isinstance(field.dataType, StringType) and (found := date_patterns(texts))}


def apply_transforms(run: CleanseRun, workflow: Workflow, df: DataFrame) -> DataFrame:
    """Return the frame after all steps of the transform_spec.

    Entries that read an absent optional column are skipped. Such a column, and what the skipped entries would have
    written, is null where the table has it, in its type there.
    """
    # Look-ups are kept under the database as its files spell it.
    database, _ = workflow.name(run.load.database, run.load.table)
    args = {**run.args, 'target_database_name': database}
    context = TransformContext(args, run.lineage, run.spark.sparkContext,
                               before_publishing=run.before_publishing.start)
    if workflow.quality and workflow.quality.before_transform.quarantine_rules:
        df = observe_stage(run, workflow, df, ACCEPTED)
    absent = absent_columns(workflow, df.columns)
    steps, absent_at_end, skipped = without_absent(workflow.steps, df.columns, absent)
    if absent:
        run.notices.append(f'Optional columns {", ".join(absent)} are not in the source, so {skipped} transforms that '
                           'read them were skipped.')
        LOG.warning('%s', run.notices[-1])
    run.controls.counts_rows = has_known_steps(workflow.steps)
    watch = RowWatch(run.watch, run.controls, partial(observe_stage, run, workflow))
    applied = run.watch.end(apply_steps(run.watch.begin(df), steps, all_transforms(), context, watch))
    applied = observe_stage(run, workflow, applied, TRANSFORMED)
    return _with_nulls(applied, published_table(cleanse_target(run, workflow)), absent_at_end)


def _with_nulls(df: DataFrame, table: Table | None, names: Sequence[str]) -> DataFrame:
    """Return the frame with those of the columns that the table has, null in all rows; a new table gets none."""
    wanted = {name.lower(): name for name in names}
    nulls = {wanted[column.name]: F.lit(None).cast(column.type)
             for column in (table.columns if table else ()) if column.name in wanted}
    return df.withColumns(nulls) if nulls else df


def add_load_columns(run: CleanseRun, df: DataFrame) -> DataFrame:
    """Return the frame with names that the catalog can read, the partition columns and the execution's id."""
    df = with_clean_member_names(df)
    require_free_names(df.columns, run.load.source_key)
    values = dict(zip((key.name for key in PARTITION_KEYS), run.load.partition, strict=True))
    return df.withColumns({name: F.lit(value) for name, value in values.items()}
                          | {EXECUTION_COLUMN: F.lit(run.load.execution_id)})


def open_gate(run: CleanseRun, workflow: Workflow) -> QualityGate:
    """Return the gate of quality rules that the rows of this load go through."""
    load = GatedLoad(
        run.spark, run.args, run.lineage, run.load.source_key, run.load.execution_id,
        cleanse_target(run, workflow, 'permissive'), datetime.now(UTC), partition=run.load.partition,
        by_file=workflow.input.load_mode == 'by_file', landed_file=source_address(run))
    return QualityGate(load, workflow.quality, workflow.steps, all_transforms())
