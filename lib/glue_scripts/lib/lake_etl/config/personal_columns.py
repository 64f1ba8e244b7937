"""Finds columns that look personal, by their names or by what is known of their values, and that no step protects."""
from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from lake_etl.config.table_columns import table_columns
from lake_etl.config.transform_steps import ANY_COLUMN, protected_columns, written_columns
from lake_etl.config.workflow import Workflow
from lake_etl.errors import Problem

# What a name says about the values; words are separated by underscores, and may also be written together.
LOOKS_PERSONAL: Mapping[str, re.Pattern[str]] = {
    'a name': re.compile(
        r'(?:^|_)(?:first|last|given|middle|maiden|sur|family|full|person|customer|client|insured|policy_?holder|'
        r'holder|claimant|beneficiary|driver|patient|member|contact|agent)_?names?$'),
    'an e-mail address': re.compile(r'e_?mail(?!_?(?:provider|domain|type|consent))'),
    'a telephone number': re.compile(r'phone|(?:^|_)(?:mobile|cell|fax)(?:_?(?:no|nr|number))?$'),
    'a tax or identity number': re.compile(
        r'(?:^|_)(?:ssn|tin|ein|itin|nino)(?:$|_)|social_?security|tax_?(?:id|no|number|payer)|'
        r'national_?(?:id|insurance|number)|passport|licen[cs]e_?(?:no|number)|identity_?(?:card|no|number)'),
    'a bank or card number': re.compile(
        r'(?:^|_)iban|bank_?(?:account|no|number)|account_?(?:no|number)$|routing_?(?:no|number)|card_?(?:no|number)'),
}
HUMP = re.compile(r'(?<=[a-z0-9])(?=[A-Z])')
SEPARATORS = re.compile(r'[^a-z0-9]+')


def looks_personal(name: str) -> str | None:
    """Return what the values of a column seem to be by its name, such as `an e-mail address`; None for nothing."""
    words = SEPARATORS.sub('_', HUMP.sub('_', name).lower()).strip('_')
    return next((kind for kind, pattern in LOOKS_PERSONAL.items() if pattern.search(words)), None)


def unprotected_columns(workflow: Workflow, table: str, protecting: Mapping[str, bool],
                        values: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the columns of the Cleanse table that look personal and are not protected, and what they seem to be.

    table       as the workflow spells it
    protecting  whether each transform protects, by name
    values      what published values seem to be, by column

    Looks at the columns that mapping, record types, a copybook and transforms name, at their names in the source, and
    at the members of nested records. Columns of `left_unprotected` are left out. Returns nothing if a step protects
    columns that it does not name.
    """
    protected = protected_columns(workflow.steps, protecting)
    if ANY_COLUMN in protected:
        return {}
    accepted = {name.lower() for name in workflow.input.left_unprotected}
    found: dict[str, str] = {}
    named = [(name, looks_personal(known_as)) for name, known_as in _named_columns(workflow, table)]
    for name, kind in (*named, *(values or {}).items()):
        if kind and name.lower() not in accepted and name.lower() not in protected:
            found.setdefault(name.lower(), kind)
    return found


def unprotected_warning(columns: Mapping[str, str], file: str) -> Problem:
    """Return the warning about columns that look personal."""
    listed = ', '.join(f"'{name}' ({kind})" for name, kind in columns.items())
    return Problem(file, '', f'columns look personal and are not protected: {listed}',
                   'protect them with hash, redact or tokenize, or give the reason why they stay in clear text in '
                   'input_spec.left_unprotected')


def _named_columns(workflow: Workflow, table: str) -> Iterator[tuple[str, str]]:
    """Yield each column that the configuration names, with each name by which it is known."""
    for source, members, names in table_columns(workflow, table):
        for name in names:
            yield from ((name, known_as) for known_as in (name, source, *members))
    for _, name in written_columns(workflow.steps):
        yield name, name
