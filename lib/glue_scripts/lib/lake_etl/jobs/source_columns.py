"""Checks the columns of a source against mapping, steps and table before Spark reads it, and tells what differs."""
from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql.types import StringType, StructField, StructType

from lake_etl import runtime
from lake_etl.arguments import RESERVED_COLUMNS, CollectToCleanseArguments
from lake_etl.column_lineage.rule_sources import quarantine_sources
from lake_etl.config.configuration_files import file_names
from lake_etl.config.quality_rules import quarantines_rows
from lake_etl.config.transform_steps import check_columns, text_columns, without_absent, written_columns
from lake_etl.config.workflow import Workflow
from lake_etl.errors import ConfigurationError, DataError
from lake_etl.jobs.job_run import JobRun
from lake_etl.mapping.schema_mapping import ColumnRule, mapping_notices, missing_columns, name_parts, resolve
from lake_etl.read.source_files import KnownTypes
from lake_etl.spark.columns import quoted
from lake_etl.spark.helper_names import is_hidden
from lake_etl.spark.source_rows import RawColumn, require_free_tracking_names
from lake_etl.syntax.clean_names import clean_names
from lake_etl.syntax.records import Findings

CleanseRun = JobRun[CollectToCleanseArguments]
# Steps that read text as numbers.
READ_NUMBERS = ('currency', 'implieddecimal')


class KnownColumns:
    """Answers what is known about the source's columns, from mapping, steps and the published table."""

    def __init__(self, run: CleanseRun, workflow: Workflow):
        self.run = run
        self.workflow = workflow

    def __call__(self, names: Sequence[str]) -> KnownTypes:
        """Return what is known; raises ConfigurationError when a step reads a column that does not come to it.

        Raises DataError when a column has a name of the lake's own.
        """
        if quarantines_rows(self.workflow.quality):
            require_free_tracking_names(names, self.run.load.source_key)
        selected = selected_columns(names, self.workflow)
        destinations = dict(selected)
        check_source_columns(self.run, self.workflow, [*destinations.values(), *_nested_destinations(self.workflow)])
        as_text = text_columns(self.workflow.steps)
        as_numbers = {name.lower() for step in self.workflow.steps if step.name in READ_NUMBERS
                      for entry in step.entries or () for name in entry.reads()}
        written = {name.lower() for _, name in written_columns(self.workflow.steps)}
        table = runtime.catalog().table(self.run.load.database.lower(), self.run.load.table.lower())
        published = {item.name: item.type for item in table.columns} if table else {}
        opened = _opened_structs(self.workflow)
        return KnownTypes(
            frozenset(source.lower() for source, name in destinations.items()
                      if name.lower() in as_text and source.lower() not in opened),
            {source: published[name.lower()] for source, name in destinations.items()
             if name.lower() in published and name.lower() not in written},
            self._raw_columns(names, selected), frozenset(map(str.lower, destinations)),
            frozenset(source.lower() for source, name in destinations.items() if name.lower() in as_numbers))

    def _raw_columns(self, names: Sequence[str], selected: Sequence[tuple[str, str]]) -> tuple[RawColumn, ...]:
        """Return the columns whose text in the file quarantined rows show: those that quarantine rules look at."""
        columns = [RawColumn(source, into, quoted(source)) for source, into in selected]
        known = {name.lower() for name in names}
        columns += [RawColumn(row.source_name, row.dest_name, row.source_name) for row in self.workflow.mapping_rows
                    if row.dest_name and len(parts := name_parts(row.source_name)) > 1 and parts[0].lower() in known]
        wanted = quarantine_sources(self.workflow.quality, self.workflow.steps, [item.column for item in columns])
        return tuple(item for item in columns if item.column.lower() in wanted)


def selected_columns(names: Sequence[str], workflow: Workflow) -> list[tuple[str, str]]:
    """Return top-level source columns, each with a column that it becomes."""
    if workflow.mapping is None:
        return list(zip(names, clean_names(names), strict=True))
    texts = StructType([StructField(name, StringType()) for name in names])
    return [(name_parts(source)[0], name) for source, name in resolve(mapping_rules(workflow), texts).selected]


def _opened_structs(workflow: Workflow) -> set[str]:
    """Return the source columns, in lower case, of which the mapping takes members: as text they would have none."""
    parts = [name_parts(row.source_name) for row in workflow.mapping_rows]
    return {names[0].lower() for names in parts if len(names) > 1}


def _nested_destinations(workflow: Workflow) -> list[str]:
    """Return the columns that members of structs become; whether the source has them, only its schema tells."""
    return [row.dest_name for row in workflow.mapping_rows
            if row.dest_name and len(name_parts(row.source_name)) > 1]


def check_source_columns(run: CleanseRun, workflow: Workflow, columns: list[str]) -> None:
    """Raise an error unless the steps find the columns they read and no column has a name of the lake's own.

    Raises ConfigurationError for what the steps lack, DataError for such names.
    """
    findings = Findings(workflow.file(file_names(run.load.database, run.load.table).spec).rpartition('/')[2])
    steps, _, _ = without_absent(workflow.steps, columns, absent_columns(workflow, columns))
    check_columns(steps, columns, findings)
    if findings.problems:
        raise ConfigurationError(findings.problems, 'nothing was changed')
    written = [name for _, name in written_columns(steps)]
    taken = [name for name in columns if name.lower() in RESERVED_COLUMNS]
    taken += [name for name in (*columns, *written) if is_hidden(name)]
    if taken:
        raise DataError(
            f'The source of {run.load.source_key} has columns named {", ".join(taken)}, which the lake itself uses. '
            'Give them other names in the schema mapping or the transforms, or map them to Null. The '
            'table was not changed.')


def mapping_rules(workflow: Workflow) -> list[ColumnRule]:
    """Return the rules of the workflow's mapping."""
    return [ColumnRule(row.source_name, row.dest_name, row.threshold, row.scorer, row.optional)
            for row in workflow.mapping_rows]


def absent_columns(workflow: Workflow, columns: Sequence[str]) -> list[str]:
    """Return the columns that optional rows of the mapping name and that are not among the mapped columns."""
    known = {name.lower() for name in columns}
    return [row.dest_name for row in workflow.mapping_rows
            if row.optional and row.dest_name and row.dest_name.lower() not in known]


def tell_columns(run: CleanseRun, workflow: Workflow, schema: StructType) -> None:
    """Put on record which source columns the mapping lacks, and which mapped columns the source lacks."""
    rules = mapping_rules(workflow)
    resolution = resolve(rules, schema)
    run.notices.extend(mapping_notices(resolution, rules))
    # What the mapping lacks is among the dropped columns, which the lineage has already.
    if missing := missing_columns(resolution, rules):
        run.lineage.update_lineage(None, run.load.source_key, 'missingcolumns', columns=missing)
