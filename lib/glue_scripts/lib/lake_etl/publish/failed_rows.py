"""Marks rows that fail rules, so that one pass writes all rows, and finds them again among the files."""
from __future__ import annotations

from collections.abc import Iterable, Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lake_etl.publish.layout import FAILED_KEY, LOAD_KEY, NO_RULE
from lake_etl.spark.columns import column, literal_path
from lake_etl.spark.source_rows import tracking_columns, without_tracking

# Each set of rules that rows fail has files of its own, so the number of sets is limited: 255.
MOST_RULES = 8


def mark_failed_rows(rows: DataFrame, failed_column: str) -> DataFrame:
    """Replace `failed_column`, the indexes of the rules that a row fails, with a text that can name a folder.

    Columns that track rows come last, because some engines find the columns of a file by their place.
    """
    indexes = column(failed_column)
    text = F.when(F.size(indexes) == 0, NO_RULE).otherwise(F.array_join(indexes.cast('array<string>'), '-'))
    marked = rows.withColumn(FAILED_KEY, text).drop(failed_column)
    tracking = tracking_columns(marked)
    return marked.select(*map(column, without_tracking(marked).columns), *tracking) if tracking else marked


def unmark_failed_rows(rows: DataFrame, failed_column: str) -> DataFrame:
    """Return marked rows, each of which fails a rule, with the indexes of these rules again, as array<int>."""
    return rows.withColumn(failed_column, F.split(column(FAILED_KEY), '-').cast('array<int>')).drop(FAILED_KEY)


def is_marked(df: DataFrame) -> bool:
    """Tell whether some of the rows may be marked."""
    return FAILED_KEY in df.columns


def without_mark(df: DataFrame) -> DataFrame:
    """Return the frame with the columns that readers will see."""
    return without_tracking(df.drop(FAILED_KEY)) if is_marked(df) else df


def passes_all_rules() -> Column:
    """Build whether a marked row goes to readers."""
    return column(FAILED_KEY) == NO_RULE


def files_of_failed_rows(uris: Iterable[str]) -> list[str]:
    """Return those of a load's files that hold rows which fail rules."""
    return [uri for uri in uris if f'/{FAILED_KEY}=' in uri and f'/{FAILED_KEY}={NO_RULE}/' not in uri]


def read_failed_rows(written: DataFrame, uris: Sequence[str], base: str) -> DataFrame | None:
    """Return the rows of these files, marked, with all columns of the frame that was written; None without files.

    base  address of the folder whose subfolders name the values of keys
    """
    folders = sorted({uri.rpartition('/')[0] for uri in uris})
    if not folders:
        return None
    reader = written.sparkSession.read.schema(written.schema).option('basePath', base)
    return reader.parquet(*map(literal_path, folders)).drop(LOAD_KEY)
