"""Finds the records of a mainframe extract: cuts a file into blocks of whole records, and a block into records.

Records of fixed length are found by arithmetic. Otherwise the driver reads the file once, in bounded memory, and looks
only at the descriptor words, or line ends.
"""
from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lake_etl.cobol.record_nodes import RecordLayout
from lake_etl.config.formats.cobol_format import CobolSection
from lake_etl.errors import DataError
from lake_etl.read.cobol_numbers import Bytes
from lake_etl.read.prepare import file_content
from lake_etl.read.source_files import PreparedFile
from lake_etl.syntax.code_pages import is_ebcdic

BLOCK_BYTES = 16 * 1024 * 1024
WORD = 4
LONGEST_BLOCK = 2 ** 28
CARRIAGE_RETURN, LINE_FEED = b'\r', b'\n'
EBCDIC_ENDS = (b'\x15', b'\x25')


@dataclass(frozen=True)
class RecordBlock:
    """Records that follow each other in a file.

    file    index of the file in its load
    uri     address of the file
    start   first byte
    length  in bytes
    first   number of the first record in its file, from 1
    """

    file: int
    uri: str
    start: int
    length: int
    first: int


@dataclass(frozen=True)
class Records:
    """The records of a block.

    content  the bytes of the block, and zeros behind them for as many bytes as the longest record has
    starts   first byte of each record
    ends     the byte behind each record
    stride   bytes from one record to the next, if that is the same for all; otherwise None
    numbers  number of each record in its file
    """

    content: Bytes
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    stride: int | None
    numbers: NDArray[np.int64]

    def slices(self, size: int) -> Iterator[Records]:
        """Yield the records in parts of at most `size`."""
        for start in range(0, len(self.starts), size):
            part = slice(start, start + size)
            yield Records(self.content, self.starts[part], self.ends[part], self.stride, self.numbers[part])


@dataclass(frozen=True)
class RecordShape:
    """What finding records needs to know.

    length   of a record of fixed length
    longest  length of the longest record that the copybook describes
    added    what the length in an RDW leaves out
    ends     bytes that end a line
    """

    record_format: str
    length: int
    longest: int
    added: int
    ends: tuple[bytes, ...]


def record_shape(section: CobolSection, layout: RecordLayout) -> RecordShape:
    """Return the shape of the records of a file."""
    ends = EBCDIC_ENDS if is_ebcdic(section.encoding) else (LINE_FEED,)
    return RecordShape(section.record_format, section.record_length or layout.size, layout.size,
                       0 if section.rdw_includes_itself else WORD, ends)


