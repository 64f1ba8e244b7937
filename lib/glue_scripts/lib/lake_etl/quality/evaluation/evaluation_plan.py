"""Defines the plan of a rule: what to measure, and how to judge the numbers."""
from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql.types import StructType

from lake_etl.dqdl.syntax_tree import Analyzer, AnyRule, Rule, leaves
from lake_etl.errors import DataError
from lake_etl.quality.evaluation.outcomes import EvaluationContext
from lake_etl.quality.evaluation.sql_expressions import Sql

Evaluated = AnyRule | Analyzer
Part = Rule | Analyzer


@dataclass(frozen=True)
class Grouping:
    """The rows for which `where` holds, grouped by the values of columns.

    quartiles  whether the quartiles of the single column are asked for
    """

    columns: tuple[str, ...]
    where: str | None = None
    quartiles: bool = False


@dataclass(frozen=True)
class GroupCounts:
    """Numbers of a grouping; a key is a group in which a column at least is not null.

    keys            different keys
    unique_keys     keys of a single row
    key_rows        rows of all keys
    distinct        groups, that of nulls included
    repeated_rows   rows in groups of more than one, that of nulls included
    entropy         natural logarithm, over the keys
    quartile_range  exact third minus first quartile; None unless asked for, and without values
    """

    keys: float
    unique_keys: float
    key_rows: float
    distinct: float
    repeated_rows: float
    entropy: float
    quartile_range: float | None = None


@dataclass(frozen=True)
class Values:
    """All that was measured: aggregates by name, counts by grouping, and rows that fail a rule's own test."""

    numbers: Mapping[str, Any]
    groups: Mapping[Grouping, GroupCounts]
    failed: Mapping[Evaluated, int]

    def number(self, name: str) -> float | None:
        """Return an aggregate as a float; None where it is undefined."""
        found = self.numbers[name]
        return None if found is None else float(found)

    def rows(self, where: str | None) -> int:
        """Return the number of rows for which a `where` holds."""
        return int(self.numbers[rows_name(where)])


def rows_name(where: str | None) -> str:
    """Return the name of the aggregate that counts the rows for which `where` holds."""
    return filtered('rows', where)


def filtered(name: str, where: str | None) -> str:
    """Return the name of a metric, distinct from that of the unfiltered rows."""
    return name if where is None else f'{name} (where: {where})'


def in_scope(value: Sql, scope: Sql | None) -> Sql:
    """Build the value where the rule looks at the row, and null elsewhere."""
    return value if scope is None else f'CASE WHEN {scope} THEN {value} END'


@dataclass(frozen=True)
class FailingValues:
    """The different values of some columns whose rows fail; `count` tells how many there are."""

    columns: tuple[str, ...]
    frame: DataFrame
    count: int


@dataclass(frozen=True)
class RowTest:
    """When a row passes: the predicate holds, its group is its own, and its values are not among the failing values.

    predicate      never null; true for rows out of the rule's scope
    unrepeated     grouping in which the row must be the only one
    nulls_repeat   whether rows with nothing but nulls in the columns of the grouping can be repetitions too
    """

    predicate: Sql | None = None
    unrepeated: Grouping | None = None
    nulls_repeat: bool = False
    failing: FailingValues | None = None


@dataclass(frozen=True)
class Metric:
    """A metric.

    name   full name, such as `Column.age.Mean`
    value  worked out from what was measured; None when it is undefined
    row    test that rows pass unless they lower the metric; None for metrics of the data set
    """

    name: str
    value: Callable[[Values], float | None]
    aggregates: Mapping[str, Sql] = field(default_factory=dict)
    groupings: tuple[Grouping, ...] = ()
    row: RowTest | None = None


def outside_or(scope: Sql | None, predicate: Sql) -> Sql:
    """Build whether the predicate holds or the rule does not look at the row."""
    return predicate if scope is None else f'(NOT {scope} OR {predicate})'


def all_aggregates(measures: Iterable[Metric]) -> dict[str, Sql]:
    """Return the aggregates of all the metrics by name."""
    return {name: aggregate for item in measures for name, aggregate in item.aggregates.items()}


@dataclass(frozen=True)
class Verdict:
    """Whether a rule passed and why, before it is known by which rule it was asked."""

    passed: bool
    reason: str = ''
    metrics: Mapping[str, float] = field(default_factory=dict)
    note: str = ''


@dataclass(frozen=True)
class RulePlan:
    """How one rule is evaluated."""

    judge: Callable[[Values], Verdict]
    aggregates: Mapping[str, Sql] = field(default_factory=dict)
    groupings: tuple[Grouping, ...] = ()
    row: RowTest | None = None


def decided(verdict: Verdict, row: RowTest | None = None) -> RulePlan:
    """Return the plan of a rule whose verdict is known before the rows are read."""
    return RulePlan(lambda values: verdict, row=row)


@dataclass(frozen=True)
class RuleInput:
    """The rows that rules are evaluated on.

    df       the rows, with a helper column for each `where` of the rules
    schema   the columns of the rows, without helpers
    scopes   helper column that is true where a `where` holds
    refused  reasons for each `where` that cannot be evaluated
    """

    df: DataFrame
    schema: StructType
    context: EvaluationContext
    scopes: Mapping[str, Sql] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)

    def scope(self, where: str | None) -> Sql | None:
        """Return the column that is true where `where` holds; None without one. Raises DataError for a wrong one."""
        if where is None:
            return None
        if where in self.refused:
            raise DataError(self.refused[where])
        return self.scopes[where]


PlanBuilder = Callable[[Rule, RuleInput], RulePlan]
# The parameters of a metric, its `where`, and the rows.
MetricBuilder = Callable[[tuple[str, ...], str | None, RuleInput], Metric]


def evaluated_parts(rule: Evaluated) -> Iterator[Part]:
    """Yield the parts of a composite, however deep, or what is evaluated itself."""
    if isinstance(rule, Analyzer):
        yield rule
    else:
        yield from leaves(rule)
