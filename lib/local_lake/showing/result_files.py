"""Writes the answer to a query to a file, batch by batch, so that it may be larger than the memory."""
from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from lake_etl.adapters.local.duckdb_queries import Answer
from lake_etl.adapters.local.file_replacement import replacing
from lake_etl.errors import LakeError
from lib.local_lake.showing.output import distinct_names, print_rows

# A row group of a Parquet file: smaller ones make it slow to read.
ROW_GROUP = 100_000
# Calls for each row would take longer than the rows.
TOLD_ROWS = 10_000


def write_answer(answer: Answer, file: Path, written: Callable[[int], None] = lambda rows: None) -> int:
    """Write all rows to a file in the format of its ending and return their number.

    written  is told how many more rows are written, every now and then

    The file appears, or is replaced, when all rows are written. A column name that occurs twice gets a number. Raises
    LakeError if the file cannot be written, and for a column that the format cannot hold.
    """
    write = _WRITERS[require_writable(file)]
    with replacing(file) as unfinished:
        try:
            return write(answer, unfinished, written)
        except pa.ArrowNotImplementedError:
            raise LakeError(f'--out {file}: a {file.suffix} file cannot hold the type of a column, such as an '
                            'interval. Cast it to varchar in the query, or write .csv.') from None


def require_writable(file: Path) -> str:
    """Return the ending of a file; raises LakeError if it is unknown, or if the folder does not exist."""
    ending = file.suffix.lower()
    if ending not in _WRITERS:
        raise LakeError(f"--out {file}: the ending is '{file.suffix}', expected {', '.join(_WRITERS)}.")
    if not file.parent.is_dir():
        raise LakeError(f'--out {file}: the folder {file.parent} does not exist. Make it, or name another file.')
    return ending


def _write_parquet(answer: Answer, file: Path, written: Callable[[int], None]) -> int:
    with _arrow(answer) as (schema, batches), pq.ParquetWriter(file, schema, compression='zstd') as writer:
        return sum(_put(writer, batch, written) for batch in batches)


def _write_arrow(answer: Answer, file: Path, written: Callable[[int], None]) -> int:
    with _arrow(answer) as (schema, batches), pa.ipc.new_file(file, schema) as writer:
        return sum(_put(writer, batch, written) for batch in batches)


def _put(writer: Any, batch: pa.RecordBatch, written: Callable[[int], None]) -> int:
    writer.write_batch(batch)
    written(batch.num_rows)
    return int(batch.num_rows)


@contextmanager
def _arrow(answer: Answer) -> Iterator[tuple[pa.Schema, Iterator[pa.RecordBatch]]]:
    with answer.batches(ROW_GROUP) as (found, batches):
        schema = pa.schema([field.with_name(name)
                            for field, name in zip(found, distinct_names(found.names), strict=True)])
        yield schema, (pa.RecordBatch.from_arrays(batch.columns, schema=schema) for batch in batches)


def _write_csv(answer: Answer, file: Path, written: Callable[[int], None]) -> int:
    columns, rows = answer.rows()
    counted = _Counted(rows, written)
    with file.open('w', encoding='utf-8', newline='') as out:
        print_rows(columns, counted, 'csv', out)
    return counted.number


class _Counted:
    """Rows, and the number of those that were taken."""

    def __init__(self, rows: Iterator[tuple[Any, ...]], written: Callable[[int], None]):
        self._rows, self._written, self.number = rows, written, 0

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        for self.number, row in enumerate(self._rows, 1):
            yield row
            if self.number % TOLD_ROWS == 0:
                self._written(TOLD_ROWS)


_WRITERS: Mapping[str, Callable[[Answer, Path, Callable[[int], None]], int]] = {
    '.parquet': _write_parquet, '.arrow': _write_arrow, '.csv': _write_csv}
