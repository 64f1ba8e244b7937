"""Transforms of premiums and policy terms: signs, sums, products, months, and the premium earned in each."""
from __future__ import annotations

from functools import reduce
from operator import add, mul

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from lake_etl.spec.entries.premium import (
    ADDCOLUMNS,
    EARNEDPREMIUM,
    ENDDATE,
    EXPANDPOLICYMONTHS,
    FLIPSIGN,
    MULTIPLYCOLUMNS,
    POLICYMONTHS,
    ColumnListEntry,
    EarnedPremiumEntry,
    EndDateEntry,
    ExpandPolicyMonthsEntry,
    MultiplyColumnsEntry,
    PolicyMonthsEntry,
)
from lake_etl.spec.form import FieldEntry
from lake_etl.transform.columns import column
from lake_etl.transform.earned_premium import (
    Term,
    earned_by_day,
    earned_by_month,
    earned_by_month_reconciled,
    total_premium,
)
from lake_etl.transform.helper_names import unused_name
from lake_etl.transform.numbers import number_column, number_or
from lake_etl.transform.policy_months import (
    date_column,
    end_date,
    fractional_months,
    month_starts,
    normalized_months,
)
from lake_etl.transform.registry import TransformContext, column_transform, frame_transform


def add_columns(*names: str) -> Column:
    """Return the sum of the named number columns, null counting as 0."""
    return reduce(add, [F.coalesce(column(name), F.lit(0)) for name in names])


@column_transform(FLIPSIGN)
def transform_flipsign(entry: FieldEntry, schema: StructType, context: TransformContext) -> Column:
    """Turn an amount's sign: what was paid in becomes what is paid out. Text is read as double."""
    return -number_column(schema, entry.source or entry.field)


@column_transform(ADDCOLUMNS)
def transform_addcolumns(entry: ColumnListEntry, schema: StructType, context: TransformContext) -> Column:
    """Add columns, null counting as 0. Text is read as double; a sum too large for its type stops the job."""
    return reduce(add, [number_or(schema, name, 0) for name in entry.source_columns])


@column_transform(MULTIPLYCOLUMNS)
def transform_multiplycolumns(entry: MultiplyColumnsEntry, schema: StructType, context: TransformContext) -> Column:
    """Multiply columns, such as a premium by its shares. Text is read as double."""
    return reduce(mul, [number_or(schema, name, entry.empty_value) for name in entry.source_columns])


@column_transform(ENDDATE)
def transform_enddate(entry: EndDateEntry, schema: StructType, context: TransformContext) -> Column:
    """Move a date by a number of months, such as an effective date by the term; a longer month's end is clamped."""
    return end_date(schema, entry.start_date, entry.num_months)


@column_transform(POLICYMONTHS)
def transform_policymonths(entry: PolicyMonthsEntry, schema: StructType, context: TransformContext) -> Column:
    """Count the months of a policy, null when a date is null. Times of day do not count."""
    count = normalized_months if entry.normalized else fractional_months
    return count(date_column(schema, entry.policy_effective_date), date_column(schema, entry.policy_expiration_date))


@frame_transform(EXPANDPOLICYMONTHS)
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
    month = unused_name(df.schema, 'policy_month')
    starts = month_starts(date_column(df.schema, entry.policy_effective_date),
                          date_column(df.schema, entry.policy_expiration_date))
    numbered = F.transform(starts, lambda start, index: F.struct(start.alias('start'), (index + 1).alias('number')))
    columns = {entry.policy_month_start_field: column(month)['start'],
               entry.policy_month_end_field: F.last_day(column(month)['start'])}
    if entry.policy_month_index:
        columns[entry.policy_month_index] = column(month)['number']
    return df.withColumn(month, F.explode_outer(numbered)).withColumns(columns).drop(month)


@column_transform(EARNEDPREMIUM)
def transform_earnedpremium(entry: EarnedPremiumEntry, schema: StructType, context: TransformContext) -> Column:
    """Compute the part of the written premium that is earned in the row's period, rounded half up to the cent."""
    premium = total_premium(schema, entry.written_premium_list)
    term = Term(effective=date_column(schema, entry.policy_effective_date),
                expiration=date_column(schema, entry.policy_expiration_date),
                period_start=date_column(schema, entry.period_start_date),
                period_end=date_column(schema, entry.period_end_date))
    if entry.byday:
        return earned_by_day(premium, term, entry.reconcile)
    return earned_by_month_reconciled(premium, term) if entry.reconcile else earned_by_month(premium, term)
