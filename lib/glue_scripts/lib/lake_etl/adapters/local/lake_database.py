"""Tells whether a file is the database of a lake, without changing it."""
from __future__ import annotations

import sqlite3
from pathlib import Path

from lake_etl.adapters.item_tables import KEY_SCHEMAS
from lake_etl.adapters.local.catalog_file import CatalogFileError
from lake_etl.adapters.local.database import unchanged
from lake_etl.adapters.local.lake_format import TABLES
from lake_etl.reasons.sqlite_failure import sqlite_cause


def is_lake_database(path: Path, thorough: bool = False) -> bool:
    """Tell whether the file holds tables of a lake; one that is empty, or belongs to another program, does not.

    thorough  whether every page is checked as well

    Raises CatalogFileError when the file is no SQLite database, is damaged, or cannot be read.
    """
    try:
        with unchanged(str(path)) as connection:
            if thorough and connection.execute('PRAGMA quick_check(1)').fetchone()[0] != 'ok':
                raise CatalogFileError(f'{path} is damaged. Nothing was changed. Bring it back from a backup, together '
                                       'with the folders next to it.')
            names = {name for name, in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    except sqlite3.Error as error:
        cause, remedy = sqlite_cause(error)
        raise CatalogFileError(f'{path} cannot be read as the database of a lake: {cause}. Nothing was changed. '
                               f'{remedy}.') from error
    return bool(names & {*TABLES, *KEY_SCHEMAS})


def settle_database(path: Path) -> None:
    """Bring all that SQLite keeps beside the file into it, so that the file alone is the database.

    While another process reads, nothing happens.
    """
    connection = sqlite3.connect(str(path), timeout=1)
    try:
        connection.execute('PRAGMA journal_mode = DELETE').fetchone()
    except sqlite3.OperationalError:
        pass
    finally:
        connection.close()
