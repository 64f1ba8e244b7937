"""Traces the columns of a Cleanse table through mapping, transforms and rules to the columns of the source file."""
from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from lake_etl.arguments import RESERVED_COLUMNS
from lake_etl.column_lineage.lineage_graph import (
    ColumnLineage, ColumnName, LineageStep, Origin, TableLineage, merge_origins)
from lake_etl.config.configuration_files import file_names
from lake_etl.config.entries.known import known_forms
from lake_etl.config.entries.misc import FilterRowsEntry
from lake_etl.config.form import Entry, RowEffect
from lake_etl.config.quality_rules import StageRules
from lake_etl.config.transform_steps import TransformStep
from lake_etl.config.workflow import Workflow
from lake_etl.dqdl.rule_types import rule_type
from lake_etl.dqdl.syntax_tree import AnyRule, leaves
from lake_etl.syntax.sql_columns import condition_columns
from lake_etl.syntax.sql_syntax import SqlMistake, condition_tree

# Transforms that decide which rows there are, by the columns that they read.
CHANGE_ROWS = frozenset(name for name, form in known_forms().items() if form.row_effect is not RowEffect.NONE)
NOT_DECLARED = "the transform '{}' does not declare which columns it reads and writes"
FLATTENED = "flatten makes columns of the members of '{}', which only the data tells"
NO_MAPPING = 'there is no mapping, so all columns of the source file become columns of the table'


def source_name(database: str, table: str) -> str:
    """Return the name by which the source files of a workflow are known in a lineage graph."""
    return f'collect/{database}/{table}'


def cleanse_lineage(database: str, table: str, workflow: Workflow, masking: Mapping[str, bool],
                    published: Sequence[str] | None = None) -> tuple[TableLineage, TableLineage]:
    """Return the source of a workflow and its Cleanse table.

    masking    whether each transform hides personal data, by name
    published  the columns of the table in the catalog; they fill in what configuration does not list
    """
    names = file_names(database, table)
    origin = workflow.filled_by.split('/', 1) if workflow.filled_by else (database, table)
    frame = _Frame(source_name(*origin), workflow, workflow.file(names.mapping).rpartition('/')[2])
    spec, quality = (workflow.file(name).rpartition('/')[2] for name in (names.spec, names.quality))
    if workflow.quality:
        frame.quarantine(workflow.quality.before_transform, 'before_transform', quality)
    for step in workflow.steps:
        frame.apply(step, LineageStep('transform', f'{step.place} of {spec}', masking.get(step.name, False)))
    if workflow.quality:
        frame.quarantine(workflow.quality.after_transform, 'after_transform', quality)
    frame.list_published(published or ())
    load = LineageStep('load', 'added by the load')
    for name in RESERVED_COLUMNS:
        frame.columns[name] = ColumnLineage(name, steps=(load,))
    own = workflow.present_files[0] if workflow.present_files else names.spec
    cleanse = TableLineage(
        f'{database}.{table}'.lower(), 'cleanse', own, tuple(map(_marked, frame.columns.values())),
        merge_origins(frame.row_origins), frame.further if published is None else '', frame.unknown_rows)
    source = TableLineage(frame.source, 'source', own, tuple(
        ColumnLineage(name) for name in frame.source_columns(cleanse)), further_columns=frame.further)
    return source, cleanse


def _marked(column: ColumnLineage) -> ColumnLineage:
    protected = any(origin.masks for origin in column.origins) or any(step.masks for step in column.steps)
    return ColumnLineage(column.name, column.origins, column.steps, column.unknown, protected)


