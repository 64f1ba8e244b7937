"""Keeps the lake's files in folders of this machine, with the habits of an object store."""
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
# What a file URI may hold as it is (RFC 3986, segment characters), so that `year=2026` stays readable.
UNQUOTED = "/=+,:;@&$!'()*~"


class FolderFiles:
    """Files by path, taken literally, or by `file://` URI, percent-encoded as Spark writes them.

    A file appears whole or not at all: it is written under another name in the same folder, brought to the disk and
    renamed. Names that begin with a dot belong to this machine and not to the lake: unfinished files, the checksum
    files that Spark puts beside its own, `.DS_Store`, `.keep`. They are never listed.

    A folder that a deletion empties is removed, and so are the folders above it while they are empty; the way up ends
    at the first folder that holds anything, at a mount point and at the working directory. A folder that shall outlive
    its last file, such as a bucket into which people drop files, keeps itself alive with a file named `.keep`.
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
        """Create or replace the file at one instant, making folders as needed."""
        self.write_stream(uri, (content,))

    def write_stream(self, uri: str, pieces: Iterable[bytes]) -> None:
        """Do the same with content that is too large for memory; when a piece fails to come, nothing is written."""
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

    def copy(self, source: str, target: str) -> None:
        """Make `target` a copy of `source`: a second name of the same bytes, or real bytes on another disk.

        Both names stay independent, because the lake replaces files and never changes them in place.
        """
        with _failures_named(source, f'copied to {target}'):
            origin = os.path.realpath(_path(source), strict=True)
            _replace(_path(target), lambda unfinished: _link_or_copy(origin, unfinished))

    def delete(self, uris: Iterable[str]) -> None:
        """Delete the files; those that are already gone are no error. Folders left empty disappear."""
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
    """Return the path that an address means; raises LakeError for an address of another store."""
    if _is_uri(address):
        place = address.removeprefix('file:')
        host, _, path = place[2:].partition('/') if place.startswith('//') else ('', '', place[1:])
        if place.startswith('/') and host in ('', 'localhost'):
            return os.fsdecode(unquote_to_bytes(f'/{path}'))
    elif address and not re.match('[A-Za-z][A-Za-z0-9+.-]*://', address):
        return address
    raise LakeError(
        f"'{address}' is no file of this machine; a path or file:///path was expected. Correct the address in the "
        'job arguments; a job finds its files either in Amazon S3 or on this machine, not in both.')


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
        # Another disk, a file system without links, or a file that has as many names as it can have.
        shutil.copyfile(source, target)
        with open(target, 'rb') as file:
            os.fsync(file.fileno())


def _replace(path: str, fill: Callable[[str], None]) -> None:
    """Let `fill` make a new file beside the path, then give it the path's name."""
    folder = os.path.dirname(path) or '.'
    unfinished = os.path.join(folder, f'.{uuid.uuid4().hex}{UNFINISHED}')
    try:
        _in_existing_folder(folder, lambda: fill(unfinished))
        _delete_checksum(path)
        os.replace(unfinished, path)
    finally:
        # Still there after a failure, and after renaming one name of a file to another name of the same file.
        with suppress(FileNotFoundError, NotADirectoryError):
            os.unlink(unfinished)


def _in_existing_folder(folder: str, action: Callable[[], None]) -> None:
    """Make the folder and act in it, again when a deletion elsewhere removed the empty folder in between."""
    for attempt in range(1, FOLDER_ATTEMPTS + 1):
        try:
            os.makedirs(folder, exist_ok=True)
            return action()
        except (FileNotFoundError, FileExistsError):
            # The second one: making the folder found it there, and then it was gone.
            if attempt == FOLDER_ATTEMPTS:
                raise


def _delete_checksum(path: str) -> None:
    """Delete Spark's checksum file of a path, which would make Spark refuse the path's new content."""
    folder, name = os.path.split(path)
    # Mostly there is none, or its name would be too long; where deleting is not allowed, the caller fails as well.
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
            # Not empty, a mount point, or not ours to remove: this is where the way up ends.
            return
        folder = os.path.dirname(folder)


def _delete_abandoned(folder: str) -> None:
    """Delete unfinished files of writers that were killed: no writer works on one for an hour."""
    with suppress(OSError):
        for entry in os.scandir(folder):
            if UNFINISHED_NAME.fullmatch(entry.name) and time.time() - entry.stat().st_mtime > ABANDONED_SECONDS:
                os.unlink(entry.path)


def _raise_unless_absent(error: OSError) -> None:
    if not isinstance(error, (FileNotFoundError, NotADirectoryError)):
        raise error


def _status(path: str) -> os.stat_result | None:
    """Return what is known of a file; None when it has just disappeared, or is a link that leads nowhere."""
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
