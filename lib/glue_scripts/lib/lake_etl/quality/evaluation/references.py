"""Rules that compare the rows with another table of the lake."""
from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import DataType, NumericType, StringType, StructType

from lake_etl.errors import DataError
from lake_etl.quality.evaluation import fields
from lake_etl.quality.evaluation.evaluation_plan import FailingValues, Metric, MetricBuilder, RowTest, RuleInput, Values
from lake_etl.quality.evaluation.metrics import build_metric, share
from lake_etl.quality.evaluation.sql_expressions import Sql, all_of
from lake_etl.spark.columns import column, column_type, quoted

PRIMARY = 'primary'
AGGREGATE = re.compile(r'\s*(?P<function>sum|avg)\s*\(\s*(?:(?P<table>.+)\.)?(?P<column>[^.]+?)\s*\)\s*', re.IGNORECASE)
METRICS = {'sum': 'Sum', 'avg': 'Mean'}


def referential_integrity(parameters: tuple[str, ...], where: str | None, data: RuleInput) -> Metric:
    """Measure the share of rows whose key another table has; a key with a null is in no table."""
    own, reference = parameters
    separator = '.{' if reference.endswith('}') else '.'
    table, _, others = reference.removesuffix('}').rpartition(separator)
    pairs = dict(zip(_names(own), _names(others), strict=True))
    return _matched(f'Column.{table}.ReferentialIntegrity', table, pairs, {}, data)


def dataset_match(parameters: tuple[str, ...], where: str | None, data: RuleInput) -> Metric:
    """Measure the share of rows that another table has with the same key and the same values, null equal to null."""
    name, keys = parameters[0], _pairs(parameters[1])
    known = {key.lower() for key in keys}
    rest = {item: item for item in data.schema.fieldNames() if item.lower() not in known}
    return _matched(f'Dataset.{name}.DatasetMatch', name, keys, _pairs(parameters[2]) if parameters[2:] else rest,
                    data)


def schema_match(parameters: tuple[str, ...], where: str | None, data: RuleInput) -> Metric:
    """Measure the share of columns that another table has by name and type; none when their number differs."""
    own, other = (_types(schema) for schema in (data.schema, data.context.table(parameters[0]).schema))
    matched = share(len(own.items() & other.items()), len(own)) if len(own) == len(other) else 0.0
    return Metric(f'Dataset.{parameters[0]}.SchemaMatch', lambda values: matched)


def row_count_match(parameters: tuple[str, ...], where: str | None, data: RuleInput) -> Metric:
    """Measure the number of rows as a share of another table's."""
    rows = data.context.table(parameters[0]).count()
    return Metric(f'Dataset.{parameters[0]}.RowCountMatch', lambda values: _ratio(values.rows(None), rows))


def aggregate_match(parameters: tuple[str, ...], where: str | None, data: RuleInput) -> Metric:
    """Measure the quotient of two sums or averages."""
    (one, first), (other, second) = (_aggregate(parameter, data) for parameter in parameters)
    name = one if one == other else f'{one},{other}'

    def value(values: Values) -> float | None:
        return _ratio(first.value(values), second.value(values))
    return Metric(f'Column.{name}.AggregateMatch', value, {**first.aggregates, **second.aggregates})


METRIC_BUILDERS: dict[str, MetricBuilder] = {
    'ReferentialIntegrity': referential_integrity, 'DatasetMatch': dataset_match, 'SchemaMatch': schema_match,
    'RowCountMatch': row_count_match, 'AggregateMatch': aggregate_match,
}


def failing_values(data: RuleInput, columns: Sequence[str], matches: DataFrame, condition: Sql
                   ) -> tuple[int, FailingValues]:
    """Return the number of rows without a match, and their different values in the columns; one action.

    matches    rows of which one has to fit
    condition  when it fits, on columns of both sides
    """
    failing = data.df.join(matches, F.expr(condition), 'left_anti').groupBy(*map(column, columns)).agg(
        F.count(F.lit(1)).alias('failing_rows'))
    found = failing.agg(F.sum('failing_rows'), F.count(F.lit(1))).first()
    rows, count = (found[0] or 0, found[1]) if found else (0, 0)
    return rows, FailingValues(tuple(columns), failing.select(*map(column, columns)), count)


def _matched(name: str, table: str, keys: Mapping[str, str], values: Mapping[str, str], data: RuleInput) -> Metric:
    """Return the share of rows that fit a row of the table: keys are equal, values are equal or both null."""
    other = data.context.table(table)
    columns = [fields.key(data.schema, item) for item in (*keys, *values)]
    theirs = [fields.key(other.schema, item) for item in (*keys.values(), *values.values())]
    names = [f'reference_{index}' for index in range(len(theirs))]
    sides = [_same_kind(data.schema, own, other.schema, item, renamed)
             for own, item, renamed in zip(columns, theirs, names, strict=True)]
    condition = all_of(f'{left} = {right}' if index < len(keys) else f'{left} <=> {right}'
                       for index, (left, right) in enumerate(sides))
    failed, failing = failing_values(data, columns, other.select(*map(column, theirs)).toDF(*names), condition)
    return Metric(name, lambda found: share(found.rows(None) - failed, found.rows(None)),
                  row=RowTest(failing=failing))


def _same_kind(own_schema: StructType, own: str, other_schema: StructType, other: str, renamed: str
               ) -> tuple[Sql, Sql]:
    """Return the two columns ready to be compared: by their text when one is, say, a number and the other text."""
    left, right = column_type(own_schema, own), column_type(other_schema, other)
    if _kind(left) == _kind(right):
        return quoted(own), quoted(renamed)
    for schema, name in ((own_schema, own), (other_schema, other)):
        fields.text(schema, name)
    return f'CAST({quoted(own)} AS string)', f'CAST({quoted(renamed)} AS string)'


def _kind(found: DataType) -> str:
    if isinstance(found, NumericType):
        return 'number'
    return 'string' if isinstance(found, StringType) else found.simpleString()


def _aggregate(text: str, data: RuleInput) -> tuple[str, Metric]:
    """Return the column and the metric that `sum(column)` or `avg(table.column)` stand for."""
    match = AGGREGATE.fullmatch(text)
    if match is None:
        raise DataError(f"'{text}' is not an aggregate, expected for example sum(amount) or avg(database.table.x).")
    kind = METRICS[match['function'].lower()]
    if match['table'] in (None, PRIMARY):
        return match['column'], build_metric(kind, (match['column'],), None, data)
    df = data.context.table(match['table'])
    found = build_metric(kind, (match['column'],), None, RuleInput(df, df.schema, data.context))
    row = df.selectExpr(*found.aggregates.values()).first()
    known = found.value(Values(dict(zip(found.aggregates, row or (None,), strict=True)), {}, {}))
    return match['column'], Metric(found.name, lambda values: known)


def _ratio(first: float | None, second: float | None) -> float | None:
    """Return the quotient; 1 when both are 0, 0 when only the second is; None when one is undefined."""
    if first is None or second is None:
        return None
    if not second:
        return 0.0 if first else 1.0
    return first / second


def _types(schema: StructType) -> dict[str, str]:
    return {field.name.lower(): field.dataType.simpleString() for field in schema.fields}


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(',')]


def _pairs(text: str) -> dict[str, str]:
    """Return own columns and the other table's: `a->x, b` gives a and x, b and b."""
    pairs = (name.partition('->') for name in _names(text))
    return {own.strip(): (other or own).strip() for own, _, other in pairs}
