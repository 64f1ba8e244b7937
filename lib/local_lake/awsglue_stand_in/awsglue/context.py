"""Gives jobs the Spark session of a Glue context."""
from __future__ import annotations

from typing import Any

from pyspark import SparkContext
from pyspark.sql import SparkSession


class GlueContext:
    """Gives jobs the Spark session of a running Spark context."""

    def __init__(self, sparkContext: SparkContext | None = None, **options: Any):  # noqa: N803 - AWS Glue's name
        self.spark_session = SparkSession.builder.getOrCreate()
