"""Reads the number of rows from the end of a Parquet file."""
from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import pyarrow.parquet as pq

from lake_etl import runtime
from lake_etl.ports import FileEntry

AT_ONCE = 16   # files that are looked at, each a request or two to S3
# The end of a Parquet file tells its number of rows, after the length of this end and before a mark.
FOOTER_BYTES, PARQUET_MARK = 64 * 1024, b'PAR1'


def rows_of_files(written: Iterable[FileEntry]) -> dict[str, int]:
    """Return the number of rows that each file says it has, by address."""
    entries = tuple(written)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return dict(zip((entry.uri for entry in entries), pool.map(_rows_of_file, entries), strict=True))


def _rows_of_file(entry: FileEntry) -> int:
    files, end = runtime.files(entry.uri), min(entry.size, FOOTER_BYTES)
    tail = files.read(entry.uri, entry.size - end, end) or b''
    footer = int.from_bytes(tail[-8:-4], 'little') + 8
    if footer > len(tail):
        tail = files.read(entry.uri, entry.size - footer, footer) or b''
    return int(pq.read_metadata(pa.BufferReader(PARQUET_MARK + tail[-footer:])).num_rows)
