"""Compares a load with the control totals that its sender states, and keeps the statement with the run."""
from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from pyspark.sql import DataFrame

from lake_etl import runtime
from lake_etl.arguments import CollectToCleanseArguments
from lake_etl.config.controls import ControlsSection, SideFileSection
from lake_etl.config.form import Entry
from lake_etl.config.transform_steps import ANY_COLUMN, TransformStep, protected_columns
from lake_etl.config.workflow import Workflow
from lake_etl.controls.control_points import ControlPoints, StageColumns, subtract
from lake_etl.controls.control_statement import (
    ACCEPTED, CONTROLS, FILTERED, MAPPED, PUBLISHED, QUARANTINED, READ, ROWS, TRANSFORMED, ControlStatement, Figures,
    Measure, Stage, StatedTotals, find_differences, never_compared, not_compared, statement_lines)
from lake_etl.controls.stated_totals import (
    SPECIFICATION, add_statements, totals_of_json, totals_of_lines, totals_of_specification)
from lake_etl.errors import ControlTotalsError, DataError
from lake_etl.jobs.job_run import JobRun
from lake_etl.jobs.source_columns import selected_columns
from lake_etl.publish.failed_rows import is_marked, passes_all_rules
from lake_etl.spark.helper_names import without_hidden
from lake_etl.syntax.column_names import comparable_name
from lake_etl.transform.discovery import all_transforms
from lake_etl.transform.fuse import Assignment
from lake_etl.transform.registry import Transform, TransformContext, protecting_transforms

LOG = logging.getLogger(__name__)
CleanseRun = JobRun[CollectToCleanseArguments]
# The statement has to fit into one item of the run history.
MOST_GROUPS = 100
# Steps that make several rows of one.
EXPANDING = frozenset({'expandpolicymonths', 'jsonexpandarray', 'jsonexpandmap'})
# Steps that write the same amount in another type; the first two read text that is not a plain number.
READ_AMOUNTS, SAME_AMOUNT = ('currency', 'implieddecimal'), ('currency', 'implieddecimal', 'changetype')


def observe_source(run: CleanseRun, workflow: Workflow, df: DataFrame, footers: Mapping[str, Sequence[str]]
                   ) -> DataFrame:
    """Return the rows as they were read, counted; from here on the stages of the load are counted.

    footers  the last lines of each file, by its address

    Raises DataError when a trailer or a side file is missing or states nothing, or the source lacks a stated column.
    """
    controls = workflow.input.controls
    if controls is None:
        return df
    names = without_hidden(df).columns
    run.controls.expect(list(_stated(controls, footers)))
    if len(run.controls.groups) > MOST_GROUPS:
        raise DataError(f'Control totals of {run.load.source_key} are stated for {len(run.controls.groups)} values of '
                        f"'{controls.per}', and at most {MOST_GROUPS} are compared. Nothing was published; choose a "
                        'column with fewer values, such as a currency.')
    by_name = {comparable_name(name): name for name in names}
    wanted = [*run.controls.columns, *([controls.per] if controls.per else [])]
    missing = [name for name in wanted if comparable_name(name) not in by_name]
    if missing:
        raise DataError(f"'controls' in the input_spec names columns that the source of {run.load.source_key} does not "
                        f'have: {", ".join(missing)}. The columns are {", ".join(names)}. Nothing was published.'
                        + (' Totals of the other tables that the file fills cannot be compared; take them out.'
                           if workflow.further_tables else ''))
    _require_unprotected(run, workflow, selected_columns(names, workflow))
    source = {name: by_name[comparable_name(name)] for name in wanted}
    # What a mapping drops under this name is not followed further.
    mapped = {comparable_name(name): into for name, into in reversed(selected_columns(names, workflow))}
    run.controls.mapped_names = {name: into for name in wanted if (into := mapped.get(comparable_name(name)))}
    parsed = {into.lower() for into in _amount_entries(workflow.steps)}
    readable = {name: source[name] for name in run.controls.columns
                if run.controls.mapped_names.get(name, '').lower() not in parsed}
    return run.controls.observe(df, READ, StageColumns(readable, source.get(controls.per or '')))


