"""Writes the Parquet files of a load to a folder that is not published yet."""
from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from lake_etl import runtime
from lake_etl.ports import Column
from lake_etl.publish.failed_rows import is_marked
from lake_etl.publish.layout import FAILED_KEY, LOAD_KEY, folder_for_readers
from lake_etl.spark.session import open_files

LOG = logging.getLogger(__name__)
OPEN_FILES = 16   # of one task; each needs memory for a page of every column


def catalog_columns(schema: StructType) -> tuple[Column, ...]:
    """Return a frame's columns as the catalog spells them."""
    return tuple(Column(field.name.lower(), field.dataType.simpleString()) for field in schema.fields)


def lower_case_names(df: DataFrame) -> DataFrame:
    """Return the frame with lower-case column names, as the catalog stores them."""
    return df.toDF(*(name.lower() for name in df.columns))


def write_folder(df: DataFrame, folder: str) -> str:
    """Write the frame to a new folder, in one Spark job, and return where the rows for readers are."""
    writer = df.write.mode('errorifexists')
    with removed_on_failure(folder):
        if not is_marked(df):
            writer.parquet(folder)
            return folder
        with open_files(df.sparkSession, OPEN_FILES):
            writer.partitionBy(FAILED_KEY).parquet(folder)
        return folder_for_readers(folder)


def write_partitions(df: DataFrame, table_location: str, keys: Sequence[str], load: str) -> None:
    """Write the frame below a table, each row to the load's folder in the partition its keys name, in one Spark job."""
    folders = [*keys, LOAD_KEY, *([FAILED_KEY] if is_marked(df) else [])]
    df.withColumn(LOAD_KEY, F.lit(load)).write.mode('append').partitionBy(*folders).parquet(table_location)


def file_name(uri: str) -> str:
    """Return the last part of an address."""
    return uri.rpartition('/')[2]


def data_files(folder: str) -> list[str]:
    """Return the addresses of the Parquet files directly in a folder."""
    entries = runtime.files(folder).list(folder)
    below = ((entry.uri, entry.uri.removeprefix(folder).strip('/')) for entry in entries)
    return sorted(uri for uri, name in below if '/' not in name and not name.startswith(('_', '.')))


@contextmanager
def removed_on_failure(folder: str) -> Iterator[None]:
    """Remove an unpublished folder when the block fails, and re-raise the error."""
    try:
        yield
    except Exception:
        remove_folder(folder)
        raise


def remove_folder(folder: str) -> None:
    """Remove the files of an unpublished folder; if that fails, a later load removes them."""
    files = runtime.files(folder)
    try:
        files.delete([entry.uri for entry in files.list(folder)])
    except Exception:
        LOG.warning('Could not remove the unfinished files in %s; a later load of the partition will.', folder)
