"""Tells whether all that a command will read is small, so that Spark should start quickly rather than work quickly."""
from __future__ import annotations

from itertools import accumulate, chain

from lib.local_lake.folders import LakeFolders

MIB = 1024 * 1024
# At 16 MiB of delimited text both ways of starting take equally long; the tables' Parquet files hold far more a byte.
LANDED_BYTES, TABLE_BYTES = 16 * MIB, 4 * MIB


def is_small(folders: LakeFolders, landed_bytes: int) -> bool:
    """Tell whether files that are about to be loaded, and the tables of the lake, are small."""
    if landed_bytes >= LANDED_BYTES:
        return False
    files = chain.from_iterable(folder.rglob('*.parquet') for folder in (folders.cleanse, folders.consume))
    return not any(total >= TABLE_BYTES for total in accumulate(file.lstat().st_size for file in files))
