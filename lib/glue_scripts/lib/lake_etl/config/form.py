"""The form of a transform: how a specification writes its entries, and what they read and write; needs no Spark."""
from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Generic, Literal, Protocol, TypeVar

from lake_etl.syntax.records import Findings, describe, parse_record


class Entry(Protocol):
    """One entry of a transform's specification: a frozen dataclass whose fields are the keys.

    A method `check` may yield the problems that types cannot express, and `warnings` what is allowed, but probably not
    meant. A method `adds` may return the columns that must not exist before.
    """

    def reads(self) -> tuple[str, ...]:
        """Columns that must exist before the entry is applied."""

    def writes(self) -> tuple[str, ...] | None:
        """Columns that the entry creates or overwrites; None when only the data can tell."""


@dataclass(frozen=True, kw_only=True)
class FieldEntry:
    """One column from one column.

    field   column to write
    source  column to read; the field itself when left out
    """

    field: str
    source: str | None = None

    def reads(self) -> tuple[str, ...]:
        """Return the one column that is read."""
        return (self.source or self.field,)

    def writes(self) -> tuple[str, ...] | None:
        """Return the one column that is written."""
        return (self.field,)


OnError = Literal['null', 'fail']


@dataclass(frozen=True, kw_only=True)
class ConvertingEntry(FieldEntry):
    """One column converted from one column.

    field     column to write
    source    column to read; the field itself when left out
    on_error  null: a value that does not convert becomes null and is counted; fail: it stops the load
    """

    on_error: OnError = 'null'


class Shape(Enum):
    """How entries are written in a specification."""

    ENTRIES = 'a list of objects, or one object'
    NAMES = 'a list of column names'
    VALUES = 'an object of column names and values'


class RowEffect(Enum):
    """What a transform does to the rows of a frame; one that repeats them may also leave some out."""

    NONE = 'none'
    LEAVES_OUT = 'leaves out'
    REPEATS = 'repeats'


# A value of JSON that is neither a list nor an object.
Scalar = str | int | float | bool | None
EntryType = TypeVar('EntryType', bound=Entry)


@dataclass(frozen=True)
class Form(Generic[EntryType]):
    """The entries that a specification may give to a transform.

    parses_text  the transform reads its source best as the text of the file, before any type is inferred
    protects     the transform hides personal data: its columns must exist, and it is never skipped
    row_effect   what the transform does to the rows; the lineage, plans and the counts of rows rely on it
    """

    name: str
    entry_type: type[EntryType]
    shape: Shape = Shape.ENTRIES
    parses_text: bool = False
    protects: bool = False
    row_effect: RowEffect = RowEffect.NONE

    def parse(self, raw: object, place: str, findings: Findings) -> tuple[EntryType, ...]:
        """Return the entries of a raw specification; problems go to `findings`."""
        parsed = (parse_record(self.entry_type, item, at, findings) for item, at in self._items(raw, place, findings))
        return tuple(entry for entry in parsed if entry is not None)

    @property
    def names_may_be_objects(self) -> bool:
        """Tell whether a list may have objects with `field` and `on_error` in place of column names."""
        return self.shape is Shape.NAMES and hasattr(self.entry_type, 'on_error')

    def _items(self, raw: object, place: str, findings: Findings) -> list[tuple[object, str]]:
        """Return each raw entry with its place, whatever the shape of the specification."""
        if self.shape is Shape.ENTRIES and isinstance(raw, dict):
            return [(raw, place)]
        if self.shape is Shape.ENTRIES and isinstance(raw, list):
            return [(item, f'{place}[{index}]') for index, item in enumerate(raw)]
        if self.shape is Shape.NAMES and isinstance(raw, list):
            return [(item if isinstance(item, dict) and self.names_may_be_objects else {'field': item},
                     f'{place}[{index}]') for index, item in enumerate(raw)]
        if self.shape is Shape.VALUES and isinstance(raw, dict):
            return [({'field': name, 'value': value}, f'{place}.{name}') for name, value in raw.items()]
        findings.problem(place, f'expected {self.shape.value}, got {describe(raw)}')
        return []
