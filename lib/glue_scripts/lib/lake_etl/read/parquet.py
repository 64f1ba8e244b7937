"""Reads Parquet files, with the types that the files declare."""
from __future__ import annotations

from dataclasses import replace

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import ArrayType, DataType, MapType, StructField, StructType, TimestampNTZType, TimestampType

from lake_etl.read.parquet_rewrite import needs_rewrite, read_footer, rewrite
from lake_etl.read.published_types import with_published_types
from lake_etl.read.source_files import SourceFiles, no_rows_error
from lake_etl.spark.columns import column

# The calendar of today, also for dates before it began. Spark itself recognizes files in which Spark 2 wrote others.
CALENDAR = {'datetimeRebaseMode': 'CORRECTED', 'int96RebaseMode': 'CORRECTED'}


def read(spark: SparkSession, source: SourceFiles) -> DataFrame:
    """Return the rows of Parquet files; a column that only some of the files have is null in the others.

    A timestamp without a time zone is one in UTC. Raises DataError when a file is not Parquet, or there are no rows.
    """
    footers = [read_footer(file) for file in source.files]
    if not any(footer.metadata.num_rows and footer.metadata.num_columns for footer in footers):
        raise no_rows_error(source.name)
    source = replace(source, files=tuple(
        rewrite(file, f'{source.scratch}/rewritten-{index:05}.parquet') if needs_rewrite(footer) else file
        for index, (file, footer) in enumerate(zip(source.files, footers, strict=True))))
    df = with_time_zones(spark.read.options(**CALENDAR).parquet(*source.paths, mergeSchema=len(source.files) > 1))
    known = source.known_types(df.columns)
    return with_published_types(source.with_raw_values(source.with_positions(df), known), source.spec, known)


def with_time_zones(df: DataFrame) -> DataFrame:
    """Return the frame with timestamps in place of those without a time zone, which Athena does not know."""
    changed = {field.name: _with_time_zone(field.dataType) for field in df.schema.fields
               if _with_time_zone(field.dataType) != field.dataType}
    return df.withColumns({name: column(name).cast(kind) for name, kind in changed.items()}) if changed else df


def _with_time_zone(kind: DataType) -> DataType:
    if isinstance(kind, StructType):
        return StructType([StructField(field.name, _with_time_zone(field.dataType), field.nullable)
                           for field in kind.fields])
    if isinstance(kind, ArrayType):
        return ArrayType(_with_time_zone(kind.elementType), kind.containsNull)
    if isinstance(kind, MapType):
        return MapType(_with_time_zone(kind.keyType), _with_time_zone(kind.valueType), kind.valueContainsNull)
    return TimestampType() if isinstance(kind, TimestampNTZType) else kind
