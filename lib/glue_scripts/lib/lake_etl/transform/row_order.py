"""Numbers rows and carries values down them in an order, without ever gathering all rows in one task.

Within a partition of the user's choice a window does it. Without one, rows are kept by Spark together with their task
and position, one extra action asks each task for its number of rows and of values, and from these few numbers every
task knows where it starts and which task's last value it continues.

The rows have to be kept (in memory, then on disk) because the same rows must lie in the same tasks when they are
counted and when they are used: how Spark cuts a file or a shuffle into tasks may change from one job to the next, with
the number of executors for one. They are kept until the session ends or its cache is cleared.
"""
from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence

from pyspark import StorageLevel
from pyspark.sql import Column, DataFrame, Window, WindowSpec
from pyspark.sql import functions as F

from lake_etl.spec.row_order import RowOrder, is_descending, sort_column
from lake_etl.transform.columns import column, column_type
from lake_etl.transform.helper_names import unused_name

POSITION_BITS = 33


def number_rows(df: DataFrame, order: RowOrder, fields: Sequence[str]) -> DataFrame:
    """Return the frame with the number of each row in its partition, from 1, as int in every one of the fields.

    One extra Spark action when the order has no partition.
    """
    _require_columns(df, order.columns())
    position = unused_name(df.schema, 'row_position')
    if order.partition:
        number: Column = F.row_number().over(_window(order, position))
        return _with_position(df, position).withColumns(dict.fromkeys(fields, number)).drop(position)
    kept = _kept_in_order(df, order, position)
    counts = {task: rows for task, rows, _ in _task_counts(kept, position, [])}
    before = _by_task(position, rows_before(counts))
    in_task = column(position).bitwiseAND(F.lit((1 << POSITION_BITS) - 1))
    number = (in_task + before + 1).cast('int')
    return kept.withColumns(dict.fromkeys(fields, number)).drop(position)


def fill_down(df: DataFrame, order: RowOrder, fields: Sequence[str]) -> DataFrame:
    """Return the frame with every null of the fields replaced by the last value before it, if there is one.

    One extra Spark action when the order has no partition.
    """
    _require_columns(df, (*order.columns(), *fields))
    position = unused_name(df.schema, 'row_position')
    if order.partition:
        window = _window(order, position)
        return _with_position(df, position).withColumns(_last_values(fields, window)).drop(position)
    kept = _kept_in_order(df, order, position)
    return _fill_across_tasks(kept, position, fields).drop(position)


def _require_columns(df: DataFrame, names: Sequence[str]) -> None:
    for name in names:
        column_type(df.schema, name)


def _with_position(df: DataFrame, position: str) -> DataFrame:
    """Add where each row stands: its task in the upper bits, its place within the task in the lower 33."""
    return df.withColumn(position, F.monotonically_increasing_id())


def _sorting(order: RowOrder) -> list[Column]:
    """Return the sort columns with their direction; nulls come first, or last when descending."""
    return [column(sort_column(item)).desc() if is_descending(item) else column(sort_column(item)).asc()
            for item in order.sort]


def _window(order: RowOrder, position: str) -> WindowSpec:
    partition = [column(name) for name in order.partition]
    return Window.partitionBy(*partition).orderBy(*_sorting(order), column(position))


def _last_values(fields: Sequence[str], window: WindowSpec) -> dict[str, Column]:
    rows_so_far = window.rowsBetween(Window.unboundedPreceding, Window.currentRow)
    return {name: F.last(column(name), ignorenulls=True).over(rows_so_far) for name in fields}


def _kept_in_order(df: DataFrame, order: RowOrder, position: str) -> DataFrame:
    """Put the rows in order over all tasks, mark their positions, and have Spark keep them.

    Spark takes two frames with the same plan for the same rows, even when a file has been replaced in between. The
    second argument of coalesce is never the value; it makes each plan differ from all others, so that no frame is ever
    given the rows that were kept for an earlier one.
    """
    if order.sort:
        df = _with_position(df, position).orderBy(*_sorting(order), column(position)).drop(position)
    unlike_any_other = F.lit(uuid.uuid4().int >> 65)
    numbered = df.withColumn(position, F.coalesce(F.monotonically_increasing_id(), unlike_any_other))
    return numbered.persist(StorageLevel.MEMORY_AND_DISK)


def _task(position: str) -> Column:
    return F.shiftright(column(position), POSITION_BITS)


def _task_counts(kept: DataFrame, position: str, fields: Sequence[str]) -> list[tuple[int, int, tuple[int, ...]]]:
    """Return (task, rows, values of each field) for every task with rows.

    This is the one extra action; it returns a few numbers for each task.
    """
    counts = kept.groupBy(_task(position)).agg(F.count(F.lit(1)), *(F.count(column(name)) for name in fields))
    return [(int(row[0]), int(row[1]), tuple(row[2:])) for row in counts.collect()]


def rows_before(counts: Mapping[int, int]) -> dict[int, int]:
    """Return how many rows the tasks before each task have."""
    before, total = {}, 0
    for task in sorted(counts):
        before[task] = total
        total += counts[task]
    return before


def tasks_continued(tasks: Sequence[int], with_values: set[int]) -> dict[int, int]:
    """Return for each task the last earlier one that has a value; tasks without one are left out."""
    def pairs() -> Iterator[tuple[int, int]]:
        latest = None
        for task in sorted(tasks):
            if latest is not None:
                yield task, latest
            latest = task if task in with_values else latest
    return dict(pairs())


def _by_task(position: str, numbers: Mapping[int, int]) -> Column:
    """Return the number of the row's task; null for a task without one."""
    listed = (numbers.get(task) for task in range(max(numbers, default=0) + 1))
    texts = ', '.join('null' if number is None else f'{number}L' for number in listed)
    return F.get(F.expr(f'CAST(array({texts}) AS array<bigint>)'), _task(position).cast('int'))


def _fill_across_tasks(kept: DataFrame, position: str, fields: Sequence[str]) -> DataFrame:
    """Fill within each task by a window, then join the last values of earlier tasks, one small row for each task."""
    columns = kept.columns
    task = unused_name(kept.schema, 'task')
    counts = _task_counts(kept, position, fields)
    window = Window.partitionBy(column(task)).orderBy(column(position))
    filled = kept.withColumn(task, _task(position)).withColumns(_last_values(fields, window))
    for place, name in enumerate(fields):
        continued = tasks_continued([item[0] for item in counts], {item[0] for item in counts if item[2][place]})
        if continued:
            filled = _join_last_value(filled, kept, position, name, continued)
    return filled.select(*(column(name) for name in columns))


def _join_last_value(filled: DataFrame, kept: DataFrame, position: str, name: str,
                     continued: Mapping[int, int]) -> DataFrame:
    source = unused_name(filled.schema, 'continued_task')
    carried = unused_name(filled.schema, 'carried_value', [source])
    last = kept.where(column(name).isNotNull()).groupBy(_task(position).alias(source)).agg(
        F.max_by(column(name), column(position)).alias(carried))
    joined = filled.withColumn(source, _by_task(position, continued)).join(F.broadcast(last), source, 'left')
    return joined.withColumn(name, F.coalesce(column(name), column(carried))).drop(source, carried)
