"""Scans the lines of delimited files as bytes, without parsing values: for open quotes and ragged lines.

Spark scans large files in one job, whose tasks each read ranges of the files.
"""
from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from pyspark.sql import SparkSession

from lake_etl import runtime
from lake_etl.read.header import Dialect
from lake_etl.read.source_files import PreparedFile

# Amazon S3, "Performance guidelines", names 8 and 16 MB as typical sizes of byte ranges.
RANGE_BYTES = 8 * 1024 * 1024
# How much to read at a time beyond a range, to find the end of its last line.
STEP_BYTES = 1024 * 1024
# A block fits into a processor's cache, which makes the scan several times as fast.
BLOCK_BYTES = 512 * 1024
# A range takes hundredths of a second, less than the start of a task.
TASKS_PER_CORE = 2
LINE_FEED = 10


@dataclass(frozen=True)
class LineScan:
    """The result of scanning lines.

    odd_quotes  whether a line has an odd number of quotes, so that a quoted value continues in the next line
    ragged      whether a line may have more or fewer values than the header
    """

    odd_quotes: bool
    ragged: bool

    def __or__(self, other: LineScan) -> LineScan:
        return LineScan(self.odd_quotes or other.odd_quotes, self.ragged or other.ragged)


def scan_lines(spark: SparkSession, files: Sequence[PreparedFile], dialect: Dialect, values: int) -> LineScan:
    """Scan all lines of the files in one Spark job.

    values  number of values in the header
    """
    ranges = [(file.uri, start) for file in files for start in range(0, file.size, RANGE_BYTES)]
    tasks = min(len(ranges), TASKS_PER_CORE * spark.sparkContext.defaultParallelism)
    found: LineScan = spark.sparkContext.parallelize(ranges, tasks).map(
        partial(_scan_range, dialect, values)).reduce(LineScan.__or__)
    return found


def _scan_range(dialect: Dialect, values: int, place: tuple[str, int]) -> LineScan:
    return scan_content(_read_lines(*place), dialect, values)


def _read_lines(uri: str, start: int) -> bytes:
    """Return all lines that begin in a range of a file, the last one up to its end."""
    files = runtime.files(uri)
    # The byte before the range tells whether a line begins at its start.
    first = max(start - 1, 0)
    content = files.read(uri, first, start + RANGE_BYTES - first) or b''
    position = start + RANGE_BYTES
    while content and not content.endswith(b'\n'):
        more = files.read(uri, position, STEP_BYTES) or b''
        end = more.find(b'\n') + 1
        content, position = content + (more[:end] if end else more), position + STEP_BYTES
        if end or len(more) < STEP_BYTES:
            break
    if start == 0:
        return content
    _, line_feed, lines = content.partition(b'\n')
    return lines if line_feed else b''


def scan_content(content: bytes, dialect: Dialect, values: int) -> LineScan:
    """Scan complete lines; empty lines are not rows.

    Delimiters inside quotes do not count. A line counts as ragged if it has a quote that does not open or close a value
    and is not doubled inside one: only the reader can tell what such a quote means. So does every line of a dialect
    whose delimiter or quote is longer than one byte, or whose escape is not the quote.

    values  number of values in the header
    """
    delimiter, quote, escape = (text.encode(dialect.encoding) for text in (
        dialect.delimiter, dialect.quote, dialect.escape))
    if b'\r' in content:
        content = content.replace(b'\r\n', b'\n').replace(b'\r', b'\n')
    own_escape = bool(quote) and escape not in (b'', quote)
    if own_escape:
        content = content.replace(escape + quote, b'')
    ragged = len(delimiter) > 1 or len(quote) > 1 or own_escape
    for block in _blocks(content if content.endswith(b'\n') else content + b'\n'):
        text = np.frombuffer(block, dtype=np.uint8)
        ends, quotes = np.flatnonzero(text == LINE_FEED), _quote_positions(quote, block, text)
        if np.any(_count_per_line(quotes, ends) % 2):
            return LineScan(True, True)
        ragged = ragged or _any_ragged(text, ends, quotes, delimiter[0], values)
    return LineScan(False, ragged)


def _blocks(content: bytes) -> Iterator[bytes]:
    """Yield the content in blocks of complete lines."""
    start = 0
    while start < len(content):
        last = content.rfind(b'\n', start, start + BLOCK_BYTES)
        end = (content.index(b'\n', start + BLOCK_BYTES) if last < 0 else last) + 1
        yield content[start:end]
        start = end


def _quote_positions(quote: bytes, block: bytes, text: NDArray[np.uint8]) -> NDArray[np.intp]:
    if len(quote) == 1:
        return np.flatnonzero(text == quote[0])
    return np.array([found.start() for found in re.finditer(re.escape(quote), block)] if quote else [], dtype=np.intp)


def _any_ragged(text: NDArray[np.uint8], ends: NDArray[np.intp], quotes: NDArray[np.intp], delimiter: int,
                values: int) -> bool:
    """Tell whether a line may be ragged, given that each line has an even number of quotes, which open and close in
    turn.
    """
    opening, closing = quotes[::2], quotes[1::2]
    around = (delimiter, LINE_FEED, *text[quotes[:1]])
    if not (np.all(np.isin(text[opening - 1], around)) and np.all(np.isin(text[closing + 1], around))):
        return True
    delimiters = np.flatnonzero(text == delimiter)
    quoted = np.searchsorted(delimiters, closing) - np.searchsorted(delimiters, opening)
    quoted_in_line = np.bincount(np.searchsorted(ends, opening), weights=quoted, minlength=len(ends))
    lengths = np.diff(ends, prepend=-1) - 1
    return bool(np.any((_count_per_line(delimiters, ends) - quoted_in_line != values - 1) & (lengths > 0)))


def _count_per_line(positions: NDArray[np.intp], ends: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the number of positions in each line; both arrays are in ascending order."""
    return np.diff(np.searchsorted(positions, ends), prepend=0)
