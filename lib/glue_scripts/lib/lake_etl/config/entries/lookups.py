"""The entries of the transforms that look up values."""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lake_etl.config.form import FieldEntry, Form, Scalar


@dataclass(frozen=True, kw_only=True)
class LookupEntry(FieldEntry):
    """A column filled from a lookup of one value.

    field          column to write
    source         column with the key, compared as text; the field itself when left out
    lookup         name of the lookup: `column_name` of its item in the value-lookup table
    nomatch        text, number, true or false for keys that the lookup does not have; null when left out
    source_system  `source_system` of the item; the name of the database when left out
    """

    lookup: str
    nomatch: Scalar = None
    source_system: str | None = None


@dataclass(frozen=True, kw_only=True)
class MultiLookupEntry:
    """Columns filled from a lookup by several values.

    lookup_group       name of the group of items in the multi-lookup table
    match_columns      columns whose texts, joined by a hyphen, are the key; a null matches nothing
    return_attributes  attributes of the item, each of which becomes a new column
    nomatch            text, number, true or false where no item matches or it lacks the attribute; null when left out
    """

    lookup_group: str
    match_columns: tuple[str, ...]
    return_attributes: tuple[str, ...]
    nomatch: Scalar = None

    def check(self) -> Iterator[str]:
        """Yield the problems of the lists."""
        if not self.match_columns:
            yield "'match_columns' names no column"
        if not self.return_attributes:
            yield "'return_attributes' names no attribute"
        if len({name.lower() for name in self.return_attributes}) < len(self.return_attributes):
            yield "'return_attributes' names an attribute twice"

    def reads(self) -> tuple[str, ...]:
        """Return the columns whose texts make the key."""
        return self.match_columns

    def writes(self) -> tuple[str, ...]:
        """Return the new columns."""
        return self.return_attributes

    def adds(self) -> tuple[str, ...]:
        """Return the new columns, none of which may be there before."""
        return self.return_attributes


LOOKUP = Form('lookup', LookupEntry)
MULTILOOKUP = Form('multilookup', MultiLookupEntry)
