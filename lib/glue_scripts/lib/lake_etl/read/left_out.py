"""Leaves out the values of rows that do not fit their format, where no step could tell which of them to protect."""
from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lake_etl.read.malformed import raw_text
from lake_etl.spark.columns import column
from lake_etl.spark.task_order import POSITION, in_order, row_number, with_position


def without_values_of_malformed_rows(df: DataFrame, mark: str) -> DataFrame:
    """Return the rows, of marked ones nothing but the mark, or where the reader kept their text, number and reason.

    The column of the text keeps its name and type, and values under their own names stay. The numbers cost a second
    read where several tasks read the file.
    """
    text = raw_text(df)
    if text is None:
        return df.withColumns({name: F.when(~column(mark), column(name)) for name in df.columns if name != mark})
    numbered, number = _numbered(df)
    told = F.concat(F.lit('row '), number.cast('string'), F.lit(f': {text.metadata["reason"]}'))
    # Of a text in a row that fits, the file itself has a column of this name.
    values = numbered.withColumn(text.name, F.when(column(mark), told).otherwise(column(text.name)))
    return values.select(*(column(name) for name in df.columns))


def _numbered(df: DataFrame) -> tuple[DataFrame, Column]:
    """Return the rows with helper columns, and the number of each from 1 made of these."""
    if df._jdf.queryExecution().toRdd().getNumPartitions() == 1:
        return with_position(df), column(POSITION) + 1
    rows = in_order(df, ())
    return rows.located(rows.frame), row_number()
