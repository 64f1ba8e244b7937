"""Collects what decides on the tables of one workflow, as values that are equal when the data are."""
from __future__ import annotations

import codecs
import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

from lake_etl.column_lineage.cleanse_lineage import CHANGE_ROWS
from lake_etl.config.entries.dataprotection import RedactEntry
from lake_etl.config.entries.misc import FilterRowsEntry
from lake_etl.config.entries.typeconversion import ChangeTypeEntry
from lake_etl.config.form import ConvertingEntry, Entry, FieldEntry
from lake_etl.config.input import InputSpec
from lake_etl.config.mapping import MappingRow
from lake_etl.config.quality_rules import ACTIONS, STAGES
from lake_etl.config.transform_steps import ANY_COLUMN, TransformStep, protected_columns, text_columns
from lake_etl.config.workflow import Workflow
from lib.local_lake.contracts.column_types import normalized_type
from lib.local_lake.contracts.configured import configured_contract
from lib.local_lake.planning.canonical_sql import CanonicalQuery, canonical_condition, canonical_query, created_name

# Keys of the input_spec that only describe, or that only decide whether a load stops.
DESCRIBING = ('table_description', 'owner', 'retention', 'left_unprotected', 'no_longer_protected')
STOPPING = ('takes_over', 'allow_schema_change', 'strict_schema_mapping', 'max_row_change', 'controls')
# Those whose effect is told by column, by row, or as personal data in clear text.
APART = (*DESCRIBING, *STOPPING, 'types', 'hash_text', 'row_filter', 'keep_malformed_text', 'trigger')
HASHING = ('hash', 'tokenize')
COLUMN_NAMES = ('field', 'source')
PARTITION_VALUE = re.compile(r'\{(?:p_)?(?:year|month|day|execution_id|base_file_name|file_name)\b')


@dataclass(frozen=True)
class ColumnFacts:
    """A column of a Cleanse table.

    type          None if only the data tell
    protected_by  the transform that hides it; empty for a column in clear text
    recipe        how its values are made of the source file: mapping, types, and all steps in order
    source        the column of the source file that the mapping takes; empty for other columns
    of_source     whether the source file has the column, so that it is there without a step too
    """

    name: str
    type: str | None
    protected_by: str
    recipe: str
    source: str = ''
    description: str = ''
    of_source: bool = True


@dataclass(frozen=True)
class StatementFacts:
    """A statement of a SQL file; `target` is the view or table that it creates, empty for a query."""

    number: int
    target: str
    query: CanonicalQuery


@dataclass(frozen=True)
class ConsumeFacts:
    """What a Spark SQL file says about its Consume table.

    by_partition  whether each run fills only what it loads, so that one run does not fill the whole table
    """

    table: str
    mode: str
    takes_over: str | None
    session: tuple[StatementFacts, ...]
    query: StatementFacts
    by_partition: bool


@dataclass(frozen=True, kw_only=True)
class WorkflowFacts:
    """What decides on the tables of a workflow.

    columns     of the Cleanse table by name in lower case, in order; those that configuration names
    further     how columns are made that configuration does not name; empty when it names all
    opaque_steps  whether a step takes part of which the effect is unknown
    rows        what decides on the rows of the Cleanse table: a place with its recipe
    reading     keys of the input_spec that change what is read, and the copybook, with their values
    stopping    keys that only decide whether a load stops
    describing  keys that only describe
    rules       how often each rule occurs, by stage and action
    views       statements for Athena and Redshift by dialect
    """

    columns: Mapping[str, ColumnFacts] = field(default_factory=dict)
    further: str = ''
    opaque_steps: bool = False
    rows: tuple[tuple[str, str], ...] = ()
    reading: Mapping[str, str] = field(default_factory=dict)
    stopping: Mapping[str, str] = field(default_factory=dict)
    describing: Mapping[str, str] = field(default_factory=dict)
    rules: Mapping[tuple[str, str], Counter[str]] = field(default_factory=dict)
    quarantine_clear: bool = False
    malformed_clear: bool = False
    consume: ConsumeFacts | None = None
    views: Mapping[str, tuple[StatementFacts, ...]] = field(default_factory=dict)
    dependencies: str = ''


