"""Writes the Parquet files of a load to a folder that nobody reads yet."""
from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from lake_etl import runtime
from lake_etl.ports import Column
from lake_etl.publish.layout import LOAD_KEY

LOG = logging.getLogger(__name__)


def catalog_columns(schema: StructType) -> tuple[Column, ...]:
    """Return a frame's columns as the catalog spells them."""
    return tuple(Column(field.name.lower(), field.dataType.simpleString()) for field in schema.fields)


def lower_case_names(df: DataFrame) -> DataFrame:
    """Return the frame with lower-case column names, as the catalog stores them."""
    return df.toDF(*(name.lower() for name in df.columns))


def write_folder(df: DataFrame, folder: str) -> None:
    """Write the frame to a new folder, in one Spark job."""
    with removed_on_failure(folder):
        df.write.mode('errorifexists').parquet(folder)


def write_partitions(df: DataFrame, table_location: str, keys: Sequence[str], load: str) -> None:
    """Write the frame below a table, each row to the load's folder in the partition its keys name, in one Spark job."""
    df.withColumn(LOAD_KEY, F.lit(load)).write.mode('append').partitionBy(*keys, LOAD_KEY).parquet(table_location)


def file_name(uri: str) -> str:
    """Return the last part of an address."""
    return uri.rpartition('/')[2]


def data_files(folder: str) -> list[str]:
    """Return the addresses of the Parquet files that lie directly in a folder."""
    entries = runtime.files(folder).list(folder)
    below = ((entry.uri, entry.uri.removeprefix(folder).strip('/')) for entry in entries)
    return sorted(uri for uri, name in below if '/' not in name and not name.startswith(('_', '.')))


@contextmanager
def removed_on_failure(folder: str) -> Iterator[None]:
    """Remove a folder that nobody reads yet when what happens inside fails, and let the failure go on."""
    try:
        yield
    except Exception:
        files = runtime.files(folder)
        try:
            files.delete([entry.uri for entry in files.list(folder)])
        except Exception:
            LOG.warning('Could not remove the unfinished files in %s; a later load of the partition will.', folder)
        raise
