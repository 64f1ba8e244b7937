"""The policy transforms in plain Python, from their definitions, as the reference for the Spark columns."""
from __future__ import annotations

import calendar
from collections.abc import Iterable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction

from dateutil.relativedelta import relativedelta
from dateutil.rrule import MONTHLY, rrule

CENT = Decimal('0.01')


def cents(value: Fraction) -> Decimal:
    """Round an exact number half up to two decimals."""
    with localcontext() as context:
        context.prec = 60
        return (Decimal(value.numerator) / Decimal(value.denominator)).quantize(CENT, ROUND_HALF_UP)


def firsts_of_month(start: date, end: date) -> list[date]:
    """List the firsts of the month from the month of `start` through `end`."""
    return [moment.date() for moment in rrule(MONTHLY, dtstart=start.replace(day=1), until=end)]


def end_date(start: date | None, months: int | None) -> date | None:
    """Add months."""
    return None if start is None or months is None else start + relativedelta(months=months)


def fractional_months(effective: date | None, expiration: date | None) -> Decimal | None:
    """Count months; a day left over is 1/31, unless both dates are the last of their month."""
    if effective is None or expiration is None:
        return None
    months = (expiration.year - effective.year) * 12 + expiration.month - effective.month
    if expiration.day == effective.day or (_is_month_end(effective) and _is_month_end(expiration)):
        return Decimal(months).quantize(CENT)
    return cents(months + Fraction(expiration.day - effective.day, 31))


def _is_month_end(day: date) -> bool:
    return day.day == calendar.monthrange(day.year, day.month)[1]


def normalized_months(effective: date | None, expiration: date | None) -> int | None:
    """Count firsts of the month up to a month before expiration, or expiration itself when that is too early."""
    if effective is None or expiration is None:
        return None
    last = expiration - relativedelta(months=1)
    return len(firsts_of_month(effective, expiration if last < effective else last))


def policy_months(effective: date | None, expiration: date | None) -> list[tuple[int | None, date | None, date | None]]:
    """List (index, first day, last day) of each month; one row of nulls when there is none."""
    if effective is None or expiration is None:
        return [(None, None, None)]
    firsts = firsts_of_month(effective, expiration)
    return [(index, first, first + relativedelta(months=1, days=-1)) for index, first in enumerate(firsts, 1)] or [
        (None, None, None)]


def premium_of(values: Iterable[int | float | Decimal | None]) -> Fraction:
    """Add premiums exactly; null is 0, and a double means the decimal number it is written as."""
    return sum((Fraction(str(value)) for value in values if value is not None), Fraction(0))


def earned_by_day(premium: Fraction, effective: date | None, expiration: date | None, period_start: date | None,
                  period_end: date | None) -> Decimal | None:
    """Earn by the days of the overlap, both ends counted."""
    if None in (effective, expiration, period_start, period_end) or expiration < effective:
        return None
    overlap = (min(expiration, period_end) - max(effective, period_start)).days + 1
    return cents(premium * overlap / ((expiration - effective).days + 1)) if overlap > 0 else None


def earned_by_month(premium: Fraction, effective: date | None, expiration: date | None, period_start: date | None,
                    period_end: date | None) -> Decimal | None:
    """Earn the same each month; a policy within one month earns all in that month."""
    if None in (effective, expiration, period_start, period_end):
        return None
    months = firsts_of_month(effective, expiration)
    if not months or period_end < effective:
        return None
    if len(months) == 1 and effective <= expiration and period_end.replace(day=1) == months[0]:
        return cents(premium)
    if period_end > months[-1]:
        return None
    return cents(premium / normalized_months(effective, expiration))
