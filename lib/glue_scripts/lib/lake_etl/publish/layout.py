"""Where the files of a load lie: each load has a folder of its own below the partition it fills."""
from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from urllib.parse import unquote

from lake_etl.errors import DataError

LOAD_KEY = 'lake_load'
FAILED_KEY, NO_RULE = 'lake_failed_rules', 'none'   # what marked rows of a load fail
ICEBERG_FOLDER = 'iceberg'    # below the Consume bucket; its files are known to Iceberg alone
SUPERSEDED_FOLDER = '_superseded'
NULL_VALUE = '__HIVE_DEFAULT_PARTITION__'


def require_free_names(columns: Iterable[str], dataset: str) -> None:
    """Raise DataError when a column is called as the folders below a partition are: Spark would take it for one."""
    taken = [name for name in columns if name.lower() in (LOAD_KEY, FAILED_KEY)]
    if taken:
        raise DataError(f'The rows for {dataset} have a column named {" and ".join(taken)}, as the lake names folders '
                        'of its tables. Give it another name in the mapping, the transforms or the query. Nothing was '
                        'replaced.')


def load_name(execution_id: str, started: datetime, token: str) -> str:
    """Return a folder name that no other attempt has: start time, the execution, and a random token."""
    return f'{started:%Y%m%dT%H%M%SZ}{execution_mark(execution_id)}{token}'


def execution_mark(execution_id: str) -> str:
    """Return what the folders of an execution's loads have in common."""
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
    """Return the partition folder that a file lies in, or None when its path has no folder for each key in order."""
    if partition_of_file(uri, table_location, keys) is None:
        return None
    return '/'.join([table_location, *uri.removeprefix(table_location).strip('/').split('/')[:len(keys)]])


def load_of_file(uri: str, partition: str) -> str:
    """Return which load below a partition folder a file belongs to: its folder, or the partition folder itself."""
    first, slash, _ = uri.removeprefix(partition).strip('/').partition('/')
    return f'{partition}/{first}' if slash and first.startswith(f'{LOAD_KEY}=') else partition


def superseded_marker(load: str) -> str:
    """Return the address of the empty file that says since when nothing refers to a load's folder any more."""
    partition, _, name = load.rpartition('/')
    if not name.startswith(f'{LOAD_KEY}='):
        partition, name = load, 'files-without-load'
    return f'{partition}/{SUPERSEDED_FOLDER}/{name}'


def partition_of_load(load: str) -> str:
    """Return the partition folder that a load's folder, one below it, or a marker's, lies in."""
    load = load_of_location(load)
    parent, _, name = load.rpartition('/')
    return parent if name.startswith(f'{LOAD_KEY}=') or name == SUPERSEDED_FOLDER else load
