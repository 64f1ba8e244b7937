"""Which mapped columns are protected, and how, if rows are quarantined before the steps that protect them."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from lake_etl.config.form import FieldEntry
from lake_etl.quality.protection import Protection, hide_everything, plan_protection

COLUMNS = ('Name', 'TIN', 'Phone', 'Insured')
PROTECTING = {'hash': True, 'redact': True, 'tokenize': True, 'seal': True}


@dataclass(frozen=True)
class Step:
    """One key of a specification."""

    key: str
    entries: tuple[Any, ...] | None

    @property
    def name(self):
        return self.key.partition(':')[0]


@dataclass(frozen=True, kw_only=True)
class Columns:
    """An entry that reads and writes some columns; `field` is the one that a protecting entry protects."""

    field: str = ''
    read: tuple[str, ...] = ()
    written: tuple[str, ...] | None = ()

    def reads(self):
        return self.read

    def writes(self):
        return self.written


def copy(source, *targets):
    return Step('literal', (Columns(read=(source,), written=targets),))


def protecting(key, *names):
    return Step(key, tuple(FieldEntry(field=name) for name in names))


def protected(**names):
    """Return the protection of columns by name of the transform."""
    return Protection(tuple((transform, tuple(FieldEntry(field=name) for name in columns))
                            for transform, columns in names.items()))


FLATTEN = Step('flatten', (Columns(read=('Insured',), written=None),))
UNKNOWN = Step('mytransform', None)
CASES = {
    'no step protects': ((copy('TIN', 'Copy'),), Protection()),
    'by its own name, in any case': ((protecting('hash', 'tin'),), protected(hash=['TIN'])),
    'several': ((protecting('hash', 'TIN'), protecting('redact', 'Phone', 'Name')),
                protected(redact=['Name', 'Phone'], hash=['TIN'])),
    'a copy is protected': ((copy('TIN', 'Token'), protecting('tokenize', 'Token')), protected(tokenize=['TIN'])),
    'a copy of a copy': ((copy('TIN', 'A'), copy('A', 'B'), protecting('hash:2', 'B')), protected(hash=['TIN'])),
    'a column made of two': (
        (Step('combinecolumns', (Columns(read=('Name', 'Phone'), written=('Both',)),)), protecting('hash', 'Both')),
        protected(hash=['Name', 'Phone'])),
    'the first step counts': ((copy('TIN', 'Copy'), protecting('redact', 'TIN'), protecting('hash', 'Copy')),
                              protected(redact=['TIN'])),
    'what was protected is clear no more when it is copied': (
        (protecting('hash', 'TIN'), copy('TIN', 'Name'), protecting('redact', 'Name')),
        protected(redact=['Name'], hash=['TIN'])),
    'overwritten before it is protected': (
        (Step('literal', (Columns(written=('TIN',)),)), protecting('hash', 'TIN')), protected(hash=['TIN'])),
    'a column that replaces another': ((copy('Phone', 'TIN'), protecting('hash', 'TIN')),
                                       protected(hash=['TIN', 'Phone'])),
    'a member that only the data knows': ((FLATTEN, protecting('hash', 'Ssn')), protected(hash=['Insured'])),
    'a column that a member may have overwritten': ((FLATTEN, protecting('hash', 'TIN')),
                                                    protected(hash=['TIN', 'Insured'])),
    'rows are left out': ((Step('filterrows', (Columns(read=('TIN',)),)), protecting('hash', 'Phone')),
                          protected(hash=['Phone'])),
    'a step of unknown effect after all that protect': ((protecting('hash', 'TIN'), UNKNOWN), protected(hash=['TIN'])),
    'a step of unknown effect before one that protects': (
        (protecting('redact', 'Phone'), UNKNOWN, protecting('hash', 'TIN')),
        Protection((('hash', (FieldEntry(field='TIN'),)), ('redact', (FieldEntry(field='Phone'),))),
                   ('Name', 'Insured'), ('mytransform',))),
    'a function of the user instead of a transform that protects': (
        (Step('hash', None),), Protection(hidden=COLUMNS, reasons=('hash',))),
    'an entry that cannot be moved to another column': (
        (Step('seal', (Columns(field='Seal', read=('TIN',), written=('Seal',)),)),),
        Protection(hidden=('TIN',), reasons=('seal',))),
}


@pytest.mark.parametrize('case', CASES)
def test_a_mapped_column_is_protected_as_far_as_its_values_go(case):
    steps, expected = CASES[case]
    assert plan_protection(steps, PROTECTING, COLUMNS) == expected


def test_without_knowledge_of_the_steps_everything_is_hidden():
    assert hide_everything(COLUMNS).hidden == COLUMNS
