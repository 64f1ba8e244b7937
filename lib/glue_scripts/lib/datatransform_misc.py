"""Transforms of whole rows: first value of several columns, filling down, numbering, and leaving rows out."""
from __future__ import annotations

from collections.abc import Callable, Sequence

from pyspark.errors import AnalysisException, ParseException
from pyspark.sql import Column, DataFrame
from pyspark.sql.types import StructType

from lake_etl.config.entries.misc import (
    FILLDOWN, FILTERROWS, MERGE, ROWNUMBER, FillDownEntry, FilterRowsEntry, MergeEntry, RowNumberEntry)
from lake_etl.errors import ConfigurationError, DataError, Problem
from lake_etl.reasons.failure import reason_of
from lake_etl.spark.overflow import safe_condition
from lake_etl.spark.session import user_sql_rules
from lake_etl.syntax.sort_order import RowOrder
from lake_etl.transform.common_type import first_value
from lake_etl.transform.registry import TransformContext, column_transform, frame_transform
from lake_etl.transform.row_numbers import fill_down, number_rows


@column_transform(MERGE)
def transform_merge(entry: MergeEntry, schema: StructType, context: TransformContext) -> Column:
    """Take the first value that is not null; columns of different types are merged as text."""
    return first_value(schema, entry.source_list, entry.default, entry.empty_string_is_null)


@frame_transform(FILLDOWN, moves_rows=True)
def transform_filldown(df: DataFrame, entries: tuple[FillDownEntry, ...], context: TransformContext) -> DataFrame:
    """Replace nulls by the last value before them, within `partition` and in the order of `sort` or of the file.

    Without `partition` rows stay in their tasks, and the source is read twice, the first time for these columns only;
    with `sort`, and behind steps that move rows among tasks, Spark keeps the rows instead. No task ever gathers all
    rows. The order of the file is the order in which rows lie in the frame at this point; a join or a partitioned
    window before it may have changed that, so give `sort` then.
    """
    return _for_each_order(df, entries, fill_down)


@frame_transform(ROWNUMBER, moves_rows=True)
def transform_rownumber(df: DataFrame, entries: tuple[RowNumberEntry, ...], context: TransformContext) -> DataFrame:
    """Number rows from 1, within `partition` and in the order of `sort` or of the file.

    Costs and order are those of filldown.
    """
    return _for_each_order(df, entries, number_rows)


def _for_each_order(df: DataFrame, entries: Sequence[RowNumberEntry],
                    act: Callable[[DataFrame, RowOrder, Sequence[str]], DataFrame]) -> DataFrame:
    """Apply neighbouring entries of one order together, unless the order looks at a column written among them."""
    waiting: list[str] = []
    order = RowOrder()
    for entry in entries:
        looks_at = {name.lower() for name in entry.order().columns()}
        if waiting and (entry.order() != order or looks_at & {name.lower() for name in waiting}):
            df, waiting = act(df, order, waiting), []
        order = entry.order()
        waiting.append(entry.field)
    return act(df, order, waiting) if waiting else df


@frame_transform(FILTERROWS)
def transform_filterrows(df: DataFrame, entries: tuple[FilterRowsEntry, ...], context: TransformContext) -> DataFrame:
    """Keep the rows for which every condition is true; where it is false or null the row is left out.

    Conditions are read by the rules of users' SQL: a failed conversion in them is null. A condition that is no SQL,
    or does not go with the columns, stops the job.
    """
    for index, entry in enumerate(entries):
        df = _filter(df, entry.condition, f'transform_spec.filterrows[{index}].condition', context)
    return df


def _filter(df: DataFrame, condition: str, place: str, context: TransformContext) -> DataFrame:
    file = str(context.args.get('source_key', 'specification'))
    try:
        with user_sql_rules(df.sparkSession):
            return df.where(safe_condition(df, condition, f'{file}: {place}'))
    except ParseException as error:
        raise ConfigurationError([Problem(file, place, f'no SQL condition: {reason_of(error)}')]) from None
    except AnalysisException as error:
        raise DataError(f'{file}: {place} does not go with the columns at this point: {reason_of(error)} '
                        f'The columns are: {", ".join(df.columns)}.') from None
