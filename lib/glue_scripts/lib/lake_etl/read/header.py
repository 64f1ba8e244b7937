"""Reads the column names and a few sample rows of a delimited file from its first bytes, without Spark."""
from __future__ import annotations

import codecs
from collections import Counter
from dataclasses import dataclass
from itertools import islice

from lake_etl import runtime
from lake_etl.errors import DataError
from lake_etl.read.delimited_records import Dialect, records
from lake_etl.read.encoding_check import file_encoding_error
from lake_etl.read.source_files import PreparedFile

BYTE_ORDER_MARK = '\ufeff'
FIRST_BYTES = 256 * 1024
SAMPLE_ROWS = 500


@dataclass(frozen=True)
class HeaderSample:
    """The column names of a file, and up to 500 complete rows after the header."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def read_header(file: PreparedFile, dialect: Dialect) -> HeaderSample:
    """Return column names and sample rows; without a header there are as many columns as the longest sample row has.

    Raises DataError when the file has no row, or is not in its encoding.
    """
    length = FIRST_BYTES
    while True:
        content, complete = read_first_text(file, length)
        rows = list(islice(records(content, dialect, complete), SAMPLE_ROWS + 1))
        if rows or complete:
            break
        length *= 8
    if not rows:
        raise DataError(f'{file.name} is empty ({file.size} bytes without a row); land the file again with its '
                        'content.')
    if dialect.header:
        return HeaderSample(distinct_names(rows[0]), tuple(rows[1:]))
    return HeaderSample(numbered_names(max(map(len, rows))), tuple(rows))


def read_first_text(file: PreparedFile, length: int) -> tuple[str, bool]:
    """Return the text of the first `length` bytes of a file, and whether that is the whole file."""
    content = runtime.files(file.uri).read(file.uri, 0, length) or b''
    complete = len(content) >= file.size
    decoder = codecs.getincrementaldecoder(file.encoding)('replace' if file.replace_undecodable else 'strict')
    try:
        text = decoder.decode(content, final=complete)
    except UnicodeError as error:
        place = getattr(error, 'start', 0)
        raise file_encoding_error(file, place, content[place:]) from None
    return text.removeprefix(BYTE_ORDER_MARK), complete


def numbered_names(count: int) -> tuple[str, ...]:
    """Return names for columns of a file without a header: `_c0`, `_c1` and so on."""
    return tuple(f'_c{index}' for index in range(count))


def distinct_names(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return column names that are not empty and differ in more than letter case.

    An empty name becomes `_c<position>`, and a repeated name gets its position appended; where another column has that
    name, the position is appended once more. Line breaks in names become line feeds.
    """
    names = tuple(name.replace('\r\n', '\n') for name in names)
    counted = Counter(name.lower() for name in names)
    unique = {name for name, count in counted.items() if name and count == 1}
    taken, result = set(unique), []
    for index, name in enumerate(names):
        if name.lower() not in unique:
            name = f'{name or "_c"}{index}'
            while name.lower() in taken:
                name = f'{name}_{index}'
            taken.add(name.lower())
        result.append(name)
    return tuple(result)
