"""Tells whether a file is the database of a lake, without changing it."""
from __future__ import annotations

import sqlite3
from pathlib import Path
from urllib.parse import quote

from lake_etl.adapters.item_tables import KEY_SCHEMAS
from lake_etl.adapters.local.catalog_file import CatalogFileError
from lake_etl.adapters.local.database import PATIENCE_SECONDS
from lake_etl.adapters.local.lake_format import TABLES
from lake_etl.reasons.failure import kind_of_sqlite


def is_lake_database(path: Path, thorough: bool = False) -> bool:
    """Tell whether the file holds tables of a lake; one that is empty, or belongs to another program, does not.

    thorough  whether every page is checked as well

    Raises CatalogFileError when the file is no SQLite database, is damaged, or cannot be read.
    """
    try:
        connection = sqlite3.connect(f'file:{quote(str(path))}?mode=ro', timeout=PATIENCE_SECONDS, uri=True)
        try:
            if thorough and connection.execute('PRAGMA quick_check(1)').fetchone()[0] != 'ok':
                raise sqlite3.DatabaseError
            names = {name for name, in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise CatalogFileError(
            f'{path} cannot be read as the database of a lake: {kind_of_sqlite(error)}. Nothing was changed. Bring '
            'it back from a backup, together with the folders beside it, or make sure that no other program holds it.'
            ) from error
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
