"""Months and days as the sample files write them, worked out once."""
from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date

FIRST_YEAR, LAST_YEAR = 2022, 2028


@dataclass(frozen=True)
class Month:
    """One calendar month: its first and last day."""

    first: date
    last: date


MONTHS = tuple(Month(date(year, month, 1), date(year, month, monthrange(year, month)[1]))
               for year in range(FIRST_YEAR, LAST_YEAR + 1) for month in range(1, 13))


def month_index(day: date) -> int:
    """Return the position in MONTHS of the month that the day lies in."""
    return (day.year - FIRST_YEAR) * 12 + day.month - 1


def add_months(day: date, months: int) -> date:
    """Return the day so many months later; the month's last day where it has no such day."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def month_day_short_year(day: date) -> str:
    """Write a day as `M/d/yy`."""
    return f'{day.month}/{day.day}/{day.year % 100:02d}'


def short_year_month_day(day: date) -> str:
    """Write a day as `yy-MM-dd`."""
    return f'{day.year % 100:02d}-{day.month:02d}-{day.day:02d}'


def year_month_day_slashes(day: date) -> str:
    """Write a day as `yyyy/M/d`."""
    return f'{day.year}/{day.month}/{day.day}'


def amount(cents: int) -> str:
    """Write an amount of cents, zero or more, with two decimals."""
    return f'{cents // 100}.{cents % 100:02d}'
