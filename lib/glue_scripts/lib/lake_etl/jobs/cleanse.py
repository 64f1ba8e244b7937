"""The steps of the collect-to-cleanse job, in the order in which the job takes them."""
from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructField, StructType

from lake_etl import runtime
from lake_etl.arguments import EXECUTION_COLUMN, PARTITION_KEYS, RESERVED_COLUMNS, CollectToCleanseArguments
from lake_etl.config.configuration_files import file_names, folded
from lake_etl.config.reader import configuration_reader
from lake_etl.config.transform_steps import check_columns, text_columns, written_columns
from lake_etl.config.workflow import Workflow, read_workflow
from lake_etl.errors import ConfigurationError, DataError
from lake_etl.jobs.conversion_report import report_conversions
from lake_etl.jobs.job_run import JobRun
from lake_etl.jobs.table_ownership import cleanse_ownership, published_table, record_changes, require_own_table
from lake_etl.mapping.clean_names import clean_names, log_renamed
from lake_etl.mapping.recommendation import recommended_mapping, recommended_spec
from lake_etl.mapping.schema_mapping import ColumnRule, apply_mapping, name_parts, resolve
from lake_etl.publish.failed_rows import without_mark
from lake_etl.publish.layout import require_free_names
from lake_etl.publish.partition import stage_partition
from lake_etl.publish.target import Published, Target
from lake_etl.quality.gate import QualityGate
from lake_etl.quality.gated_load import GatedLoad
from lake_etl.read.declared_types import with_declared_types_counted
from lake_etl.read.source import proposed_input_spec, read_collected_file, read_errors_named
from lake_etl.read.source_files import KnownTypes
from lake_etl.syntax.records import Findings
from lake_etl.transform.apply import apply_steps
from lake_etl.transform.discovery import all_transforms
from lake_etl.transform.registry import TransformContext, protecting_transforms

LOG = logging.getLogger(__name__)
CleanseRun = JobRun[CollectToCleanseArguments]


def read_configuration(run: CleanseRun) -> Workflow:
    """Return the workflow's configuration.

    Raises ConfigurationError with all problems, or OwnershipError when the load may not fill its table, before any data
    is read.
    """
    read = configuration_reader(run.load.scripts_folder, run.arguments.txn_spec_prefix_path)
    workflow = read_workflow(run.load.database, run.load.table, read, all_transforms(), run.load.environment)
    require_own_table(_target(run, workflow))
    return workflow


def source_file(run: CleanseRun) -> str:
    """Return the path of the source file in its bucket; it lies in the workflow's own folder unless told otherwise."""
    folder = run.arguments.source_path.strip('/') or run.load.source_key
    return f'{folder}/{run.arguments.base_file_name}'


def source_address(run: CleanseRun) -> str:
    """Return the address of the source file."""
    return f'{runtime.bucket_address(run.arguments.source_bucket)}/{source_file(run)}'


def read_source(run: CleanseRun, workflow: Workflow) -> DataFrame:
    """Return the rows of the collected file; columns that the steps need are checked by name before Spark reads it."""
    uri = source_address(run)
    known = KnownColumns(run, workflow)
    df = read_collected_file(run.spark, uri, workflow.input, known, scratch=run.scratch, widths=_widths(workflow),
                             apply_types=partial(with_declared_types_counted, watch=run.watch,
                                                 hide_malformed=hides_malformed_rows(workflow)))
    run.lineage.update_lineage(df, run.load.source_key, 'read', file=source_file(run))
    return df


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


class KnownColumns:
    """Answers what is known about the source's columns, from mapping, steps and the published table."""

    def __init__(self, run: CleanseRun, workflow: Workflow):
        self.run = run
        self.workflow = workflow

    def __call__(self, names: Sequence[str]) -> KnownTypes:
        """Return what is known; raises ConfigurationError when a step reads a column that does not come to it."""
        destinations = _destinations(names, self.workflow)
        _check_columns(self.run, self.workflow, [*destinations.values(), *_nested_destinations(self.workflow)])
        as_text = text_columns(self.workflow.steps)
        written = {name.lower() for _, name in written_columns(self.workflow.steps)}
        table = runtime.catalog().table(self.run.load.database.lower(), self.run.load.table.lower())
        published = {item.name: item.type for item in table.columns} if table else {}
        opened = _opened_structs(self.workflow)
        return KnownTypes(
            frozenset(source.lower() for source, name in destinations.items()
                      if name.lower() in as_text and source.lower() not in opened),
            {source: published[name.lower()] for source, name in destinations.items()
             if name.lower() in published and name.lower() not in written})


def _destinations(names: Sequence[str], workflow: Workflow) -> dict[str, str]:
    """Return the column that each top-level source column becomes."""
    if workflow.mapping is None:
        return dict(zip(names, clean_names(names), strict=True))
    texts = StructType([StructField(name, StringType()) for name in names])
    return {name_parts(source)[0]: name for source, name in resolve(mapping_rules(workflow), texts).selected}


def _opened_structs(workflow: Workflow) -> set[str]:
    """Return the source columns, in lower case, of which the mapping takes members: as text they would have none."""
    parts = [name_parts(row.source_name) for row in workflow.mapping_rows]
    return {names[0].lower() for names in parts if len(names) > 1}


def _nested_destinations(workflow: Workflow) -> list[str]:
    """Return the columns that members of structs become; whether the source has them, only its schema tells."""
    return [row.dest_name for row in workflow.mapping_rows
            if row.dest_name and len(name_parts(row.source_name)) > 1]


