"""Adds to every row the number of rows before its task, and values carried over, without gathering all rows.

The query that uses the row counts of tasks also computes them, so both passes must split the rows into the same tasks.
The split of files is fixed for a session (`lake_etl.spark.session`). Rows that were exchanged between tasks may be
split differently each time, so Spark stores them in memory, or on disk, until its cache is cleared.
"""
from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from pyspark import StorageLevel
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from lake_etl.reasons.spark_failure import CUT_OTHERWISE
from lake_etl.spark.columns import column
from lake_etl.spark.helper_names import hidden_name

POSITION_BITS = 33
POSITION, TASK, ROWS, BEFORE = (hidden_name(name) for name in ('position', 'task', 'rows', 'before'))
EXCHANGE = re.compile(r'(?<!Broadcast)Exchange')


def with_position(df: DataFrame) -> DataFrame:
    """Add the position of each row: its task in the upper bits, its place within the task in the lower 33."""
    return df.withColumn(POSITION, F.monotonically_increasing_id())


@dataclass(frozen=True)
class OrderedRows:
    """Rows in the order of their positions, which are in a hidden column of `frame`."""

    frame: DataFrame

    def located(self, frame: DataFrame, continued: Sequence[str] = ()) -> DataFrame:
        """Return a frame of the same rows with the hidden columns that `row_number` needs.

        continued  columns whose last value in earlier tasks is also added, under the names of `carried_column`
        """
        values = {carried_column(name): column(name) for name in continued}
        tasks = self.frame.groupBy(task_of(POSITION).alias(TASK)).agg(F.count(F.lit(1)).alias(ROWS), *(
            F.max_by(value, F.when(value.isNotNull(), column(POSITION))).alias(name) for name, value in values.items()))
        earlier = Window.orderBy(TASK).rowsBetween(Window.unboundedPreceding, -1)
        tasks = tasks.select(TASK, ROWS, F.coalesce(F.sum(ROWS).over(earlier), F.lit(0)).alias(BEFORE), *(
            F.last(name, ignorenulls=True).over(earlier).alias(name) for name in values))
        return frame.withColumn(TASK, task_of(POSITION)).join(F.broadcast(tasks), TASK, 'left')


def carried_column(name: str) -> str:
    """Return the name of the column with the last value of a column in earlier tasks."""
    return hidden_name(f'carried_{name}')


def row_number() -> Column:
    """Return the number, from 1, of each row of a located frame; fails as `in_counted_task` does."""
    return in_counted_task(column(BEFORE) + _place_in_task() + 1)


def in_counted_task(value: Column) -> Column:
    """Return a value for each row of a located frame; a row that was not counted in its task fails the job."""
    return F.when(_place_in_task() < column(ROWS), value).otherwise(F.raise_error(F.lit(CUT_OTHERWISE)))


def _place_in_task() -> Column:
    return column(POSITION).bitwiseAND(F.lit((1 << POSITION_BITS) - 1))


def in_order(df: DataFrame, sorting: Sequence[Column]) -> OrderedRows:
    """Sort rows over all tasks; rows with equal sort columns, and all rows without sort columns, keep their order."""
    if sorting:
        df = with_position(df).orderBy(*sorting, column(POSITION)).drop(POSITION)
    if not EXCHANGE.search(df._jdf.queryExecution().executedPlan().toString()):
        return OrderedRows(with_position(df))
    # Spark reuses cached rows for frames with equal plans, even if a file has been replaced in between. The second
    # argument is never used as value, but makes the plan unique.
    unique = F.lit(uuid.uuid4().int >> 65)
    positioned = df.withColumn(POSITION, F.coalesce(F.monotonically_increasing_id(), unique))
    return OrderedRows(positioned.persist(StorageLevel.MEMORY_AND_DISK))


def task_of(position: str) -> Column:
    """Return the number of the task from a column of positions."""
    return F.shiftright(column(position), POSITION_BITS)
