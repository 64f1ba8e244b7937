"""Marks the rows that do not fit the format of their file, so that a load can count them, and hides their values.

Readers mark such rows and never drop them.
"""
from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StructField

from lake_etl.spark.columns import column
from lake_etl.spark.helper_names import unused_name
from lake_etl.spark.source_rows import RAW_VALUES, without_tracking
from lake_etl.spark.task_order import POSITION, in_order, row_number, with_position

MALFORMED = 'malformed_row'
# Metadata identifies the mark, because a file may have a column of the same name.
METADATA = {'lake': MALFORMED}
# Spark's name for the column with the text of documents that it cannot parse.
CORRUPT_RECORD = '_corrupt_record'
RAW_TEXT = 'raw_text'
LEAST_HASH = -2 ** 31


def mark_malformed(df: DataFrame, condition: Column, *drop: str) -> DataFrame:
    """Add a boolean column that is true where `condition` is; drop the columns that only the condition needs.

    The column is named `MALFORMED` unless the file has a column of that name.
    """
    name = unused_name(df.schema, MALFORMED)
    return df.withColumn(name, F.coalesce(condition, F.lit(False))).withMetadata(name, METADATA).drop(*drop)


def malformed_column(df: DataFrame) -> str | None:
    """Return the name of the column that marks malformed rows; None when every row is known to fit its format."""
    return next((field.name for field in df.schema.fields if field.metadata == METADATA), None)


def mark_raw_text(df: DataFrame, name: str, reason: str) -> DataFrame:
    """Record in a column's metadata that it holds the text of unreadable rows, and why they are unreadable.

    reason  such as `cannot be read as JSON`
    """
    return df.withMetadata(name, {'lake': RAW_TEXT, 'reason': reason})


def has_unparsed_text(df: DataFrame, unparsed: str) -> Column:
    """Build a condition: Spark put the row's text into the column `unparsed` because the row does not fit.

    Spark refuses a query that reads no other column of the file. So the condition also reads the first other column,
    in a way that is true for any value.
    """
    condition = column(unparsed).isNotNull()
    others = [name for name in df.columns if name != unparsed]
    return condition & (F.hash(column(others[0])) >= LEAST_HASH) if others else condition


def hide_malformed_values(df: DataFrame, mark: str) -> DataFrame:
    """Return the rows without the values of malformed rows, for workflows that protect personal data.

    No step can tell which values of a malformed row to protect. So all values of such a row become null. Where the
    reader kept the row's text instead, the text becomes the row's number and the reason, and the column keeps its name
    and type. The numbers cost a second read when several tasks read the file.

    mark  name of the column that marks malformed rows
    """
    text = _raw_text_column(df)
    if text is None:
        return _without_values(df, mark, [name for name in without_tracking(df).columns if name != mark])
    df = _without_values(df, mark, ())
    numbered, number = _with_row_numbers(df)
    explanation = F.concat(F.lit('row '), number.cast('string'), F.lit(f': {text.metadata["reason"]}'))
    # In a row that fits, a value in this column comes from a column of this name in the file itself.
    values = numbered.withColumn(text.name, F.when(column(mark), explanation).otherwise(column(text.name)))
    return values.select(*(column(name) for name in df.columns))


def _without_values(df: DataFrame, mark: str, names: Sequence[str]) -> DataFrame:
    """Return the rows with null in these columns of malformed rows, and no text of their values either."""
    hidden = df.withColumns({name: F.when(~column(mark), column(name)) for name in names})
    if RAW_VALUES not in df.columns:
        return hidden
    metadata = df.schema[RAW_VALUES].metadata
    return hidden.withColumn(RAW_VALUES, F.when(~column(mark), column(RAW_VALUES))).withMetadata(RAW_VALUES, metadata)


def _raw_text_column(df: DataFrame) -> StructField | None:
    return next((field for field in df.schema.fields if field.metadata.get('lake') == RAW_TEXT), None)


def _with_row_numbers(df: DataFrame) -> tuple[DataFrame, Column]:
    """Return the rows with helper columns, and an expression on these for the row's number, counted from 1."""
    if df._jdf.queryExecution().toRdd().getNumPartitions() == 1:
        return with_position(df), column(POSITION) + 1
    rows = in_order(df, ())
    return rows.located(rows.frame), row_number()
