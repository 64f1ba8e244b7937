"""Writes the Parquet files of a load to a folder that is not published yet."""
from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

from pyspark.sql import DataFrame
from pyspark.sql.types import StructType

from lake_etl import runtime
from lake_etl.errors import DataError
from lake_etl.ports import Column, FileEntry
from lake_etl.publish.failed_rows import is_marked
from lake_etl.publish.layout import FAILED_KEY, LOAD_KEY, folder_for_readers, is_data_file
from lake_etl.publish.parquet_footer import AT_ONCE, rows_of_files
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
    runtime.files(folder).make_parents(folder)
    with removed_on_failure(folder):
        if not is_marked(df):
            writer.parquet(folder)
            return folder
        with open_files(df.sparkSession, OPEN_FILES):
            writer.partitionBy(FAILED_KEY).parquet(folder)
        return folder_for_readers(folder)


def write_partitions(df: DataFrame, table_location: str, keys: Sequence[str], load: str,
                     staging: str) -> list[FileEntry]:
    """Write each row to the load's folder in the partition that its keys name, in one Spark job; return the files.

    staging  folder of this load alone, in which Spark writes: below one folder it keeps the unfinished files of all
             writers in one place, and the first that ends removes those of the others
    """
    runtime.files(staging).make_parents(staging)
    with removed_on_failure(staging):
        df.write.mode('errorifexists').partitionBy(*keys, *([FAILED_KEY] if is_marked(df) else [])).parquet(staging)
    try:
        return _moved(staging, table_location, len(keys), load)
    finally:
        remove_folder(staging)


def _moved(staging: str, table_location: str, keys: int, load: str) -> list[FileEntry]:
    """Copy the data files of a load to their places below the table and return these."""
    files = runtime.files(table_location)

    def place(entry: FileEntry) -> FileEntry:
        below = entry.uri.removeprefix(staging).strip('/').split('/')
        uri = '/'.join([table_location, *below[:keys], f'{LOAD_KEY}={load}', *below[keys:]])
        files.copy(entry.uri, uri)
        return replace(entry, uri=uri)
    found = [entry for entry in runtime.files(staging).list(staging) if is_data_file(file_name(entry.uri))]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(place, found))


def require_rows(name: str, rows: int, written: Iterable[FileEntry]) -> dict[str, int]:
    """Return the rows of each file, by address, from the ends of the files.

    Raises DataError unless there are as many as the load has counted.
    """
    by_file = rows_of_files(written)
    found = sum(by_file.values())
    if found != rows:
        raise DataError(f'The load of {name} counted {rows:,} rows, but its files hold {found:,}. Nothing was '
                        'published. Something else has changed these files; run the load again.')
    return by_file


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
