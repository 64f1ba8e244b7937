"""Prepares a file for its reader: decompressed, with lines that Spark can split, and without lines above the header.

A file that needs none of this is read where it was collected. Any other file is rewritten once, chunk by chunk, to the
scratch folder.
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
from dataclasses import replace
from itertools import chain
from typing import IO, Any

from lake_etl import runtime
from lake_etl.config.formats.delimited_format import DELIMITED
from lake_etl.config.formats.input_format import InputFormat
from lake_etl.config.formats.xml_format import XML
from lake_etl.config.input import InputSpec
from lake_etl.config.input_formats import choose_format, split_compression
from lake_etl.errors import DataError, LakeError
from lake_etl.ports import Files
from lake_etl.read.binary_files import require_text
from lake_etl.read.dialect_detection import DetectedText, detect_text
from lake_etl.read.encoding_check import bad_byte_error
from lake_etl.read.pgp import decrypt_collected_file
from lake_etl.read.skipped_lines import lines_of_text, skip_last_lines, skip_lines
from lake_etl.read.source_files import UTF_8, PreparedFile, canonical_encoding, has_single_byte_line_ends

BYTE_ORDER_MARK = '\ufeff'
NEXT_LINE = '\x85'
EBCDIC_LINE_END = b'\x15'
FIRST_BYTES = 64 * 1024
SEPARATOR_LINE = re.compile(r'"?sep=[^\r\n]"?[,;]*\r?\n', re.IGNORECASE)
READ_BYTES = 8 * 1024 * 1024
DECOMPRESS_BYTES = 1024 * 1024
ENCRYPTED = 0x1
DECRYPTED = '-decrypted'
# The folder in which macOS stores resource forks, next to the actual files of an archive.
RESOURCE_FORKS = '__MACOSX/'


def prepare_file(uri: str, spec: InputSpec, target: str) -> tuple[PreparedFile, InputFormat]:
    """Return a file ready for reading, and its format.

    target  address for the rewritten file, where one is needed

    Raises DataError naming the file when it is missing, empty, damaged, or not in its encoding, and when the input_spec
    has keys that its format does not use.
    """
    file, file_format, skip = inspect_file(uri, spec, target)
    with _errors_named(file):
        return _prepared(file, file_format, skip, spec, target), file_format


def _prepared(file: PreparedFile, file_format: InputFormat, skip: int, spec: InputSpec, target: str) -> PreparedFile:
    """Return the file as its reader needs it; writes it to `target` if it has to be rewritten."""
    uri = file.uri
    recode = file_format.has_lines and not has_single_byte_line_ends(file.encoding)
    if not (split_compression(uri)[1] or recode or skip or spec.skip_footer):
        return file
    chunks: Iterable[bytes] = file_content(uri)
    if recode:
        chunks = recode_to_utf8(chunks, file.encoding, uri, file.replace_undecodable)
    before, after = _Counter(), _Counter()
    chunks = after.counted(skip_lines(before.counted(chunks), skip)) if skip else chunks
    footer: list[bytes] = []
    runtime.files(target).write_stream(target, skip_last_lines(chunks, spec.skip_footer, footer))
    encoding = UTF_8 if recode else file.encoding
    return replace(file, uri=target, size=runtime.files(target).size(target) or 0, encoding=encoding,
                   skipped=before.total - after.total, footer=tuple(lines_of_text(footer, encoding)))


def inspect_file(uri: str, spec: InputSpec, target: str) -> tuple[PreparedFile, InputFormat, int]:
    """Return a file as it was collected, its format, and the number of lines above the header; reads its first bytes.

    An encrypted file is decrypted first, to a folder next to `target`.

    Raises DataError as `prepare_file` does, apart from damage and bad bytes further below.
    """
    size = runtime.files(uri).size(uri)
    if size is None:
        raise DataError(f'{uri} does not exist; check the source bucket, path and file name of the job.')
    if size == 0:
        raise DataError(f'{uri} is empty (0 bytes); land the file again with its content.')
    clear = decrypt_collected_file(uri, spec.pgp, f'{target}{DECRYPTED}')
    if clear == uri:
        return _inspected(uri, size, spec)
    file = PreparedFile(uri, clear, runtime.files(clear).size(clear) or 0, stored=clear)
    with _errors_named(file):
        found, file_format, skip = _inspected(clear, file.size, spec)
    return replace(found, name=uri, stored=clear), file_format, skip


@contextmanager
def _errors_named(file: PreparedFile) -> Iterator[None]:
    """Let errors on a decrypted file name the file that was collected."""
    try:
        yield
    except DataError as error:
        if not file.stored:
            raise
        raise DataError(str(error).replace(file.stored, file.name)) from None


def _inspected(uri: str, size: int, spec: InputSpec) -> tuple[PreparedFile, InputFormat, int]:
    compressed = split_compression(uri)[1] is not None
    file_format = choose_format(_name_inside(open_file(runtime.files(uri), uri), uri) if compressed else uri, spec)
    if unused := list(spec.unused_keys([file_format])):
        raise DataError(f'{uri} is {file_format.name}, and keys of the input_spec would be ignored: '
                        f'{"; ".join(unused)}.')
    first = _first_bytes(uri) if file_format.has_lines or file_format is XML else b''
    if first:
        require_text(uri, first, spec.encoding, file_format)
    encoding, replaces = canonical_encoding(spec.encoding), spec.on_undecodable == 'replace'
    skip, detected = spec.skip_rows if file_format.has_lines else 0, None
    if file_format is DELIMITED:
        skip, detected = _lines_above(first, spec, encoding)
    return PreparedFile(uri, uri, size, encoding, 0, replaces, detected), file_format, skip


def _lines_above(first: bytes, spec: InputSpec, encoding: str) -> tuple[int, DetectedText | None]:
    """Return the number of lines above the header, and how the text is written if the input_spec does not say it.

    first  the first bytes of the file, decompressed
    """
    skip = spec.skip_rows or int(begins_with_separator_line(first, encoding))
    if spec.names_delimiter:
        return skip, None
    text = first.decode(encoding, 'replace').removeprefix(BYTE_ORDER_MARK)
    content = b''.join(skip_lines([text.encode()], skip)).decode()
    found = detect_text(content, len(first) < FIRST_BYTES, titles=not spec.skip_rows)
    return skip + found.title_lines, found


def file_content(uri: str) -> Iterator[bytes]:
    """Yield the content of a file, decompressed if needed; raises DataError when a compressed file is damaged."""
    file = open_file(runtime.files(uri), uri)
    return decompress(file, uri) if split_compression(uri)[1] else iter(lambda: file.read(READ_BYTES), b'')


def begins_with_separator_line(content: bytes, encoding: str) -> bool:
    """Tell whether the first line only names the delimiter for Excel, as in `sep=;`."""
    return bool(SEPARATOR_LINE.match(content[:64].decode(encoding, 'ignore').removeprefix(BYTE_ORDER_MARK)))


class _Counter:
    """Counts the bytes that pass."""

    total = 0

    def counted(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the chunks."""
        for chunk in chunks:
            self.total += len(chunk)
            yield chunk


