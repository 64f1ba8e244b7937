"""Finds the rows that a load has written beside those for readers, until they are published elsewhere."""
from __future__ import annotations

from collections.abc import Iterable, Sequence

from pyspark.sql import DataFrame

from lake_etl.publish.layout import FAILED_KEY, LOAD_KEY, NO_RULE
from lake_etl.spark.literal_path import literal_path


def files_aside(uris: Iterable[str]) -> list[str]:
    """Return those of a load's files that hold rows which fail rules."""
    return [uri for uri in uris if f'/{FAILED_KEY}=' in uri and f'/{FAILED_KEY}={NO_RULE}/' not in uri]


def rows_aside(written: DataFrame, uris: Sequence[str], base: str) -> DataFrame | None:
    """Return the rows of these files with their mark and all columns of the frame that was written; None without files.

    base  address of the folder whose subfolders name the values of keys
    """
    folders = sorted({uri.rpartition('/')[0] for uri in uris})
    if not folders:
        return None
    reader = written.sparkSession.read.schema(written.schema).option('basePath', base)
    return reader.parquet(*map(literal_path, folders)).drop(LOAD_KEY)
