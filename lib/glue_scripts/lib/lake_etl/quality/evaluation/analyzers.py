"""Measures metrics by the name of a rule type: for analyzers, and for rules that look for anomalies."""
from __future__ import annotations

import statistics
from collections.abc import Sequence

from pyspark.sql.types import NumericType, StringType

from lake_etl.dqdl.syntax_tree import Analyzer, Rule
from lake_etl.quality.evaluation import custom_sql, fields, file_rules, metrics, references
from lake_etl.quality.evaluation.data_set_rules import parameter_values
from lake_etl.quality.evaluation.evaluation_plan import (
    Metric, MetricBuilder, RuleInput, RulePlan, Values, Verdict, all_aggregates, in_scope)
from lake_etl.quality.evaluation.judging import merged, shown
from lake_etl.quality.evaluation.row_rules import hours_since
from lake_etl.spark.columns import column_type

FEWEST_VALUES = 3
MOST_VALUES = 100
DEVIATIONS = 3


def data_age(parameters: tuple[str, ...], where: str | None, data: RuleInput) -> Metric:
    """Measure the age of the latest value in hours."""
    name = parameters[0]
    latest = f'max({in_scope(fields.moment(data.schema, name), data.scope(where))})'
    key = f'Column.{name}.DataFreshness.MinimumAge'
    return Metric(key, lambda values: values.number(key), {key: hours_since(latest, data)})


METRIC_BUILDERS: dict[str, MetricBuilder] = {
    **metrics.METRIC_BUILDERS, **references.METRIC_BUILDERS, **file_rules.METRIC_BUILDERS,
    'CustomSql': custom_sql.sql_number, 'DataFreshness': data_age,
}
# Metrics reported for rule types that do not compare one number.
SEVERAL = {
    'ColumnValues': ('Minimum', 'Maximum'), 'ColumnLength': ('MinimumLength', 'MaximumLength'),
    'FileSize': ('MinimumFileSize', 'MaximumFileSize'), 'FileFreshness': ('FileCount',), 'FileMatch': ('FileCount',),
}
OF_EVERY_COLUMN = ('Completeness', 'Uniqueness', 'UniqueValueRatio', 'DistinctValuesCount', 'Entropy')
OF_NUMBERS = ('Minimum', 'Maximum', 'Mean', 'Sum', 'StandardDeviation', 'Variance')


def build_metrics(kind: str, parameters: tuple[str, ...], data: RuleInput) -> tuple[Metric, ...]:
    """Return the metrics of a rule type; raises LakeError when a column, file or table is missing."""
    kinds = _statistics_of(parameters[0], data) if kind == 'AllStatistics' else SEVERAL.get(kind, (kind,))
    return tuple(METRIC_BUILDERS[item](parameters, None, data) for item in kinds)


def plan_analyzer(analyzer: Analyzer, data: RuleInput) -> RulePlan:
    """Return the plan of an analyzer, which always passes."""
    found = build_metrics(analyzer.type, tuple(parameter.value for parameter in analyzer.parameters), data)

    def judge(values: Values) -> Verdict:
        return Verdict(True, metrics=merged(found, values))
    return RulePlan(judge, all_aggregates(found), tuple(grouping for item in found for grouping in item.groupings))


def _statistics_of(name: str, data: RuleInput) -> tuple[str, ...]:
    kind = column_type(data.schema, name)
    if isinstance(kind, NumericType):
        return OF_EVERY_COLUMN + OF_NUMBERS
    return OF_EVERY_COLUMN + (SEVERAL['ColumnLength'] if isinstance(kind, StringType) else ())


def detect_anomalies(rule: Rule, data: RuleInput) -> RulePlan:
    """Check that a metric lies within three standard deviations of the mean of its latest values.

    With fewer than three earlier values the rule passes with a note.
    """
    kind, *parameters = parameter_values(rule)
    found = build_metrics(kind, tuple(parameters), data)
    histories = {item.name: data.context.history(item.name, MOST_VALUES) for item in found}

    def judge(values: Values) -> Verdict:
        reasons = [_anomaly(item, item.value(values), histories[item.name]) for item in found]
        young = [item.name for item in found if len(histories[item.name]) < FEWEST_VALUES]
        note = f'Not compared: {", ".join(young)} has fewer than {FEWEST_VALUES} earlier values.' if young else ''
        return Verdict(not any(reasons), '\n'.join(filter(None, reasons)), merged(found, values), note)
    return RulePlan(judge, all_aggregates(found), tuple(grouping for item in found for grouping in item.groupings))


def _anomaly(measure: Metric, value: float | None, history: Sequence[float]) -> str:
    """Return why the value is an anomaly; empty if it is not."""
    if len(history) < FEWEST_VALUES:
        return ''
    if value is None:
        return f'{measure.name} is undefined for these rows, and had a value {len(history)} times before.'
    mean, distance = statistics.fmean(history), DEVIATIONS * statistics.pstdev(history)
    if mean - distance <= value <= mean + distance:
        return ''
    return (f'{measure.name} is {shown(value)}, expected between {shown(mean - distance)} and '
            f'{shown(mean + distance)}, from {len(history)} earlier values.')
