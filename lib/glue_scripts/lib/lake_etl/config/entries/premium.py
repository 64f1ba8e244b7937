"""The entries of the transforms of premiums and policy terms."""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lake_etl.config.form import ConvertingEntry, Form, OnError, RowEffect


@dataclass(frozen=True, kw_only=True)
class ColumnListEntry:
    """One number from a list of columns.

    field           column to write
    source_columns  number columns to read
    on_error        null: text that is not a number counts as null and is counted; fail: it stops the load
    """

    field: str
    source_columns: tuple[str, ...]
    on_error: OnError = 'null'

    def check(self) -> Iterator[str]:
        """Yield the problems of the list of columns."""
        if not self.source_columns:
            yield "'source_columns' names no column"

    def reads(self) -> tuple[str, ...]:
        """Return the columns of the list."""
        return self.source_columns

    def writes(self) -> tuple[str, ...] | None:
        """Return the one column that is written."""
        return (self.field,)


@dataclass(frozen=True, kw_only=True)
class MultiplyColumnsEntry(ColumnListEntry):
    """One product of columns.

    field           column to write
    source_columns  number columns to multiply
    empty_value     number that stands for null
    on_error        null: text that is not a number counts as null and is counted; fail: it stops the load
    """

    empty_value: float = 1


@dataclass(frozen=True, kw_only=True)
class EndDateEntry:
    """One end of a term.

    field       column to write
    start_date  date column from which to count
    num_months  column with the number of months
    on_error    null: text that is not a number or date counts as null and is counted; fail: it stops the load
    """

    field: str
    start_date: str
    num_months: str
    on_error: OnError = 'null'

    def reads(self) -> tuple[str, ...]:
        """Return the start date and the number of months."""
        return (self.start_date, self.num_months)

    def writes(self) -> tuple[str, ...] | None:
        """Return the column of the end date."""
        return (self.field,)


@dataclass(frozen=True, kw_only=True)
class PolicyMonthsEntry:
    """One number of months.

    field                   column to write
    policy_effective_date   first day of the policy
    policy_expiration_date  last day of the policy
    normalized              true: whole calendar months as int; false: months and days as decimal(16,2)
    on_error                null: text that is not a date counts as null and is counted; fail: it stops the load
    """

    field: str
    policy_effective_date: str
    policy_expiration_date: str
    normalized: bool = False
    on_error: OnError = 'null'

    def reads(self) -> tuple[str, ...]:
        """Return the policy's dates."""
        return (self.policy_effective_date, self.policy_expiration_date)

    def writes(self) -> tuple[str, ...] | None:
        """Return the column of the number."""
        return (self.field,)


@dataclass(frozen=True, kw_only=True)
class ExpandPolicyMonthsEntry:
    """How policies become policy months.

    policy_effective_date     first day of the policy
    policy_expiration_date    last day of the policy
    policy_month_start_field  column to write the month's first day to
    policy_month_end_field    column to write the month's last day to
    policy_month_index        column to write the month's number to, 1 for the effective month
    uniqueid, uniqueid_field  column to write an identifier to, one for each policy; two names of one key
    on_error                  null: text that is not a date counts as null and is counted; fail: it stops the load
    """

    policy_effective_date: str
    policy_expiration_date: str
    policy_month_start_field: str
    policy_month_end_field: str
    policy_month_index: str | None = None
    uniqueid: str | None = None
    uniqueid_field: str | None = None
    on_error: OnError = 'null'

    def check(self) -> Iterator[str]:
        """Yield the problems of the columns to write."""
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
    on_error                null: text that is not a number or date counts as null and is counted;
                            fail: it stops the load
    """

    field: str
    written_premium_list: tuple[str, ...]
    policy_effective_date: str
    policy_expiration_date: str
    period_start_date: str
    period_end_date: str
    byday: bool = False
    reconcile: bool = False
    on_error: OnError = 'null'

    def check(self) -> Iterator[str]:
        """Yield the problems of the list of premiums."""
        if not self.written_premium_list:
            yield "'written_premium_list' names no column"

    def reads(self) -> tuple[str, ...]:
        """Return the premiums and the four dates."""
        return (*self.written_premium_list, self.policy_effective_date, self.policy_expiration_date,
                self.period_start_date, self.period_end_date)

    def writes(self) -> tuple[str, ...] | None:
        """Return the column of the earned premium."""
        return (self.field,)


FLIPSIGN = Form('flipsign', ConvertingEntry)
ADDCOLUMNS = Form('addcolumns', ColumnListEntry)
MULTIPLYCOLUMNS = Form('multiplycolumns', MultiplyColumnsEntry)
ENDDATE = Form('enddate', EndDateEntry)
POLICYMONTHS = Form('policymonths', PolicyMonthsEntry)
EXPANDPOLICYMONTHS = Form('expandpolicymonths', ExpandPolicyMonthsEntry, row_effect=RowEffect.REPEATS)
EARNEDPREMIUM = Form('earnedpremium', EarnedPremiumEntry)