def _first_bytes(uri: str) -> bytes:
    return next(file_content(uri), b'')[:FIRST_BYTES]


def recode_to_utf8(chunks: Iterable[bytes], encoding: str, name: str, replaces: bool = False) -> Iterator[bytes]:
    """Yield the text in UTF-8 without a byte-order mark; raises DataError when it is not in its encoding.

    In EBCDIC, lines end with NEL (next line), which becomes a line feed.

    replaces  whether bytes that are not in the encoding become U+FFFD instead
    """
    decoder = codecs.getincrementaldecoder(encoding)('replace' if replaces else 'strict')
    ends_lines_with_nel = EBCDIC_LINE_END.decode(encoding, 'ignore') == NEXT_LINE
    first, position = True, 0
    for chunk in chain(chunks, (b'',)):
        waiting = decoder.getstate()[0]
        try:
            text = decoder.decode(chunk, final=not chunk)
        except UnicodeError as error:
            place = getattr(error, 'start', 0)
            raise bad_byte_error(name, encoding, position - len(waiting) + place, (waiting + chunk)[place:]) from None
        position += len(chunk)
        if first and text:
            text, first = text.removeprefix(BYTE_ORDER_MARK), False
        yield (text.replace(NEXT_LINE, '\n') if ends_lines_with_nel else text).encode()


def open_file(files: Files, uri: str) -> io.BufferedReader:
    """Return a file of the lake as a seekable binary file object, which fetches the content as it is read."""
    return io.BufferedReader(_SeekableFile(files, uri, files.size(uri) or 0), READ_BYTES)


class _SeekableFile(io.RawIOBase):
    """Reads ranges of a file of the lake."""

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


def decompress(file: io.BufferedReader, name: str) -> Iterator[bytes]:
    """Yield the content of a compressed file; raises DataError when it is damaged or truncated."""
    compression = split_compression(name)[1]
    assert compression, name
    with _damage_named(name), OPENERS[compression](file, name) as content:
        while chunk := content.read(DECOMPRESS_BYTES):
            yield chunk


def _name_inside(file: io.BufferedReader, name: str) -> str:
    """Return the name whose extension tells the format: of the only member of a zip archive, else without extension."""
    shorter, compression = split_compression(name)
    if compression != 'zip':
        return shorter
    with _damage_named(name), zipfile.ZipFile(file) as archive:
        return _only_member(archive, name).filename


@contextmanager
def _damage_named(name: str) -> Iterator[None]:
    """Turn any error that a library raises for a damaged archive into a DataError that names the file."""
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
        return 'is compressed by a zip method that Python does not support'
    return 'is damaged, or its compression does not match its extension'


def _open_gzip(file: io.BufferedReader, name: str) -> IO[bytes]:
    return io.BufferedReader(gzip.GzipFile(fileobj=file))


def _open_bzip2(file: io.BufferedReader, name: str) -> IO[bytes]:
    return bz2.BZ2File(file)


def _open_zstandard(file: io.BufferedReader, name: str) -> IO[bytes]:
    import pyarrow
    stream: IO[bytes] = pyarrow.CompressedInputStream(pyarrow.PythonFile(file, 'r'), 'zstd')
    return stream


def _open_zip(file: io.BufferedReader, name: str) -> IO[bytes]:
    archive = zipfile.ZipFile(file)
    return archive.open(_only_member(archive, name))


def _only_member(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    members = [item for item in archive.infolist()
               if not item.is_dir() and not item.filename.startswith(RESOURCE_FORKS)]
    if len(members) != 1:
        raise DataError(f'{name} holds {len(members)} files, and one was expected. Land each file as an archive of its '
                        'own, or uncompressed; to load several files at once, set "files": "folder" in the input_spec.')
    if members[0].flag_bits & ENCRYPTED:
        raise DataError(f'{name} is protected by a password, and the lake has no setting for it. Land it without a '
                        'password.')
    return members[0]


OPENERS: dict[str, Callable[[io.BufferedReader, str], IO[bytes]]] = {
    'gzip': _open_gzip, 'bzip2': _open_bzip2, 'zip': _open_zip, 'zstandard': _open_zstandard}
