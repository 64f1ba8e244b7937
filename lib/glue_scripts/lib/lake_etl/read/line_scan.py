"""Scans delimited files as bytes, without parsing values: for open quotes, ragged lines, line ends and encoding.

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
from lake_etl.read.delimited_records import Dialect
from lake_etl.read.encoding_check import bad_byte_position, first_of
from lake_etl.read.line_ends import line_ends
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
    stray       whether a quote may be inside a value without being doubled
    line_ends   the kinds of line ends, inside quotes or not
    bad_byte    address of the file and position of the first byte that is not in its encoding
    """

    odd_quotes: bool
    ragged: bool
    stray: bool = False
    line_ends: frozenset[str] = frozenset()
    bad_byte: tuple[str, int] | None = None

    def __or__(self, other: LineScan) -> LineScan:
        return LineScan(self.odd_quotes or other.odd_quotes, self.ragged or other.ragged,
                        self.stray or other.stray, self.line_ends | other.line_ends,
                        first_of((self.bad_byte, other.bad_byte)))


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
    begin, content = _read_lines(*place)
    return scan_content(content, dialect, values, (place[0], begin))


def _read_lines(uri: str, start: int) -> tuple[int, bytes]:
    """Return all lines that begin in a range of a file, the last one up to its end, and the place of the first."""
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
        return 0, content
    before, line_feed, lines = content.partition(b'\n')
    return (first + len(before) + 1, lines) if line_feed else (start, b'')


def scan_content(content: bytes, dialect: Dialect, values: int, place: tuple[str, int] = ('', 0)) -> LineScan:
    """Scan complete lines; empty lines are not rows.

    Delimiters inside quotes do not count. A line counts as ragged if it has a quote that does not open or close a value
    and is not doubled inside one: only the reader can tell what such a quote means. So does every line of a dialect
    whose delimiter or quote is longer than one byte, or whose escape is not the quote.

    values  number of values in the header
    place   address of the file, and the position of the content in it
    """
    bad_byte = bad_byte_position(content, dialect.encoding)
    return LineScan(*_scan_quotes(content, dialect, values), line_ends(content),
                    None if bad_byte is None else (place[0], place[1] + bad_byte))


def _scan_quotes(content: bytes, dialect: Dialect, values: int) -> tuple[bool, bool, bool]:
    """Return whether a line has an odd number of quotes, whether a line may be ragged, and whether a quote is stray."""
    delimiter, quote, escape = (text.encode(dialect.encoding) for text in (
        dialect.delimiter, dialect.quote, dialect.escape))
    if b'\r' in content:
        content = content.replace(b'\r\n', b'\n').replace(b'\r', b'\n')
    own_escape = bool(quote) and escape not in (b'', quote)
    if own_escape:
        content = content.replace(escape + quote, b'')
    ragged, stray = len(delimiter) > 1 or len(quote) > 1 or own_escape, False
    for block in _blocks(content if content.endswith(b'\n') else content + b'\n'):
        text = np.frombuffer(block, dtype=np.uint8)
        ends, quotes = np.flatnonzero(text == LINE_FEED), _quote_positions(quote, block, text)
        if np.any(_count_per_line(quotes, ends) % 2):
            return True, True, False
        stray = stray or _any_stray(text, quotes, delimiter[0])
        ragged = ragged or stray or _any_ragged(text, ends, quotes, delimiter[0], values)
    return False, ragged, stray and len(delimiter) == 1 and not own_escape


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


def _any_stray(text: NDArray[np.uint8], quotes: NDArray[np.intp], delimiter: int) -> bool:
    """Tell whether a quote is neither at an end of its value nor next to another, given an even number in each line."""
    around = (delimiter, LINE_FEED, *text[quotes[:1]])
    return not (np.all(np.isin(text[quotes[::2] - 1], around)) and np.all(np.isin(text[quotes[1::2] + 1], around)))


def _any_ragged(text: NDArray[np.uint8], ends: NDArray[np.intp], quotes: NDArray[np.intp], delimiter: int,
                values: int) -> bool:
    """Tell whether a line is ragged, given an even number of quotes in each, which open and close in turn."""
    opening, closing = quotes[::2], quotes[1::2]
    delimiters = np.flatnonzero(text == delimiter)
    quoted = np.searchsorted(delimiters, closing) - np.searchsorted(delimiters, opening)
    quoted_in_line = np.bincount(np.searchsorted(ends, opening), weights=quoted, minlength=len(ends))
    lengths = np.diff(ends, prepend=-1) - 1
    return bool(np.any((_count_per_line(delimiters, ends) - quoted_in_line != values - 1) & (lengths > 0)))


def _count_per_line(positions: NDArray[np.intp], ends: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the number of positions in each line; both arrays are in ascending order."""
    return np.diff(np.searchsorted(positions, ends), prepend=0)
