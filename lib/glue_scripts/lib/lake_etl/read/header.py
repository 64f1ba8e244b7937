"""Reads the column names and a few sample rows of a delimited file from its first bytes, without Spark."""
from __future__ import annotations

import bz2
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from lake_etl.errors import DataError
from lake_etl.ports import Files

FIRST_BYTES = 256 * 1024
SAMPLE_ROWS = 500


@dataclass(frozen=True)
class Dialect:
    """How delimited text is written."""

    delimiter: str
    quote: str
    escape: str
    header: bool
    encoding: str = 'utf-8'


@dataclass(frozen=True)
class Beginning:
    """What the first bytes of a file show: its column names, and up to 500 complete rows after the header."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def read_beginning(files: Files, uri: str, dialect: Dialect) -> Beginning:
    """Return column names and sample rows; raises DataError when the file is missing, empty or not in its encoding."""
    size = files.size(uri)
    if size is None:
        raise DataError(f'{uri} does not exist; check the source bucket, path and file name of the job.')
    length = FIRST_BYTES
    while True:
        raw = files.read(uri, 0, length) or b''
        content, complete = _inflated(raw, uri), len(raw) >= size
        rows = list(records(_decode(content, uri, dialect, complete), dialect, complete))[:SAMPLE_ROWS + 1]
        if rows or complete:
            break
        length *= 8
    if not rows:
        raise DataError(f'{uri} is empty ({size} bytes without a row); land the file again with its content.')
    if dialect.header:
        return Beginning(distinct_names(rows[0]), tuple(rows[1:]))
    return Beginning(tuple(f'_c{index}' for index in range(len(rows[0]))), tuple(rows))


def distinct_names(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return usable column names: an empty one becomes `_c<position>`, one that occurs twice gets its position.

    Where that is the name of another column, the position is appended once more.
    """
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


def records(text: str, dialect: Dialect, complete: bool) -> Iterator[tuple[str, ...]]:
    """Split delimited text into rows of values; line breaks inside quotes belong to them, empty lines are left out.

    A last row that the text may have cut short is left out unless `complete`.
    """
    values: list[str] = []
    buffer: list[str] = []
    position, end, quoted = 0, len(text), False
    while position < end:
        character = text[position]
        if quoted:
            if dialect.escape and text.startswith(dialect.escape + dialect.quote, position):
                buffer.append(dialect.quote)
                position += 1 + len(dialect.escape)
                continue
            if character == dialect.quote:
                quoted = False
            else:
                buffer.append(character)
        elif character == dialect.quote and not buffer:
            quoted = True
        elif text.startswith(dialect.delimiter, position):
            values.append(''.join(buffer))
            buffer = []
            position += len(dialect.delimiter)
            continue
        elif character in '\r\n':
            if values or buffer:
                yield (*values, ''.join(buffer))
            values, buffer = [], []
        else:
            buffer.append(character)
        position += 1
    if complete and (values or buffer):
        yield (*values, ''.join(buffer))


def _inflated(content: bytes, uri: str) -> bytes:
    """Return the plain bytes of the beginning of a compressed file, as far as they are complete."""
    name = uri.lower()
    try:
        if name.endswith('.gz'):
            return zlib.decompressobj(wbits=zlib.MAX_WBITS | 16).decompress(content)
        if name.endswith('.bz2'):
            return bz2.BZ2Decompressor().decompress(content)
    except (zlib.error, OSError):
        raise DataError(f'{uri} is not compressed the way its name says; land the file again, or rename it.') from None
    return content


def _decode(content: bytes, uri: str, dialect: Dialect, complete: bool) -> str:
    encoding = 'utf-8-sig' if dialect.encoding.lower().replace('-', '') == 'utf8' else dialect.encoding
    try:
        return content.decode(encoding, errors='strict' if complete else 'ignore')
    except (UnicodeDecodeError, LookupError) as error:
        raise DataError(f"{uri} is not text in encoding '{dialect.encoding}' ({error.__class__.__name__}); set "
                        "'encoding' in the input_spec to the one the file was written in, such as windows-1252."
                        ) from None
