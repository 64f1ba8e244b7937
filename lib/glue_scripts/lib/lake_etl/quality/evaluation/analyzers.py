"""Metrics by the name of a rule type and without a condition, as analyzers report them."""
from __future__ import annotations

from pyspark.sql.types import NumericType, StringType

from lake_etl.dqdl.syntax_tree import Analyzer
from lake_etl.quality.evaluation import custom_sql, fields, file_rules, metrics, references
from lake_etl.quality.evaluation.evaluation_plan import (
    Check, Measure, Measurer, Subject, Values, Verdict, aggregates_of, in_scope)
from lake_etl.quality.evaluation.judging import merged
from lake_etl.quality.evaluation.row_rules import hours_since
from lake_etl.spark.columns import column_type


def data_age(parameters: tuple[str, ...], where: str | None, subject: Subject) -> Measure:
    """Measure the age of the latest value in hours."""
    name = parameters[0]
    latest = f'max({in_scope(fields.moment(subject.schema, name), subject.scope(where))})'
    key = f'Column.{name}.DataFreshness.MinimumAge'
    return Measure(key, lambda values: values.number(key), {key: hours_since(latest, subject)})


MEASURERS: dict[str, Measurer] = {
    **metrics.MEASURERS, **references.MEASURERS, **file_rules.MEASURERS, 'CustomSql': custom_sql.sql_number,
    'DataFreshness': data_age,
}
# What stands for rule types that do not compare one number.
SEVERAL = {
    'ColumnValues': ('Minimum', 'Maximum'), 'ColumnLength': ('MinimumLength', 'MaximumLength'),
    'FileSize': ('MinimumFileSize', 'MaximumFileSize'), 'FileFreshness': ('FileCount',), 'FileMatch': ('FileCount',),
}
OF_EVERY_COLUMN = ('Completeness', 'Uniqueness', 'UniqueValueRatio', 'DistinctValuesCount', 'Entropy')
OF_NUMBERS = ('Minimum', 'Maximum', 'Mean', 'Sum', 'StandardDeviation', 'Variance')


def measures_of(kind: str, parameters: tuple[str, ...], subject: Subject) -> tuple[Measure, ...]:
    """Return the metrics of a rule type; raises LakeError when a column, file or table is missing."""
    kinds = _statistics_of(parameters[0], subject) if kind == 'AllStatistics' else SEVERAL.get(kind, (kind,))
    return tuple(MEASURERS[item](parameters, None, subject) for item in kinds)


def analyzer_check(analyzer: Analyzer, subject: Subject) -> Check:
    """Return what an analyzer needs; it passes always."""
    found = measures_of(analyzer.type, tuple(parameter.value for parameter in analyzer.parameters), subject)

    def judge(values: Values) -> Verdict:
        return Verdict(True, metrics=merged(found, values))
    return Check(judge, aggregates_of(found), tuple(grouping for item in found for grouping in item.groupings))


def _statistics_of(name: str, subject: Subject) -> tuple[str, ...]:
    kind = column_type(subject.schema, name)
    if isinstance(kind, NumericType):
        return OF_EVERY_COLUMN + OF_NUMBERS
    return OF_EVERY_COLUMN + (SEVERAL['ColumnLength'] if isinstance(kind, StringType) else ())
