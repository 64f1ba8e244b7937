"""Reads Python format strings whose fields stand for columns, such as `{}-{:05d}`."""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from string import Formatter

LONGEST_NUMBER = 9
MIXED = 'fields are either all numbered or none'


class FormatStringError(ValueError):
    """A text is not a format string for columns; says what is wrong."""


@dataclass(frozen=True)
class FormatField:
    """One place in a format string that a column fills.

    column  position of the column, from 0
    plain   neither alignment nor number format: the value's text as it is
    text    the value's text is all that is needed; a field with a number format, or inside another's format, needs
            the value
    """

    column: int
    plain: bool
    text: bool


def parse_format(text: str, columns: int) -> tuple[str | FormatField, ...]:
    """Return the literal texts and the fields in order; fields nested in another's format come right after it.

    Raises FormatStringError when the text does not parse, a field is more than a column's number, or there are more
    fields than columns.
    """
    pieces = tuple(_Numbering(text).pieces())
    needed = 1 + max((piece.column for piece in pieces if isinstance(piece, FormatField)), default=-1)
    if needed > columns:
        raise FormatStringError(f'format {text!r} needs {needed} columns, source_columns has {columns}')
    return pieces


def format_problems(text: str, columns: int) -> Iterator[str]:
    """Yield why the format string cannot be used with that many columns; nothing when it can."""
    try:
        parse_format(text, columns)
    except FormatStringError as error:
        yield str(error)


class _Numbering:
    """Gives every field of one format string its column."""

    def __init__(self, text: str):
        self.text = text
        self.implicit = 0
        self.explicit = False

    def pieces(self, part: str | None = None) -> Iterator[str | FormatField]:
        for literal, name, form, conversion in self._parsed(self.text if part is None else part):
            if literal and part is None:
                yield literal
            if name is None:
                continue
            if part is not None and form:
                raise FormatStringError(f'format {self.text!r} has fields nested too deeply')
            as_text = part is None and (conversion == 's' or (not form and not conversion))
            yield FormatField(self._column(name), plain=as_text and not form, text=as_text)
            yield from self.pieces(form or '')

    def _parsed(self, part: str) -> list[tuple[str, str | None, str | None, str | None]]:
        try:
            parsed = list(Formatter().parse(part))
        except ValueError as error:
            raise FormatStringError(f'format {self.text!r} is no Python format string: {error}') from error
        for _, _, _, conversion in parsed:
            if conversion not in (None, '', 's', 'r', 'a'):
                raise FormatStringError(f'format {self.text!r} has the unknown conversion !{conversion}')
        return parsed

    def _column(self, name: str) -> int:
        if name and not (name.isascii() and name.isdigit() and len(name) <= LONGEST_NUMBER):
            raise FormatStringError(f"format {self.text!r} has the field '{name}', expected {{}} or a number")
        if (name and self.implicit) or (not name and self.explicit):
            raise FormatStringError(f'format {self.text!r} mixes {{}} and {{0}}: {MIXED}')
        if name:
            self.explicit = True
            return int(name)
        self.implicit += 1
        return self.implicit - 1
