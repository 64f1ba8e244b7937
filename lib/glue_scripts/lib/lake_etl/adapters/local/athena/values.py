"""Computes on single values as Athena does, where no expression of DuckDB gives the same."""
from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import ROUND_DOWN, ROUND_HALF_UP, Context, Decimal, InvalidOperation
from typing import Any

from lake_etl.adapters.local.athena.not_computed import NotComputedError

EXACT = Context(prec=120)
JAVA_DOUBLE = re.compile(r'[+-]?(?:NaN|Infinity|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[dDfF]?)')
DECIMAL_TEXT = re.compile(r'[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?')
INTEGER_TEXT = re.compile(r'[+-]?\d+')
DATE_TEXT = re.compile(r'\s*\+?(\d{4,})-(\d{1,2})-(\d{1,2})\s*')
TIMESTAMP_TEXT = re.compile(
    r'\+?(\d{4,})-(\d{1,2})-(\d{1,2})(?: (\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d+))?)?)?(?:\s*(\S+))?')
TIME_TEXT = re.compile(r'(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d+))?)?')
OFFSET = re.compile(r'([+-])(\d{2}):(\d{2})')


def divide_decimals(dividend: Decimal, divisor: Decimal, scale: int) -> Decimal:
    """Return the quotient, rounded half up to so many digits after the point."""
    if not divisor:
        raise ValueError('Division by zero')
    return rounded(EXACT.divide(dividend, divisor), scale)


def rounded(value: Decimal, scale: int, mode: str = ROUND_HALF_UP) -> Decimal:
    """Return the number with so many digits after the point."""
    return value.quantize(Decimal(1).scaleb(-scale), rounding=mode, context=EXACT)


def decimal_from_text(text: str, precision: int, scale: int) -> Decimal:
    """Return what CAST(text AS decimal) gives."""
    if not DECIMAL_TEXT.fullmatch(text):
        raise ValueError('Cannot cast the text to decimal')
    return fitting(Decimal(text), precision, scale)


def decimal_from_double(value: float, precision: int, scale: int) -> Decimal:
    """Return what CAST(double AS decimal) gives: the shortest decimal spelling of the number, rounded half up."""
    try:
        return fitting(Decimal(repr(value)), precision, scale)
    except InvalidOperation:
        raise ValueError('Cannot cast the number to decimal') from None


def fitting(value: Decimal, precision: int, scale: int) -> Decimal:
    """Return the number rounded half up, or raise ValueError when it has too many digits before the point."""
    result = rounded(value, scale)
    if abs(result) >= Decimal(10) ** (precision - scale):
        raise ValueError('Cannot cast the number to decimal: it has too many digits')
    return result


def double_from_text(text: str) -> float:
    """Return what CAST(text AS double) gives."""
    text = text.strip()
    if not JAVA_DOUBLE.fullmatch(text):
        raise ValueError('Cannot cast the text to double')
    return float(text.rstrip('dDfF') if not text.endswith(('NaN', 'Infinity')) else text)


def text_from_double(value: float, digits: str | None = None) -> str:
    """Return what CAST(double AS varchar) gives, such as 1.5E0."""
    if value != value:
        return 'NaN'
    if value in (float('inf'), float('-inf')):
        return 'Infinity' if value > 0 else '-Infinity'
    if value == 0:
        return '-0E0' if str(value).startswith('-') else '0E0'
    sign, figures, exponent = Decimal(digits or repr(value)).as_tuple()
    assert isinstance(exponent, int)
    text = ''.join(map(str, figures)).rstrip('0') or '0'
    power = len(figures) - 1 + exponent
    return f'{"-" if sign else ""}{text[0]}.{text[1:] or "0"}E{power}'


def text_from_real(value: float, digits: str) -> str:
    """Return what CAST(real AS varchar) gives; digits is DuckDB's shortest spelling of the number."""
    return text_from_double(value, digits)


def java_double(value: float) -> str:
    """Return the number as Java's Double.toString spells it, such as 1.5 or 1.0E10."""
    if value != value or value in (float('inf'), float('-inf')):
        return text_from_double(value)
    if value == 0:
        return repr(value)
    if 1e-3 <= abs(value) < 1e7:
        return f'{Decimal(repr(value)):f}' if '.' in f'{Decimal(repr(value)):f}' else f'{Decimal(repr(value)):f}.0'
    return text_from_double(value)


def date_from_text(text: str) -> date:
    """Return what CAST(text AS date) gives."""
    found = DATE_TEXT.fullmatch(text)
    if not found and text.strip().startswith('-'):
        raise NotComputedError('dates before the year 1 are not known')
    if not found:
        raise ValueError('Value cannot be cast to date')
    return date(*map(int, found.groups()))


def timestamp_from_text(text: str, digits: int) -> datetime:
    """Return what CAST(text AS timestamp) gives; a time zone at the end of the text is not regarded."""
    return _timestamp(text, digits)[0]


def zoned_from_text(text: str, digits: int) -> dict[str, Any]:
    """Return the local time and the zone of a text; the zone is UTC when it has none."""
    moment, zone = _timestamp(text, digits)
    return {'i': moment, 'z': zone or 'UTC'}


def time_from_text(text: str, digits: int) -> timedelta:
    """Return the time of day that a text tells, as the time since midnight."""
    found = TIME_TEXT.fullmatch(text)
    if not found:
        raise ValueError('Value cannot be cast to time')
    hour, minute, second, fraction = found.groups()
    if int(hour) > 23 or int(minute) > 59 or int(second or 0) > 59:
        raise ValueError('Value cannot be cast to time')
    return timedelta(hours=int(hour), minutes=int(minute), seconds=int(second or 0),
                     microseconds=_microseconds(fraction or '', digits))


def _timestamp(text: str, digits: int) -> tuple[datetime, str | None]:
    found = TIMESTAMP_TEXT.fullmatch(text.strip())
    if not found:
        raise ValueError('Value cannot be cast to timestamp')
    *parts, fraction, zone = found.groups()
    if zone and not OFFSET.fullmatch(zone) and not re.fullmatch(r'[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+)*', zone):
        raise ValueError('Value cannot be cast to timestamp')
    moment = datetime(*(int(part or 0) for part in parts))      # type: ignore[arg-type]
    return moment + timedelta(microseconds=_microseconds(fraction or '', digits)), zone


def _microseconds(fraction: str, digits: int) -> int:
    """Return a fraction of a second, rounded half up to so many digits, in microseconds."""
    return int(rounded(Decimal(f'0.{fraction or 0}'), digits) * 1_000_000)


def truncated(value: Decimal, scale: int) -> Decimal:
    """Return the number with the digits after so many cut to zero."""
    return rounded(value, scale, ROUND_DOWN)
