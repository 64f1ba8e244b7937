"""Transforms of premiums and policy terms: signs, sums, products, months, and the premium earned in each."""
from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import reduce
from operator import add

from dateutil.relativedelta import relativedelta
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, DateType, DecimalType, StructType

from lake_etl.config.entries.premium import (
    ADDCOLUMNS, EARNEDPREMIUM, ENDDATE, EXPANDPOLICYMONTHS, FLIPSIGN, MULTIPLYCOLUMNS, POLICYMONTHS, ColumnListEntry,
    EarnedPremiumEntry, EndDateEntry, ExpandPolicyMonthsEntry, MultiplyColumnsEntry, PolicyMonthsEntry)
from lake_etl.config.form import ConvertingEntry
from lake_etl.spark.columns import column, column_type
from lake_etl.spark.helper_names import unused_name
from lake_etl.transform.conversion import Conversion, text_conversions
from lake_etl.transform.earned_premium import Term, by_day, by_month, by_month_reconciled, earned_premium
from lake_etl.transform.fuse import PreparedColumn
from lake_etl.transform.number_range import turned_sign, within_range
from lake_etl.transform.policy_months import date_value, end_date, fractional_months, month_starts, normalized_months
from lake_etl.transform.registry import TransformContext, column_transform, frame_transform
from lake_etl.transform.type_change import number_column, number_or

AMOUNT = DecimalType(16, 2)


def add_columns(*source_columns: str) -> Column:
    """Return the sum of the named number columns, null counting as 0."""
    return reduce(add, [F.coalesce(column(name), F.lit(0)) for name in source_columns])


