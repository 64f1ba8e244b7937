"""The metrics of rules that compare one number: each an aggregate of the rows, or worked out from a few of them."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from pyspark.sql.types import DecimalType, LongType

from lake_etl.publish.audit import WIDEST_SUMMED_DECIMAL
from lake_etl.quality.evaluation import fields
from lake_etl.quality.evaluation.evaluation_plan import (
    GroupCounts, Grouping, Metric, MetricBuilder, RowTest, RuleInput, Values, filtered, in_scope, outside_or)
from lake_etl.quality.evaluation.sql_expressions import Sql, as_double
from lake_etl.spark.columns import column_type, quoted

STATISTICS = {
    # The average of decimals would be a decimal again, rounded to four more places.
    'Mean': 'avg(CAST({0} AS double))', 'Sum': 'sum({0})', 'StandardDeviation': 'stddev_pop({0})',
    'Variance': 'var_pop({0})', 'Minimum': 'min({0})', 'Maximum': 'max({0})', 'Skewness': 'skewness({0})',
    'Kurtosis': 'kurtosis({0})', 'Range': '(max({0}) - min({0}))', 'ZerosCount': 'count_if({0} = 0)',
}
# Metrics that rows lower which share their key with another row.
REPEATS_FAIL = ('Uniqueness', 'UniqueValueRatio', 'DuplicateRowCount')
EXTREMES = ('Minimum', 'Maximum')


def build_metric(kind: str, columns: tuple[str, ...], where: str | None, data: RuleInput) -> Metric:
    """Return a metric of columns by name. Raises DataError when a column is missing or of the wrong type."""
    return METRIC_BUILDERS[kind](columns, where, data)


def _statistic(kind: str, columns: tuple[str, ...], where: str | None, data: RuleInput) -> Metric:
    # Extremes ignore NaN, as the comparisons of ColumnValues do.
    number = _summable(columns[0], data)
    if kind in EXTREMES:
        number = fields.comparable_number(data.schema, columns[0])
    value = in_scope(number, data.scope(where))
    return _aggregated(f'Column.{columns[0]}.{kind}', STATISTICS[kind].format(value), where)


def _aggregated(name: str, aggregate: Sql, where: str | None) -> Metric:
    full = filtered(name, where)
    return Metric(full, lambda values: values.number(full), {full: aggregate})


def _summable(name: str, data: RuleInput) -> Sql:
    """Return the number in a type whose sum cannot overflow."""
    value, kind = fields.number(data.schema, name), column_type(data.schema, name)
    wide = isinstance(kind, LongType) or isinstance(kind, DecimalType) and kind.precision > WIDEST_SUMMED_DECIMAL
    return as_double(value) if wide else value


def _row_count(columns: tuple[str, ...], where: str | None, data: RuleInput) -> Metric:
    return Metric(filtered('Dataset.*.RowCount', where), lambda values: values.rows(where))


def _column_count(columns: tuple[str, ...], where: str | None, data: RuleInput) -> Metric:
    return Metric('Dataset.*.ColumnCount', lambda values: float(len(data.schema.fields)))


def _completeness(columns: tuple[str, ...], where: str | None, data: RuleInput) -> Metric:
    column_type(data.schema, columns[0])
    complete = filtered(f'complete.{columns[0]}', where)
    return Metric(filtered(f'Column.{columns[0]}.Completeness', where),
                  lambda values: share(values.number(complete), values.rows(where)),
                  {complete: f'count({in_scope(quoted(columns[0]), data.scope(where))})'},
                  row=RowTest(outside_or(data.scope(where), f'({quoted(columns[0])} IS NOT NULL)')))


def _correlation(columns: tuple[str, ...], where: str | None, data: RuleInput) -> Metric:
    first, second = (as_double(fields.number(data.schema, name)) for name in columns)
    both = f'({first} IS NOT NULL AND {second} IS NOT NULL)'
    first, second = (in_scope(in_scope(value, both), data.scope(where)) for value in (first, second))
    # Spark's own corr divides by zero where a column has no spread.
    aggregate = f'try_divide(covar_pop({first}, {second}), stddev_pop({first}) * stddev_pop({second}))'
    return _aggregated(f'Multicolumn.{",".join(columns)}.ColumnCorrelation', aggregate, where)


def _grouped(kind: str, number: Callable[[GroupCounts], float | None], columns: tuple[str, ...], where: str | None,
             data: RuleInput) -> Metric:
    """Return a metric of the groups of rows that are equal in the columns, all columns when none is named."""
    grouping = replace(build_grouping(columns, where, data), quartiles=kind == 'InterquartileRange')
    place = {0: 'Dataset.*', 1: f'Column.{"".join(columns)}'}.get(len(columns), f'Multicolumn.{",".join(columns)}')

    def value(values: Values) -> float | None:
        return number(values.groups[grouping])
    row = RowTest(unrepeated=grouping, nulls_repeat=kind == 'DuplicateRowCount') if kind in REPEATS_FAIL else None
    return Metric(filtered(f'{place}.{kind}', where), value, groupings=(grouping,), row=row)


def build_grouping(columns: tuple[str, ...], where: str | None, data: RuleInput) -> Grouping:
    """Return the grouping by columns, all columns when none is named; raises DataError for a column without one."""
    data.scope(where)
    names = {fields.key(data.schema, name) for name in columns or data.schema.fieldNames()}
    return Grouping(tuple(sorted(names)), where)


def share(part: float | None, whole: float) -> float | None:
    """Return the share, None of nothing."""
    return part / whole if whole and part is not None else None


def _extreme_length(kind: str, columns: tuple[str, ...], where: str | None, data: RuleInput) -> Metric:
    length = in_scope(text_length(columns[0], data), data.scope(where))
    extreme = 'min' if kind == 'MinimumLength' else 'max'
    return _aggregated(f'Column.{columns[0]}.{kind}', f'{extreme}({length})', where)


def text_length(name: str, data: RuleInput) -> Sql:
    """Build the number of characters of a value's text; null has none."""
    return f"length(coalesce({fields.text(data.schema, name)}, ''))"


def _quartile_range(columns: tuple[str, ...], where: str | None, data: RuleInput) -> Metric:
    fields.number(data.schema, columns[0])
    return _grouped('InterquartileRange', lambda counts: counts.quartile_range, columns, where, data)


METRIC_BUILDERS: dict[str, MetricBuilder] = {
    **{kind: partial(_statistic, kind) for kind in STATISTICS},
    **{kind: partial(_extreme_length, kind) for kind in ('MinimumLength', 'MaximumLength')},
    'RowCount': _row_count,
    'ColumnCount': _column_count,
    'Completeness': _completeness,
    'ColumnCorrelation': _correlation,
    'InterquartileRange': _quartile_range,
    'Uniqueness': partial(_grouped, 'Uniqueness', lambda counts: share(counts.unique_keys, counts.key_rows)),
    'UniqueValueRatio': partial(_grouped, 'UniqueValueRatio', lambda counts: share(counts.unique_keys, counts.keys)),
    'DistinctValuesCount': partial(_grouped, 'DistinctValuesCount', lambda counts: counts.distinct),
    'Entropy': partial(_grouped, 'Entropy', lambda counts: counts.entropy if counts.keys else None),
    'DuplicateRowCount': partial(_grouped, 'DuplicateRowCount', lambda counts: counts.repeated_rows),
}
