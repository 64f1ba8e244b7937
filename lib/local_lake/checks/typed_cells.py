"""Reads and writes values as the cells of a test case, by the type of their column."""
from __future__ import annotations

import json
import re
import struct
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Context, Decimal, InvalidOperation
from typing import Any

from lake_etl.syntax.type_text import WHOLE_TYPES, TypeText

# The longest decimal of Spark has 38 digits; Python's own context would round to 28.
EXACT = Context(prec=80)
LINE_END = re.compile('\r\n?')
TRUTH = {'true': True, 'false': False}


class CellError(ValueError):
    """The text of a cell is not a value of the column's type."""


def read_cell(text: str, kind: TypeText) -> Any:
    """Return the value that a cell stands for; raises CellError if it is not of that type.

    A decimal with more digits than the type has behind the point is none, as it would have to be rounded. Nested
    values are JSON.
    """
    reader = WHOLE if kind.name in WHOLE_TYPES else READERS.get(kind.name, _nested if kind.members else str)
    try:
        value = reader(text if kind.name in ('string', 'char', 'varchar') else text.strip())
    except (ValueError, InvalidOperation, KeyError):
        raise CellError from None
    if kind.name == 'decimal':
        return _fitting(value, kind)
    return value


def write_cell(value: Any, kind: TypeText) -> str | None:
    """Return the one text that equal values of a type have in common; None for null.

    Floating-point numbers are equal if twelve significant digits are, because their last digits depend on the order of
    a sum. All other numbers are exact.
    """
    if value is None:
        return None
    if kind.members:
        return _json(value)
    if isinstance(value, datetime):
        moment = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
        return moment.isoformat(' ', 'microseconds').rstrip('0').rstrip('.') if moment.microsecond else str(moment)
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).hex()
    # The line ends of the file would count otherwise, which editors and Git change.
    return LINE_END.sub('\n', value) if isinstance(value, str) else _plain(value)


def same_text(text: str | None, kind: TypeText) -> str | None:
    """Return the text in which equal values of a type agree; raises CellError if it is not of that type."""
    return None if text is None else write_cell(read_cell(text, kind), kind)


def _fitting(value: Decimal, kind: TypeText) -> Decimal:
    """Return a decimal with the digits of its type; raises CellError if it has more."""
    precision, scale = (*kind.numbers, 0)[:2] if kind.numbers else (10, 0)
    if not value.is_finite() or value and value.adjusted() >= precision - scale:
        raise CellError
    fitting = value.quantize(Decimal(1).scaleb(-scale), context=EXACT)
    if fitting != value:
        raise CellError
    return fitting


def _number(text: str) -> float:
    return float(text)


def _single(text: str) -> float:
    """Return a number in the precision of four bytes."""
    number: float = struct.unpack('f', struct.pack('f', float(text)))[0]
    return number


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _nested(text: str) -> Any:
    return json.loads(text, parse_float=Decimal)


def _json(value: Any) -> str:
    """Return a nested value as JSON on one line, members in order of their names, equal numbers in one spelling."""
    if isinstance(value, dict):
        items = sorted((str(key), item) for key, item in value.items())
        return '{' + ', '.join(f'{json.dumps(key, ensure_ascii=False)}: {_json(item)}' for key, item in items) + '}'
    if isinstance(value, (list, tuple)):
        return '[' + ', '.join(map(_json, value)) + ']'
    if value is None:
        return 'null'
    if isinstance(value, Decimal):
        return format(value.normalize(EXACT), 'f')
    return _plain(value) if isinstance(value, (bool, int, float)) else json.dumps(str(value), ensure_ascii=False)


def _plain(value: Any) -> str:
    """Return a value without members as text."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal):
        return format(value, 'f')
    if isinstance(value, float):
        return format(value + 0.0, '.12g')
    return str(value)


WHOLE: Callable[[str], Any] = int
READERS: dict[str, Callable[[str], Any]] = {
    'decimal': Decimal, 'float': _single, 'double': _number, 'boolean': lambda text: TRUTH[text.lower()],
    'date': date.fromisoformat, 'timestamp': _moment, 'timestamp_ntz': _moment, 'binary': bytes.fromhex,
}
