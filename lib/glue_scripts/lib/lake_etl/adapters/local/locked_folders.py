"""Makes temporary folders that the next command removes when their process was killed, and never while it lives."""
from __future__ import annotations

import fcntl
import os
import re
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

BEGINNING, LOCK = 'lake-work-', '.lock'
OWN_NAME = re.compile(rf'\.?{BEGINNING}[0-9a-f]{{16}}')


@contextmanager
def locked_folder(place: Path, hidden: bool = False) -> Iterator[Path]:
    """Give a new folder in a place, which only this user can read; it is removed at the end of the block.

    place   folder that exists; what killed processes left in it is removed first
    hidden  whether the name begins with a dot

    The system frees the lock when a process ends, in whatever way. The number of a process would not do, because a
    later process may have the same. Raises OSError if the place takes no folder.
    """
    remove_abandoned(place)
    lock, folder = _locked_name(place, '.' if hidden else '')
    try:
        folder.mkdir(mode=0o700)
        yield folder.resolve()
    finally:
        _remove(folder)
        os.close(lock)


def remove_abandoned(place: Path) -> None:
    """Remove the folders in a place whose processes have ended; all other files stay, and so does what cannot be."""
    with suppress(OSError):
        for name in os.listdir(place):
            if name.endswith(LOCK) and OWN_NAME.fullmatch(name.removesuffix(LOCK)):
                _remove_if_abandoned(place / name.removesuffix(LOCK))


def temporary_place(preferred: Path | None = None) -> Path:
    """Return where temporary folders are made: the preferred place, or that of the system if it cannot be written.

    Raises OSError if the system has no place that can be written.
    """
    if preferred is not None and preferred.is_dir() and os.access(preferred, os.W_OK | os.X_OK):
        return preferred
    return Path(tempfile.gettempdir())


def _locked_name(place: Path, dot: str) -> tuple[int, Path]:
    """Return a locked file, and the folder that may be made now.

    The lock comes before the folder, so that no process ever sees the folder without it.
    """
    while True:
        folder = place / f'{dot}{BEGINNING}{secrets.token_hex(8)}'
        lock = os.open(f'{folder}{LOCK}', os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        try:
            if _holds(lock, folder):
                return lock, folder
        except OSError:
            return lock, folder    # A file system without locks: nobody else gets this one either.
        os.close(lock)    # Another process took the file for abandoned before it was locked.


def _remove_if_abandoned(folder: Path) -> None:
    with suppress(OSError):
        lock = os.open(f'{folder}{LOCK}', os.O_RDWR | os.O_NOFOLLOW)
        try:
            found = os.fstat(lock)
            own = stat.S_ISREG(found.st_mode) and not found.st_size and found.st_uid == os.getuid()
            if own and _holds(lock, folder):
                _remove(folder)
        finally:
            os.close(lock)


def _holds(lock: int, folder: Path) -> bool:
    """Return whether this process has the lock now, and the file is still the one of that name."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.path.samestat(os.fstat(lock), os.lstat(f'{folder}{LOCK}'))
    except (BlockingIOError, FileNotFoundError):
        return False


def _remove(folder: Path) -> None:
    """Remove a folder, and then its lock; the lock stays for the next command if files cannot be removed."""
    if folder.is_symlink():
        return
    shutil.rmtree(folder, ignore_errors=True)
    if not folder.exists():
        with suppress(OSError):
            os.unlink(f'{folder}{LOCK}')
