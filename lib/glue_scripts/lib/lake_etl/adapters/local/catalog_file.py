"""Opens the SQLite file of a lake, and brings its catalog to the present format."""
from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lake_etl.adapters.item_tables import KEY_SCHEMAS
from lake_etl.adapters.local.database import open_database, open_for_reading, open_unchanged, transaction
from lake_etl.adapters.local.lake_paths import FORMER_ROOTS, LakePaths, former_roots, register_path_functions, relative
from lake_etl.errors import LakeError
from lake_etl.reasons.sqlite_failure import sqlite_cause

# 0: locations are full paths. 1: locations are relative to the folder of lake.db.
FORMAT = 1
TABLES = {
    'catalog_databases': """(
        name TEXT PRIMARY KEY, location TEXT NOT NULL, description TEXT)""",
    'catalog_tables': """(
        database TEXT NOT NULL REFERENCES catalog_databases(name), name TEXT NOT NULL, columns TEXT NOT NULL,
        partition_keys TEXT NOT NULL, location TEXT NOT NULL, description TEXT, parameters TEXT NOT NULL,
        PRIMARY KEY (database, name))""",
    'catalog_partitions': """(
        database TEXT NOT NULL, table_name TEXT NOT NULL, partition_values TEXT NOT NULL, location TEXT NOT NULL,
        columns TEXT NOT NULL, parameters TEXT NOT NULL,
        PRIMARY KEY (database, table_name, partition_values)) WITHOUT ROWID""",
    'catalog_views': """(
        database TEXT NOT NULL REFERENCES catalog_databases(name), name TEXT NOT NULL, statement TEXT NOT NULL,
        translated TEXT NOT NULL, reads TEXT NOT NULL, PRIMARY KEY (database, name))""",
    'catalog_history': '(id TEXT PRIMARY KEY, database TEXT NOT NULL, table_name TEXT NOT NULL, record BLOB NOT NULL)',
    'catalog_settings': '(name TEXT PRIMARY KEY, value TEXT NOT NULL)',
    FORMER_ROOTS: '(path TEXT PRIMARY KEY)',
}
LOCATIONS = (('catalog_databases', 'location'), ('catalog_tables', 'location'), ('catalog_partitions', 'location'),
             ('iceberg_tables', 'metadata_location'), ('iceberg_tables', 'previous_metadata_location'))
SCHEME = 'sqlite://'


class CatalogFileError(LakeError):
    """The file could not be read or changed; it was not changed."""


def catalog_path(address: str) -> Path:
    """Return the file of an address `sqlite:///folder/lake.db`; raises CatalogFileError for another address."""
    if not address.startswith(f'{SCHEME}/'):
        raise CatalogFileError(f"'{address}' is not the address of a laptop catalog; expected {SCHEME}/folder/lake.db "
                               'with the full path of the file.')
    return Path(address.removeprefix(SCHEME))


@contextmanager
def reading(address: str) -> Iterator[sqlite3.Connection]:
    """Open a connection that reads a consistent snapshot, also from a full or read-only disk."""
    with _catalog(address, read_only=True) as connection:
        connection.execute('BEGIN')
        yield connection


@contextmanager
def writing(address: str) -> Iterator[sqlite3.Connection]:
    """Open a connection with one transaction: it is committed at the end, or rolled back if an error is raised."""
    with _catalog(address) as connection, transaction(connection):
        yield connection


@contextmanager
def _catalog(address: str, read_only: bool = False) -> Iterator[sqlite3.Connection]:
    """Open the file, and create it and its tables if they are missing."""
    path = catalog_path(address)
    open_file = open_for_reading if read_only and path.exists() else open_database
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open_file(str(path)) as connection:
            bring_up_to_date(connection, str(path.parent))
            register_path_functions(connection, LakePaths(str(path.parent)))
            yield connection
    except sqlite3.Error as error:
        cause, remedy = sqlite_cause(error)
        raise CatalogFileError(f'The catalog {path} could not be read or changed: {cause}. It was not changed. '
                               f'{remedy}.') from error


class LakeFormatError(LakeError):
    """The catalog has a format that this version cannot use; it was not changed."""


@dataclass(frozen=True)
class MovedLocation:
    """A location stored as a full path: the old path, and the path relative to the lake now."""

    before: str
    below: str