def workflow_facts(database: str, table: str, workflow: Workflow, protecting: Mapping[str, bool],
                   code: Mapping[str, str]) -> WorkflowFacts:
    """Return what decides on the tables of a workflow.

    protecting  whether each transform protects, by name
    code        digest of the code of each transform of the user's own, by name
    """
    spec, recipes = workflow.input, _Recipes(workflow, code)
    contract = configured_contract(database, table, workflow, protecting)
    names = {column.name.lower(): column for column in contract.columns}
    protected = protected_columns(workflow.steps, protecting)
    columns = {key: ColumnFacts(
        names[key].name, names[key].type, protected.get(key, protected.get(ANY_COLUMN, '')), recipe,
        names[key].source_name or '', names[key].description, key not in recipes.added)
        for key, recipe in recipes.columns.items()}
    values = {item.name: getattr(spec, item.name) for item in fields(InputSpec)}
    reading = {key: _value(key, value) for key, value in values.items() if key not in APART}
    reading |= {'trigger': spec.trigger_name, 'copybook': repr(workflow.layout) if workflow.layout else ''}
    return WorkflowFacts(
        columns=columns, further=recipes.further, opaque_steps=recipes.opaque, rows=tuple(recipes.rows),
        reading=reading,
        stopping={key: _value(key, values[key]) for key in STOPPING},
        describing={key: _value(key, values[key]) for key in DESCRIBING},
        rules=dict(_rules(workflow)), quarantine_clear=bool(workflow.quality and workflow.quality.quarantine_clear),
        malformed_clear=spec.keep_malformed_text is not None, consume=_consume(table, workflow),
        views={'athena': tuple(_statements(workflow.athena_statements, 'athena')),
               'redshift': tuple(_statements(workflow.redshift_statements, 'redshift'))},
        dependencies=repr(_dependencies(workflow)))


class _Recipes:
    """How each column is made, after the steps so far."""

    def __init__(self, workflow: Workflow, code: Mapping[str, str]):
        self.columns: dict[str, str] = {}
        self.rows: list[tuple[str, str]] = []
        self.opaque = False
        self.added: set[str] = set()
        self._spec = workflow.input
        self._code = code
        self._as_text = text_columns(workflow.steps)
        self._types = {name.lower(): normalized_type(kind) for name, kind in workflow.input.types.items()}
        self.further = '' if workflow.mapping else self._of_source('*')
        self._start(workflow.mapping_rows)
        if workflow.input.row_filter:
            self.rows.append(('input_spec.row_filter', canonical_condition(workflow.input.row_filter)))
        for name in workflow.unknown_transforms:
            self._mix(f'unknown {name}', f'transform_spec.{name}')
        for step in workflow.steps:
            self._apply(step)

    def _start(self, rows: Sequence[MappingRow]) -> None:
        fuzzy = any(row.threshold is not None for row in rows)
        similar = repr([(row.source_name, row.dest_name, row.threshold, row.scorer) for row in rows]) if fuzzy else ''
        start = 0
        for row in rows:
            place = (start, row.width) if self._spec.fixed is not None else None
            start += row.width or 0
            if row.dest_name:
                similarity = similar if row.threshold is not None else ''
                as_text = row.dest_name.lower() in self._as_text
                self.columns[row.dest_name.lower()] = (
                    f'{self._of_source(row.source_name)} {as_text} {row.optional} {place} {similarity}')
        if not rows:
            from lake_etl.syntax.clean_names import clean_names
            for name, cleaned in zip(self._spec.types, clean_names(list(self._spec.types)), strict=True):
                self.columns[cleaned.lower()] = f'{self._of_source(name)} {cleaned.lower() in self._as_text}'

    def _of_source(self, name: str) -> str:
        return f'source({name!r}:{self._types.get(name.lower(), "")})'

    def _read(self, name: str) -> str:
        as_text = name.lower() in self._as_text
        return self.columns.get(name.lower()) or f'{self.further}[{name.lower()} {as_text}]'

    def _apply(self, step: TransformStep) -> None:
        own = self._code.get(step.name, '')
        if step.entries is None:
            self._mix(f'{step.name} {own} {step.raw!r}', step.place)
            return
        for entry in step.entries:
            self._apply_entry(step, entry, own)

    def _apply_entry(self, step: TransformStep, entry: Entry, own: str) -> None:
        hashing = f' {self._spec.hash_text or "as_written"}' if step.name in HASHING else ''
        read = [self._read(name) for name in entry.reads()]
        made = _digest(f'{step.name} {own}{hashing} {_entry(entry)} of {read}')
        if step.name in CHANGE_ROWS or own:
            self.rows.append((step.place, made))
        written = entry.writes()
        if written is None:
            self.further = _digest(f'{self.further} then {made}')
        known = {*self.columns, *map(str.lower, entry.reads())}
        self.added |= {name.lower() for name in written or () if name.lower() not in known}
        for number, name in enumerate(written or ()):
            self.columns[name.lower()] = _digest(f'{made} {number}')

    def _mix(self, made: str, place: str) -> None:
        """Let a step that may have done anything take part in every column."""
        self.opaque = True
        self.columns = {key: _digest(f'{recipe} then {made}') for key, recipe in self.columns.items()}
        self.further = _digest(f'{self.further} then {made}') if self.further else ''
        self.rows.append((place, made))