def file_blocks(file: PreparedFile, index: int, shape: RecordShape) -> list[RecordBlock]:
    """Return the blocks of a file; raises DataError with the place where it does not consist of whole records.

    index  of the file in its load
    """
    if shape.record_format in ('F', 'FB'):
        _require_whole_records(file, shape)
        in_block = max(1, BLOCK_BYTES // shape.length)
        total = file.size // shape.length
        return [RecordBlock(index, file.uri, first * shape.length, min(in_block, total - first) * shape.length,
                            first + 1) for first in range(0, total, in_block)]
    return list(_scanned_blocks(file, index, shape))


def _scanned_blocks(file: PreparedFile, index: int, shape: RecordShape) -> Iterator[RecordBlock]:
    """Yield the blocks of a file whose records vary, each as soon as it is long enough."""
    find = _finder(shape)
    content, place, start, first, number = b'', 0, 0, 1, 1
    for chunk in file_content(file.uri):
        content += chunk
        starts, used = find(content, place, file, shape)
        number += len(starts)
        content, place = content[used:], place + used
        if place - start >= BLOCK_BYTES:
            yield RecordBlock(index, file.uri, start, place - start, first)
            start, first = place, number
    if content and shape.record_format == 'D':
        place += len(content)
    elif content:
        raise _incomplete(file, place, len(content), shape)
    if place > start:
        yield RecordBlock(index, file.uri, start, place - start, first)


def block_records(block: RecordBlock, content: bytes, shape: RecordShape, file: PreparedFile) -> Records:
    """Return the records of a block from its bytes."""
    padded = np.frombuffer(content + bytes(max(shape.longest, shape.length) + WORD), dtype=np.uint8)
    if shape.record_format in ('F', 'FB'):
        starts = np.arange(0, len(content), shape.length, dtype=np.int64)
        return Records(padded, starts, starts + shape.length, shape.length,
                       np.arange(block.first, block.first + len(starts), dtype=np.int64))
    found, used = _finder(shape)(content, block.start, file, shape)
    starts = np.array(found, dtype=np.int64)
    if shape.record_format == 'D':
        return _lines(padded, content, starts, used, block, shape)
    lengths = padded[starts - 4].astype(np.int64) * 256 + padded[starts - 3] - WORD + shape.added
    return Records(padded, starts, starts + lengths, None,
                   np.arange(block.first, block.first + len(starts), dtype=np.int64))


def _lines(padded: Bytes, content: bytes, starts: NDArray[np.int64], used: int, block: RecordBlock, shape: RecordShape
           ) -> Records:
    """Return the lines that are not empty; the last one of a file may have no end."""
    if used < len(content):
        starts = np.append(starts, used)
    ends = np.append(starts[1:], len(content) + (used < len(content))) - 1
    if shape.ends == (LINE_FEED,):
        ends = ends - ((padded[np.maximum(ends - 1, 0)] == CARRIAGE_RETURN[0]) & (ends > starts))
    numbers = np.arange(block.first, block.first + len(starts), dtype=np.int64)
    full = ends > starts
    return Records(padded, starts[full], ends[full], None, numbers[full])


def find_records(content: bytes, file: PreparedFile, shape: RecordShape) -> tuple[list[int], int]:
    """Return the starts of the records at the beginning of a file, and the byte behind the last whole one.

    Raises DataError when the bytes are not such records.
    """
    return _finder(shape)(content, 0, file, shape)


Finder = Callable[[bytes, int, PreparedFile, RecordShape], tuple[list[int], int]]


def _finder(shape: RecordShape) -> Finder:
    """Return the function that finds the starts of whole records in bytes, and the byte behind the last of them."""
    return {'V': _find_records, 'VB': _find_blocked_records, 'D': _find_lines}[shape.record_format]


def _find_lines(content: bytes, place: int, file: PreparedFile, shape: RecordShape) -> tuple[list[int], int]:
    data = np.frombuffer(content, dtype=np.uint8)
    ends = np.flatnonzero(np.isin(data, [item[0] for item in shape.ends])) + 1
    return ([0, *ends[:-1].tolist()], int(ends[-1])) if len(ends) else ([], 0)


def _find_records(content: bytes, place: int, file: PreparedFile, shape: RecordShape, end: int | None = None,
                  position: int = 0) -> tuple[list[int], int]:
    """Find the records that begin with an RDW; raises DataError when one cannot be right."""
    starts: list[int] = []
    end = len(content) if end is None else end
    least, most, added = WORD + 1, shape.longest + WORD, shape.added
    while position + WORD <= end:
        length = (content[position] << 8 | content[position + 1]) + added
        if not least <= length <= most or content[position + 2] or content[position + 3]:
            raise _wrong_word(file, place + position, content[position:position + WORD], shape)
        if position + length > end:
            break
        starts.append(position + WORD)
        position += length
    return starts, position


def _find_blocked_records(content: bytes, place: int, file: PreparedFile, shape: RecordShape) -> tuple[list[int], int]:
    """Find the records of whole blocks, each of which begins with a BDW."""
    starts: list[int] = []
    position = 0
    while position + WORD <= len(content):
        word = content[position:position + WORD]
        length = int.from_bytes(word, 'big') & 0x7fffffff if word[0] & 0x80 else word[0] << 8 | word[1]
        if length <= WORD or length > LONGEST_BLOCK or not word[0] & 0x80 and (word[2] or word[3]):
            raise DataError(f'{file.name} has no block descriptor word (BDW) at byte {place + position + 1:,}: found '
                            f'the bytes {word.hex(" ")}. {_advice(shape)}')
        end = position + length
        if end > len(content):
            break
        found, used = _find_records(content, place, file, shape, end, position + WORD)
        if used != end:
            raise DataError(f'{file.name} has a block at byte {place + position + 1:,} of {length:,} bytes that does '
                            f'not end with a record; the last whole record ends at byte {place + used:,}. '
                            f'{_advice(shape)}')
        starts += found
        position = end
    return starts, position


def _wrong_word(file: PreparedFile, place: int, word: bytes, shape: RecordShape) -> DataError:
    length = int.from_bytes(word[:2], 'big') + shape.added
    if word[3] or word[2]:
        found = f'the bytes {word.hex(" ")}, whose last two are not zero'
    elif length <= WORD:
        found = f'the length {length - shape.added}, which leaves no room for a record'
    else:
        found = (f'a record of {length - WORD:,} bytes, and the longest record of the copybook has {shape.longest:,} '
                 'bytes')
    spanned = ' Records that span blocks (VBS) are not supported.' if word[2] in (1, 2, 3) and not word[3] else ''
    return DataError(f'{file.name} has no fitting record descriptor word (RDW) at byte {place + 1:,}: found {found}.'
                     f'{spanned} {_advice(shape)}')


def _advice(shape: RecordShape) -> str:
    other = ('"VB" if the file has blocks, or "F" if it has no descriptor words' if shape.record_format == 'V' else
             '"V" if the file was transferred without block descriptor words')
    return (f"Correct the copybook, or 'record_format' in the cobol section of the input_spec, such as {other}; or "
            'transfer the file again in binary mode. Nothing was loaded.')


def _incomplete(file: PreparedFile, place: int, rest: int, shape: RecordShape) -> DataError:
    return DataError(f'{file.name} ends inside a record or block: from byte {place + 1:,} on there are {rest:,} bytes, '
                     f'fewer than its descriptor word says. Land the complete file again. {_advice(shape)}')


def _require_whole_records(file: PreparedFile, shape: RecordShape) -> None:
    records, rest = divmod(file.size, shape.length)
    if not rest:
        return
    beginning = next(file_content(file.uri), b'')[:2 * WORD]
    raise DataError(
        f'{file.name} has {file.size:,} bytes, which are {records:,} records of {shape.length:,} bytes and '
        f'{rest:,} bytes more, from byte {records * shape.length + 1:,} on. {_likely_format(beginning, shape)}Correct '
        "the copybook, or 'record_length' or 'record_format' in the cobol section of the input_spec, or land the "
        'complete file again. Nothing was loaded.')


def _likely_format(beginning: bytes, shape: RecordShape) -> str:
    """Return a sentence if the file begins with descriptor words."""
    def is_word(word: bytes, most: int) -> bool:
        return len(word) == WORD and not (word[2] or word[3]) and WORD < int.from_bytes(word[:2], 'big') <= most
    first, second = beginning[:WORD], beginning[WORD:]
    if is_word(first, 2 ** 16) and is_word(second, min(shape.longest, int.from_bytes(first[:2], 'big')) + WORD):
        return 'It begins as a file with block descriptor words does ("record_format": "VB"). '
    if is_word(first, shape.longest + WORD):
        return 'It begins as a file with record descriptor words does ("record_format": "V"). '
    return ''
