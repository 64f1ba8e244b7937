"""Reads JSON: one document per line, or documents that span lines; decimals rather than binary fractions."""
from __future__ import annotations

from pyspark.sql import DataFrame, SparkSession


def read_json(spark: SparkSession, uri: str, multiline: bool) -> DataFrame:
    """Return the documents as rows, the schema inferred over the whole file in one Spark job.

    A document that cannot be parsed is kept as its text in `_corrupt_record`.
    """
    return spark.read.json(uri, multiLine=multiline, prefersDecimal=True, mode='PERMISSIVE')
