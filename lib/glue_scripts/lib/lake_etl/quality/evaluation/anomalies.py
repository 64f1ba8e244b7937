"""Compares a metric with its own history: an anomaly lies far from the mean of the earlier values."""
from __future__ import annotations

import statistics
from collections.abc import Sequence

from lake_etl.dqdl.syntax_tree import Rule
from lake_etl.quality.evaluation.analyzers import measures_of
from lake_etl.quality.evaluation.evaluation_plan import Check, Measure, Subject, Values, Verdict, aggregates_of
from lake_etl.quality.evaluation.judging import merged, shown
from lake_etl.quality.evaluation.number_rules import columns_of

FEWEST_VALUES = 3
MOST_VALUES = 100
DEVIATIONS = 3


def detect_anomalies(rule: Rule, subject: Subject) -> Check:
    """Check that a metric lies within three standard deviations of the mean of its latest values.

    With fewer than three earlier values the rule passes with a note.
    """
    kind, *parameters = columns_of(rule)
    found = measures_of(kind, tuple(parameters), subject)
    histories = {item.name: subject.context.history(item.name, MOST_VALUES) for item in found}

    def judge(values: Values) -> Verdict:
        reasons = [_anomaly(item, item.value(values), histories[item.name]) for item in found]
        young = [item.name for item in found if len(histories[item.name]) < FEWEST_VALUES]
        note = f'Not compared: {", ".join(young)} has fewer than {FEWEST_VALUES} earlier values.' if young else ''
        return Verdict(not any(reasons), '\n'.join(filter(None, reasons)), merged(found, values), note)
    return Check(judge, aggregates_of(found), tuple(grouping for item in found for grouping in item.groupings))


def _anomaly(measure: Measure, value: float | None, history: Sequence[float]) -> str:
    """Return why the value is an anomaly, empty when it is none."""
    if len(history) < FEWEST_VALUES:
        return ''
    if value is None:
        return f'{measure.name} is undefined for these rows, and had a value {len(history)} times before.'
    mean, distance = statistics.fmean(history), DEVIATIONS * statistics.pstdev(history)
    if mean - distance <= value <= mean + distance:
        return ''
    return (f'{measure.name} is {shown(value)}, expected between {shown(mean - distance)} and '
            f'{shown(mean + distance)}, from {len(history)} earlier values.')
