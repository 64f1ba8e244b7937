"""Marks rows with the rules they fail, so that the pass that writes the others writes them, too, into other folders."""
from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lake_etl.publish.layout import FAILED_KEY, NO_RULE
from lake_etl.spark.columns import column

# Each set of rules that rows fail has files of its own, so there may not be too many: 255.
MOST_RULES = 8


def marked(rows: DataFrame, failed_column: str) -> DataFrame:
    """Replace `failed_column`, the indexes of the rules a row fails, by a text that a folder can be named after."""
    indexes = column(failed_column)
    text = F.when(F.size(indexes) == 0, NO_RULE).otherwise(F.array_join(indexes.cast('array<string>'), '-'))
    return rows.withColumn(FAILED_KEY, text).drop(failed_column)


def unmarked(rows: DataFrame, failed_column: str) -> DataFrame:
    """Return marked rows, all of which fail rules, with the indexes of these rules again, as array<int>."""
    return rows.withColumn(failed_column, F.split(column(FAILED_KEY), '-').cast('array<int>')).drop(FAILED_KEY)


def is_marked(df: DataFrame) -> bool:
    """Tell whether some of the rows may be marked."""
    return FAILED_KEY in df.columns


def without_mark(df: DataFrame) -> DataFrame:
    """Return the frame as readers will see it, but for the rows."""
    return df.drop(FAILED_KEY) if is_marked(df) else df


def goes_on() -> Column:
    """Build whether a marked row goes to readers."""
    return column(FAILED_KEY) == NO_RULE
