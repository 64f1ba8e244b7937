"""Reads Parquet, whose files know their own types."""
from __future__ import annotations

from pyspark.sql import DataFrame, SparkSession

from lake_etl.read.literal_path import literal_path


def read_parquet(spark: SparkSession, uri: str) -> DataFrame:
    """Return the rows of a Parquet file or of a folder of them."""
    return spark.read.parquet(literal_path(uri))
