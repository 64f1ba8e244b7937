"""Gives readers a file as they need it: unpacked, with lines that Spark can split, without lines above the header.

A file that is so already is read where it lies. Any other is rewritten once, piece by piece, into a scratch folder.
"""
from __future__ import annotations

import bz2
import codecs
import gzip
import io
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from typing import IO, Any

from lake_etl import runtime
from lake_etl.config.formats.input_format import InputFormat
from lake_etl.config.input import InputSpec
from lake_etl.config.input_formats import choose_format
from lake_etl.errors import DataError, LakeError
from lake_etl.ports import Files
from lake_etl.read.source_files import UTF_8, PlainFile, has_plain_line_ends, wrong_encoding

BYTE_ORDER_MARK = '\ufeff'
# A carriage return at the very end may be the first half of a line end.
LINE_END = re.compile(rb'\r\n|\n|\r(?!\Z)')
STORED_PIECE = 8 * 1024 * 1024
UNPACKED_PIECE = 1024 * 1024
ENCRYPTED = 0x1
# Resource forks and the like, which programs for the Mac put beside the file proper.
BESIDE_THE_FILE = '__MACOSX/'


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
    pieces: Iterable[bytes] = unpack(stored, uri) if packed else iter(lambda: stored.read(STORED_PIECE), b'')
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


def open_stored(files: Files, uri: str) -> io.BufferedReader:
    """Return the file as a binary file object that can be read from any position."""
    return io.BufferedReader(_Stored(files, uri, files.size(uri) or 0), STORED_PIECE)


class _Stored(io.RawIOBase):
    """The file's bytes by position."""

    def __init__(self, files: Files, uri: str, size: int):
        self._files, self._uri, self._size = files, uri, size
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, origin + offset)
        return self._position

    def readinto(self, target: Any) -> int:
        content = self._files.read(self._uri, self._position, len(target)) or b''
        target[:len(content)] = content
        self._position += len(content)
        return len(content)


def is_packed(name: str) -> bool:
    """Tell by its ending whether a file is compressed as a whole."""
    return _ending(name) in OPENERS


def unpacked_name(file: io.BufferedReader, name: str) -> str:
    """Return the name that tells the format: without the ending, or of the only member of a zip archive."""
    if _ending(name) != '.zip':
        return name[:-len(_ending(name))]
    with _damage_named(name), zipfile.ZipFile(file) as archive:
        return _only_member(archive, name).filename


def unpack(file: io.BufferedReader, name: str) -> Iterator[bytes]:
    """Yield the plain content of a compressed file; raises DataError where it is damaged or ends too early."""
    with _damage_named(name), OPENERS[_ending(name)](file, name) as plain:
        while piece := plain.read(UNPACKED_PIECE):
            yield piece


@contextmanager
def _damage_named(name: str) -> Iterator[None]:
    """Turn whatever the libraries raise for a bad archive into a DataError that names the file."""
    try:
        yield
    except LakeError:
        raise
    except Exception as error:
        raise DataError(f'{name} {_damage(error)}. Land the file again, or rename it.') from None


def _damage(error: Exception) -> str:
    if isinstance(error, EOFError) or 'truncated' in str(error).lower():
        return 'is cut short: its compressed content ends too early'
    if isinstance(error, NotImplementedError):
        return 'is compressed by a method of zip that Python does not know'
    return 'is damaged, or not compressed the way its name says'


def _ending(name: str) -> str:
    return next((ending for ending in OPENERS if name.lower().endswith(ending)), '')


def _gzip(file: io.BufferedReader, name: str) -> IO[bytes]:
    return io.BufferedReader(gzip.GzipFile(fileobj=file))


def _bzip2(file: io.BufferedReader, name: str) -> IO[bytes]:
    return bz2.BZ2File(file)


def _zstandard(file: io.BufferedReader, name: str) -> IO[bytes]:
    import pyarrow
    stream: IO[bytes] = pyarrow.CompressedInputStream(pyarrow.PythonFile(file, 'r'), 'zstd')
    return stream


def _zip(file: io.BufferedReader, name: str) -> IO[bytes]:
    archive = zipfile.ZipFile(file)
    return archive.open(_only_member(archive, name))


def _only_member(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    members = [item for item in archive.infolist()
               if not item.is_dir() and not item.filename.startswith(BESIDE_THE_FILE)]
    if len(members) != 1:
        raise DataError(f'{name} holds {len(members)} files, and one was expected. Land each file as an archive of its '
                        'own, or unpacked; several files are one load where the input_spec says "files": "folder".')
    if members[0].flag_bits & ENCRYPTED:
        raise DataError(f'{name} is protected by a password, which the lake has no setting for. Land it unprotected.')
    return members[0]


OPENERS: dict[str, Callable[[io.BufferedReader, str], IO[bytes]]] = {
    '.gz': _gzip, '.bz2': _bzip2, '.zip': _zip, '.zst': _zstandard}