def _digest(text: str) -> str:
    """Return a text of fixed length that stands for another one; recipes contain recipes."""
    return hashlib.sha256(text.encode()).hexdigest()


def _entry(entry: Entry) -> str:
    """Return an entry as text; names of columns count in any letter case, and conditions in any layout."""
    if isinstance(entry, FilterRowsEntry):
        return canonical_condition(entry.condition)
    if not is_dataclass(entry):
        return repr(entry)
    own = {item.name: getattr(entry, item.name) for item in fields(entry)}
    if isinstance(entry, (ConvertingEntry, ChangeTypeEntry, RedactEntry)) or type(entry) is FieldEntry:
        own = {key: value for key, value in own.items() if key not in COLUMN_NAMES}    # What it reads is known apart.
    return repr({key: value.lower() if key in COLUMN_NAMES and isinstance(value, str) else value
                 for key, value in own.items()})


def _value(key: str, value: Any) -> str:
    """Return the value of a key of the input_spec as text."""
    if key == 'encoding':
        try:
            return codecs.lookup(value).name
        except LookupError:
            return str(value)
    if key == 'null_values':
        return repr(sorted(set(value)))
    if is_dataclass(value):
        # A password is not shown, and another one is another value all the same.
        hidden = repr([getattr(value, item.name) for item in fields(value) if not item.repr])
        return f'{value!r} {_digest(hidden)}'
    return repr(dict(sorted(value.items()))) if isinstance(value, dict) else repr(value)


def _rules(workflow: Workflow) -> Iterator[tuple[tuple[str, str], Counter[str]]]:
    for stage in STAGES if workflow.quality else ():
        for action in ACTIONS:
            rules = Counter(str(rule) for rule in getattr(getattr(workflow.quality, stage), action))
            if rules:
                yield (stage, action), rules


def _statements(texts: Sequence[str], dialect: Any) -> Iterator[StatementFacts]:
    for number, text in enumerate(texts, 1):
        yield StatementFacts(number, created_name(text, dialect), canonical_query(text, dialect))


def _consume(table: str, workflow: Workflow) -> ConsumeFacts | None:
    sql = workflow.spark_sql
    if sql is None:
        return None
    *session, query = _statements(sql.statements, 'spark')
    by_partition = sql.mode == 'partition' or any(map(PARTITION_VALUE.search, sql.statements))
    return ConsumeFacts((sql.table_override or table).lower(), sql.mode, sql.takes_over, tuple(session), query,
                        by_partition)


def _dependencies(workflow: Workflow) -> tuple[object, ...]:
    found = workflow.dependencies
    if found is None:
        return ()
    return (sorted(map(str.lower, map('/'.join, found.depends_on))), sorted((found.lookback or {}).items()))
