"""Sets the Spark configuration of every job, on AWS Glue and on a laptop, on Spark 3.5 and 4.1."""
from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib import import_module
from importlib.util import find_spec
from threading import RLock
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from lake_etl.reasons.own_words import SHOWS_SPARK_LOG
from lake_etl.spark.java_names import remember_java_names

SETTINGS = {
    'spark.sql.ansi.enabled': 'true',
    'spark.sql.legacy.timeParserPolicy': 'CORRECTED',
    'spark.sql.session.timeZone': 'UTC',
    'spark.sql.caseSensitive': 'false',
    # A map that is made with one key twice takes the last value, as pivots by map_from_arrays rely on.
    'spark.sql.mapKeyDedupPolicy': 'LAST_WIN',
    # Text such as ${env:HOME} in a rule, a pattern or a column name is literal.
    'spark.sql.variable.substitute': 'false',
    'spark.sql.sources.partitionColumnTypeInference.enabled': 'false',
    'spark.sql.parquet.datetimeRebaseModeInWrite': 'CORRECTED',
    'spark.sql.parquet.int96RebaseModeInWrite': 'CORRECTED',
    'spark.sql.execution.arrow.pyspark.enabled': 'true',
    'spark.sql.legacy.createHiveTableByDefault': 'false',
    'spark.sql.legacy.javaCharsets': 'true',
    'spark.sql.legacy.codingErrorAction': 'true',
}

# Loggers of pyspark.errors, each with its own handler.
PYSPARK_LOGGERS = ('SQLQueryContextLogger', 'DataFrameQueryContextLogger')

# Java interprets methods of more than 8,000 bytes unless it is told to compile them (HotSpot flags
# DontCompileHugeMethods and HugeMethodLimit). The code that Spark generates for a wide load is twice as large.
COMPILES_HUGE_METHODS = '-XX:-DontCompileHugeMethods'
HUGE_METHOD_BYTES = 8_000

# A setting applies to all threads of a session, so only one thread at a time may change and restore it.
_CHANGING: defaultdict[str, AbstractContextManager[Any]] = defaultdict(RLock)


def configure(spark: SparkSession) -> SparkSession:
    """Apply the lake's settings to a running session and return it."""
    silence_pyspark()
    remember_java_names(spark)
    given = (str(spark.conf.get(f'spark.{side}.extraJavaOptions', '')) for side in ('driver', 'executor'))
    java_options = ' '.join(given)
    for key, value in (SETTINGS | code_settings(java_options)).items():
        spark.conf.set(key, value)
    # Files are split into the same tasks whatever the number of workers, so that rows can be counted by task.
    spark.conf.set('spark.sql.leafNodeDefaultParallelism', str(spark.sparkContext.defaultParallelism))
    return spark


def silence_pyspark() -> None:
    """Prevent Spark 4 from logging errors in Python: its logs go to standard error and quote values."""
    if os.environ.get(SHOWS_SPARK_LOG):
        return
    if find_spec('pyspark.logger') is None:  # Spark 3.5 leaves logging to Java.
        return
    logger = import_module('pyspark.logger').PySparkLogger
    for name in PYSPARK_LOGGERS:
        logger.getLogger(name).disabled = True


def code_settings(java_options: str) -> dict[str, str]:
    """Return the settings that keep Spark from generating methods that Java, with these options, never compiles."""
    if COMPILES_HUGE_METHODS in java_options.split():
        return {}
    return {'spark.sql.codegen.hugeMethodLimit': str(HUGE_METHOD_BYTES)}


@contextmanager
def user_sql_rules(spark: SparkSession) -> Iterator[None]:
    """Analyse frames built in this context without ANSI rules, as users' SQL expects: failed casts give null."""
    with _changed(spark, 'spark.sql.ansi.enabled', 'false'):
        yield


@contextmanager
def lake_rules(spark: SparkSession) -> Iterator[None]:
    """Analyse what is built inside by the lake's own rules, whatever those of the caller are."""
    with _changed(spark, 'spark.sql.ansi.enabled', 'true'):
        yield


def plan_upfront(df: DataFrame) -> DataFrame:
    """Plan the whole query now, without adaptive execution, and return the frame, ready to be collected."""
    with _changed(df.sparkSession, 'spark.sql.adaptive.enabled', 'false'):
        df._jdf.queryExecution().executedPlan()
    return df


@contextmanager
def microsecond_times(spark: SparkSession) -> Iterator[None]:
    """Write timestamps in Parquet files in this context as microseconds, as Iceberg requires, not as INT96."""
    with _changed(spark, 'spark.sql.parquet.outputTimestampType', 'TIMESTAMP_MICROS'):
        yield


@contextmanager
def open_files(spark: SparkSession, most: int) -> Iterator[None]:
    """Let each writing task in this context keep up to `most` files open before it sorts rows by folder."""
    with _changed(spark, 'spark.sql.maxConcurrentOutputFileWriters', str(most)):
        yield


@contextmanager
def _changed(spark: SparkSession, key: str, value: str) -> Iterator[None]:
    with _CHANGING[key]:
        before = spark.conf.get(key)
        spark.conf.set(key, value)
        try:
            yield
        finally:
            spark.conf.set(key, str(before))
