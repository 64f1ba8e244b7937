"""Evaluates quality rules: all their metrics in one pass over the rows, and which rows fail which rules."""
from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from pyspark.sql import DataFrame, Observation
from pyspark.sql import functions as F

from lake_etl.dqdl.syntax_tree import Rule
from lake_etl.quality.evaluation.evaluation_plan import Evaluated, Part, RuleInput, evaluated_parts, rows_name
from lake_etl.quality.evaluation.judging import RuleJudge
from lake_etl.quality.evaluation.keys import PendingCounts, start_counting
from lake_etl.quality.evaluation.outcomes import EvaluationContext, QualityCounts, RuleOutcome
from lake_etl.quality.evaluation.plan_builders import plan_rule
from lake_etl.quality.evaluation.row_tests import add_row_tests, add_scopes, composed, failed_indexes
from lake_etl.quality.evaluation.sql_expressions import Sql
from lake_etl.spark.columns import quoted
from lake_etl.spark.helper_names import unused_name, without_hidden
from lake_etl.spark.session import plan_upfront

FAILED_ROWS = 'failed rows'


class ObservedRows:
    """Rows whose rules are evaluated when the rows are computed.

    rows           the rows with the column `failed_column`
    failed_column  indexes of the rules of `rows_of` that the row fails, an array<int>
    """

    def __init__(self, rows: DataFrame, failed_column: str, numbers: Callable[[], Mapping[Any, Any]],
                 judge: RuleJudge):
        self.rows = rows
        self.failed_column = failed_column
        self._numbers = numbers
        self._judge = judge

    def outcomes(self) -> tuple[RuleOutcome, ...]:
        """Return the outcomes in the order of the rules; blocks forever unless `rows` was, or is being, computed."""
        return self._judge.outcomes(self._numbers())

    def counts(self) -> QualityCounts:
        """Return how many rows there were and how many failed a rule of `rows_of`; blocks as `outcomes` does."""
        numbers = self._numbers()
        return QualityCounts(int(numbers[rows_name(None)]), int(numbers[FAILED_ROWS]))


def observe_rules(df: DataFrame, rules: Sequence[Evaluated], context: EvaluationContext,
                  rows_of: Collection[int] = ()) -> ObservedRows:
    """Return the same rows; writing them evaluates the rules.

    What has to be known before, how often keys occur and what SQL statements and other tables hold, is computed at
    once. A column that is missing or of the wrong type fails its rule and raises nothing.

    rows_of  indexes of the rules whose failing rows are marked; each of them needs a row outcome
    """
    plan = _plan(df, rules, context, rows_of)
    plan.counts()
    failed = unused_name(plan.df.schema, 'failed_rules')
    marked = plan.df.withColumn(failed, F.expr(failed_indexes({index: composed(rules[index], plan.passes)
                                                               for index in rows_of})))
    aggregates = {**plan.aggregates, FAILED_ROWS: f'count_if(size({failed}) > 0)'}
    names = {key: f'number_{index}' for index, key in enumerate(aggregates)}
    observation = Observation()
    observed = marked.observe(observation, *(F.expr(f'{text} AS {names[key]}') for key, text in aggregates.items()))

    @cache
    def numbers() -> Mapping[Any, Any]:
        found = observation.get
        return {key: found[name] for key, name in names.items()}
    columns = [*df.columns, failed]
    rows = observed.selectExpr(*map(quoted, columns)) if observed.columns != columns else observed
    return ObservedRows(rows, failed, numbers, plan.judge)


def evaluate(df: DataFrame, rules: Sequence[Evaluated], context: EvaluationContext) -> tuple[RuleOutcome, ...]:
    """Return the outcomes of the rules, computed immediately, in the order of the rules."""
    plan = _plan(df, rules, context, ())
    row = plan_upfront(plan.df.selectExpr(*plan.aggregates.values())).collect()[0]
    return plan.judge.outcomes(dict(zip(plan.aggregates, row, strict=True)))


@dataclass(frozen=True)
class _Plan:
    """What a pass over the rows computes: aggregates, row tests, and group counts computed in parallel."""

    counts: PendingCounts
    df: DataFrame
    aggregates: Mapping[Any, Sql]
    passes: Mapping[Part, Sql]
    judge: RuleJudge


def _plan(df: DataFrame, rules: Sequence[Evaluated], context: EvaluationContext, rows_of: Collection[int]) -> _Plan:
    parts = list(dict.fromkeys(part for rule in rules for part in evaluated_parts(rule)))
    wheres = [part.where for part in parts if isinstance(part, Rule) and part.where is not None]
    scoped, scopes, refused = add_scopes(df, wheres)
    data = RuleInput(scoped, without_hidden(df).schema, context, scopes, refused)
    checks = {part: plan_rule(part, data) for part in parts}
    counts = start_counting(data, [grouping for check in checks.values() for grouping in check.groupings])
    judge = RuleJudge(rules, checks, counts, context)
    wanted = dict.fromkeys(part for rule in (*(rules[index] for index in rows_of), *judge.row_wise)
                           for part in evaluated_parts(rule))
    tested = add_row_tests(data, checks, wanted, counts)
    aggregates: dict[Any, Sql] = {rows_name(None): 'count(1)'}
    aggregates |= {rows_name(where): f'count_if({scope})' for where, scope in scopes.items()}
    for check in checks.values():
        aggregates |= check.aggregates
    failing: dict[Any, Sql] = {rule: composed(rule, tested.passes) for rule in judge.row_wise}
    aggregates |= {rule: f'count_if(NOT {passed})' for rule, passed in (failing | dict(tested.predicates)).items()}
    return _Plan(counts, tested.df, aggregates, tested.passes, judge)
