"""The Spark session behind a Glue context."""
from __future__ import annotations

from pyspark import SparkContext
from pyspark.sql import SparkSession


class GlueContext:
    """Gives jobs the Spark session of a running Spark context."""

    def __init__(self, spark_context: SparkContext):
        self.spark_session = SparkSession.builder.getOrCreate()
        self.spark_context = spark_context
