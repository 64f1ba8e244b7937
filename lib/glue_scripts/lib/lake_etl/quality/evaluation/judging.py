"""Judges rules by what was measured, and combines the parts of composite rules."""
from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lake_etl.dqdl.rule_types import has_row_outcome
from lake_etl.dqdl.syntax_tree import Composite, Condition, Number, Rule, leaves
from lake_etl.quality.evaluation.evaluation_plan import Evaluated, Metric, Part, RuleInput, RulePlan, Values, Verdict
from lake_etl.quality.evaluation.keys import PendingCounts
from lake_etl.quality.evaluation.operand_values import NoHistory, numeric_value
from lake_etl.quality.evaluation.outcomes import EvaluationContext, RuleOutcome
from lake_etl.quality.evaluation.sql_expressions import satisfies

NO_ROWS_IN_SCOPE = 'No row is in the scope of the rule.'
# Rules with row outcomes that AWS Glue ignores when it combines outcomes row by row.
NOT_ROW_WISE = ('Completeness', 'Uniqueness', 'ReferentialIntegrity')


def judge_number(name: str, value: float | None, condition: Condition, data: RuleInput) -> Verdict:
    """Compare a metric with a condition, whose functions look at its earlier values."""
    if value is None:
        return Verdict(False, f'{name} is undefined for these rows, expected {condition}.')
    metrics = finite({name: value})
    try:
        operands = [numeric_value(operand, lambda count: data.context.history(name, count))
                    for operand in condition.operands]
    except NoHistory as missing:
        return Verdict(True, '', metrics, f'Not compared: {missing}')
    if satisfies(condition.operator, value, operands):
        return Verdict(True, '', metrics)
    return Verdict(False, f'{name} is {shown(value)}, expected {expectation(condition, operands)}.', metrics)


def expectation(condition: Condition, operands: Iterable[float]) -> str:
    """Return the condition as text, with the numbers that functions of earlier values stand for."""
    plain = all(isinstance(operand, Number) for operand in condition.operands)
    return str(condition) if plain else f'{condition} ({", ".join(map(shown, operands))})'


def judge_share(name: str, counts: tuple[int, int], threshold: Condition | None, demand: str,
                data: RuleInput) -> Verdict:
    """Judge by the share of rows that pass: all of them, unless the rule has a threshold.

    counts  rows in scope, and those of them that fail
    demand  what a row must do, phrased to follow "do not"
    """
    rows, failed = counts
    if not rows:
        return Verdict(True, note=NO_ROWS_IN_SCOPE)
    ratio = (rows - failed) / rows
    if threshold is not None:
        return judge_number(name, ratio, threshold, data)
    reason = f'{counted(failed)} of {rows} do not {demand}.' if failed else ''
    return Verdict(not failed, reason, {name: ratio})


def requirement(rule: Rule) -> str:
    """Return what a rule demands of the rows, naming its column."""
    condition = f' {rule.condition}' if rule.condition else ''
    return f"meet {rule.type} of column '{rule.parameters[0].value}'{condition}"


def merged(measures: Iterable[Metric], values: Values) -> dict[str, float]:
    """Return the values of metrics by name, those that are defined and finite."""
    return finite({measure.name: measure.value(values) for measure in measures})


def finite(metrics: Mapping[str, float | None]) -> dict[str, float]:
    """Return the metrics that are finite numbers."""
    return {name: float(value) for name, value in metrics.items() if value is not None and math.isfinite(value)}


def shown(value: float) -> str:
    """Return a number for a message."""
    return f'{value:.15g}'


def counted(rows: int) -> str:
    """Return a number of rows as text."""
    return '1 row' if rows == 1 else f'{rows} rows'


class RuleJudge:
    """Turns the numbers of a pass into outcomes.

    row_wise  composites that are judged by the rows that fail them
    """

    def __init__(self, rules: Sequence[Evaluated], checks: Mapping[Part, RulePlan], counts: PendingCounts,
                 context: EvaluationContext):
        self._rules = rules
        self._checks = checks
        self._counts = counts
        composites = [rule for rule in rules if isinstance(rule, Composite)] if context.composites == 'row' else []
        self.row_wise = tuple(rule for rule in composites if has_row_outcome(rule) and not any(
            part.type in NOT_ROW_WISE for part in leaves(rule)))

    def outcomes(self, numbers: Mapping[Any, Any]) -> tuple[RuleOutcome, ...]:
        """Return the outcome of each rule."""
        failed = {rule: int(number) for rule, number in numbers.items() if not isinstance(rule, str)}
        values = Values(numbers, self._counts(), failed)
        verdicts = {part: check.judge(values) for part, check in self._checks.items()}
        found = [(rule, self._verdict(rule, verdicts, values)) for rule in self._rules]
        return tuple(RuleOutcome(rule, verdict.passed, verdict.reason, verdict.metrics, verdict.note)
                     for rule, verdict in found)

    def _verdict(self, rule: Evaluated, verdicts: Mapping[Part, Verdict], values: Values) -> Verdict:
        if not isinstance(rule, Composite):
            return verdicts[rule]
        parts = [self._verdict(part, verdicts, values) for part in rule.parts]
        metrics = {name: value for part in parts for name, value in part.metrics.items()}
        note = '\n'.join(dict.fromkeys(part.note for part in parts if part.note))
        if rule in self.row_wise:
            failed, rows = values.failed[rule], values.rows(None)
            reason = f'{counted(failed)} of {rows} do not pass the parts of the rule.' if failed else ''
            return Verdict(not failed, reason, metrics, note)
        passed = (all if rule.operator == 'and' else any)(part.passed for part in parts)
        reasons = [] if passed else [part.reason for part in parts if part.reason]
        return Verdict(passed, '\n'.join(reasons), metrics, note)
