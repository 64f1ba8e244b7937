"""Looks at the lines of large delimited files as plain bytes, in one Spark job that parses nothing."""
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
from lake_etl.read.source_files import PlainFile

# Amazon S3, "Performance guidelines", names 8 and 16 MB as typical sizes of byte ranges.
RANGE_BYTES = 8 * 1024 * 1024
# How much further to look for the end of the last line of a range.
STEP_BYTES = 1024 * 1024
# Lines are looked at in blocks that stay in a processor's cache, which makes it several times as quick.
BLOCK_BYTES = 512 * 1024
# A range takes hundredths of a second, less than it takes to begin a task.
TASKS_FOR_A_CORE = 2
LINE_FEED = 10


@dataclass(frozen=True)
class LineSigns:
    """What lines show.

    odd_quotes  whether one has an odd number of quotes, so that a quoted value goes on in the next one
    uneven      whether one may hold more or fewer values than the header
    """

    odd_quotes: bool
    uneven: bool

    def __or__(self, other: LineSigns) -> LineSigns:
        return LineSigns(self.odd_quotes or other.odd_quotes, self.uneven or other.uneven)


def look_at_lines(spark: SparkSession, files: Sequence[PlainFile], dialect: Dialect, values: int) -> LineSigns:
    """Return the signs of all lines of the files, whose header has so many values."""
    ranges = [(file.uri, start) for file in files for start in range(0, file.size, RANGE_BYTES)]
    tasks = min(len(ranges), TASKS_FOR_A_CORE * spark.sparkContext.defaultParallelism)
    found: LineSigns = spark.sparkContext.parallelize(ranges, tasks).map(
        partial(_signs_of_range, dialect, values)).reduce(LineSigns.__or__)
    return found


def _signs_of_range(dialect: Dialect, values: int, place: tuple[str, int]) -> LineSigns:
    return signs_of(_lines_from(*place), dialect, values)


def _lines_from(uri: str, start: int) -> bytes:
    """Return the lines that begin in a range, each whole."""
    files = runtime.files(uri)
    # The byte before tells whether a line begins with the range.
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


def signs_of(content: bytes, dialect: Dialect, values: int) -> LineSigns:
    """Return the signs of some whole lines; empty ones are no rows.

    Delimiters inside quotes do not count. A quote that neither opens nor closes a value, nor is doubled inside one, is
    left to the reader to understand, so its line counts as uneven, as do lines in dialects that cannot be told so.
    """
    delimiter, quote, escape = (text.encode(dialect.encoding) for text in (
        dialect.delimiter, dialect.quote, dialect.escape))
    if b'\r' in content:
        content = content.replace(b'\r\n', b'\n').replace(b'\r', b'\n')
    own_escape = bool(quote) and escape not in (b'', quote)
    if own_escape:
        content = content.replace(escape + quote, b'')
    tellable = len(delimiter) == 1 and len(quote) <= 1 and not own_escape
    uneven = not tellable
    for block in _blocks(content if content.endswith(b'\n') else content + b'\n'):
        text = np.frombuffer(block, dtype=np.uint8)
        ends, quotes = np.flatnonzero(text == LINE_FEED), _places(quote, block, text)
        if np.any(_in_each_line(quotes, ends) % 2):
            return LineSigns(True, True)
        uneven = uneven or _any_uneven(text, ends, quotes, delimiter[0], values)
    return LineSigns(False, uneven)


def _blocks(content: bytes) -> Iterator[bytes]:
    """Yield whole lines in pieces."""
    start = 0
    while start < len(content):
        last = content.rfind(b'\n', start, start + BLOCK_BYTES)
        end = (content.index(b'\n', start + BLOCK_BYTES) if last < 0 else last) + 1
        yield content[start:end]
        start = end


def _places(quote: bytes, block: bytes, text: NDArray[np.uint8]) -> NDArray[np.intp]:
    if len(quote) == 1:
        return np.flatnonzero(text == quote[0])
    return np.array([found.start() for found in re.finditer(re.escape(quote), block)] if quote else [], dtype=np.intp)


def _any_uneven(text: NDArray[np.uint8], ends: NDArray[np.intp], quotes: NDArray[np.intp], delimiter: int,
                values: int) -> bool:
    """Tell whether a line may hold more or fewer values; quotes, an even number in each line, open and close in turn.
    """
    opening, closing = quotes[::2], quotes[1::2]
    around = (delimiter, LINE_FEED, *text[quotes[:1]])
    if not (np.all(np.isin(text[opening - 1], around)) and np.all(np.isin(text[closing + 1], around))):
        return True
    delimiters = np.flatnonzero(text == delimiter)
    quoted = np.searchsorted(delimiters, closing) - np.searchsorted(delimiters, opening)
    quoted_in_line = np.bincount(np.searchsorted(ends, opening), weights=quoted, minlength=len(ends))
    lengths = np.diff(ends, prepend=-1) - 1
    return bool(np.any((_in_each_line(delimiters, ends) - quoted_in_line != values - 1) & (lengths > 0)))


def _in_each_line(places: NDArray[np.intp], ends: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return how many of the places, which are in order, lie in each line."""
    return np.diff(np.searchsorted(places, ends), prepend=0)