def _require_unprotected(run: CleanseRun, workflow: Workflow, selected: Sequence[tuple[str, str]]) -> None:
    """Raise DataError if a total of a protected column is stated: for a single row it would be the value."""
    protected = protected_columns(workflow.steps, protecting_transforms(all_transforms()))
    stated = {comparable_name(name) for name in run.controls.columns}
    found = [into for name, into in selected
             if comparable_name(name) in stated and (into.lower() in protected or ANY_COLUMN in protected)]
    if found:
        raise DataError(f'Control totals of {run.load.source_key} are stated for {", ".join(found)}, which steps '
                        'protect: the total of a single row would be its value. Nothing was published; take these '
                        'columns out of the sums.')


def observe_stage(run: CleanseRun, workflow: Workflow, df: DataFrame, point: str) -> DataFrame:
    """Return the rows of a stage behind the mapping, counted."""
    if not run.controls.stated:
        return df
    return run.controls.observe(df, point, _mapped_columns(run.controls, workflow, df),
                                _parsers(run, workflow.steps))


def observe_written(run: CleanseRun, workflow: Workflow, df: DataFrame) -> DataFrame:
    """Return the rows that are written, counted: those for readers, and marked ones for the quarantine."""
    if not run.controls.stated:
        return df
    columns, marked = _mapped_columns(run.controls, workflow, df), is_marked(df)
    df = run.controls.observe(df, PUBLISHED, columns, counts=passes_all_rules() if marked else None)
    return run.controls.observe(df, QUARANTINED, columns, counts=~passes_all_rules()) if marked else df


def require_control_totals(run: CleanseRun, workflow: Workflow, written_rows: int) -> None:
    """Keep the statement of the load with the run; raises ControlTotalsError when a total differs.

    Called when the rows are written and readers do not see them yet.
    """
    if not run.controls.stated:
        return
    statement = _statement(run.controls, workflow, written_rows)
    if never := never_compared(statement):
        raise ControlTotalsError(
            f"{run.load.source_key}: control totals cannot be compared. Up to stage '{statement.until}', no stage has "
            f'numbers for the {" and the ".join(map(str, never))}. Nothing was published. Name a column of numbers in '
            "'controls' of the input_spec, or a later stage in 'until'.")
    if find_differences(statement):
        run.controls.count_again()
        statement = _statement(run.controls, workflow, written_rows)
    differences = find_differences(statement)
    run.update_record({CONTROLS: statement_lines(statement, differences)})
    for sentence in not_compared(statement):
        run.notices.append(sentence)
        LOG.warning('%s', sentence)
    if differences:
        raise ControlTotalsError(
            f'{run.load.source_key}: control totals differ. {"; ".join(map(str, differences))}. Nothing was published. '
            'Ask the sender for a complete file, or correct the steps of the workflow; ./lake runs --controls shows '
            'all stages.')
    LOG.info('All %d control totals agree with the load.', sum(len(item.totals) for item in statement.stated))


def _stated(controls: ControlsSection, footers: Mapping[str, Sequence[str]]) -> Iterator[StatedTotals]:
    """Yield what the specification, the trailers and the side files state about all files of the load."""
    if own := totals_of_specification(controls):
        yield add_statements(SPECIFICATION, [own])
    if controls.trailer is not None:
        names = {uri: f'the trailer of {uri.rpartition("/")[2]}' for uri in footers}
        by = next(iter(names.values())) if len(names) == 1 else f'the trailers of {len(names)} files'
        yield add_statements(by, [totals_of_lines(lines, controls.trailer, names[uri])
                                  for uri, lines in footers.items()])
    if controls.side_file is not None:
        side_files = dict.fromkeys(f'{folder}/{controls.side_file.file_for(name)}' for folder, _, name in (
            uri.rpartition('/') for uri in footers))
        by = f'side file {next(iter(side_files)).rpartition("/")[2]}' if len(side_files) == 1 else (
            f'{len(side_files)} side files')
        yield add_statements(by, [_side_file(uri, controls.side_file, controls.per) for uri in side_files])


