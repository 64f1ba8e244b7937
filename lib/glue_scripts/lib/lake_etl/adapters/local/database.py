"""Opens SQLite files that several processes and threads share."""
from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager

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
