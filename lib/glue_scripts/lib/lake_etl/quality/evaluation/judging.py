"""Judges measured numbers by the condition or threshold of a rule."""
from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from lake_etl.dqdl.syntax_tree import Condition, Number, Rule
from lake_etl.quality.evaluation.comparison import satisfies
from lake_etl.quality.evaluation.dynamic import NoHistory, numeric_value
from lake_etl.quality.evaluation.evaluation_plan import Measure, Subject, Values, Verdict

NO_ROWS = 'No row is in the scope of the rule.'


def judge_number(name: str, value: float | None, condition: Condition, subject: Subject) -> Verdict:
    """Compare a metric with a condition, whose functions look at its earlier values."""
    if value is None:
        return Verdict(False, f'{name} is undefined for these rows, expected {condition}.')
    metrics = finite({name: value})
    try:
        operands = [numeric_value(operand, lambda count: subject.context.history(name, count))
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
                subject: Subject) -> Verdict:
    """Judge by the share of rows that pass: all of them, unless the rule has a threshold.

    counts  rows in scope, and those of them that fail
    demand  what a row shall do, to be read after "do not"
    """
    rows, failed = counts
    if not rows:
        return Verdict(True, note=NO_ROWS)
    ratio = (rows - failed) / rows
    if threshold is not None:
        return judge_number(name, ratio, threshold, subject)
    reason = f'{counted(failed)} of {rows} do not {demand}.' if failed else ''
    return Verdict(not failed, reason, {name: ratio})


def requirement(rule: Rule) -> str:
    """Return what a rule demands of the rows, naming its column."""
    condition = f' {rule.condition}' if rule.condition else ''
    return f"meet {rule.type} of column '{rule.parameters[0].value}'{condition}"


def merged(measures: Iterable[Measure], values: Values) -> dict[str, float]:
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
