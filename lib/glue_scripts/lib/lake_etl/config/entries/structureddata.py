"""The entries of the transforms of nested data."""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lake_etl.config.form import FieldEntry, Form, OnError, RowEffect, Shape


@dataclass(frozen=True, kw_only=True)
class ExpandArrayEntry(FieldEntry):
    """One array column to expand.

    field        column to write the elements to
    source       array column; the field itself when left out
    index_field  column to write the position to, from 1
    """

    index_field: str

    def check(self) -> Iterator[str]:
        """Yield the problems of the columns to write."""
        written = [name.lower() for name in self.writes() or ()]
        if len(set(written)) < len(written):
            yield f'each of {", ".join(self.writes() or ())} must be a column of its own'

    def writes(self) -> tuple[str, ...] | None:
        """Return the columns of the position and the element."""
        return (self.index_field, self.field)


@dataclass(frozen=True, kw_only=True)
class ExpandMapEntry(ExpandArrayEntry):
    """One map or struct column to expand.

    field        column to write the values to
    source       map or struct column; the field itself when left out
    index_field  column to write the position to, from 1
    key_field    column to write the key, or the member's name, to
    on_error     null: text that is not a JSON object counts as null and is counted; fail: it stops the load
    """

    key_field: str
    on_error: OnError = 'null'

    def writes(self) -> tuple[str, ...] | None:
        """Return the columns of the position, the key and the value."""
        return (self.index_field, self.key_field, self.field)


@dataclass(frozen=True, kw_only=True)
class FlattenEntry:
    """One struct column to flatten.

    field       struct column
    keep_field  false: drop the struct once its members are columns
    """

    field: str
    keep_field: bool = True

    def reads(self) -> tuple[str, ...]:
        """Return the struct."""
        return (self.field,)

    def writes(self) -> tuple[str, ...] | None:
        """Return None: the members are known only from the data."""
        return None


@dataclass(frozen=True, kw_only=True)
class TextColumnEntry:
    """One text column to parse in place.

    field     column to read and overwrite
    on_error  null: text that cannot be parsed becomes null and is counted; fail: it stops the load
    """

    field: str
    on_error: OnError = 'null'

    def reads(self) -> tuple[str, ...]:
        """Return the one column."""
        return (self.field,)

    def writes(self) -> tuple[str, ...] | None:
        """Return the one column."""
        return (self.field,)


JSONEXPANDARRAY = Form('jsonexpandarray', ExpandArrayEntry, row_effect=RowEffect.REPEATS)
JSONEXPANDMAP = Form('jsonexpandmap', ExpandMapEntry, row_effect=RowEffect.REPEATS)
FLATTEN = Form('flatten', FlattenEntry)
JSONSTRUCTURED = Form('jsonstructured', TextColumnEntry, Shape.NAMES)
XMLSTRUCTURED = Form('xmlstructured', TextColumnEntry, Shape.NAMES)
