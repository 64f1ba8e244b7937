"""The part of a written premium that is earned in a period, by day or in equal months, exact to the cent.

Rounding: a share is premium x part / whole, rounded half up (away from zero) to cents in one step with whole-number
arithmetic, so that no intermediate rounding can shift a cent. Premiums count with ten decimals.

Reconciling: rounding each row by itself can leave a policy some cents short (three thirds of 100.00 make 99.99). A
reconciled row earns the rounded share up to its period's end less the rounded share up to its period's start. Each is a
function of the row's own dates; added up over periods that follow one another they cancel, and what remains is the
premium rounded to the cent. That is promised when the periods of a policy neither overlap nor leave a gap from its
effective month (by day: its effective date) through its expiration date, as the rows of expandpolicymonths do.
"""
from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial, reduce
from operator import add

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.types import ByteType, DataType, DecimalType, IntegerType, ShortType, StructType

from lake_etl.spec.type_text import parse_type
from lake_etl.transform.columns import column, column_type
from lake_etl.transform.fuse import Prepared
from lake_etl.transform.numbers import number_as
from lake_etl.transform.policy_months import first_of_month, month_number, normalized_months

LARGEST_PREMIUM, PREMIUM_TYPE = Decimal(10) ** 14, parse_type('decimal(25,10)')
# Whole cents below this, times twice the days of 9,999 years, are a bigint still.
MOST_QUICK_CENTS = 10 ** 12


@dataclass(frozen=True, kw_only=True)
class Term:
    """The four dates of one row: its policy's term and the period to earn premium in, all inclusive."""

    effective: Column
    expiration: Column
    period_start: Column
    period_end: Column

    def is_complete(self) -> Column:
        """Tell whether no date is null."""
        dates = (self.effective, self.expiration, self.period_start, self.period_end)
        return reduce(lambda left, right: left & right, (date.isNotNull() for date in dates))


@dataclass(frozen=True, kw_only=True)
class Portion:
    """Which of the equal parts of a policy's term a row earns.

    earns            whether the row earns anything that can be told; else its earned premium is null
    parts            days or months of the term; nothing is earned of none
    before, through  how many of them end before the period, and by its end
    """

    earns: Column
    parts: Column
    before: Column
    through: Column


def earned_premium(schema: StructType, premiums: Sequence[str], portion: Portion, reconcile: bool) -> Prepared:
    """Return the portion of the sum of premium columns, as decimal(16,2).

    Columns of money - decimals with two places at most, and integers - are added up and divided as whole cents, in a
    fraction of the time; a sum that is too large for that, and columns of other types, take decimals.
    Raises DataError for a premium that is missing or no number.
    """
    exact = total_premium(schema, premiums)
    money = all(_is_money(column_type(schema, name)) for name in premiums)

    def build(helpers: Mapping[str, Column]) -> Column:
        premium, parts = helpers['premium'], F.when(helpers['parts'] > 0, helpers['parts'])
        if not money:
            return F.when(portion.earns, _earned(partial(_share, premium, parts), portion, reconcile))
        cents = _earned(partial(_share_of_cents, premium, parts), portion, reconcile)
        quick = (cents.cast('decimal(18,0)') * Decimal('0.01')).cast('decimal(16,2)')
        slow = _earned(partial(_share, exact, parts), portion, reconcile)
        return F.when(portion.earns, F.when(F.abs(premium) < MOST_QUICK_CENTS, quick).otherwise(slow))
    return Prepared({'premium': _whole_cents(premiums) if money else exact,
                     'parts': portion.parts.cast('bigint')}, build)


def _is_money(kind: DataType) -> bool:
    if isinstance(kind, DecimalType):
        return kind.scale <= 2 and kind.precision - kind.scale <= 14
    return isinstance(kind, (ByteType, ShortType, IntegerType))


def _whole_cents(premiums: Iterable[str]) -> Column:
    """Return the sum of columns of money in cents, as bigint; doubles hold it exactly as long as it is quick."""
    values = [F.coalesce(column(name).cast('double'), F.lit(0.0)) for name in premiums]
    return F.rint(reduce(add, values) * 100).cast('bigint')


def total_premium(schema: StructType, names: Iterable[str]) -> Column:
    """Return the sum of premium columns of any numeric type as decimal(24,10), null counting as 0.

    Null where a premium is not a number (NaN, other text) or the sum has more than 14 digits before the point, which
    the result type decimal(16,2) cannot hold. Raises DataError for a column that is missing or no number.
    """
    total = reduce(add, [_premium(schema, name) for name in names])
    return F.when(F.abs(total) < LARGEST_PREMIUM, total.cast('decimal(24,10)'))


