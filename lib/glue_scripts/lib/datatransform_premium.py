"""Transforms of premiums and policy terms: signs, sums, products, months, and the premium earned in each."""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from operator import add, mul

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

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
from lake_etl.transform.registry import FieldEntry, TransformContext, column_transform, frame_transform


def add_columns(*names: str) -> Column:
    """Return the sum of the named number columns, null counting as 0."""
    return reduce(add, [F.coalesce(column(name), F.lit(0)) for name in names])


@column_transform(FieldEntry)
def transform_flipsign(entry: FieldEntry, schema: StructType, context: TransformContext) -> Column:
    """Turn an amount's sign: what was paid in becomes what is paid out. Text is read as double."""
    return -number_column(schema, entry.source or entry.field)


@dataclass(frozen=True, kw_only=True)
class ColumnListEntry:
    """One number from a list of columns.

    field           column to write
    source_columns  number columns to read
    """

    field: str
    source_columns: tuple[str, ...]

    def check(self) -> Iterator[str]:
        """Yield what is wrong with the list of columns."""
        if not self.source_columns:
            yield "'source_columns' names no column"

    def reads(self) -> tuple[str, ...]:
        """Return the columns of the list."""
        return self.source_columns

    def writes(self) -> tuple[str, ...] | None:
        """Return the one column that is written."""
        return (self.field,)


@column_transform(ColumnListEntry)
def transform_addcolumns(entry: ColumnListEntry, schema: StructType, context: TransformContext) -> Column:
    """Add columns, null counting as 0. Text is read as double; a sum too large for its type stops the job."""
    return reduce(add, [number_or(schema, name, 0) for name in entry.source_columns])


@dataclass(frozen=True, kw_only=True)
class MultiplyColumnsEntry(ColumnListEntry):
    """One product of columns.

    field           column to write
    source_columns  number columns to multiply
    empty_value     number that stands for null
    """

    empty_value: float = 1


@column_transform(MultiplyColumnsEntry)
def transform_multiplycolumns(entry: MultiplyColumnsEntry, schema: StructType, context: TransformContext) -> Column:
    """Multiply columns, such as a premium by its shares. Text is read as double."""
    return reduce(mul, [number_or(schema, name, entry.empty_value) for name in entry.source_columns])


@dataclass(frozen=True, kw_only=True)
class EndDateEntry:
    """One end of a term.

    field       column to write
    start_date  date column from which to count
    num_months  column with the number of months
    """

    field: str
    start_date: str
    num_months: str

    def reads(self) -> tuple[str, ...]:
        """Return the start date and the number of months."""
        return (self.start_date, self.num_months)

    def writes(self) -> tuple[str, ...] | None:
        """Return the column of the end date."""
        return (self.field,)


@column_transform(EndDateEntry)
def transform_enddate(entry: EndDateEntry, schema: StructType, context: TransformContext) -> Column:
    """Move a date by a number of months, such as an effective date by the term; a longer month's end is clamped."""
    return end_date(schema, entry.start_date, entry.num_months)


@dataclass(frozen=True, kw_only=True)
class PolicyMonthsEntry:
    """One number of months.

    field                   column to write
    policy_effective_date   first day of the policy
    policy_expiration_date  last day of the policy
    normalized              true: whole calendar months as int; false: months and days as decimal(16,2)
    """

    field: str
    policy_effective_date: str
    policy_expiration_date: str
    normalized: bool = False

    def reads(self) -> tuple[str, ...]:
        """Return the policy's dates."""
        return (self.policy_effective_date, self.policy_expiration_date)

    def writes(self) -> tuple[str, ...] | None:
        """Return the column of the number."""
        return (self.field,)


@column_transform(PolicyMonthsEntry)
def transform_policymonths(entry: PolicyMonthsEntry, schema: StructType, context: TransformContext) -> Column:
    """Count the months of a policy, null when a date is null. Times of day do not count."""
    count = normalized_months if entry.normalized else fractional_months
    return count(date_column(schema, entry.policy_effective_date), date_column(schema, entry.policy_expiration_date))


@dataclass(frozen=True, kw_only=True)
class ExpandPolicyMonthsEntry:
    """How policies become policy months.

    policy_effective_date     first day of the policy
    policy_expiration_date    last day of the policy
    policy_month_start_field  column to write the month's first day to
    policy_month_end_field    column to write the month's last day to
    policy_month_index        column to write the month's number to, 1 for the effective month
    uniqueid, uniqueid_field  column to write an identifier to, one for each policy; two names of one key
    """

    policy_effective_date: str
    policy_expiration_date: str
    policy_month_start_field: str
    policy_month_end_field: str
    policy_month_index: str | None = None
    uniqueid: str | None = None
    uniqueid_field: str | None = None

    def check(self) -> Iterator[str]:
        """Yield what is wrong with the columns to write."""
        if self.uniqueid and self.uniqueid_field and self.uniqueid != self.uniqueid_field:
            yield "'uniqueid' and 'uniqueid_field' are one key, but name two columns; leave one out"
        written = [name.lower() for name in self.writes() or ()]
        if len(set(written)) < len(written):
            yield 'start, end, index and unique id need a column each, but two of them name the same'

    def reads(self) -> tuple[str, ...]:
        """Return the policy's dates."""
        return (self.policy_effective_date, self.policy_expiration_date)

    def writes(self) -> tuple[str, ...] | None:
        """Return the month's columns and the identifier's."""
        wanted = (self.uniqueid or self.uniqueid_field, self.policy_month_start_field, self.policy_month_end_field,
                  self.policy_month_index)
        return tuple(name for name in wanted if name)


@frame_transform(ExpandPolicyMonthsEntry)
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


@dataclass(frozen=True, kw_only=True)
class EarnedPremiumEntry:
    """One earned premium.

    field                   column to write, decimal(16,2)
    written_premium_list    premium columns of any numeric type; they are added, null counting as 0
    policy_effective_date   first day of the policy
    policy_expiration_date  last day of the policy
    period_start_date       first day of the row's period
    period_end_date         last day of the row's period
    byday                   true: by the days of the period; false: the same amount each month
    reconcile               true: the rows of a policy add up to its premium to the cent
    """

    field: str
    written_premium_list: tuple[str, ...]
    policy_effective_date: str
    policy_expiration_date: str
    period_start_date: str
    period_end_date: str
    byday: bool = False
    reconcile: bool = False

    def check(self) -> Iterator[str]:
        """Yield what is wrong with the list of premiums."""
        if not self.written_premium_list:
            yield "'written_premium_list' names no column"

    def reads(self) -> tuple[str, ...]:
        """Return the premiums and the four dates."""
        return (*self.written_premium_list, self.policy_effective_date, self.policy_expiration_date,
                self.period_start_date, self.period_end_date)

    def writes(self) -> tuple[str, ...] | None:
        """Return the column of the earned premium."""
        return (self.field,)


@column_transform(EarnedPremiumEntry)
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