def _side_file(uri: str, section: SideFileSection, per: str | None) -> Figures:
    content = runtime.files(uri).read(uri)
    if content is None:
        raise DataError(f"{uri} does not exist, and 'controls' in the input_spec expects it to state the control "
                        'totals. Nothing was published; land the side file, and then the source again.')
    where = f'side file {uri.rpartition("/")[2]}'
    if section.lines is None:
        return totals_of_json(content, where, per)
    lines = [line for line in content.decode('utf-8-sig', 'replace').splitlines() if line.strip()]
    return totals_of_lines(lines, section.lines, where)


def _statement(controls: ControlPoints, workflow: Workflow, written_rows: int) -> ControlStatement:
    section = workflow.input.controls
    assert section is not None
    stages = [Stage(READ, controls.figures(READ)), Stage(MAPPED, controls.figures(MAPPED))]
    if controls.has(ACCEPTED):
        accepted = controls.figures(ACCEPTED)
        stages.append(Stage(ACCEPTED, accepted, {QUARANTINED: subtract(stages[-1].figures, accepted)}))
    transformed = controls.figures(TRANSFORMED)
    stages.append(Stage(TRANSFORMED, transformed, {FILTERED: controls.filtered()} if controls.filters else {},
                        _changed_measures(controls, workflow)))
    published = {**controls.figures(PUBLISHED), ROWS: Decimal(written_rows)}
    quarantined: dict[str, Figures] = {}
    if controls.has(QUARANTINED):
        quarantined = {QUARANTINED: controls.figures(QUARANTINED)}
    elif workflow.quality and workflow.quality.after_transform.quarantine_rules:
        quarantined = {QUARANTINED: subtract(transformed, published)}
    stages.append(Stage(PUBLISHED, published, quarantined))
    return ControlStatement(controls.stated, tuple(stages), Decimal(section.tolerance), section.until)


def _changed_measures(controls: ControlPoints, workflow: Workflow) -> frozenset[Measure]:
    """Return the measures that declared steps change on purpose: all where a row becomes several."""
    measures = controls.all_measures()
    if any(step.name in EXPANDING for step in workflow.steps):
        return measures
    changed = {name.lower() for step in workflow.steps for entry in step.entries or ()
               for name in entry.writes() or ()
               if not (step.name in SAME_AMOUNT and {item.lower() for item in entry.reads()} == {name.lower()})}
    per = workflow.input.controls.per if workflow.input.controls else None
    groups_change = controls.mapped_names.get(per or '', '').lower() in changed
    return frozenset(measure for measure in measures
                     if controls.mapped_names.get(measure.column, '').lower() in changed
                     or measure.group and groups_change)


def _mapped_columns(controls: ControlPoints, workflow: Workflow, df: DataFrame) -> StageColumns:
    """Return the columns of the statement that a frame behind the mapping still has."""
    present = {name.lower() for name in df.columns}
    names = {name: into for name, into in controls.mapped_names.items() if into.lower() in present}
    per = workflow.input.controls.per if workflow.input.controls else None
    return StageColumns({name: names[name] for name in controls.columns if name in names}, names.get(per or ''))


def _amount_entries(steps: Sequence[TransformStep]) -> dict[str, tuple[TransformStep, Entry]]:
    """Return the first step and entry that reads the text of each column as an amount, by column in lower case."""
    found: dict[str, tuple[TransformStep, Entry]] = {}
    for step in steps:
        for entry in (step.entries or ()) if step.name in READ_AMOUNTS else ():
            if entry.reads() == entry.writes():
                found.setdefault(entry.reads()[0].lower(), (step, entry))
    return found


def _parsers(run: CleanseRun, steps: Sequence[TransformStep]) -> dict[str, Assignment]:
    """Return how steps read the text of amounts, for columns that they have not read yet."""
    context, transforms = TransformContext(run.args), all_transforms()
    found = {}
    for name, (step, entry) in _amount_entries(steps).items():
        transform = transforms[step.name]
        if isinstance(transform, Transform):
            found[name] = transform.assignment(entry, context)
    return found
