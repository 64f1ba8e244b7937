"""Reads Parquet, whose files know their own types."""
from __future__ import annotations

from pyspark.sql import DataFrame, SparkSession

from lake_etl.read.published_types import with_lasting_types
from lake_etl.read.source_files import Collected
from lake_etl.read.type_inference import no_rows


def read(spark: SparkSession, source: Collected) -> DataFrame:
    """Return the rows of Parquet files; a column that only some of the files have is null in the others."""
    df = spark.read.parquet(*source.paths, mergeSchema=len(source.files) > 1)
    if not df.columns or df.isEmpty():  # One small job: it stops at the first row.
        raise no_rows(source.name)
    return with_lasting_types(df, source.spec, source.knowledge(df.columns))