class _Frame:
    """The columns of a load as they are between two steps."""

    def __init__(self, source: str, workflow: Workflow, mapping_file: str):
        self.source = source
        self.columns: dict[str, ColumnLineage] = {}
        self.row_origins: list[Origin] = []
        self.unknown_rows = self.opaque = ''
        self.further = '' if workflow.mapping else NO_MAPPING
        self.has_mapping = workflow.mapping is not None
        self.flattened = False
        self._named = [row.source_name for row in workflow.mapping_rows]
        for row in workflow.mapping_rows:
            if row.dest_name:
                similar = ', for a column with a similar name' if row.threshold is not None else ''
                step = LineageStep('mapping', f'{row.place} of {mapping_file}{similar}')
                self.columns[row.dest_name.lower()] = ColumnLineage(
                    row.dest_name.lower(), (Origin(ColumnName(source, row.source_name), (step,)),))

    def source_columns(self, cleanse: TableLineage) -> list[str]:
        """Return the columns of the source file that are known by name."""
        used = [*cleanse.row_origins, *(origin for column in cleanse.columns for origin in column.origins)]
        return list(dict.fromkeys([*self._named, *(origin.source.column for origin in used)]))

    def apply(self, step: TransformStep, made: LineageStep) -> None:
        """Apply the entries of a step."""
        if step.entries is None:
            self._forget(NOT_DECLARED.format(step.name))
            return
        for entry in step.entries:
            self._apply_entry(step.name, entry, made)

    def _apply_entry(self, name: str, entry: Entry, made: LineageStep) -> None:
        read = [self.read(column) for column in entry.reads()]
        if name in CHANGE_ROWS:
            self._decide_rows(read, made)
            if isinstance(entry, FilterRowsEntry) and not _is_understood(entry.condition):
                self.unknown_rows = f'the condition of {made.place} contains a query, or cannot be read'
        written = entry.writes()
        if written is None:
            self.further = FLATTENED.format(entry.reads()[0])
            self.flattened = True
            return
        for column in written:
            self.columns[column.lower()] = _made_of(column, read, made)

    def quarantine(self, stage: StageRules, name: str, file: str) -> None:
        """Let the quarantine rules of a stage decide on rows."""
        for index, rule in enumerate(stage.quarantine_rules):
            columns = rule_columns(rule)
            step = LineageStep('rule', f'{name}.quarantine_rules[{index}] of {file}')
            if columns is None:
                self.unknown_rows = f'{step.place} is a query, or compares whole rows'
            self._decide_rows([self.read(column) for column in columns or ()], step)

    def read(self, name: str) -> ColumnLineage:
        """Return a column that a step reads, also one that is not listed."""
        known = self.columns.get(name.lower())
        if known is not None:
            return known
        reason = self.opaque or (self.further if self.has_mapping or self.flattened else '')
        if reason or self.has_mapping:
            return ColumnLineage(name.lower(), unknown=reason or 'no step before makes it')
        step = LineageStep('name', 'the column of the source file with that name, cleaned')
        return ColumnLineage(name.lower(), (Origin(ColumnName(self.source, name), (step,)),))

    def list_published(self, names: Iterable[str]) -> None:
        """Add the columns that the table in the catalog has and configuration does not list."""
        for name in names:
            if name.lower() not in self.columns:
                self.columns[name.lower()] = self.read(name)

    def _decide_rows(self, read: Sequence[ColumnLineage], step: LineageStep) -> None:
        self.row_origins += (origin.through(step) for column in read for origin in column.origins)
        for column in read:
            self.unknown_rows = self.unknown_rows or column.unknown

    def _forget(self, reason: str) -> None:
        """Mark all columns and rows as unknown, after a step that may have done anything."""
        self.opaque = self.further = self.unknown_rows = reason
        self.columns = {key: ColumnLineage(column.name, unknown=reason) for key, column in self.columns.items()}


def _made_of(name: str, read: Sequence[ColumnLineage], made: LineageStep) -> ColumnLineage:
    """Return a column that a step makes of others."""
    origins = merge_origins(origin for column in read for origin in column.origins)
    before = dict.fromkeys(step for column in read for step in column.steps)
    unknown = next((column.unknown for column in read if column.unknown), '')
    return ColumnLineage(name.lower(), origins, () if origins else tuple(before), unknown).through(made)


def _is_understood(condition: str) -> bool:
    """Tell whether all columns are known that a condition reads."""
    from sqlglot import exp
    try:
        tree = condition_tree(condition)
    except SqlMistake:
        return False
    return tree is not None and tree.find(exp.Query) is None


def rule_columns(rule: AnyRule) -> tuple[str, ...] | None:
    """Return the columns that decide whether a row passes a rule; None when its text does not tell them."""
    columns: list[str] = []
    for part in leaves(rule):
        found = rule_type(part.type, len(part.parameters))
        words = (found.parameters if found else '').replace('[', '').replace(']', '').split()
        if part.type == 'CustomSql' or (part.type == 'DuplicateRowCount' and not part.parameters):
            return None
        if 'column' in words:
            columns += (parameter.value for parameter in part.parameters)
        elif words and words[0] == 'columns':
            columns += (name.strip() for name in part.parameters[0].value.split(','))
        elif words and words[-1] == 'columns':
            return None
        if part.where is not None:
            if not _is_understood(part.where):
                return None
            columns += condition_columns(part.where)
    return tuple(dict.fromkeys(columns))
