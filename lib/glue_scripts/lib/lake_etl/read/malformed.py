"""Marks the rows that did not fit the format of their file, so that a load can count them; they are never dropped."""
from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StructField

from lake_etl.spark.columns import column
from lake_etl.spark.helper_names import unused_name

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
