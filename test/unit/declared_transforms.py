"""A handful of transforms of every shape, declared as the lake declares its own, for tests of specifications."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lake_etl.config.form import FieldEntry, Form, Shape
from lake_etl.transform.registry import UserTransform


@dataclass(frozen=True, kw_only=True)
class DateEntry(FieldEntry):
    """A date and its pattern."""

    format: str


@dataclass(frozen=True, kw_only=True)
class ValueEntry:
    """A column and its value."""

    field: str
    value: Any

    def reads(self) -> tuple[str, ...]:
        """Return no column."""
        return ()

    def writes(self) -> tuple[str, ...]:
        """Return the one column that is written."""
        return (self.field,)


@dataclass(frozen=True, kw_only=True)
class FlattenEntry:
    """A struct whose members become columns that only the data can tell."""

    field: str

    def reads(self) -> tuple[str, ...]:
        """Return the struct."""
        return (self.field,)

    def writes(self) -> None:
        """Return None: only the data can tell."""


@dataclass(frozen=True, kw_only=True)
class ConditionEntry:
    """A condition on columns that only the engine can tell."""

    condition: str

    def reads(self) -> tuple[str, ...]:
        """Return no column that is known."""
        return ()

    def writes(self) -> tuple[str, ...]:
        """Return no column."""
        return ()


REGISTRY = {
    'date': Form('date', DateEntry, parses_text=True),
    'hash': Form('hash', FieldEntry, Shape.NAMES, parses_text=True, protects=True),
    'redact': Form('redact', ValueEntry, Shape.VALUES, protects=True),
    'literal': Form('literal', ValueEntry, Shape.VALUES),
    'flipsign': Form('flipsign', FieldEntry),
    'flatten': Form('flatten', FlattenEntry),
    'filterrows': Form('filterrows', ConditionEntry),
    'own': UserTransform('own', lambda df, spec, args, lineage, sc: df),
}
