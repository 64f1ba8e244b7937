"""Writes rows that only Python can read into one Parquet file from which Spark reads them, split over its tasks."""
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
    """Return the folder of one execution below the temporary folder."""
    return f'{temporary_folder}/{FOLDER}/{execution}'


def empty_scratch(folder: str) -> None:
    """Delete what readers wrote; what cannot be deleted is left with a warning, since the load itself is done."""
    files = runtime.files(folder)
    try:
        files.delete([entry.uri for entry in files.list(folder)])
    except LakeError as error:
        LOG.warning('Scratch files of the reader were left behind: %s', error)


def write_scratch(uri: str, columns: int, rows: Iterable[Sequence[str | None]]) -> None:
    """Write rows of so many texts in their order, under column names of no meaning, a few megabytes at a time.

    One file, because the order of rows across files is not certain; uncompressed, because Spark splits it by its size.
    """
    runtime.files(uri).write_stream(uri, _parquet(columns, rows))


def _parquet(columns: int, rows: Iterable[Sequence[str | None]]) -> Iterator[bytes]:
    schema = pyarrow.schema([(f'c{index}', pyarrow.string()) for index in range(columns)])
    sink = _Sink()
    with pyarrow.parquet.ParquetWriter(sink, schema, compression='none') as writer:
        for group in _groups(rows):
            arrays = [pyarrow.array(values, pyarrow.string()) for values in zip(*group, strict=True)]
            writer.write_table(pyarrow.Table.from_arrays(arrays, schema=schema))
            yield sink.take()
    yield sink.take()


def _groups(rows: Iterable[Sequence[str | None]]) -> Iterator[list[Sequence[str | None]]]:
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


class _Sink:
    """A file that gives away what was written to it."""

    closed = False

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._position = 0

    def write(self, content: bytes) -> int:
        self._pieces.append(bytes(content))
        self._position += len(content)
        return len(content)

    def tell(self) -> int:
        return self._position

    def flush(self) -> None:
        """Everything is in the pieces already."""

    def take(self) -> bytes:
        pieces, self._pieces = self._pieces, []
        return b''.join(pieces)
