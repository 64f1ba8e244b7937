"""Numbers rows and fills values down in an order, without gathering all rows in one task."""
from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd
from pyspark.sql import Column, DataFrame, Window, WindowSpec
from pyspark.sql import functions as F
from pyspark.sql.pandas.functions import pandas_udf
from pyspark.sql.types import BooleanType, DataType, DateType, NumericType, StringType, TimestampNTZType, TimestampType

from lake_etl.spark.columns import column, column_type
from lake_etl.spark.helper_names import hidden_name
from lake_etl.spark.task_order import (
    BEFORE, POSITION, ROWS, TASK, carried_column, in_counted_task, in_order, row_number, task_of, with_position)
from lake_etl.syntax.sort_order import RowOrder, is_descending, sort_column

FILLED = hidden_name('filled')
# Types whose values survive a round trip through text.
AS_TEXT = (StringType, NumericType, BooleanType, DateType, TimestampType, TimestampNTZType)


def number_rows(df: DataFrame, order: RowOrder, fields: Sequence[str]) -> DataFrame:
    """Return the frame with the number of each row in its partition, from 1, as int in each of the fields."""
    _require_columns(df, order.columns())
    if order.partition:
        number = F.row_number().over(_window(order))
        return with_position(df).withColumns(dict.fromkeys(fields, number)).drop(POSITION)
    rows = in_order(df, _sorting(order))
    located = rows.located(rows.frame)
    return located.withColumns(dict.fromkeys(fields, row_number().cast('int'))).drop(POSITION, TASK, ROWS, BEFORE)


def fill_down(df: DataFrame, order: RowOrder, fields: Sequence[str]) -> DataFrame:
    """Return the frame with each null of the fields replaced by the last value before it, if any."""
    _require_columns(df, (*order.columns(), *fields))
    if order.partition:
        return with_position(df).withColumns(_last_values(fields, _window(order))).drop(POSITION)
    rows = in_order(df, _sorting(order))
    located = rows.located(_filled_in_tasks(rows.frame, fields), fields)
    filled = {name: in_counted_task(F.coalesce(column(name), column(carried_column(name)))) for name in fields}
    return located.withColumns(filled).select(*(column(name) for name in df.columns))


def _require_columns(df: DataFrame, names: Sequence[str]) -> None:
    for name in names:
        column_type(df.schema, name)


def _sorting(order: RowOrder) -> list[Column]:
    """Return the sort columns with their direction; nulls come first, or last if descending."""
    return [column(sort_column(item)).desc() if is_descending(item) else column(sort_column(item)).asc()
            for item in order.sort]


def _window(order: RowOrder) -> WindowSpec:
    partition = [column(name) for name in order.partition]
    return Window.partitionBy(*partition).orderBy(*_sorting(order), column(POSITION))


def _last_values(fields: Sequence[str], window: WindowSpec) -> dict[str, Column]:
    rows_so_far = window.rowsBetween(Window.unboundedPreceding, Window.currentRow)
    return {name: F.last(column(name), ignorenulls=True).over(rows_so_far) for name in fields}


def _filled_in_tasks(df: DataFrame, fields: Sequence[str]) -> DataFrame:
    """Return the rows filled down within each task."""
    kinds = {name: column_type(df.schema, name) for name in fields}
    texts = [name for name, kind in kinds.items() if isinstance(kind, AS_TEXT)]
    if texts:
        shape = ', '.join(f'f{number} string' for number, _ in enumerate(texts))
        fill = pandas_udf(_filled, shape)  # type: ignore[call-overload]  # its stub lacks iterators of several columns
        # Spark must not move an expression that depends on earlier rows.
        df = df.withColumn(FILLED, fill.asNondeterministic()(*(column(name).cast('string') for name in texts)))
        df = df.withColumns({name: _typed(f'{FILLED}.f{number}', kinds[name]) for number, name in enumerate(texts)})
    others = [name for name in fields if name not in texts]
    if others:
        in_task = Window.partitionBy(task_of(POSITION)).orderBy(POSITION)
        df = df.withColumns(_last_values(others, in_task))
    return df.drop(FILLED)


def _typed(text: str, kind: DataType) -> Column:
    return F.col(text) if isinstance(kind, StringType) else F.col(text).cast(kind)


def _filled(batches: Iterator[tuple[pd.Series, ...]]) -> Iterator[pd.DataFrame]:
    """Fill down the columns of all batches of a task; Spark passes a single column as a series."""
    last: list[str | None] = []
    for batch in batches:
        columns = (batch,) if isinstance(batch, pd.Series) else batch
        last = last or [None] * len(columns)
        filled = [_continued(values, before) for values, before in zip(columns, last, strict=True)]
        if len(columns[0]):
            last = [values.iat[-1] for values in filled]
        yield pd.DataFrame({f'f{number}': values for number, values in enumerate(filled)})


def _continued(values: pd.Series, before: str | None) -> pd.Series:
    if len(values) and before is not None and values.iat[0] is None:
        values = values.copy()
        values.iat[0] = before
    return values.ffill()
