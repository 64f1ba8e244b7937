"""Scans delimited files as bytes, without parsing values: for open quotes, ragged lines, line ends and encoding.

Spark scans large files in one job, whose tasks each read ranges of the files.
"""
from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial, reduce

import numpy as np
from numpy.typing import NDArray
from pyspark.sql import SparkSession

from lake_etl import runtime
from lake_etl.read.delimited_records import Dialect, ends_inside_quotes
from lake_etl.read.encoding_check import bad_byte_position, first_of
from lake_etl.read.line_ends import UTF_8_MARK, line_ends
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
    strays      whether a quote may be inside a value without being doubled, if the lines begin outside quotes, and if
                they begin inside quotes
    ends        whether the lines end inside quotes, for the same two cases
    line_ends   the kinds of line ends, inside quotes or not
    bad_byte    address of the file and position of the first byte that is not in its encoding
    """

    odd_quotes: bool
    ragged: bool
    strays: tuple[bool, bool] = (False, False)
    ends: tuple[bool, bool] = (False, True)
    line_ends: frozenset[str] = frozenset()
    bad_byte: tuple[str, int] | None = None

    @property
    def stray(self) -> bool:
        """Tell whether a file with these lines may have a quote inside a value that is not doubled."""
        return self.strays[0]

    @property
    def unclosed(self) -> bool:
        """Tell whether a file with these lines ends inside quotes."""
        return self.ends[0]

    def __or__(self, other: LineScan) -> LineScan:
        """Return the scan of two files."""
        return self._with(other, (self.stray or other.stray, True), (self.unclosed or other.unclosed, True))

    def then(self, other: LineScan) -> LineScan:
        """Return the scan of these lines and those that follow in the same file."""
        strays = [stray or other.strays[inside] for stray, inside in zip(self.strays, self.ends, strict=True)]
        return self._with(other, (strays[0], strays[1]), (other.ends[self.ends[0]], other.ends[self.ends[1]]))

    def _with(self, other: LineScan, strays: tuple[bool, bool], ends: tuple[bool, bool]) -> LineScan:
        return LineScan(self.odd_quotes or other.odd_quotes, self.ragged or other.ragged, strays, ends,
                        self.line_ends | other.line_ends, first_of((self.bad_byte, other.bad_byte)))


def scan_lines(spark: SparkSession, files: Sequence[PreparedFile], dialect: Dialect, values: int) -> LineScan:
    """Scan all lines of the files in one Spark job.

    values  number of values in the header
    """
    ranges = [(file.uri, start, RANGE_BYTES) for file in files for start in range(0, file.size, RANGE_BYTES)]
    tasks = min(len(ranges), TASKS_PER_CORE * spark.sparkContext.defaultParallelism)
    scans: list[LineScan] = spark.sparkContext.parallelize(ranges, tasks).map(
        partial(_scan_range, dialect, values)).collect()
    by_file: dict[str, LineScan] = {}
    for (uri, _, _), scan in zip(ranges, scans, strict=True):
        by_file[uri] = by_file[uri].then(scan) if uri in by_file else scan
    return reduce(LineScan.__or__, by_file.values())


def _scan_range(dialect: Dialect, values: int, part: tuple[str, int, int]) -> LineScan:
    begin, content = _read_lines(*part)
    return scan_content(content, dialect, values, (part[0], begin))


def _read_lines(uri: str, start: int, size: int) -> tuple[int, bytes]:
    """Return all lines that begin in a range of a file, the last one up to its end, and the place of the first."""
    files = runtime.files(uri)
    # The byte before the range tells whether a line begins at its start.
    first = max(start - 1, 0)
    content = files.read(uri, first, start + size - first) or b''
    position = start + size
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
    begins_file = place[1] == 0
    odd, ragged, strays = _scan_quotes(content.removeprefix(UTF_8_MARK) if begins_file else content, dialect, values)
    return LineScan(odd, ragged, strays, _ends(content, dialect, odd, strays), line_ends(content),
                    None if bad_byte is None else (place[0], place[1] + bad_byte))


def _ends(content: bytes, dialect: Dialect, odd: bool, strays: tuple[bool, bool]) -> tuple[bool, bool]:
    """Return whether lines end inside quotes, if they begin outside quotes, and if they begin inside quotes.

    If no quote is stray, the number of quotes tells. If quotes are stray in both cases, the text has to be split into
    values.

    odd  whether a line has an odd number of quotes
    """
    if not odd:
        return False, bool(dialect.quote)
    if all(strays) or dialect.escape not in ('', dialect.quote):
        quote = dialect.quote.encode(dialect.encoding)
        return ends_inside_quotes(content, dialect), ends_inside_quotes(quote + content, dialect)
    is_odd = content.count(dialect.quote.encode(dialect.encoding)) % 2 == 1
    return is_odd, not is_odd


def _scan_quotes(content: bytes, dialect: Dialect, values: int) -> tuple[bool, bool, tuple[bool, bool]]:
    """Return whether a line has an odd number of quotes, whether a line may be ragged, and whether a quote is stray.

    The last is told for content that begins outside quotes, and for content that begins inside.
    """
    delimiter, quote, escape = (text.encode(dialect.encoding) for text in (
        dialect.delimiter, dialect.quote, dialect.escape))
    if b'\r' in content:
        content = content.replace(b'\r\n', b'\n').replace(b'\r', b'\n')
    own_escape = bool(quote) and escape not in (b'', quote)
    if own_escape:
        content = content.replace(escape + quote, b'')
    tells_stray = len(delimiter) == 1 and not own_escape
    ragged, odd, strays, first = len(delimiter) > 1 or len(quote) > 1 or own_escape, False, [False, False], 0
    for block in _blocks(content if content.endswith(b'\n') else content + b'\n'):
        text = np.frombuffer(block, dtype=np.uint8)
        ends, quotes = np.flatnonzero(text == LINE_FEED), _quote_positions(quote, block, text)
        odd = odd or bool(np.any(_count_per_line(quotes, ends) % 2))
        for inside in (0, 1):
            strays[inside] = strays[inside] or _any_stray(text, quotes, delimiter[0], first ^ inside)
        ragged = ragged or odd or strays[0] or _any_ragged(text, ends, quotes, delimiter[0], values)
        first ^= len(quotes) % 2
    return odd, ragged, (strays[0] and tells_stray, strays[1] and tells_stray)


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


def _any_stray(text: NDArray[np.uint8], quotes: NDArray[np.intp], delimiter: int, first: int) -> bool:
    """Tell whether a quote is neither at an end of its value nor next to another, given that quotes alternate.

    first  0 if the first quote opens a value, 1 if it closes one
    """
    around = (delimiter, LINE_FEED, *text[quotes[:1]])
    return not (np.all(np.isin(text[quotes[first::2] - 1], around))
                and np.all(np.isin(text[quotes[1 - first::2] + 1], around)))


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
