"""Writes literals: numbers, texts, bytes, times and intervals."""
from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from lake_etl.adapters.local.athena.athena_type_text import parse_type
from lake_etl.adapters.local.athena.athena_types import (
    BIGINT, BOOLEAN, DAY_TO_SECOND, INTEGER, UNKNOWN, VARBINARY, YEAR_TO_MONTH, Type, decimal)
from lake_etl.adapters.local.athena.special_functions import parse_json
from lake_etl.adapters.local.athena.typed import Typed, text
from lake_etl.errors import QueryError

if TYPE_CHECKING:
    from lake_etl.adapters.local.athena.athena_expressions import Expressions

TIMESTAMP_LITERAL = re.compile(r'\d+-\d+-\d+(?: \d+:\d+(?::\d+(?:\.(\d+))?)?)?\s*(\S*)')
UNITS = {'DAY': 86_400_000, 'HOUR': 3_600_000, 'MINUTE': 60_000, 'SECOND': 1000}


def _literal(write: Expressions, node: exp.Literal) -> Typed:
    value = str(node.this)
    return text(value) if node.is_string else number_literal(value)


def _null(write: Expressions, node: exp.Null) -> Typed:
    return Typed('NULL', UNKNOWN)


def _boolean(write: Expressions, node: exp.Boolean) -> Typed:
    return Typed('true' if node.this else 'false', BOOLEAN)


def _hexstring(write: Expressions, node: exp.HexString) -> Typed:
    digits = re.sub(r'\s', '', str(node.this))
    if len(digits) % 2 or re.search('[^0-9A-Fa-f]', digits):
        raise QueryError("A literal of bytes has an even number of hexadecimal digits, such as X'00FF'.")
    return Typed(f"from_hex('{digits}')", VARBINARY)


def _interval(write: Expressions, node: exp.Interval) -> Typed:
    negative = isinstance(node.this, exp.Neg)
    literal = node.this.this if negative else node.this
    unit = node.args['unit'].sql().upper()
    months, millis = _interval_value(str(literal.this).strip(), unit)
    sign = -1 if negative else 1
    if months is not None:
        return Typed(f'CAST({sign * months} AS INTEGER)', Type(YEAR_TO_MONTH))
    return Typed(f'CAST({sign * (millis or 0)} AS BIGINT)', Type(DAY_TO_SECOND))


def _unicodestring(write: Expressions, node: exp.UnicodeString) -> Typed:
    if node.args.get('escape'):
        raise QueryError('A literal U&… takes no UESCAPE on the laptop. Use the backslash.')
    return text(re.sub(r'\\(?:\+([0-9A-Fa-f]{6})|([0-9A-Fa-f]{4})|(\\))', lambda found: found[3] or chr(
        int(found[1] or found[2], 16)), str(node.this)))


def typed_literal(write: Expressions, node: exp.Anonymous) -> Typed:
    """Write a literal with its type before it, such as DATE and a text."""
    literal, kind = node.expressions
    value, target = str(literal.this), kind.sql('trino')
    name = target.lower()
    if name.startswith('decimal'):
        return number_literal(value if '.' in value else f'{value}.')
    if name == 'json':
        return parse_json(write, [text(value)])
    if name.startswith('timestamp'):
        found = TIMESTAMP_LITERAL.fullmatch(value.strip())
        digits = len(found[1] or '') if found else 0
        target = f'timestamp({digits})' + (' with time zone' if found and found[2] else '')
    if name.startswith('time') and not name.startswith('timestamp'):
        return _time_literal(value)
    if name == 'char':
        target = f'char({len(value)})'
    goal = parse_type(target)
    given = text(value)
    return Typed(write.casts.cast(given.sql, given.type, goal), goal, is_exact=True)


def _time_literal(value: str) -> Typed:
    from lake_etl.adapters.local.athena.values import time_from_text
    digits = len(value.partition('.')[2])
    try:
        moment = time_from_text(value, digits)
    except ValueError as error:
        raise QueryError(f"'{value}' is not a time on the laptop, such as 10:30:00. Correct the query.") from error
    return Typed(f"(TIME '00:00:00' + to_microseconds({round(moment.total_seconds() * 1_000_000)}))", Type('time',
                                                                                                           (digits,
                                                                                                            )))


def number_literal(value: str) -> Typed:
    """Write a number, whose digits tell its type."""
    digits = value.lstrip('-')
    if 'e' in digits.lower():
        return Typed(f"CAST('{value}' AS DOUBLE)", Type('double'), number=0)
    if '.' not in digits:
        number = int(value)
        if not -2 ** 63 <= number < 2 ** 63:
            raise QueryError(f'{value} is too large for a whole number in Athena. Write it as a decimal.')
        kind = INTEGER if -2 ** 31 <= number < 2 ** 31 else BIGINT
        return Typed(f'CAST({number} AS {kind.duckdb})', kind, number=number)
    whole, _, fraction = digits.partition('.')
    precision = len(whole.lstrip('0')) + len(fraction)
    kind = decimal(max(precision, 1), len(fraction))
    return Typed(f"CAST('{'-' * value.startswith('-')}{whole or '0'}.{fraction or '0'}' AS {kind.duckdb})", kind,
                 number=0)


def _interval_value(value: str, unit: str) -> tuple[int | None, int | None]:
    negative = value.startswith('-')
    value = value.lstrip('+-')
    sign = -1 if negative else 1
    if unit in ('YEAR', 'MONTH') and value.isdigit():
        return sign * int(value) * (12 if unit == 'YEAR' else 1), None
    if unit in UNITS and value.isdigit():
        return None, sign * int(value) * UNITS[unit]
    if unit == 'SECOND' and (found := re.fullmatch(r'(\d+)\.(\d{1,3})', value)):
        return None, sign * (int(found[1]) * 1000 + int(found[2].ljust(3, '0')))
    if unit == 'YEAR TO MONTH' and (found := re.fullmatch(r'(\d+)-(\d+)', value)):
        return sign * (int(found[1]) * 12 + int(found[2])), None
    if unit == 'DAY TO SECOND' and (found := re.fullmatch(r'(\d+) (\d+):(\d+):(\d+)(?:\.(\d{1,3}))?', value)):
        days, hours, minutes, seconds, thousandths = found.groups()
        return None, sign * (int(days) * 86_400_000 + int(hours) * 3_600_000 + int(minutes) * 60_000
                             + int(seconds) * 1000 + int((thousandths or '').ljust(3, '0')))
    raise QueryError(f"INTERVAL '{value}' {unit} is not read on the laptop. Use one unit of {', '.join(UNITS)}, "
                     f"MONTH, YEAR.")


LITERALS: dict[type[exp.Expr], Callable[[Expressions, Any], Typed]] = {
    exp.Literal: _literal, exp.Null: _null, exp.Boolean: _boolean, exp.HexString: _hexstring, exp.Interval:
    _interval, exp.UnicodeString: _unicodestring}
