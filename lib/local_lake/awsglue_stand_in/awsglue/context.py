"""Gives jobs the Spark session of a Glue context."""
from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from pyspark import SparkContext
from pyspark.sql import SparkSession

SHARED_MODULES = Path(__file__).resolve().parents[3] / 'glue_scripts' / 'lib'


class GlueContext:
    """Gives jobs the Spark session of a running Spark context.

    A job that has started only Spark's context gets a session that sees the tables of the laptop's catalog, as on AWS
    Glue. The lake's own commands start their session before, and their jobs name the tables that they read.
    """

    def __init__(self, sparkContext: SparkContext | None = None, **options: Any):  # noqa: N803 - AWS Glue's name
        # On Spark 4 a session is active only in the thread that has started it.
        users_own = SparkSession.getActiveSession() is None and SparkSession._instantiatedSession is None
        builder = SparkSession.builder
        if users_own:
            builder = builder.config('spark.sql.warehouse.dir', tempfile.mkdtemp(prefix='spark-warehouse-'))
        self.spark_session = builder.getOrCreate()
        if users_own:
            self._show_tables()

    def _show_tables(self) -> None:
        if str(SHARED_MODULES) not in sys.path:
            sys.path.append(str(SHARED_MODULES))
        from lake_etl import runtime
        self._tables = runtime.visible_tables(self.spark_session)
        self._tables.__enter__()  # For as long as the process runs.
