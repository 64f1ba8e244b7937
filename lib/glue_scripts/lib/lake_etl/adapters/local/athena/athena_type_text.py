"""Reads types as Athena spells them, in casts and in the signatures of functions."""
from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

from lake_etl.adapters.local.athena.athena_types import (
    DUCKDB_NAMES, MOST_DIGITS, MOST_FRACTION, WITH_TIME_ZONE, Type, decimal)
from lake_etl.errors import QueryError

SYNONYMS = {'int': 'integer', 'string': 'varchar', 'dec': 'decimal', 'numeric': 'decimal',
            'double precision': 'double'}
TOKEN = re.compile(r'\s*("(?:[^"]|"")*"|[A-Za-z_][\w$]*|\d+|[(),<>])')
WITH_ZONE = re.compile(r'\s*with\s+time\s+zone\b', re.IGNORECASE)
Item = TypeVar('Item')
TIMES = ('time', 'timestamp', WITH_TIME_ZONE)


def parse_type(text: str) -> Type:
    """Return the type that a text of Athena's SQL names; raises QueryError."""
    reader = _Reader(text)
    found = reader.type()
    if reader.rest():
        raise _unknown(text)
    return found


class _Reader:
    """Reads one type from a text."""

    def __init__(self, text: str):
        self._text = text
        self._position = 0

    def rest(self) -> str:
        return self._text[self._position:].strip()

    def type(self) -> Type:
        name = self._word().lower()
        if name in ('double', 'interval'):
            name = self._long_name(name)
        name = SYNONYMS.get(name, name)
        if name == 'row':
            return self._row()
        if name in ('array', 'map'):
            parts = self._listed(self.type)
            if len(parts) != (1 if name == 'array' else 2):
                raise _unknown(self._text)
            return Type(name, parts=parts)
        arguments = self._listed(lambda: int(self._word())) if self._next() == '(' else ()
        if name in ('time', 'timestamp') and (zone := WITH_ZONE.match(self._text, self._position)):
            self._position = zone.end()
            name += ' with time zone'
        return _simple(name, arguments, self._text)

    def _row(self) -> Type:
        fields = self._listed(self._field)
        return Type('row', parts=tuple(part for _, part in fields), labels=tuple(label for label, _ in fields))

    def _field(self) -> tuple[str | None, Type]:
        start = self._position
        word = self._word()
        if self._next() in (',', ')', '('):
            self._position = start
            return None, self.type()
        return word.strip('"').lower(), self.type()

    def _long_name(self, name: str) -> str:
        more = re.match(r'\s+(precision|year\s+to\s+month|day\s+to\s+second)\b', self._text[self._position:],
                        re.IGNORECASE)
        if more:
            self._position += more.end()
            return ' '.join([name, *more[1].lower().split()])
        return name

    def _listed(self, read: Callable[[], Item]) -> tuple[Item, ...]:
        if self._word() != '(':
            raise _unknown(self._text)
        items = [read()]
        while (mark := self._word()) == ',':
            items.append(read())
        if mark != ')':
            raise _unknown(self._text)
        return tuple(items)

    def _next(self) -> str:
        found = TOKEN.match(self._text, self._position)
        return found[1] if found else ''

    def _word(self) -> str:
        found = TOKEN.match(self._text, self._position)
        if not found:
            raise _unknown(self._text)
        self._position = found.end()
        return found[1]


def _simple(name: str, arguments: tuple[int, ...], text: str) -> Type:
    if name == 'decimal':
        return decimal(*(arguments or (MOST_DIGITS, 0))) if len(arguments) != 1 else decimal(arguments[0], 0)
    if name not in DUCKDB_NAMES or name == 'unknown':
        raise _unknown(text)
    if name in TIMES:
        digits = arguments[0] if arguments else 3
        if digits > MOST_FRACTION:
            raise QueryError(f'The laptop keeps at most {MOST_FRACTION} digits of a second, {text} has {digits}. Use '
                             'fewer digits, or run the query on Athena.')
        return Type(name, (digits,))
    if name == 'char':
        return Type(name, arguments or (1,))
    if arguments and name != 'varchar':
        raise _unknown(text)
    return Type(name, arguments)


def _unknown(text: str) -> QueryError:
    return QueryError(f"'{text}' is not a type that the laptop knows. Use another type, or run the query on Athena.")
