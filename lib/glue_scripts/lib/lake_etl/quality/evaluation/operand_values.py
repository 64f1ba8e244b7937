"""Computes what operands of conditions stand for: numbers, earlier values of a metric, and moments."""
from __future__ import annotations

import math
import operator
import re
import statistics
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from lake_etl.dqdl.syntax_tree import Arithmetic, Call, Day, Duration, Now, Number, Operand, TimeOfDay
from lake_etl.errors import DataError

History = Callable[[int], Sequence[float]]
ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    '+': operator.add, '-': operator.sub, '*': operator.mul, '/': operator.truediv}
OFFSET = re.compile(r'(?:UTC|GMT)?(?P<sign>[+-])(?P<hours>\d\d?)(?::(?P<minutes>\d\d))?')


class NoHistory(DataError):
    """A rule compares with earlier values of its metric, and there are too few of them yet."""


def numeric_value(expression: Operand, history: History) -> float:
    """Return the number that an expression stands for. Raises NoHistory, or DataError for what has no number."""
    if isinstance(expression, Number):
        return float(expression.value)
    if isinstance(expression, Arithmetic):
        left, right = (numeric_value(part, history) for part in (expression.left, expression.right))
        return _calculated(expression, left, right)
    if not isinstance(expression, Call):
        raise DataError(f'{expression} is not a number and cannot be compared with one.')
    if expression.name == 'abs':
        return abs(numeric_value(expression.arguments[0], history))
    values = _earlier_values(expression, history)
    if expression.name == 'last':
        return values[0]
    return FUNCTIONS[expression.name](values, *(numeric_value(part, history) for part in expression.arguments[1:]))


def _calculated(expression: Arithmetic, left: float, right: float) -> float:
    try:
        result = ARITHMETIC[expression.operator](left, right)
    except (ZeroDivisionError, OverflowError):
        result = math.nan
    if not math.isfinite(result):
        raise DataError(f'{expression} has no value: {left:g} {expression.operator} {right:g}.')
    return result


def _earlier_values(call: Call, history: History) -> Sequence[float]:
    """Return what `last(k)`, the call itself or its first argument, stands for: one value at least."""
    last = call if call.name == 'last' else call.arguments[0]
    if not isinstance(last, Call):
        raise DataError(f'{call} works with earlier values, such as {call.name}(last(10)).')
    count = int(numeric_value(last.arguments[0], history))
    values = [value for value in history(count) if math.isfinite(value)][:count]
    needed = int(numeric_value(call.arguments[1], history)) if call.name == 'index' else 1
    if len(values) < needed:
        raise NoHistory(f'{call} needs {needed} earlier values of the metric, and there are {len(values)}.')
    return values


def _percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which that share of the values lies, interpolated as Spark's `percentile` does."""
    ordered = sorted(values)
    position = share * (len(ordered) - 1)
    below = math.floor(position)
    above = math.ceil(position)
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)


def _index(values: Sequence[float], position: float) -> float:
    """Return the value at a position, 1 for the latest."""
    return values[int(position) - 1]


FUNCTIONS: dict[str, Callable[..., float]] = {
    'avg': statistics.fmean, 'average': statistics.fmean, 'std': statistics.pstdev, 'min': min, 'max': max,
    'median': statistics.median, 'sum': math.fsum, 'percentile': _percentile, 'index': _index,
}


def zone(name: str) -> tzinfo:
    """Return the time zone of a name such as `Europe/Berlin` or an offset such as `+02:00`."""
    offset = OFFSET.fullmatch(name)
    if offset is not None:
        distance = timedelta(hours=int(offset['hours']), minutes=int(offset['minutes'] or 0))
        return timezone(distance if offset['sign'] == '+' else -distance)
    return UTC if name == 'Z' else ZoneInfo(name)


def to_moment(operand: Operand, now: datetime, place: tzinfo = UTC) -> datetime:
    """Return the moment in UTC that an operand stands for; days and times of day are those of the place."""
    if isinstance(operand, Day):
        return datetime.combine(operand.value, time(), place).astimezone(UTC)
    if isinstance(operand, TimeOfDay):
        return datetime.combine(now.astimezone(place).date(), operand.value, place).astimezone(UTC)
    if isinstance(operand, Now):
        minute = now.astimezone(UTC).replace(second=0, microsecond=0)
        return minute + operand.sign * length(operand.offset) if operand.offset else minute
    raise DataError(f'{operand} is not a date.')


def length(duration: Duration) -> timedelta:
    """Return the length of a duration."""
    return timedelta(**{duration.unit: duration.amount})


def hours(duration: Duration) -> float:
    """Return a duration in hours, rounded to four decimals."""
    return round(length(duration).total_seconds() / 3600, 4)
