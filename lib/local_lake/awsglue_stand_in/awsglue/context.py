"""Gives jobs the Spark session of a Glue context."""
from __future__ import annotations

from typing import Any

from pyspark import SparkContext
from pyspark.sql import SparkSession


class GlueContext:
    """Gives jobs the Spark session of a running Spark context.

    A job that has started only Spark's context gets a session that sees the tables of the laptop's catalog, as on AWS
    Glue. The lake's own commands start their session before, and their jobs name the tables that they read.
    """

    def __init__(self, sparkContext: SparkContext | None = None, **options: Any):  # noqa: N803 - AWS Glue's name
        if SparkSession.getActiveSession() is None:
            from awsglue.catalog_session import start_catalog_session
            start_catalog_session(sparkContext or SparkContext.getOrCreate())
        self.spark_session = SparkSession.builder.getOrCreate()