def _check_columns(run: CleanseRun, workflow: Workflow, columns: list[str]) -> None:
    findings = Findings(workflow.file(file_names(run.load.database, run.load.table).spec).rpartition('/')[2])
    check_columns(workflow.steps, columns, findings)
    if findings.problems:
        raise ConfigurationError(findings.problems)
    taken = [name for name in columns if name.lower() in RESERVED_COLUMNS]
    if taken:
        raise DataError(
            f'The source of {run.load.source_key} has columns named {", ".join(taken)}, which the lake itself adds to '
            'every table. Give them other names in the schema mapping, or map them to Null. Nothing was replaced.')


def mapping_rules(workflow: Workflow) -> list[ColumnRule]:
    """Return the rules of the workflow's mapping."""
    return [ColumnRule(row.source_name, row.dest_name, row.threshold, row.scorer) for row in workflow.mapping_rows]


def map_columns(run: CleanseRun, workflow: Workflow, df: DataFrame) -> DataFrame:
    """Return the mapped columns; without a mapping all columns by cleaned names, and proposals are written.

    Each row has its place in the file beside them, which neither rules nor steps see.
    """
    if workflow.mapping is not None:
        run.missing.extend(resolve(mapping_rules(workflow), df.schema).missing)
        mapped = apply_mapping(df, mapping_rules(workflow), run.load.source_key, run.lineage,
                               workflow.input.strict_schema_mapping)
    else:
        names = clean_names(df.columns)
        log_renamed(df.columns, names)
        mapped = df.toDF(*names)
        _propose(run, workflow, df, mapped)
    _check_columns(run, workflow, mapped.columns)
    return run.watch.begin(mapped)


def _propose(run: CleanseRun, workflow: Workflow, source: DataFrame, mapped: DataFrame) -> None:
    """Write a recommended mapping and specification to the temporary folder."""
    names = file_names(run.load.database, run.load.table)
    rows = [{'sourcename': old, 'destname': new} for old, new in zip(source.columns, mapped.columns, strict=True)]
    extension = run.arguments.base_file_name.rpartition('.')[2]
    spec = recommended_spec([(item.name, item.dataType.simpleString()) for item in mapped.schema.fields], extension)
    spec['input_spec'] = proposed_input_spec(source_address(run), workflow.input, run.scratch)
    for name, text in ((names.mapping, recommended_mapping(rows)), (names.spec, json.dumps(spec, indent=4) + '\n')):
        uri = f'{run.load.temporary_folder}/{name.rpartition("/")[2]}'
        runtime.files(uri).write(uri, text.encode())
        LOG.info('Wrote a recommended configuration file to start from: %s.', uri)


def apply_transforms(run: CleanseRun, workflow: Workflow, df: DataFrame) -> DataFrame:
    """Return the frame after all steps of the transform_spec."""
    # Look-ups are kept under the database as its files spell it.
    database, _ = workflow.name(run.load.database, run.load.table)
    args = {**run.args, 'target_database_name': database}
    context = TransformContext(args, run.lineage, run.spark.sparkContext,
                               before_publishing=run.before_publishing.start)
    return run.watch.end(apply_steps(run.watch.begin(df), workflow.steps, all_transforms(), context, run.watch))


def add_load_columns(run: CleanseRun, df: DataFrame) -> DataFrame:
    """Return the frame with the partition columns and the execution's id."""
    require_free_names(df.columns, run.load.source_key)
    values = dict(zip((key.name for key in PARTITION_KEYS), run.load.partition, strict=True))
    return df.withColumns({name: F.lit(value) for name, value in values.items()}
                          | {EXECUTION_COLUMN: F.lit(run.load.execution_id)})


def open_gate(run: CleanseRun, workflow: Workflow) -> QualityGate:
    """Return the gate of quality rules that the rows of this load go through."""
    load = GatedLoad(
        run.spark, run.args, run.lineage, run.load.source_key, run.load.execution_id,
        _target(run, workflow, 'permissive'), datetime.now(UTC), partition=run.load.partition,
        by_file=workflow.input.load_mode == 'by_file', landed_file=source_address(run))
    return QualityGate(load, workflow.quality, workflow.steps, all_transforms())


def publish_to_cleanse(run: CleanseRun, workflow: Workflow, df: DataFrame, gate: QualityGate) -> Published:
    """Publish the frame as the partition of this load, and quarantine rows; record what was written."""
    target = _target(run, workflow)
    before = published_table(target)
    by_file = workflow.input.load_mode == 'by_file'
    # Damaged pages of a file come to light only when it is read to its end.
    with (read_errors_named(source_file(run), scans_only=True),
          stage_partition(df, target, run.load.partition, by_file) as written):
        run.before_publishing.wait()
        report_conversions(run, run.watch.failures())
        gate.settle(written)
        if written.audit.rows == 0:
            LOG.warning('The transforms left no rows; the partition becomes empty.')
        published = written.publish()
    run.record_publication(without_mark(df), published)
    record_changes(run, before, target)
    return published


def _target(run: CleanseRun, workflow: Workflow, allow_schema_change: str | None = None) -> Target:
    target = run.target(allow_schema_change or workflow.allow_schema_change, _source_name(run, workflow),
                        workflow.input.table_description)
    return replace(target, ownership=cleanse_ownership(run, workflow))


def _source_name(run: CleanseRun, workflow: Workflow) -> str:
    """Return the path by which the source file is known when it comes again, in whichever case its folders are then."""
    folders, given = source_file(run).split('/'), (run.load.database, run.load.table)
    if list(map(folded, folders[:2])) == list(map(folded, given)):
        folders[:2] = workflow.name(*given)
    return '/'.join(folders)
