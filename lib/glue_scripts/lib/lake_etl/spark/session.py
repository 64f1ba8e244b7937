"""The Spark settings under which every job runs, on AWS Glue and on a laptop, on Spark 3.5 and 4.1."""
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

SETTINGS = {
    'spark.sql.ansi.enabled': 'true',
    'spark.sql.legacy.timeParserPolicy': 'CORRECTED',
    'spark.sql.session.timeZone': 'UTC',
    'spark.sql.caseSensitive': 'false',
    # SQL says what it says: a text such as ${env:HOME} in a rule, a pattern or a column name stands for itself.
    'spark.sql.variable.substitute': 'false',
    'spark.sql.sources.partitionColumnTypeInference.enabled': 'false',
    'spark.sql.parquet.datetimeRebaseModeInWrite': 'CORRECTED',
    'spark.sql.parquet.int96RebaseModeInWrite': 'CORRECTED',
    'spark.sql.execution.arrow.pyspark.enabled': 'true',
    'spark.sql.legacy.createHiveTableByDefault': 'false',
    'spark.sql.legacy.javaCharsets': 'true',
    'spark.sql.legacy.codingErrorAction': 'true',
}

# What pyspark.errors logs to; each has a handler of its own.
PYSPARK_LOGGERS = ('SQLQueryContextLogger', 'DataFrameQueryContextLogger')

# Java leaves methods of more than 8,000 bytes to its interpreter unless it is told to compile them (HotSpot, flags
# DontCompileHugeMethods and HugeMethodLimit). Spark makes code of a wide load that has twice as many.
COMPILES_HUGE_METHODS = '-XX:-DontCompileHugeMethods'
HUGE_METHOD_BYTES = 8_000

# A setting holds for all threads of a session, so two of them may not change and restore one at once.
_CHANGING: defaultdict[str, AbstractContextManager[Any]] = defaultdict(RLock)


def configure(spark: SparkSession) -> SparkSession:
    """Give a running session the lake's settings and return it."""
    silence_pyspark()
    given = (str(spark.conf.get(f'spark.{side}.extraJavaOptions', '')) for side in ('driver', 'executor'))
    java_options = ' '.join(given)
    for key, value in (SETTINGS | code_settings(java_options)).items():
        spark.conf.set(key, value)
    # Files are cut into as many tasks each time, however many workers there are by then: rows can be counted by task.
    spark.conf.set('spark.sql.leafNodeDefaultParallelism', str(spark.sparkContext.defaultParallelism))
    return spark


def silence_pyspark() -> None:
    """Keep Spark 4 from logging errors in Python, to standard error and with the values that they quote."""
    if os.environ.get(SHOWS_SPARK_LOG):
        return
    if find_spec('pyspark.logger') is None:  # Spark 3.5 leaves logging to Java.
        return
    logger = import_module('pyspark.logger').PySparkLogger
    for name in PYSPARK_LOGGERS:
        logger.getLogger(name).disabled = True


def code_settings(java_options: str) -> dict[str, str]:
    """Return the settings that keep Spark from making methods that Java, started with these options, never compiles."""
    if COMPILES_HUGE_METHODS in java_options.split():
        return {}
    return {'spark.sql.codegen.hugeMethodLimit': str(HUGE_METHOD_BYTES)}


def keep_checkpoints(spark: SparkSession, folder: str) -> None:
    """Have checkpoints written below a folder where workers may be lost, which one on this machine is not."""
    context = spark.sparkContext
    if not str(context.master).startswith('local'):
        context.setCheckpointDir(folder)


@contextmanager
def user_sql_rules(spark: SparkSession) -> Iterator[None]:
    """Analyse what is built inside by the rules users' SQL was written for: failed casts give null, not an error."""
    with _changed(spark, 'spark.sql.ansi.enabled', 'false'):
        yield


def planned_as_a_whole(df: DataFrame) -> DataFrame:
    """Plan the frame's query now and for good, not anew after each of its stages; return the frame, to be collected."""
    with _changed(df.sparkSession, 'spark.sql.adaptive.enabled', 'false'):
        df._jdf.queryExecution().executedPlan()
    return df


@contextmanager
def microsecond_times(spark: SparkSession) -> Iterator[None]:
    """Write the times of Parquet files inside as whole microseconds, as Iceberg has them, not in Spark's older way."""
    with _changed(spark, 'spark.sql.parquet.outputTimestampType', 'TIMESTAMP_MICROS'):
        yield


@contextmanager
def open_files(spark: SparkSession, most: int) -> Iterator[None]:
    """Let a task that writes inside to several folders keep that many files open, and sort rows only beyond that."""
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
