"""Reads ORC files, with the types that the files declare."""
from __future__ import annotations

from pyspark.sql import DataFrame, SparkSession

from lake_etl.read.parquet import with_time_zones
from lake_etl.read.published_types import with_published_types
from lake_etl.read.source_files import SourceFiles, no_rows_error


def read(spark: SparkSession, source: SourceFiles) -> DataFrame:
    """Return the rows of ORC files; a column that only some of the files have is null in the others.

    A timestamp without a time zone is one in UTC. Raises DataError when there are no rows.
    """
    df = with_time_zones(spark.read.orc(source.paths, mergeSchema=len(source.files) > 1))
    if not df.columns or df.isEmpty():  # One small job, which stops at the first row.
        raise no_rows_error(source.name)
    known = source.known_types(df.columns)
    return with_published_types(source.with_raw_values(source.with_positions(df), known), source.spec, known)
