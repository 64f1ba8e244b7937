"""Reads Avro files, with the types that the files declare, where the session of Spark has the jar spark-avro."""
from __future__ import annotations

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession

from lake_etl.errors import DataError
from lake_etl.read.parquet import with_time_zones
from lake_etl.read.published_types import with_published_types
from lake_etl.read.source_files import SourceFiles, no_rows_error

# Both are in the message of Spark for a format whose jar is missing.
MISSING_JAR = ('avro', 'deploy')


def read(spark: SparkSession, source: SourceFiles) -> DataFrame:
    """Return the rows of Avro files of one schema.

    A timestamp without a time zone is one in UTC. Raises DataError when there are no rows, or the jar is missing.
    """
    try:
        df = spark.read.format('avro').option('ignoreExtension', True).load(source.paths)
    except AnalysisException as error:
        if not all(word in str(error).lower() for word in MISSING_JAR):
            raise
        raise DataError(
            f'{source.name} is Avro, and this session of Spark has no reader for it. Put the jar of '
            f'org.apache.spark:spark-avro_{_scala(spark)}:{spark.version} into lib/glue_scripts/lib and deploy, or '
            'land the file as Parquet.') from None
    df = with_time_zones(df)
    if not df.columns or df.isEmpty():  # One small job, which stops at the first row.
        raise no_rows_error(source.name)
    known = source.known_types(df.columns)
    return with_published_types(source.with_raw_values(source.with_positions(df), known), source.spec, known)


def _scala(spark: SparkSession) -> str:
    """Return the version of Scala in the names of Spark's jars."""
    return '2.12' if spark.version.startswith('3.') else '2.13'
