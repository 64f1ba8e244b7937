"""What specifications say to the transforms that hide personal data."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lake_etl.config.form import FieldEntry, Form, Shape


@dataclass(frozen=True, kw_only=True)
class RedactEntry:
    """A column and what is shown in its place.

    field  column to hide, which must exist
    value  any JSON value: text, number, true or false, list, object; null is a null of text
    """

    field: str
    value: Any

    def reads(self) -> tuple[str, ...]:
        """Return the column: that it is missing may mean that the personal data goes by another name."""
        return (self.field,)

    def writes(self) -> tuple[str, ...]:
        """Return the column."""
        return (self.field,)


HASH = Form('hash', FieldEntry, Shape.NAMES, parses_text=True, protects=True)
REDACT = Form('redact', RedactEntry, Shape.VALUES, parses_text=True, protects=True)
TOKENIZE = Form('tokenize', FieldEntry, Shape.NAMES, parses_text=True, protects=True)
