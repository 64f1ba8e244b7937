"""Gives readers a file as they need it: unpacked, with lines that Spark can split, without lines above the header.

A file that is so already is read where it lies. Any other is rewritten once, piece by piece, into a scratch folder.
"""
from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from lake_etl import runtime
from lake_etl.config.formats.input_format import InputFormat
from lake_etl.config.input import InputSpec
from lake_etl.config.input_formats import choose_format
from lake_etl.errors import DataError
from lake_etl.read.charset import UTF_8, has_plain_line_ends
from lake_etl.read.stored_file import PIECE, open_stored
from lake_etl.read.unpack import is_packed, unpack, unpacked_name

BYTE_ORDER_MARK = '\ufeff'
# A carriage return at the very end may be the first half of a line end.
LINE_END = re.compile(rb'\r\n|\n|\r(?!\Z)')


@dataclass(frozen=True)
class PlainFile:
    """A file that a reader can read.

    name      address of the file as it was collected, for messages
    uri       address to read
    size      of what is at that address, in bytes
    encoding  of its text
    """

    name: str
    uri: str
    size: int
    encoding: str = UTF_8


def plain_file(uri: str, spec: InputSpec, place: str) -> tuple[PlainFile, InputFormat]:
    """Return the file ready for reading, and its format; what has to be rewritten goes to the address `place`.

    Raises DataError naming the file when it is missing, empty, damaged, or not in its encoding.
    """
    files = runtime.files(uri)
    size = files.size(uri)
    if size is None:
        raise DataError(f'{uri} does not exist; check the source bucket, path and file name of the job.')
    if size == 0:
        raise DataError(f'{uri} is empty (0 bytes); land the file again with its content.')
    packed = is_packed(uri)
    file_format = choose_format(unpacked_name(open_stored(files, uri), uri) if packed else uri, spec)
    has_lines = file_format.has_lines
    if spec.skip_rows and not (has_lines or file_format.reader_skips_rows):
        raise DataError(f"{uri} is {file_format.name}, which has no lines to skip; take 'skip_rows' out of the "
                        'input_spec.')
    encoding = spec.encoding
    recode = has_lines and not has_plain_line_ends(encoding)
    skip = spec.skip_rows if has_lines else 0
    if not (packed or recode or skip):
        return PlainFile(uri, uri, size, encoding), file_format
    stored = open_stored(files, uri)
    pieces: Iterable[bytes] = unpack(stored, uri) if packed else iter(lambda: stored.read(PIECE), b'')
    if recode:
        pieces, encoding = recoded(pieces, encoding, uri), UTF_8
    if skip:
        pieces = without_first_lines(pieces, skip)
    runtime.files(place).write_stream(place, pieces)
    return PlainFile(uri, place, runtime.files(place).size(place) or 0, encoding), file_format


def recoded(pieces: Iterable[bytes], encoding: str, name: str) -> Iterator[bytes]:
    """Yield the text in UTF-8 without a byte-order mark; raises DataError where it is not in its encoding."""
    decoder = codecs.getincrementaldecoder(encoding)()
    first = True
    try:
        for piece in chain(pieces, (b'',)):
            text = decoder.decode(piece, final=not piece)
            if first and text:
                text, first = text.removeprefix(BYTE_ORDER_MARK), False
            yield text.encode()
    except UnicodeError as error:
        raise wrong_encoding(name, encoding, error) from None


def wrong_encoding(name: str, encoding: str, error: Exception) -> DataError:
    """Return the error for a file that is not written in the encoding that its input_spec names."""
    return DataError(f"{name} is not text in encoding '{encoding}' ({type(error).__name__}); set 'encoding' in the "
                     'input_spec to the one the file was written in, such as windows-1252.')


def without_first_lines(pieces: Iterable[bytes], count: int) -> Iterator[bytes]:
    """Yield the content after that many lines, however they end; nothing when there are no more."""
    pieces = iter(pieces)
    held = b''
    for piece in pieces:
        held += piece
        start = 0
        while count and (end := LINE_END.search(held, start)):
            start, count = end.end(), count - 1
        held = held[start:]
        if not count:
            yield held
            yield from pieces