def bring_up_to_date(connection: sqlite3.Connection, root: str) -> None:
    """Create missing tables of the catalog, and make its locations relative to `root`.

    Raises LakeFormatError for a catalog of a later version, and if folders of the tables are not below `root`.
    """
    if _version(connection) == FORMAT and _has_tables(connection):
        return
    with transaction(connection):
        version = _version(connection)
        if version > FORMAT:
            raise LakeFormatError(
                f'The lake in {root} has format {version}, and this version of the lake knows formats up to {FORMAT}. '
                'Use the version that wrote it, or a later one. Nothing was changed.')
        for name, columns in TABLES.items():
            connection.execute(f'CREATE TABLE IF NOT EXISTS {name} {columns}')
        if version < FORMAT:
            _make_relative(connection, root)
        connection.execute(f'PRAGMA user_version = {FORMAT}')


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute('PRAGMA user_version').fetchone()[0])


def _has_tables(connection: sqlite3.Connection) -> bool:
    names = ', '.join(f"'{name}'" for name in TABLES)
    found = connection.execute(f"SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name IN ({names})")
    return bool(found.fetchone()[0] == len(TABLES))


def _make_relative(connection: sqlite3.Connection, root: str) -> None:
    """Make full paths below the lake and below its former folders relative, and record the former folders."""
    places = [(table, field, location) for table, field in LOCATIONS for location in _values(connection, table, field)]
    databases = connection.execute('SELECT name, location FROM catalog_databases').fetchall()
    metadata = [location for table, _, location in places if table == 'iceberg_tables']
    former = former_roots(databases, metadata)
    roots = (*former, root, os.path.realpath(root))
    moved = {location: found for _, _, location in places if (found := _moved(location, roots)) is not None}
    needed = {location for table, field, location in places
              if (table, field) in (LOCATIONS[2], LOCATIONS[3]) and location in moved}
    _require_files(root, [moved[location] for location in sorted(needed)])
    for table, field, location in places:
        if location in moved:
            connection.execute(f'UPDATE {table} SET {field} = ? WHERE {field} = ?', (moved[location].below, location))
    connection.executemany(f'INSERT OR IGNORE INTO {FORMER_ROOTS} VALUES (?)', ((path,) for path in former))


def _values(connection: sqlite3.Connection, table: str, field: str) -> Iterator[str]:
    known = connection.execute("SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = ?", (table,))
    if known.fetchone()[0]:
        for value, in connection.execute(f'SELECT DISTINCT {field} FROM {table} WHERE {field} IS NOT NULL').fetchall():
            yield value


def _moved(location: str, roots: Sequence[str]) -> MovedLocation | None:
    for root in roots:
        below = relative(location, root) if os.path.isabs(location) else None
        if below is not None:
            return MovedLocation(location, below)
    return None


def _require_files(root: str, locations: Sequence[MovedLocation]) -> None:
    """Raise LakeFormatError if the lake's files are elsewhere, because only the catalog was moved or copied."""
    missing = [item for item in locations if not os.path.exists(os.path.join(root, item.below))]
    elsewhere = [item for item in missing if os.path.exists(item.before)]
    if elsewhere or (missing and len(missing) == len(locations)):
        first = (elsewhere or missing)[0]
        raise LakeFormatError(
            f'lake.db in {root} names {len(missing)} folders and files of its tables that are not there, such as '
            f'{first.below}, which was {first.before}. Bring the whole folder of the lake here, with cleanse and '
            'consume, or use the lake where it was. Nothing was changed.')


def is_lake_database(path: Path, thorough: bool = False) -> bool:
    """Tell whether the file contains tables of a lake, unlike an empty file or one of another program.

    thorough  whether every page is checked, too

    Raises CatalogFileError if the file is not a SQLite database, is damaged, or cannot be read.
    """
    try:
        with open_unchanged(str(path)) as connection:
            if thorough and connection.execute('PRAGMA quick_check(1)').fetchone()[0] != 'ok':
                raise CatalogFileError(f'{path} is damaged. Nothing was changed. Bring it back from a backup, together '
                                       'with the folders next to it.')
            names = {name for name, in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    except sqlite3.Error as error:
        cause, remedy = sqlite_cause(error)
        raise CatalogFileError(f'{path} cannot be read as the database of a lake: {cause}. Nothing was changed. '
                               f'{remedy}.') from error
    return bool(names & {*TABLES, *KEY_SCHEMAS})


def merge_write_ahead_log(path: Path) -> None:
    """Merge the write-ahead log into the file, so that the file alone is the database.

    Does nothing while another process reads.
    """
    connection = sqlite3.connect(str(path), timeout=1)
    try:
        connection.execute('PRAGMA journal_mode = DELETE').fetchone()
    except sqlite3.OperationalError:
        pass
    finally:
        connection.close()
