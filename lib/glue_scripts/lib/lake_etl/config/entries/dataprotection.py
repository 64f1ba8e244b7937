"""The entries of the transforms that hide personal data."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lake_etl.config.form import FieldEntry, Form, Shape


@dataclass(frozen=True, kw_only=True)
class RedactEntry:
    """A column and the value that replaces its values.

    field  column to hide, which must exist
    value  any JSON value: text, number, true or false, list, object; null is a null of text
    """

    field: str
    value: Any

    def reads(self) -> tuple[str, ...]:
        """Return the column; if it is missing, the personal data may have another name."""
        return (self.field,)

    def writes(self) -> tuple[str, ...]:
        """Return the column."""
        return (self.field,)


HASH = Form('hash', FieldEntry, Shape.NAMES, parses_text=True, protects=True)
REDACT = Form('redact', RedactEntry, Shape.VALUES, parses_text=True, protects=True)
TOKENIZE = Form('tokenize', FieldEntry, Shape.NAMES, parses_text=True, protects=True)
