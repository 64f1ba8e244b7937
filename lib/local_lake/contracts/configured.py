"""Collects what the configuration of a workflow says about its Cleanse table, as far as a contract can say it too."""
from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from lake_etl.arguments import EXECUTION_COLUMN, PARTITION_KEYS
from lake_etl.config.entries.dataprotection import RedactEntry
from lake_etl.config.entries.typeconversion import ChangeTypeEntry, CurrencyEntry, DateTimeEntry, ImpliedDecimalEntry
from lake_etl.config.form import Entry
from lake_etl.config.quality_rules import ACTIONS, STAGES, QualityRules
from lake_etl.config.transform_steps import ANY_COLUMN, protected_columns
from lake_etl.config.workflow import Workflow
from lake_etl.ports import Table
from lake_etl.syntax.clean_names import clean_names
from lib.local_lake.contracts.column_types import normalized_type
from lib.local_lake.contracts.data_contract import LOAD, PERSONAL, Contract, ContractColumn, ContractRule

WRITE_TEXT = frozenset({'titlecase', 'columnreplace', 'columnfromcolumn', 'combinecolumns', 'filename', 'hash',
                        'tokenize'})
KEEP_TYPE = frozenset({'filldown', 'flipsign'})
HIDE = ('hash', 'redact', 'tokenize')
# Transforms that an import writes.
DESCRIBED = frozenset({'date', 'timestamp', 'changetype', *HIDE})


def configured_contract(database: str, table: str, workflow: Workflow, protecting: Mapping[str, bool],
                        published: Table | None = None) -> Contract:
    """Return the contract that the configuration of a workflow amounts to.

    protecting  whether each transform protects, by name
    published   the table in the catalog; it fills in types that configuration leaves open
    """
    columns = _Columns()
    columns.start(workflow)
    for step in workflow.steps:
        if step.entries is None:
            columns.forget(step.name)
            columns.protect(protected_columns([step], protecting))
        for entry in step.entries or ():
            columns.apply(step.name, entry, protecting.get(step.name, False))
    columns.accept(workflow.input.left_unprotected)
    found = [_filled_in(_classified(column), published) for column in columns.by_name.values()]
    return Contract(
        workflow=f'{database}/{table}', name=table, description=_text(workflow.input.table_description),
        owner=workflow.input.owner or '', retention=workflow.input.retention or '', columns=(*found, *_added_by_load()),
        rules=tuple(_rules(workflow.quality)) if workflow.quality else (),
        dropped=tuple(row.source_name for row in workflow.mapping_rows if row.dest_name is None),
        has_mapping=workflow.mapping is not None,
        quarantine_clear=workflow.quality is not None and workflow.quality.quarantine_clear)


def _added_by_load() -> Iterator[ContractColumn]:
    for name in (*(key.name for key in PARTITION_KEYS), EXECUTION_COLUMN):
        yield ContractColumn(name=name, type='string', made_by=(LOAD,))


def _rules(quality: QualityRules) -> Iterator[ContractRule]:
    for stage in STAGES:
        for action in ACTIONS:
            yield from (ContractRule(stage, action, str(rule)) for rule in getattr(getattr(quality, stage), action))


def _classified(column: ContractColumn) -> ContractColumn:
    personal = column.protected_by or column.clear_reason
    return replace(column, classification=PERSONAL) if personal else column


def _filled_in(column: ContractColumn, published: Table | None) -> ContractColumn:
    """Return a column with its type in the table where configuration leaves it open."""
    known = next((item for item in published.columns if item.name == column.name.lower()), None) if published else None
    if known is None or column.type:
        return column
    return replace(column, type=normalized_type(known.type), type_of_table=True)


