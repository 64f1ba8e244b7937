"""The metrics of rules that compare one number: each an aggregate of the rows, or worked out from a few of them."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from pyspark.sql.types import DecimalType, LongType

from lake_etl.publish.audit import WIDEST_SUMMED_DECIMAL
from lake_etl.quality.evaluation import fields
from lake_etl.quality.evaluation.evaluation_plan import (
    GroupCounts, Grouping, Measure, Measurer, RowTest, Subject, Values, filtered, in_scope, outside_or)
from lake_etl.quality.evaluation.sql import Sql, as_double
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


def measure(kind: str, columns: tuple[str, ...], where: str | None, subject: Subject) -> Measure:
    """Return a metric of columns by name. Raises DataError when a column is missing or of the wrong type."""
    return MEASURERS[kind](columns, where, subject)


def _statistic(kind: str, columns: tuple[str, ...], where: str | None, subject: Subject) -> Measure:
    # The extremes are those of the numbers that ColumnValues compares, which NaN is none of.
    number = _summable(columns[0], subject)
    if kind in EXTREMES:
        number = fields.comparable_number(subject.schema, columns[0])
    value = in_scope(number, subject.scope(where))
    return _aggregated(f'Column.{columns[0]}.{kind}', STATISTICS[kind].format(value), where)


def _aggregated(name: str, aggregate: Sql, where: str | None) -> Measure:
    full = filtered(name, where)
    return Measure(full, lambda values: values.number(full), {full: aggregate})


def _summable(name: str, subject: Subject) -> Sql:
    """Return the number in a type whose sum cannot overflow."""
    value, kind = fields.number(subject.schema, name), column_type(subject.schema, name)
    wide = isinstance(kind, LongType) or isinstance(kind, DecimalType) and kind.precision > WIDEST_SUMMED_DECIMAL
    return as_double(value) if wide else value


def _row_count(columns: tuple[str, ...], where: str | None, subject: Subject) -> Measure:
    return Measure(filtered('Dataset.*.RowCount', where), lambda values: values.rows(where))


def _column_count(columns: tuple[str, ...], where: str | None, subject: Subject) -> Measure:
    return Measure('Dataset.*.ColumnCount', lambda values: float(len(subject.schema.fields)))


def _completeness(columns: tuple[str, ...], where: str | None, subject: Subject) -> Measure:
    column_type(subject.schema, columns[0])
    complete = filtered(f'complete.{columns[0]}', where)
    return Measure(filtered(f'Column.{columns[0]}.Completeness', where),
                   lambda values: share(values.number(complete), values.rows(where)),
                   {complete: f'count({in_scope(quoted(columns[0]), subject.scope(where))})'},
                   row=RowTest(outside_or(subject.scope(where), f'({quoted(columns[0])} IS NOT NULL)')))


def _correlation(columns: tuple[str, ...], where: str | None, subject: Subject) -> Measure:
    first, second = (as_double(fields.number(subject.schema, name)) for name in columns)
    both = f'({first} IS NOT NULL AND {second} IS NOT NULL)'
    first, second = (in_scope(in_scope(value, both), subject.scope(where)) for value in (first, second))
    # Spark's own corr divides by zero where a column has no spread.
    aggregate = f'try_divide(covar_pop({first}, {second}), stddev_pop({first}) * stddev_pop({second}))'
    return _aggregated(f'Multicolumn.{",".join(columns)}.ColumnCorrelation', aggregate, where)


def _grouped(kind: str, number: Callable[[GroupCounts], float | None], columns: tuple[str, ...], where: str | None,
             subject: Subject) -> Measure:
    """Return a metric of the groups of rows that are equal in the columns, all columns when none is named."""
    grouping = replace(grouping_of(columns, where, subject), quartiles=kind == 'InterquartileRange')
    place = {0: 'Dataset.*', 1: f'Column.{"".join(columns)}'}.get(len(columns), f'Multicolumn.{",".join(columns)}')

    def value(values: Values) -> float | None:
        return number(values.groups[grouping])
    row = RowTest(unrepeated=grouping, nulls_repeat=kind == 'DuplicateRowCount') if kind in REPEATS_FAIL else None
    return Measure(filtered(f'{place}.{kind}', where), value, groupings=(grouping,), row=row)


def grouping_of(columns: tuple[str, ...], where: str | None, subject: Subject) -> Grouping:
    """Return the grouping by columns, all columns when none is named; raises DataError for a column without one."""
    subject.scope(where)
    names = {fields.key(subject.schema, name) for name in columns or subject.schema.fieldNames()}
    return Grouping(tuple(sorted(names)), where)


def share(part: float | None, whole: float) -> float | None:
    """Return the share, None of nothing."""
    return part / whole if whole and part is not None else None


def _extreme_length(kind: str, columns: tuple[str, ...], where: str | None, subject: Subject) -> Measure:
    length = in_scope(text_length(columns[0], subject), subject.scope(where))
    extreme = 'min' if kind == 'MinimumLength' else 'max'
    return _aggregated(f'Column.{columns[0]}.{kind}', f'{extreme}({length})', where)


def text_length(name: str, subject: Subject) -> Sql:
    """Build the number of characters of a value's text; null has none."""
    return f"length(coalesce({fields.text(subject.schema, name)}, ''))"


def _quartile_range(columns: tuple[str, ...], where: str | None, subject: Subject) -> Measure:
    fields.number(subject.schema, columns[0])
    return _grouped('InterquartileRange', lambda counts: counts.quartile_range, columns, where, subject)


MEASURERS: dict[str, Measurer] = {
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
