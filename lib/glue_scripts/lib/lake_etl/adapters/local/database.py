"""Opens SQLite files that several processes and threads share."""
from __future__ import annotations

import os
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from urllib.parse import quote

from lake_etl.adapters.local.locked_folders import locked_folder, temporary_place

PATIENCE_SECONDS = 30.0
PAUSE_SECONDS = 0.02


@contextmanager
def open_database(file: str) -> Iterator[sqlite3.Connection]:
    """Open the file, create it if it is missing, and close it at the end; each statement is committed separately.

    Readers never wait (write-ahead log); a writer waits up to 30 seconds for others. Raises sqlite3.Error.
    """
    # The garbage collector may finish a generator in another thread than the one that started it.
    connection = sqlite3.connect(file, timeout=PATIENCE_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        _keep_write_ahead_log(connection)
        yield connection
    finally:
        connection.close()


def open_for_reading(file: str) -> AbstractContextManager[sqlite3.Connection]:
    """Open a file that exists to read it, also when the disk takes no changes any more; raises sqlite3.Error."""
    return _readable(file, open_database(file))


def open_unchanged(file: str) -> AbstractContextManager[sqlite3.Connection]:
    """Open a file that exists without changing it in any way; raises sqlite3.Error."""
    return _readable(file, _connected(f'file:{quote(file)}?mode=ro'))


@contextmanager
def _readable(file: str, opening: AbstractContextManager[sqlite3.Connection]) -> Iterator[sqlite3.Connection]:
    """Open a file the given way, or as it lies when the disk takes no changes."""
    with ExitStack() as stack:
        try:
            connection = stack.enter_context(opening)
            _read_something(connection)
        except sqlite3.OperationalError as error:
            if not _may_be_unwritable(error):
                raise
            connection = stack.enter_context(_as_it_lies(file))
        yield connection


@contextmanager
def _as_it_lies(file: str) -> Iterator[sqlite3.Connection]:
    """Open a file on a disk that takes no changes, which SQLite needs even to read a write-ahead log.

    A log that a killed command has left is read in a copy of both files in the folder for temporary files.
    """
    log = f'{file}-wal'
    if not os.path.exists(log) or os.path.getsize(log) == 0:
        with _connected(f'file:{quote(file)}?mode=ro&immutable=1') as connection:
            yield connection
        return
    with locked_folder(temporary_place()) as folder:
        copy = str(shutil.copy(file, folder))
        shutil.copy(log, f'{copy}-wal')
        with _connected(f'file:{quote(copy)}') as connection:
            yield connection


@contextmanager
def _connected(uri: str) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(uri, timeout=PATIENCE_SECONDS, isolation_level=None, check_same_thread=False, uri=True)
    try:
        yield connection
    finally:
        connection.close()


def _read_something(connection: sqlite3.Connection) -> None:
    connection.execute('SELECT 1 FROM sqlite_master LIMIT 1').fetchone()


def _may_be_unwritable(error: sqlite3.OperationalError) -> bool:
    """Tell whether an error may come from a disk that is full or read-only."""
    return error.sqlite_errorcode & 0xff in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_FULL,
                                             sqlite3.SQLITE_IOERR)


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Run the statements inside as one transaction, committed at the end, or rolled back if an error is raised."""
    connection.execute('BEGIN IMMEDIATE')
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


def _keep_write_ahead_log(connection: sqlite3.Connection) -> None:
    """Switch the file to a write-ahead log once; SQLite does not wait if two processes do so at the same time."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            if connection.execute('PRAGMA journal_mode').fetchone()[0] != 'wal':
                connection.execute('PRAGMA journal_mode = WAL').fetchone()
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(PAUSE_SECONDS)
