"""Turns dates, times of day and `now()` of conditions into moments."""
from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from lake_etl.dqdl.syntax_tree import Day, Duration, Now, Operand, TimeOfDay
from lake_etl.errors import DataError

OFFSET = re.compile(r'(?:UTC|GMT)?(?P<sign>[+-])(?P<hours>\d\d?)(?::(?P<minutes>\d\d))?')


def zone(name: str) -> tzinfo:
    """Return the time zone of a name such as `Europe/Berlin` or an offset such as `+02:00`."""
    offset = OFFSET.fullmatch(name)
    if offset is not None:
        distance = timedelta(hours=int(offset['hours']), minutes=int(offset['minutes'] or 0))
        return timezone(distance if offset['sign'] == '+' else -distance)
    return UTC if name == 'Z' else ZoneInfo(name)


def moment_of(operand: Operand, now: datetime, place: tzinfo = UTC) -> datetime:
    """Return the moment in UTC that an operand stands for; days and times of day are those of the place."""
    if isinstance(operand, Day):
        return datetime.combine(operand.value, time(), place).astimezone(UTC)
    if isinstance(operand, TimeOfDay):
        return datetime.combine(now.astimezone(place).date(), operand.value, place).astimezone(UTC)
    if isinstance(operand, Now):
        minute = now.astimezone(UTC).replace(second=0, microsecond=0)
        return minute + operand.sign * length(operand.offset) if operand.offset else minute
    raise DataError(f'{operand} is no date.')


def length(duration: Duration) -> timedelta:
    """Return the length of a duration."""
    return timedelta(**{duration.unit: duration.amount})


def hours(duration: Duration) -> float:
    """Return a duration in hours, rounded to four decimals."""
    return round(length(duration).total_seconds() / 3600, 4)