@dataclass
class _Columns:
    """The columns of the table after the steps so far, by name in lower case."""

    by_name: dict[str, ContractColumn] = field(default_factory=dict)
    converted: set[str] = field(default_factory=set)
    mapped: bool = False

    def start(self, workflow: Workflow) -> None:
        """Take the columns that the mapping makes or, without a mapping, those that `types` names."""
        self.mapped = workflow.mapping is not None
        types = {name.lower(): normalized_type(kind) for name, kind in workflow.input.types.items()}
        if not self.mapped:
            names = list(workflow.input.types)
            for name, cleaned in zip(names, clean_names(names), strict=True):
                self.by_name[cleaned] = ContractColumn(name=cleaned, type=types[name.lower()])
        for row in workflow.mapping_rows:
            if row.dest_name:
                self.by_name[row.dest_name.lower()] = ContractColumn(
                    name=row.dest_name, source_name=row.source_name, type=types.get(row.source_name.lower()),
                    description=_text(row.description), threshold=row.threshold, scorer=row.scorer, width=row.width,
                    optional=row.optional)

    def apply(self, name: str, entry: Entry, protects: bool) -> None:
        """Apply an entry of a step."""
        source = self.by_name.get(entry.reads()[0].lower()) if entry.reads() else None
        for written in entry.writes() or ():
            key = written.lower()
            before = self.by_name.get(key) or ContractColumn(name=written, made_by=(name,) if self.mapped else ())
            if not self._is_described(name, entry, before) and name not in before.made_by:
                before = replace(before, made_by=(*before.made_by, name))
            self.by_name[key] = replace(
                before, type=_written_type(name, entry, source), protected_by=name if protects else before.protected_by,
                format=entry.format if isinstance(entry, DateTimeEntry) else None,
                replacement=json.dumps(entry.value) if isinstance(entry, RedactEntry) else before.replacement)
            if not protects:
                self.converted.add(key)

    def _is_described(self, name: str, entry: Entry, before: ContractColumn) -> bool:
        """Tell whether an import writes such an entry: one conversion of a column, and then one that protects it."""
        key = before.name.lower()
        of_itself = tuple(map(str.lower, entry.reads())) == (key,)
        in_order = not before.protected_by and (name in HIDE or key not in self.converted)
        to_json = isinstance(entry, ChangeTypeEntry) and entry.change.is_json
        return name in DESCRIBED and of_itself and in_order and not to_json

    def forget(self, name: str) -> None:
        """Forget what is known of all columns after a step that does not declare what it writes."""
        for key, column in self.by_name.items():
            self.by_name[key] = replace(column, type=None, format=None, made_by=(*column.made_by, name))

    def protect(self, protected: Mapping[str, str]) -> None:
        """Note which transform hides each column."""
        for key, name in protected.items():
            if key != ANY_COLUMN:
                known = self.by_name.get(key) or ContractColumn(name=key, made_by=(name,))
                self.by_name[key] = replace(known, protected_by=name)

    def accept(self, reasons: Mapping[str, str]) -> None:
        """Note why columns stay in clear text."""
        for name, reason in reasons.items():
            if name.lower() in self.by_name:
                self.by_name[name.lower()] = replace(self.by_name[name.lower()], clear_reason=_text(reason))


def _written_type(name: str, entry: Entry, source: ContractColumn | None) -> str | None:
    """Return the type that an entry writes; None if only the data tells."""
    if isinstance(entry, (CurrencyEntry, ImpliedDecimalEntry)):
        return normalized_type(f'decimal({entry.format})')
    if isinstance(entry, ChangeTypeEntry):
        return 'string' if entry.change.is_json else normalized_type(entry.change.type)
    if isinstance(entry, DateTimeEntry):
        return name
    if isinstance(entry, RedactEntry):
        return 'string' if entry.value is None or isinstance(entry.value, str) else None
    if name in KEEP_TYPE and source is not None:
        return source.type
    return 'string' if name in WRITE_TEXT else None


def _text(text: str | None) -> str:
    return (text or '').replace('\r\n', '\n').strip()


def unlisted_columns(workflow: Workflow) -> Sequence[str]:
    """Return sentences on columns of the table that the contract lacks, because only the data tells them."""
    found = []
    if workflow.mapping is None:
        found.append('There is no mapping: columns of the source that configuration does not name are not in the '
                     'contract.')
    flattened = [entry.reads()[0] for step in workflow.steps for entry in step.entries or () if entry.writes() is None]
    found += [f'The columns that flatten makes of {json.dumps(name, ensure_ascii=False)} are not in the contract.'
              for name in flattened]
    return found
