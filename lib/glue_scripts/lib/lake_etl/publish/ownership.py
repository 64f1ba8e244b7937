"""Stores with a table which workflow fills it and which columns are protected, and refuses loads that differ."""
from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from lake_etl.arguments import OWNER
from lake_etl.config.configuration_files import folded
from lake_etl.config.formats.delimited_format import DELIMITED
from lake_etl.config.input import AS_INFERRED, AS_WRITTEN
from lake_etl.config.transform_steps import ANY_COLUMN
from lake_etl.config.workflow import Workflow
from lake_etl.errors import LakeError, OwnershipError
from lake_etl.ports import Table

WORKFLOW, PROTECTED, HASH_TEXT = 'lake_etl.workflow', 'lake_etl.protected', 'lake_etl.hash_text'
# The transforms that hash text.
HASHING = ('hash', 'tokenize')
UNCHANGED = 'Readers of the table see what they saw before.'


@dataclass(frozen=True, kw_only=True)
class Ownership:
    """What a load says about the table that it fills.

    workflow             `<database>/<table>`
    protected            the transform that protects a column, by the column's name in lower case
    takes_over           the workflow that filled the table before; None: no takeover
    no_longer_protected  why a column need not be protected any more, by the column's name in lower case
    file                 name of the configuration file that holds these settings, or could hold them
    hash_text            what the load hashes of text, as_written or as_inferred; None if it hashes nothing
    by_query             whether that is a SQL file, whose query fills the table
    owner                who answers questions about the table; None if the workflow does not say
    """

    workflow: str
    protected: Mapping[str, str] = field(default_factory=dict)
    takes_over: str | None = None
    no_longer_protected: Mapping[str, str] = field(default_factory=dict)
    file: str
    hash_text: str | None = None
    by_query: bool = False
    owner: str | None = None

    def of_quarantine(self) -> Ownership:
        """Return the ownership of the quarantine tables, whose columns the quality gate protects."""
        return replace(self, protected={}, no_longer_protected={})


@dataclass(frozen=True)
class Remembered:
    """What a table remembers: the workflow that fills it, None before the first load, and its protected columns."""

    workflow: str | None
    protected: Mapping[str, str]


def remembered_of(table: Table | None) -> Remembered:
    """Return what a table remembers; raises OwnershipError when the property is not valid."""
    parameters = table.parameters if table else {}
    try:
        protected = json.loads(parameters.get(PROTECTED, '{}'))
    except ValueError:
        protected = None
    if table and not (isinstance(protected, dict) and all(isinstance(kind, str) for kind in protected.values())):
        raise OwnershipError(
            f"The property '{PROTECTED}' of table {table.database}.{table.name} is not what the lake writes: "
            'expected a JSON object of columns and transforms. Correct it in the catalog, so that it names the columns '
            f'that have to be protected. {UNCHANGED}')
    return Remembered(parameters.get(WORKFLOW), protected or {})


def require_ownership(table: Table | None, ownership: Ownership | None) -> None:
    """Raise OwnershipError unless the load may fill the table as it is now.

    A table without memory, from before there was one, takes any load. Without an ownership nothing is compared.
    """
    if table is None or ownership is None:
        return
    remembered, name = remembered_of(table), f'{table.database}.{table.name}'
    owner = remembered.workflow
    if owner is not None and folded(owner) not in {folded(ownership.workflow), folded(ownership.takes_over or '')}:
        raise OwnershipError(
            f'Table {name} is filled by the workflow {owner}, and {ownership.workflow} would replace its rows. A table '
            'has one workflow: give this one another table, or say that the table changes hands, by '
            f'{_takeover(ownership, owner)}. {UNCHANGED}')
    if missing := _unprotected(remembered, ownership):
        columns = ', '.join(f'{_shown(column)} ({remembered.protected[column]})' for column in missing)
        raise OwnershipError(
            f'Earlier loads of table {name} have protected {columns}, and no step of this load does. '
            f'{_remedy(ownership, missing[0])} {UNCHANGED}')


