"""Unpacks compressed files piece by piece, and says so when one is damaged or cut short."""
from __future__ import annotations

import bz2
import gzip
import io
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO

from lake_etl.errors import DataError, LakeError

PIECE = 1024 * 1024
ENCRYPTED = 0x1
# Resource forks and the like, which programs for the Mac put beside the file proper.
BESIDE_THE_FILE = '__MACOSX/'


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
        while piece := plain.read(PIECE):
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
