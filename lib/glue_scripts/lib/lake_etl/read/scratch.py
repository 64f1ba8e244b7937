"""Writes rows that only Python can read to a Parquet file in the scratch folder, from which Spark reads them."""
from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence

import pyarrow
import pyarrow.parquet

from lake_etl import runtime
from lake_etl.errors import LakeError

LOG = logging.getLogger(__name__)
FOLDER = 'reading'
ROW_GROUP_CHARACTERS = 8 * 1024 * 1024
MOST_ROWS = 100_000


def scratch_folder(temporary_folder: str, execution: str) -> str:
    """Return the scratch folder of an execution, below the temporary folder."""
    return f'{temporary_folder}/{FOLDER}/{execution}'


def empty_scratch(folder: str) -> None:
    """Delete what readers wrote; a failure is only logged as a warning, because the load itself is done."""
    files = runtime.files(folder)
    try:
        files.delete([entry.uri for entry in files.list(folder)])
    except LakeError as error:
        LOG.warning('The scratch files in %s could not be deleted: %s', folder, error)


def write_scratch_table(uri: str, columns: int, rows: Iterable[Sequence[str | None]]) -> None:
    """Write rows of text values in their order, a few megabytes at a time; the columns are named c0, c1 and so on.

    Writes one file, because Spark does not promise the order of rows across files. The file is uncompressed, so that
    its size tells Spark into how many tasks to split it.
    """
    runtime.files(uri).write_stream(uri, _parquet(columns, rows))


def _parquet(columns: int, rows: Iterable[Sequence[str | None]]) -> Iterator[bytes]:
    schema = pyarrow.schema([(f'c{index}', pyarrow.string()) for index in range(columns)])
    tables = (pyarrow.Table.from_arrays(
        [pyarrow.array(values, pyarrow.string()) for values in zip(*group, strict=True)], schema=schema)
        for group in _row_groups(rows))
    yield from parquet_content(schema, tables)


def parquet_content(schema: pyarrow.Schema, tables: Iterable[pyarrow.Table]) -> Iterator[bytes]:
    """Yield the content of an uncompressed Parquet file with the tables as its row groups, piece by piece."""
    buffer = _Buffer()
    with pyarrow.parquet.ParquetWriter(buffer, schema, compression='none') as writer:
        for table in tables:
            writer.write_table(table)
            yield buffer.take()
    yield buffer.take()


def _row_groups(rows: Iterable[Sequence[str | None]]) -> Iterator[list[Sequence[str | None]]]:
    group: list[Sequence[str | None]] = []
    characters = 0
    for row in rows:
        group.append(row)
        characters += sum(len(value) for value in row if value)
        if characters >= ROW_GROUP_CHARACTERS or len(group) >= MOST_ROWS:
            yield group
            group, characters = [], 0
    if group:
        yield group


class _Buffer:
    """A writable file whose new content can be taken out, so that it never holds the whole table."""

    closed = False

    def __init__(self) -> None:
        self._chunks: list[bytes] = []
        self._position = 0

    def write(self, content: bytes) -> int:
        self._chunks.append(bytes(content))
        self._position += len(content)
        return len(content)

    def tell(self) -> int:
        return self._position

    def flush(self) -> None:
        """Do nothing: `take` returns everything that was written."""

    def take(self) -> bytes:
        chunks, self._chunks = self._chunks, []
        return b''.join(chunks)