def parameters_after(table: Table | None, ownership: Ownership | None) -> dict[str, str]:
    """Return what the table remembers from this load on; raises OwnershipError as `require_ownership` does."""
    require_ownership(table, ownership)
    if ownership is None:
        return {}
    remembered = remembered_of(table)
    same = remembered.workflow is not None and folded(remembered.workflow) == folded(ownership.workflow)
    parameters = {WORKFLOW: remembered.workflow if same and remembered.workflow else ownership.workflow}
    if ownership.protected or remembered.protected:
        parameters[PROTECTED] = json.dumps(dict(sorted(ownership.protected.items())), ensure_ascii=False)
    if ownership.hash_text:
        parameters[HASH_TEXT] = ownership.hash_text
    if ownership.owner or table and OWNER in table.parameters:
        parameters[OWNER] = ownership.owner or ''
    return parameters


def chosen_hash_text(workflow: Workflow, args: Mapping[str, Any]) -> str | None:
    """Return what a load hashes of text: the workflow's choice, or that of the lake.

    None if it hashes nothing, or no text of its files is ever inferred.

    Raises LakeError for an unknown job argument.
    """
    formats = workflow.input.described_formats()
    if not any(step.name in HASHING for step in workflow.steps) or (formats and DELIMITED not in formats):
        return None
    chosen = str(workflow.input.hash_text or args.get('hash_text') or AS_WRITTEN)
    if chosen not in (AS_WRITTEN, AS_INFERRED):
        raise LakeError(f"Job argument --hash_text is '{chosen}'; expected {AS_WRITTEN} or {AS_INFERRED}.")
    return chosen


def hash_warning(table: Table | None, hash_text: str | None, file: str) -> str | None:
    """Return a warning if the table has hashes of another kind than a load makes; None otherwise.

    A table that no load of this lake has filled has hashes of inferred values, as those of AWS InsuranceLake.
    """
    if table is None or hash_text is None:
        return None
    before = table.parameters.get(HASH_TEXT) or (AS_WRITTEN if WORKFLOW in table.parameters else AS_INFERRED)
    if before == hash_text:
        return None
    return (f'The hashes in table {table.database}.{table.name} were made with hash_text {before}, and {file} makes '
            f'them with {hash_text}. Hashes of one value may differ between loads: 0123 is hashed as 123 if it is '
            f'inferred. Write "hash_text": "{before}" into the input_spec, or load the earlier files again.')


def ended_protection(table: Table | None, ownership: Ownership) -> dict[str, str]:
    """Return the reasons of the columns that the table remembers and that this load, as it says, does not protect."""
    protected = remembered_of(table).protected
    return {column: reason for column, reason in sorted(ownership.no_longer_protected.items())
            if column in protected and column not in ownership.protected}


def owner_before(table: Table | None, ownership: Ownership) -> str | None:
    """Return the workflow from which this load takes the table over, None when it takes it from nobody."""
    owner = remembered_of(table).workflow
    return None if owner is None or folded(owner) == folded(ownership.workflow) else owner


def _unprotected(remembered: Remembered, ownership: Ownership) -> list[str]:
    known = {*ownership.protected, *ownership.no_longer_protected}
    return sorted(column for column in remembered.protected if column not in known)


def _takeover(ownership: Ownership, owner: str) -> str:
    if ownership.by_query:
        return f'the line "-- takes over: {owner}" in {ownership.file}'
    return f'"takes_over": "{owner}" in the input_spec of {ownership.file}'


def _remedy(ownership: Ownership, column: str) -> str:
    if ownership.by_query:
        return 'Queries have no steps that protect: have this one fill another table.'
    return (f'Put the step back into the transform_spec of {ownership.file}; or, when a column need not be protected '
            f'any more, say why in its input_spec: "no_longer_protected": {{"{column}": "the reason in words"}}.')


def _shown(column: str) -> str:
    return 'columns that the step does not name' if column == ANY_COLUMN else column
