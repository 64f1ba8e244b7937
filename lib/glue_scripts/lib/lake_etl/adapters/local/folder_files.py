"""Stores files in folders of this machine, with the semantics of an object store."""
from __future__ import annotations

import errno
import os
import re
import shutil
import stat
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from urllib.parse import quote, unquote_to_bytes

from lake_etl.errors import LakeError
from lake_etl.ports import FileEntry

UNFINISHED = '.unfinished'
UNFINISHED_NAME = re.compile(rf'\.[0-9a-f]+\{UNFINISHED}')
ABANDONED_SECONDS = 3600
FOLDER_ATTEMPTS = 10
# Characters that a file URI may contain unquoted (RFC 3986, segments), so that `year=2026` stays readable.
UNQUOTED = "/=+,:;@&$!'()*~"


class FolderFiles:
    """Files by path, taken literally, or by `file://` URI, percent-encoded as Spark writes them.

    A file appears completely or not at all: it is written under another name in the same folder, flushed to disk and
    renamed. Names that begin with a dot belong to this machine, not to the lake: unfinished files, checksum files of
    Spark, `.DS_Store`, `.keep`. They are never listed.

    A folder that becomes empty by a deletion is removed, and so are empty parent folders, up to the first folder with
    content, mount point, or the working directory. A folder that has to remain without files, such as a bucket into
    which people drop files, contains a file named `.keep`.
    """

    def read(self, uri: str, start: int = 0, length: int | None = None) -> bytes | None:
        """Return the file's bytes (`length` bytes from `start` when given), or None when there is no such file."""
        with _failures_named(uri, 'read'):
            try:
                with open(_path(uri), 'rb') as file:
                    file.seek(start)
                    return file.read(-1 if length is None else length)
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
                return None

    def write(self, uri: str, content: bytes) -> None:
        """Create or replace the file atomically; create missing folders."""
        self.write_stream(uri, (content,))

    def write_stream(self, uri: str, pieces: Iterable[bytes]) -> None:
        """Create or replace the file from pieces, which may exceed memory; if a piece fails, nothing is written."""
        with _failures_named(uri, 'written'):
            _replace(_path(uri), lambda unfinished: _write_to_disk(unfinished, pieces))

    def size(self, uri: str) -> int | None:
        """Return the file's size in bytes, or None when there is no such file."""
        with _failures_named(uri, 'looked up'):
            try:
                status = os.stat(_path(uri))
            except (FileNotFoundError, NotADirectoryError):
                return None
            return None if stat.S_ISDIR(status.st_mode) else status.st_size

    def list(self, folder: str) -> Iterator[FileEntry]:
        """Yield every file below the folder, at any depth; nothing when the folder does not exist.

        The addresses begin with the folder as it was given. Links to folders are not followed.
        """
        address, root = folder.rstrip('/'), _path(folder)
        with _failures_named(folder, 'listed'):
            for place, folders, names in os.walk(root, onerror=_raise_unless_absent):
                folders.sort()
                below = os.path.relpath(place, root)
                for name in sorted(name for name in names if not name.startswith('.')):
                    relative = os.path.normpath(os.path.join(below, name))
                    uri = f'{address}/{_quoted(relative) if _is_uri(folder) else relative}'
                    status = _status(os.path.join(place, name))
                    if status:
                        yield FileEntry(uri, status.st_size, datetime.fromtimestamp(status.st_mtime, UTC))

    def make_parents(self, folder: str) -> None:
        """Make the folders above a folder that Spark creates next.

        Spark starts a process, `chmod`, for each folder that it creates, which takes longer than planning a small load.
        """
        with _failures_named(folder, 'created'):
            _in_existing_folder(os.path.dirname(os.path.abspath(_path(folder))), lambda: None)

    def copy(self, source: str, target: str) -> None:
        """Make `target` a copy of `source`: a hard link, or a real copy on another disk.

        Hard links are safe, because the lake replaces files and never changes them in place.
        """
        with _failures_named(source, f'copied to {target}'):
            origin = os.path.realpath(_path(source), strict=True)
            _replace(_path(target), lambda unfinished: _link_or_copy(origin, unfinished))

    def delete(self, uris: Iterable[str]) -> None:
        """Delete the files; missing files are ignored. Folders that become empty are removed."""
        folders = set()
        for uri in uris:
            path = _path(uri)
            with _failures_named(uri, 'deleted'):
                with suppress(FileNotFoundError, NotADirectoryError, IsADirectoryError):
                    os.unlink(path)
                _delete_checksum(path)
            folders.add(os.path.dirname(os.path.abspath(path)))
        for folder in sorted(folders, key=len, reverse=True):
            _remove_empty(folder)


