"""Opens the SQLite file that holds a laptop's catalog, so that several processes can read and write it at once."""
from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lake_etl.adapters.local.database import opened, opened_for_reading, transaction
from lake_etl.adapters.local.lake_format import bring_up_to_date
from lake_etl.adapters.local.places import Places, register_places
from lake_etl.errors import LakeError
from lake_etl.reasons.sqlite_failure import sqlite_cause

SCHEME = 'sqlite://'


class CatalogFileError(LakeError):
    """The file could not be read or changed; it is as it was."""


def catalog_path(address: str) -> Path:
    """Return the file of an address `sqlite:///folder/lake.db`; raises CatalogFileError for another address."""
    if not address.startswith(f'{SCHEME}/'):
        raise CatalogFileError(f"'{address}' is not the address of a laptop catalog; expected {SCHEME}/folder/lake.db "
                               'with the full path of the file.')
    return Path(address.removeprefix(SCHEME))


@contextmanager
def reading(address: str) -> Iterator[sqlite3.Connection]:
    """Give a connection on which everything read inside is the state of one instant.

    A catalog on a full or read-only disk can be read.
    """
    with _catalog(address, read_only=True) as connection:
        connection.execute('BEGIN')
        yield connection


@contextmanager
def writing(address: str) -> Iterator[sqlite3.Connection]:
    """Give a connection whose changes other processes see all at once at the end, or never when an error is raised."""
    with _catalog(address) as connection, transaction(connection):
        yield connection


@contextmanager
def _catalog(address: str, read_only: bool = False) -> Iterator[sqlite3.Connection]:
    """Open the file, making it and its tables when needed."""
    path = catalog_path(address)
    open_file = opened_for_reading if read_only and path.exists() else opened
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open_file(str(path)) as connection:
            bring_up_to_date(connection, str(path.parent))
            register_places(connection, Places(str(path.parent)))
            yield connection
    except sqlite3.Error as error:
        cause, remedy = sqlite_cause(error)
        raise CatalogFileError(f'The laptop catalog {path} could not be read or changed: {cause}. It is as it was. '
                               f'{remedy}.') from error