def policy_month_list(policy_effective_date: date, policy_expiration_date: date) -> list[datetime]:
    """Return the first of each month, at midnight, from the effective month through the expiration date."""
    first = policy_effective_date.year * 12 + policy_effective_date.month - 1
    last = policy_expiration_date.year * 12 + policy_expiration_date.month - 1
    return [datetime(month // 12, month % 12 + 1, 1) for month in range(first, last + 1)]


def months_between_normalized(expiration_date: date | None, effective_date: date | None) -> int | None:
    """Return the whole months of a policy as `policymonths` counts them with `normalized`; null when a date is null."""
    if expiration_date is None or effective_date is None:
        return None
    one_month_earlier = expiration_date - relativedelta(months=1)
    until = expiration_date if one_month_earlier < effective_date else one_month_earlier
    return len(policy_month_list(effective_date, until))


@F.udf(ArrayType(DateType()), useArrow=False)
def add_policy_months_list(policy_effective_date: date | None, policy_expiration_date: date | None
                           ) -> list[datetime] | None:
    """Return a column with the list of `policy_month_list`; null when a date is null."""
    if policy_effective_date is None or policy_expiration_date is None:
        return None
    return policy_month_list(policy_effective_date, policy_expiration_date)


@F.udf(DateType(), useArrow=False)
def last_day_of_month(any_date_in_month: date | None) -> date | None:
    """Return a column with the last day of the date's month."""
    return None if any_date_in_month is None else any_date_in_month + relativedelta(day=31)


@F.udf(AMOUNT, useArrow=False)
def earnedpremium_straightline(total_premium: Decimal | None, effective_date: date | None, expiration_date: date | None,
                               period_start_date: date | None, period_end_date: date | None) -> Decimal | None:
    """Return a column with the premium that is earned in a period, the same in each month of the policy.

    Null as in the `earnedpremium` transform, to which this is the same, but one value at a time.
    """
    if (total_premium is None or effective_date is None or expiration_date is None or period_start_date is None
            or period_end_date is None):
        return None
    months = policy_month_list(effective_date, expiration_date)
    if not months or period_end_date < effective_date:
        return None
    if len(months) == 1 and effective_date <= expiration_date and period_end_date.replace(day=1) == months[0].date():
        return _cents(total_premium)
    count = months_between_normalized(expiration_date, effective_date)
    return _cents(Fraction(total_premium) / count) if count and period_end_date <= months[-1].date() else None


@F.udf(AMOUNT, useArrow=False)
def earnedpremium_byday(total_premium: Decimal | None, effective_date: date | None, expiration_date: date | None,
                        period_start_date: date | None, period_end_date: date | None) -> Decimal | None:
    """Return a column with the premium that is earned in a period by its days, both ends counted.

    Null when a value is null, the period lies outside the policy, or the policy expires before it is effective.
    """
    if (total_premium is None or effective_date is None or expiration_date is None or period_start_date is None
            or period_end_date is None):
        return None
    if expiration_date < effective_date or period_end_date < effective_date or period_start_date > expiration_date:
        return None
    start, end = max(effective_date, period_start_date), min(expiration_date, period_end_date)
    days, whole = (end - start).days + 1, (expiration_date - effective_date).days + 1
    return _cents(Fraction(total_premium) * days / whole)


def _cents(amount: Decimal | Fraction) -> Decimal:
    """Return an amount rounded half up to the cent."""
    hundredfold = abs(Fraction(amount)) * 100
    cents = int(hundredfold + Fraction(1, 2))
    return Decimal(cents if amount >= 0 else -cents).scaleb(-2)


def _numbers_read(entry: ConvertingEntry | ColumnListEntry, schema: StructType) -> tuple[Conversion, ...]:
    return text_conversions(schema, entry.field, entry.on_error, numbers=entry.reads())


@column_transform(FLIPSIGN, converts=_numbers_read)
def transform_flipsign(entry: ConvertingEntry, schema: StructType, context: TransformContext) -> Column:
    """Turn an amount's sign: what was paid in becomes what is paid out. Text is read as double."""
    source = entry.source or entry.field
    return turned_sign(number_column(schema, source), column_type(schema, source), entry.field)


@column_transform(ADDCOLUMNS, converts=_numbers_read)
def transform_addcolumns(entry: ColumnListEntry, schema: StructType, context: TransformContext) -> Column:
    """Add columns, null counting as 0. Text is read as double; a sum too large for its type stops the job."""
    numbers = [number_or(schema, name, 0) for name in entry.source_columns]
    return within_range(reduce(F.try_add, numbers), 'addcolumns', entry.field)


@column_transform(MULTIPLYCOLUMNS, converts=_numbers_read)
def transform_multiplycolumns(entry: MultiplyColumnsEntry, schema: StructType, context: TransformContext) -> Column:
    """Multiply columns, such as a premium by its shares. Text is read as double; too large a product stops the job."""
    numbers = [number_or(schema, name, entry.empty_value) for name in entry.source_columns]
    return within_range(reduce(F.try_multiply, numbers), 'multiplycolumns', entry.field)


def _start_and_term_read(entry: EndDateEntry, schema: StructType) -> tuple[Conversion, ...]:
    return text_conversions(schema, entry.field, entry.on_error, numbers=[entry.num_months], dates=[entry.start_date])


@column_transform(ENDDATE, converts=_start_and_term_read)
def transform_enddate(entry: EndDateEntry, schema: StructType, context: TransformContext) -> Column:
    """Move a date by a number of months, such as an effective date by the term; a longer month's end is clamped."""
    return F.expr(end_date(schema, entry.start_date, entry.num_months))


def _term_read(entry: PolicyMonthsEntry, schema: StructType) -> tuple[Conversion, ...]:
    return text_conversions(schema, entry.field, entry.on_error, dates=entry.reads())


@column_transform(POLICYMONTHS, converts=_term_read)
def transform_policymonths(entry: PolicyMonthsEntry, schema: StructType, context: TransformContext) -> Column:
    """Count the months of a policy, null when a date is null. Times of day do not count."""
    count = normalized_months if entry.normalized else fractional_months
    return F.expr(count(date_value(schema, entry.policy_effective_date),
                        date_value(schema, entry.policy_expiration_date)))


def _expanded_term_read(entry: ExpandPolicyMonthsEntry, schema: StructType) -> tuple[Conversion, ...]:
    return text_conversions(schema, entry.policy_month_start_field, entry.on_error, dates=entry.reads())


@frame_transform(EXPANDPOLICYMONTHS, converts=_expanded_term_read)
def transform_expandpolicymonths(df: DataFrame, entries: tuple[ExpandPolicyMonthsEntry, ...],
                                 context: TransformContext) -> DataFrame:
    """Turn each policy into one row for every first of a month from its effective month through its expiration date.

    A policy with a null date, or that expires before its effective month, stays as one row with nulls.

    The identifier is a UUID drawn once for each policy, before it is expanded. Spark fixes the seed when the frame is
    built and draws in the order of the rows, so the frame gives the same identifiers however often it is computed; a
    later load of the same file draws new ones.
    """
    for entry in entries:
        df = _expand_months(df, entry)
    return df


def _expand_months(df: DataFrame, entry: ExpandPolicyMonthsEntry) -> DataFrame:
    unique_id = entry.uniqueid or entry.uniqueid_field
    if unique_id:
        df = df.withColumn(unique_id, F.expr('uuid()'))
    start, place = (unused_name(df.schema, wish) for wish in ('policy_month', 'policy_month_place'))
    starts = month_starts(date_value(df.schema, entry.policy_effective_date),
                          date_value(df.schema, entry.policy_expiration_date))
    columns = {entry.policy_month_start_field: column(start), entry.policy_month_end_field: F.last_day(column(start))}
    if entry.policy_month_index:
        columns[entry.policy_month_index] = column(place) + 1
    expanded = df.select(*map(column, df.columns), F.posexplode_outer(F.expr(starts)).alias(place, start))
    return expanded.withColumns(columns).drop(place, start)


def _premiums_and_dates_read(entry: EarnedPremiumEntry, schema: StructType) -> tuple[Conversion, ...]:
    premiums = entry.written_premium_list
    return text_conversions(schema, entry.field, entry.on_error, numbers=premiums, dates=entry.reads()[len(premiums):])


@column_transform(EARNEDPREMIUM, converts=_premiums_and_dates_read)
def transform_earnedpremium(entry: EarnedPremiumEntry, schema: StructType, context: TransformContext) -> PreparedColumn:
    """Compute the part of the written premium that is earned in the row's period, rounded half up to the cent."""
    term = Term(effective=date_value(schema, entry.policy_effective_date),
                expiration=date_value(schema, entry.policy_expiration_date),
                period_start=date_value(schema, entry.period_start_date),
                period_end=date_value(schema, entry.period_end_date))
    months = by_month_reconciled if entry.reconcile else by_month
    portion = by_day(term) if entry.byday else months(term)
    return earned_premium(schema, entry.written_premium_list, portion, entry.reconcile)
