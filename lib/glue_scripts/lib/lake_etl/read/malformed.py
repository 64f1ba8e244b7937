"""Marks the rows that did not fit the format of their file, so that a load can count them; they are never dropped."""
from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StructField

from lake_etl.spark.columns import column
from lake_etl.spark.helper_names import unused_name
from lake_etl.spark.task_order import POSITION, in_order, row_number, with_position

MALFORMED = 'malformed_row'
# The mark is known by its metadata, so that a column of the user's may have its name.
METADATA = {'lake': MALFORMED}
RAW_TEXT = 'raw_text'
LEAST_HASH = -2 ** 31


def mark_malformed(df: DataFrame, condition: Column, *drop: str) -> DataFrame:
    """Add a boolean column, `MALFORMED` unless the file has a column of that name: true where `condition` is.

    Columns that only the condition needed can be dropped with it.
    """
    name = unused_name(df.schema, MALFORMED)
    return df.withColumn(name, F.coalesce(condition, F.lit(False))).withMetadata(name, METADATA).drop(*drop)


def mark_raw_text(df: DataFrame, name: str, reason: str) -> DataFrame:
    """Note that a column holds the text of rows that could not be read, and why, such as `cannot be read as JSON`."""
    return df.withMetadata(name, {'lake': RAW_TEXT, 'reason': reason})


def raw_text(df: DataFrame) -> StructField | None:
    """Return the column that holds the text of rows that could not be read, where there is one."""
    return next((field for field in df.schema.fields if field.metadata.get('lake') == RAW_TEXT), None)


def has_unparsed_text(df: DataFrame, unparsed: str) -> Column:
    """Build whether the reader put a row's text into the column `unparsed` because it did not fit.

    Spark refuses a query that reads no other column of the file; so the condition reads one, and is true of any value.
    """
    condition = column(unparsed).isNotNull()
    others = [name for name in df.columns if name != unparsed]
    return condition & (F.hash(column(others[0])) >= LEAST_HASH) if others else condition


def malformed_mark(df: DataFrame) -> str | None:
    """Return the name of the column that marks malformed rows; readers leave it out where every row is known to fit."""
    return next((field.name for field in df.schema.fields if field.metadata == METADATA), None)


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
