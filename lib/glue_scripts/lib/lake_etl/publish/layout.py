"""Names the folders and files of loads: each load has its own folder below the partition it fills."""
from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from urllib.parse import unquote

from lake_etl.errors import DataError

LOAD_KEY = 'lake_load'
FAILED_KEY, NO_RULE = 'lake_failed_rules', 'none'   # what marked rows of a load fail
ICEBERG_FOLDER = 'iceberg'    # below the Consume bucket; only Iceberg knows its files
SUPERSEDED_FOLDER = '_superseded'
UNFINISHED_FOLDER = '_temporary'    # in which Spark keeps files until all of them are written
LOOSE = 'files-without-load'
NULL_VALUE = '__HIVE_DEFAULT_PARTITION__'
UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'
LOAD_TIME, TIME_OF_LOAD = '%Y%m%dT%H%M%SZ', '[0-9]{8}T[0-9]{6}Z'
# A load's name, and that of the folder in which a load by file rewrites the files of another source.
LOAD_NAME = re.compile(f'{TIME_OF_LOAD}-[A-Za-z0-9]{{0,32}}-[0-9a-f]+(-{UUID})?')
# Names that Spark gives to files of data, and to their checksums on a local disk.
DATA_FILE = re.compile(rf'part-[0-9]+-{UUID}[.-]c[0-9]+(\.[a-z0-9]+)*\.parquet')
BESIDE_DATA = re.compile(rf'_SUCCESS|\._SUCCESS\.crc|\.part-[0-9]+-{UUID}[.-]c[0-9]+(\.[a-z0-9]+)*\.parquet\.crc|'
                         r'\.[0-9a-f]{32}\.unfinished')
# What other engines call the files that they write directly below a partition folder.
LOOSE_FILE = re.compile('(part|run)-.*')
FOLDER_OBJECT = '_$folder$'   # the empty object that marks a folder in S3, written by an older Hadoop file system


def require_free_names(columns: Iterable[str], dataset: str) -> None:
    """Raise DataError when a column has a name of the lake's folders: Spark would read it as a partition key."""
    taken = [name for name in columns if name.lower() in (LOAD_KEY, FAILED_KEY)]
    if taken:
        raise DataError(f'The rows for {dataset} have a column named {" and ".join(taken)}, a name that the lake uses '
                        'for folders. Give it another name in the mapping, the transforms or the query. The table '
                        'was not changed.')


def load_name(execution_id: str, started: datetime, token: str) -> str:
    """Return a folder name that no other attempt has: start time, the execution, and a random token."""
    return f'{started:{LOAD_TIME}}{execution_mark(execution_id)}{token}'


def load_time(location: str) -> datetime | None:
    """Return when the load began whose folder the location of a partition is in, in seconds; None for other folders."""
    found = re.search(f'/{LOAD_KEY}=({TIME_OF_LOAD})-', f'/{location}')
    return datetime.strptime(found[1], LOAD_TIME).replace(tzinfo=UTC) if found else None


def execution_mark(execution_id: str) -> str:
    """Return the part that all load folders of an execution share."""
    return f"-{re.sub(r'[^A-Za-z0-9]+', '', execution_id)[:32]}-"


def partition_folder(table_location: str, keys: Sequence[str], values: Sequence[str]) -> str:
    """Return the folder of a partition: `<table>/year=2026/month=11/day=24`."""
    return '/'.join([table_location, *(f'{key}={value}' for key, value in zip(keys, values, strict=True))])


def load_folder(partition: str, name: str) -> str:
    """Return the folder of one load below a partition folder."""
    return f'{partition}/{LOAD_KEY}={name}'


def folder_for_readers(load: str) -> str:
    """Return the folder, below that of a load of marked rows, with the rows that fail no rule."""
    return f'{load}/{FAILED_KEY}={NO_RULE}'


def load_of_location(location: str) -> str:
    """Return the folder of the load to which the location of a partition belongs."""
    load, _, name = location.rpartition('/')
    return load if name.startswith(f'{FAILED_KEY}=') else location


