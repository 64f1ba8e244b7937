"""The part of a written premium that is earned in a period, by day or in equal months, exact to the cent, as SQL.

Rounding: a share is premium x part / whole, rounded half up (away from zero) to cents in one step with whole-number
arithmetic, so that no intermediate rounding can shift a cent. Premiums count with ten decimals.

Reconciling: rounding each row separately can leave a policy some cents short (three thirds of 100.00 make 99.99). A
reconciled row earns the rounded share up to the end of its period minus the rounded share up to its start. Both depend
only on the row's own dates. Over consecutive periods they cancel out, and the sum is the premium rounded to the cent.
This holds when the periods of a policy have no overlap and no gap from its effective month (by day: its effective date)
through its expiration date, as in the rows of expandpolicymonths.
"""
from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from pyspark.sql import functions as F
from pyspark.sql.types import ByteType, DataType, DecimalType, IntegerType, ShortType, StructType

from lake_etl.spark.columns import column_type, quoted
from lake_etl.syntax.type_text import parse_type
from lake_etl.transform.fuse import PreparedColumn
from lake_etl.transform.policy_months import first_of_month, month_number, normalized_months
from lake_etl.transform.type_change import number_as

LARGEST_PREMIUM, PREMIUM_TYPE = 10 ** 14, parse_type('decimal(25,10)')
# Cents below this limit, times twice the days of 9,999 years, still fit into a bigint.
MAX_FAST_CENTS = 10 ** 12


@dataclass(frozen=True, kw_only=True)
class Term:
    """The four dates of one row, all inclusive: the term of its policy and the period to earn premium in."""

    effective: str
    expiration: str
    period_start: str
    period_end: str

    def is_complete(self) -> str:
        """Tell whether no date is null."""
        dates = (self.effective, self.expiration, self.period_start, self.period_end)
        return _all(*(f'{date} IS NOT NULL' for date in dates))


@dataclass(frozen=True, kw_only=True)
class Portion:
    """The equal parts of a policy's term that a row earns, as SQL.

    earns            whether the earned premium of the row is defined; null otherwise
    parts            number of days or months of the term; earned premium is null if it is 0
    before, through  number of parts that end before the period, and by its end
    """

    earns: str
    parts: str
    before: str
    through: str


def earned_premium(schema: StructType, premiums: Sequence[str], portion: Portion, reconcile: bool) -> PreparedColumn:
    """Return the portion of the sum of premium columns, as decimal(16,2).

    Columns of money (integers, and decimals with at most two places) are added and divided as whole cents, which is
    much faster. Sums that are too large for that, and columns of other types, use decimals. Raises DataError for a
    premium column that is missing or not numeric.
    """
    exact = total_premium(schema, premiums)
    money = all(_is_money(column_type(schema, name)) for name in premiums)

    def earned(helpers: Mapping[str, str]) -> str:
        premium, parts = helpers['premium'], f"CASE WHEN {helpers['parts']} > 0 THEN {helpers['parts']} END"
        if not money:
            return _earned(partial(_share, premium, parts), portion, reconcile)
        cents = _earned(partial(_share_of_cents, premium, parts), portion, reconcile)
        quick = f'CAST(CAST({cents} AS decimal(18,0)) * 0.01BD AS decimal(16,2))'
        slow = _earned(partial(_share, helpers['large'], parts), portion, reconcile)
        return f'CASE WHEN abs({premium}) < {MAX_FAST_CENTS} THEN {quick} ELSE {slow} END'

    values = {'premium': exact, 'parts': f'CAST({portion.parts} AS bigint)'}
    if money:
        cents = _whole_cents(premiums)
        values |= {'premium': cents, 'large': f'CASE WHEN abs({cents}) >= {MAX_FAST_CENTS} THEN {exact} END'}
    return PreparedColumn({name: F.expr(value) for name, value in values.items()},
                          lambda helpers: F.expr(f'CASE WHEN {portion.earns} THEN {earned(helpers)} END'))


def _is_money(kind: DataType) -> bool:
    if isinstance(kind, DecimalType):
        return kind.scale <= 2 and kind.precision - kind.scale <= 14
    return isinstance(kind, (ByteType, ShortType, IntegerType))


def _whole_cents(premiums: Iterable[str]) -> str:
    """Return the sum of columns of money in cents, as bigint; doubles are exact for all sums below the limit."""
    total = ' + '.join(f'coalesce(CAST({quoted(name)} AS double), 0D)' for name in premiums)
    return f'CAST(rint(({total}) * 100) AS bigint)'


def total_premium(schema: StructType, names: Iterable[str]) -> str:
    """Return the sum of premium columns of any numeric type as decimal(24,10), null counting as 0.

    Null where a premium is not a number (NaN, other text) or the sum has more than 14 digits before the point, which
    the result type decimal(16,2) cannot hold. Raises DataError for a column that is missing or not numeric.
    """
    total = ' + '.join(_premium(schema, name) for name in names)
    return f'CASE WHEN abs({total}) < {LARGEST_PREMIUM} THEN CAST({total} AS decimal(24,10)) END'


