"""The calendar months of a policy, counted and listed from its effective and expiration dates, as SQL."""
from __future__ import annotations

from pyspark.sql.types import DateType, NullType, StringType, StructType, TimestampNTZType, TimestampType

from lake_etl.errors import DataError
from lake_etl.spark.columns import column_type, quoted
from lake_etl.syntax.type_text import parse_type
from lake_etl.transform.type_change import number_as

LONGEST_TERM_IN_MONTHS, MONTHS_TYPE = 12 * 9999, parse_type('decimal(38,6)')
# January of the year 1 and December of the year 9999.
MONTH_NUMBERS = 13, 12 * 9999 + 12


def date_value(schema: StructType, name: str) -> str:
    """Return a column as a date: timestamps lose their time, ISO text is parsed, other text is null.

    Raises DataError for a missing column and for one of any other type.
    """
    kind = column_type(schema, name)
    if isinstance(kind, DateType):
        return quoted(name)
    if isinstance(kind, (TimestampType, TimestampNTZType, StringType, NullType)):
        return f'try_cast({quoted(name)} AS date)'
    raise DataError(f"Column '{name}' has type {kind.simpleString()}, but a date was expected. "
                    f'Convert it with the date transform first.')


def end_date(schema: StructType, start_date: str, num_months: str) -> str:
    """Return the start date moved by a number of months; the day is clamped to the end of a shorter month.

    The number is truncated to an integer. Null if either is null, if text is not a number, and if the result is outside
    the years 1 to 9999.
    """
    start, number = date_value(schema, start_date), number_as(schema, num_months, MONTHS_TYPE)
    months = f'CASE WHEN abs({number}) < {LONGEST_TERM_IN_MONTHS} THEN CAST({number} AS int) END'
    first, last = MONTH_NUMBERS
    return (f'CASE WHEN {month_number(start)} + {months} BETWEEN {first} AND {last} '
            f'THEN add_months({start}, {months}) END')


def fractional_months(effective: str, expiration: str) -> str:
    """Return the months between two dates as decimal(16,2), rounded half up.

    Whole if both have the same day of the month or both are the last day of their month; otherwise each remaining day
    counts as 1/31 of a month. Negative when the dates are reversed.
    """
    return f'CAST(months_between({expiration}, {effective}) AS decimal(16,2))'


def normalized_months(effective: str, expiration: str) -> str:
    """Return the number of firsts of a month from the effective month to one month before expiration, as int.

    One month before expiration is clamped to the end of a shorter month; if it precedes the effective date, the
    expiration date itself is used. 0 if that precedes the effective month.
    """
    # Clamped or not, add_months(…, -1) is in the month with the previous number.
    ends_early = f'CAST(add_months({expiration}, -1) < {effective} AS int)'
    months = f'{month_number(expiration)} - {month_number(effective)} + {ends_early}'
    return f'CASE WHEN {effective} IS NOT NULL AND {expiration} IS NOT NULL THEN greatest({months}, 0) END'


def month_number(date: str) -> str:
    """Return the number of months since the year 0; consecutive months differ by one."""
    return f'(year({date}) * 12 + month({date}))'


def first_of_month(date: str) -> str:
    """Return the first day of the date's month."""
    return f"trunc({date}, 'month')"


def month_starts(effective: str, expiration: str) -> str:
    """Return an array of the firsts of the month from the effective month through the expiration date.

    Null when a date is null or expiration precedes the effective month.
    """
    first = first_of_month(effective)
    return f'CASE WHEN {expiration} >= {first} THEN sequence({first}, {expiration}, INTERVAL 1 MONTH) END'
