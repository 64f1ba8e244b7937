"""Tells every row how many rows lie before its task, and which values it continues, without gathering all rows.

Rows are counted for each task by the query that uses the counts, so the same rows must lie in the same tasks in both.
How files are cut into tasks is fixed for a session (`lake_etl.spark.session`). What has been exchanged among tasks may
come out in another way each time, so Spark keeps such rows, in memory and then on disk, until its cache is cleared.
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
    """Add where each row stands: its task in the upper bits, its place within the task in the lower 33."""
    return df.withColumn(POSITION, F.monotonically_increasing_id())


@dataclass(frozen=True)
class OrderedRows:
    """Rows whose order is that of their positions; `frame` has them in a hidden column."""

    frame: DataFrame

    def located(self, frame: DataFrame, continued: Sequence[str] = ()) -> DataFrame:
        """Return a frame of the same rows with what `row_number` needs, in hidden columns.

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
    """Return the name of the column that holds the last value of a column in earlier tasks."""
    return hidden_name(f'carried_{name}')


def row_number() -> Column:
    """Return the number, from 1, of each row of a located frame; it fails where `in_counted_task` does."""
    return in_counted_task(column(BEFORE) + _place_in_task() + 1)


def in_counted_task(value: Column) -> Column:
    """Return a value for each row of a located frame; a row that was not counted in its task stops the job."""
    return F.when(_place_in_task() < column(ROWS), value).otherwise(F.raise_error(F.lit(CUT_OTHERWISE)))


def _place_in_task() -> Column:
    return column(POSITION).bitwiseAND(F.lit((1 << POSITION_BITS) - 1))


def in_order(df: DataFrame, sorting: Sequence[Column]) -> OrderedRows:
    """Put rows in order over all tasks; among rows equal in all columns, and without any, they stay as they lie."""
    if sorting:
        df = with_position(df).orderBy(*sorting, column(POSITION)).drop(POSITION)
    if not EXCHANGE.search(df._jdf.queryExecution().executedPlan().toString()):
        return OrderedRows(with_position(df))
    # Spark takes two frames with the same plan for the same rows, even when a file has been replaced in between. The
    # second argument is never the value; it keeps any frame from getting the rows that were kept for an earlier one.
    unlike_any_other = F.lit(uuid.uuid4().int >> 65)
    kept = df.withColumn(POSITION, F.coalesce(F.monotonically_increasing_id(), unlike_any_other))
    return OrderedRows(kept.persist(StorageLevel.MEMORY_AND_DISK))


def task_of(position: str) -> Column:
    """Return the number of the task from a column of positions."""
    return F.shiftright(column(position), POSITION_BITS)