def _is_uri(address: str) -> bool:
    return address.startswith('file:')


def _quoted(path: str) -> str:
    return quote(os.fsencode(path), UNQUOTED)


def _path(address: str) -> str:
    """Return the path of an address; raises LakeError for an address of another store."""
    if _is_uri(address):
        place = address.removeprefix('file:')
        host, _, path = place[2:].partition('/') if place.startswith('//') else ('', '', place[1:])
        if place.startswith('/') and host in ('', 'localhost'):
            return os.fsdecode(unquote_to_bytes(f'/{path}'))
    elif address and not re.match('[A-Za-z][A-Za-z0-9+.-]*://', address):
        return address
    raise LakeError(
        f"'{address}' is not a file of this machine; a path or file:///path was expected. Correct the address in the "
        'job arguments; the files of a job are either in Amazon S3 or on this machine, not in both.')


def _write_to_disk(path: str, pieces: Iterable[bytes]) -> None:
    with open(path, 'xb') as file:
        file.writelines(pieces)
        file.flush()
        os.fsync(file.fileno())


def _link_or_copy(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:
        # Another disk, a file system without hard links, or a file with the maximum number of links.
        shutil.copyfile(source, target)
        with open(target, 'rb') as file:
            os.fsync(file.fileno())


def _replace(path: str, fill: Callable[[str], None]) -> None:
    """Let `fill` create a new file in the same folder, then rename it to the path."""
    folder = os.path.dirname(path) or '.'
    unfinished = os.path.join(folder, f'.{uuid.uuid4().hex}{UNFINISHED}')
    try:
        _in_existing_folder(folder, lambda: fill(unfinished))
        _delete_checksum(path)
        os.replace(unfinished, path)
    finally:
        # It still exists after a failure, and after renaming one hard link of a file to another.
        with suppress(FileNotFoundError, NotADirectoryError):
            os.unlink(unfinished)


def _in_existing_folder(folder: str, action: Callable[[], None]) -> None:
    """Create the folder and act in it; try again if another process removed the empty folder in between."""
    for attempt in range(1, FOLDER_ATTEMPTS + 1):
        try:
            os.makedirs(folder, exist_ok=True)
            return action()
        except (FileNotFoundError, FileExistsError):
            # FileExistsError: the folder existed when it was to be created, and then was removed.
            if attempt == FOLDER_ATTEMPTS:
                raise


def _delete_checksum(path: str) -> None:
    """Delete Spark's checksum file of a path, because Spark would refuse the new content."""
    folder, name = os.path.split(path)
    # Usually there is none, or its name is too long. If deletion is not permitted, the caller fails as well.
    with suppress(OSError):
        os.unlink(os.path.join(folder, f'.{name}.crc'))


def _remove_empty(folder: str) -> None:
    working_directory = os.getcwd()
    while folder != working_directory:
        _delete_abandoned(folder)
        try:
            os.rmdir(folder)
        except FileNotFoundError:
            pass
        except OSError:
            # The folder is not empty, is a mount point, or may not be removed.
            return
        folder = os.path.dirname(folder)


def _delete_abandoned(folder: str) -> None:
    """Delete unfinished files of killed writers; no writer takes an hour for one."""
    with suppress(OSError):
        for entry in os.scandir(folder):
            if UNFINISHED_NAME.fullmatch(entry.name) and time.time() - entry.stat().st_mtime > ABANDONED_SECONDS:
                os.unlink(entry.path)


def _raise_unless_absent(error: OSError) -> None:
    if not isinstance(error, (FileNotFoundError, NotADirectoryError)):
        raise error


def _status(path: str) -> os.stat_result | None:
    """Return the status of a file, or None if it has just disappeared or is a broken link."""
    try:
        return os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        if error.errno == errno.ELOOP:
            return None
        raise


@contextmanager
def _failures_named(uri: str, action: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise LakeError(
            f'The file or folder {uri} could not be {action}: {error.strerror or error}. Make sure that it exists, '
            'that you may use it and that the disk has room, then run again.') from error