def partition_of_file(uri: str, table_location: str, keys: Sequence[str]) -> tuple[str, ...] | None:
    """Return the partition values in the path of a file, or None when the path has no folder for each key in order."""
    folders = uri.removeprefix(table_location).strip('/').split('/')[:len(keys)]
    pairs = [folder.partition('=') for folder in folders]
    if [pair[0] for pair in pairs] != list(keys):
        return None
    return tuple(unquote(pair[2]) for pair in pairs)


def place_of_file(uri: str, table_location: str, keys: Sequence[str]) -> str | None:
    """Return the partition folder of a file, or None when its path has no folder for each key in order."""
    if partition_of_file(uri, table_location, keys) is None:
        return None
    return '/'.join([table_location, *uri.removeprefix(table_location).strip('/').split('/')[:len(keys)]])


def load_of_file(uri: str, partition: str) -> str:
    """Return which load below a partition folder a file belongs to: its folder, or the partition folder itself."""
    first, slash, _ = uri.removeprefix(partition).strip('/').partition('/')
    return f'{partition}/{first}' if slash and first.startswith(f'{LOAD_KEY}=') else partition


def load_that_wrote(uri: str, partition: str) -> str | None:
    """Return the load below a partition folder that has written a file, or None when no load did.

    That is the folder of the load, or the partition folder itself for a data file directly in it. Only
    names that loads and engines give count: files that people put there belong to no load.
    """
    load = load_of_file(uri, partition)
    below = uri.removeprefix(load).strip('/')
    if load != partition:
        return load if is_load_folder(load.rpartition('/')[2]) and is_written_by_load(below) else None
    folder = below.removesuffix(FOLDER_OBJECT)
    if folder != below and is_load_folder(folder):
        return f'{partition}/{folder}'
    return partition if '/' not in below and LOOSE_FILE.fullmatch(below) else None


def is_load_folder(name: str) -> bool:
    """Tell whether a folder name is that of a load."""
    return name.startswith(f'{LOAD_KEY}=') and LOAD_NAME.fullmatch(name.removeprefix(f'{LOAD_KEY}=')) is not None


def is_written_by_load(below: str) -> bool:
    """Tell whether a load writes a file of that path below its folder."""
    *folders, name = below.split('/')
    failed_rows = len(folders) == 1 and folders[0].startswith(f'{FAILED_KEY}=')
    if folders and not failed_rows and folders[0] != UNFINISHED_FOLDER:
        return False
    return is_data_file(name) or BESIDE_DATA.fullmatch(name) is not None or name.endswith(FOLDER_OBJECT)


def is_data_file(name: str) -> bool:
    """Tell whether a file name is that of a data file written by Spark."""
    return DATA_FILE.fullmatch(name) is not None


def started_at(load: str) -> str:
    """Return when a load with that folder started; texts of two loads compare as their times do."""
    return load.rpartition('/')[2].removeprefix(f'{LOAD_KEY}=')[:16]


def superseded_marker(load: str) -> str:
    """Return the address of the marker file that records since when a load's folder is unreferenced."""
    partition, _, name = load.rpartition('/')
    if not name.startswith(f'{LOAD_KEY}='):
        partition, name = load, LOOSE
    return f'{partition}/{SUPERSEDED_FOLDER}/{name}'


def is_marker(name: str) -> bool:
    """Tell whether a file name in the marker folder is that of a marker."""
    return name == LOOSE or is_load_folder(name)


def key_folders(partition: str) -> str:
    """Return the end of a partition folder that names its values, such as `year=2026/month=11/day=24`."""
    folders = partition.split('/')
    keys = next((number for number, folder in enumerate(reversed(folders)) if '=' not in folder), len(folders))
    return '/'.join(folders[len(folders) - keys:])


def partition_of_load(load: str) -> str:
    """Return the partition folder of a load folder, of a folder below it, or of the marker folder."""
    load = load_of_location(load)
    parent, _, name = load.rpartition('/')
    return parent if name.startswith(f'{LOAD_KEY}=') or name == SUPERSEDED_FOLDER else load