def _premium(schema: StructType, name: str) -> str:
    return f'CASE WHEN {quoted(name)} IS NULL THEN 0 ELSE {number_as(schema, name, PREMIUM_TYPE)} END'


def by_day(term: Term) -> Portion:
    """Return the days of the period within the policy, both ends included.

    Undefined when a date is null, expiration precedes the effective date, the period is outside the policy, or the
    period ends before it starts.
    """
    days = f'(datediff({term.expiration}, {term.effective}) + 1)'
    earns = _all(f'{term.expiration} >= {term.effective}', f'{term.period_end} >= {term.effective}',
                 f'{term.period_start} <= {term.expiration}', f'{term.period_end} >= {term.period_start}')
    return Portion(earns=earns, parts=days, before=_within(f'datediff({term.period_start}, {term.effective})', days),
                   through=_within(f'datediff({term.period_end}, {term.effective}) + 1', days))


def by_month(term: Term) -> Portion:
    """Return one normalized month of the policy, for each month except its last.

    A policy that starts and ends within one month earns its whole premium in the period that ends in that month.
    Undefined when a date is null, expiration precedes the effective month, or the period ends before the effective date
    or after the first of the expiration month.
    """
    expiration_month = first_of_month(term.expiration)
    ends_in_only_month = _all(_is_within_one_month(term), f'{first_of_month(term.period_end)} = {expiration_month}')
    earns = _all(term.is_complete(), f'{term.expiration} >= {first_of_month(term.effective)}',
                 f'{term.period_end} >= {term.effective}',
                 f'({term.period_end} <= {expiration_month} OR {ends_in_only_month})')
    return Portion(earns=earns, parts=normalized_months(term.effective, term.expiration), before='0', through='1')


def by_month_reconciled(term: Term) -> Portion:
    """Return the months of the policy that end in the period.

    The months are those from the effective month up to, not including, the expiration month; a policy within one month
    earns everything when it expires. The result differs from `by_month` by at most a cent, except for a policy shorter
    than a month that crosses the end of a month: it earns everything in its first month, not half. Undefined when a
    date is null, expiration precedes the effective date, the period is outside those months, or it ends before it
    starts.
    """
    single = _is_within_one_month(term)

    def started(date: str) -> str:
        return f'{month_number(date)} - {month_number(term.effective)}'

    months = _either(single, '1', started(term.expiration))
    before = _either(single, '0', _within(started(term.period_start), months))
    through = _either(single, f'CAST({term.period_end} >= {term.expiration} AS int)',
                      _within(started(f'date_add({term.period_end}, 1)'), months))
    starts_in_time = _either(single, f'{term.period_start} <= {term.expiration}',
                             f'{term.period_start} < {first_of_month(term.expiration)}')
    earns = _all(term.is_complete(), f'{term.expiration} >= {term.effective}', f'{term.period_end} >= {term.effective}',
                 starts_in_time, f'{term.period_end} >= {term.period_start}')
    return Portion(earns=earns, parts=months, before=before, through=through)


def _is_within_one_month(term: Term) -> str:
    return _all(f'{first_of_month(term.effective)} = {first_of_month(term.expiration)}',
                f'{term.expiration} >= {term.effective}')


def _all(*conditions: str) -> str:
    return f"({' AND '.join(conditions)})"


def _either(condition: str, value: str, otherwise: str) -> str:
    return f'CASE WHEN {condition} THEN {value} ELSE {otherwise} END'


def _within(count: str, most: str) -> str:
    """Return the count, at least 0 and at most `most`."""
    return f'greatest(0, least({count}, {most}))'


def _earned(share: Callable[[str], str], portion: Portion, reconcile: bool) -> str:
    """Return the share of the portion, reconciled or rounded separately."""
    if reconcile:
        return f'({share(portion.through)} - {share(portion.before)})'
    return share(f'({portion.through} - {portion.before})')


def _share(premium: str, whole: str, part: str) -> str:
    """Return premium x part / whole in decimal(16,2), rounded half up; null when whole is null."""
    half_cents = f'abs({premium}) * CAST(CAST({part} AS bigint) * 200 AS decimal(12,0))'
    cents = f'({half_cents} + {whole}) div ({whole} * 2)'
    unsigned = f'CAST({cents} AS decimal(18,0)) * 0.01BD'
    return f'CAST({_either(f"{premium} < 0", f"-({unsigned})", unsigned)} AS decimal(16,2))'


def _share_of_cents(cents: str, whole: str, part: str) -> str:
    """Return cents x part / whole as bigint, rounded half up; null when whole is null."""
    unsigned = f'(abs({cents}) * {part} * 2 + {whole}) div ({whole} * 2)'
    return _either(f'{cents} < 0', f'-({unsigned})', unsigned)