def _premium(schema: StructType, name: str) -> Column:
    return F.when(column(name).isNull(), Decimal(0)).otherwise(number_as(schema, name, PREMIUM_TYPE))


def by_day(term: Term) -> Portion:
    """Return the days of the period inside the policy; both ends count.

    Nothing can be told when a date is null, when expiration lies before the effective date, when the period lies
    outside the policy, and when the period ends before it starts.
    """
    days = F.datediff(term.expiration, term.effective) + 1
    earns = ((term.expiration >= term.effective) & (term.period_end >= term.effective)
             & (term.period_start <= term.expiration) & (term.period_end >= term.period_start))
    return Portion(earns=earns, parts=days, before=_within(F.datediff(term.period_start, term.effective), days),
                   through=_within(F.datediff(term.period_end, term.effective) + 1, days))


def by_month(term: Term) -> Portion:
    """Return one of the normalized months of the policy, for each month but its last.

    A policy that starts and ends within one month earns its whole premium in the period that ends in that month.
    Nothing can be told when a date is null, expiration lies before the effective month, or the period ends before the
    effective date or after the first of the expiration month.
    """
    expiration_month = first_of_month(term.expiration)
    ends_in_only_month = _is_within_one_month(term) & (first_of_month(term.period_end) == expiration_month)
    earns = (term.is_complete() & (term.expiration >= first_of_month(term.effective))
             & (term.period_end >= term.effective)
             & ((term.period_end <= expiration_month) | ends_in_only_month))
    return Portion(earns=earns, parts=normalized_months(term.effective, term.expiration), before=F.lit(0),
                   through=F.lit(1))


def by_month_reconciled(term: Term) -> Portion:
    """Return the policy's months that end in the period.

    The months are those from the effective month up to, not including, the expiration month; a policy within one month
    earns all when it expires. What is earned differs from `by_month` by a cent at most, but for a policy shorter than
    a month that crosses the end of one: it earns all in its first month, not half. Nothing can be told when a date is
    null, expiration lies before the effective date, the period lies outside those months, or it ends before it starts.
    """
    single = _is_within_one_month(term)
    months = F.when(single, 1).otherwise(month_number(term.expiration) - month_number(term.effective))
    before = F.when(single, 0).otherwise(
        _within(month_number(term.period_start) - month_number(term.effective), months))
    through = F.when(single, (term.period_end >= term.expiration).cast('int')).otherwise(
        _within(month_number(F.date_add(term.period_end, 1)) - month_number(term.effective), months))
    starts_in_time = F.when(single, term.period_start <= term.expiration).otherwise(
        term.period_start < first_of_month(term.expiration))
    earns = (term.is_complete() & (term.expiration >= term.effective) & (term.period_end >= term.effective)
             & starts_in_time & (term.period_end >= term.period_start))
    return Portion(earns=earns, parts=months, before=before, through=through)


def _is_within_one_month(term: Term) -> Column:
    same_month = first_of_month(term.effective) == first_of_month(term.expiration)
    return same_month & (term.expiration >= term.effective)


def _within(count: Column, most: Column) -> Column:
    """Return the count, at least 0 and at most `most`."""
    return F.greatest(F.lit(0), F.least(count, most))


def _earned(share: Callable[[Column], Column], portion: Portion, reconcile: bool) -> Column:
    """Return the share of the portion, reconciled or rounded by itself."""
    if reconcile:
        return share(portion.through) - share(portion.before)
    return share(portion.through - portion.before)


def _share(premium: Column, whole: Column, part: Column) -> Column:
    """Return premium x part / whole in decimal(16,2), rounded half up; null when whole is null."""
    half_cents = F.abs(premium) * (part.cast('bigint') * 200).cast('decimal(12,0)')
    cents = F.call_function('div', half_cents + whole, whole * 2)
    unsigned = cents.cast('decimal(18,0)') * Decimal('0.01')
    return F.when(premium < 0, -unsigned).otherwise(unsigned).cast('decimal(16,2)')


def _share_of_cents(cents: Column, whole: Column, part: Column) -> Column:
    """Return cents x part / whole as bigint, rounded half up; null when whole is null."""
    unsigned = F.call_function('div', F.abs(cents) * part * 2 + whole, whole * 2)
    return F.when(cents < 0, -unsigned).otherwise(unsigned)
