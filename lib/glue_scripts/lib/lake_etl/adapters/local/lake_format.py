"""Brings the catalog in a lake's SQLite file to the present form, in one transaction when the file is opened."""
from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lake_etl.adapters.local.database import transaction
from lake_etl.adapters.local.places import FORMER_ROOTS, former_roots, relative
from lake_etl.errors import LakeError

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
    FORMER_ROOTS: '(path TEXT PRIMARY KEY)',
}
LOCATIONS = (('catalog_databases', 'location'), ('catalog_tables', 'location'), ('catalog_partitions', 'location'),
             ('iceberg_tables', 'metadata_location'), ('iceberg_tables', 'previous_metadata_location'))


class LakeFormatError(LakeError):
    """The catalog is of a form that this version cannot use; it is as it was."""


@dataclass(frozen=True)
class Moved:
    """A location that was kept in full: where it was, and where it lies below the lake now."""

    before: str
    below: str


def bring_up_to_date(connection: sqlite3.Connection, root: str) -> None:
    """Make the catalog's tables where they are missing and its locations relative to `root`.

    Raises LakeFormatError for a catalog of a later version, and when folders of the tables are not below `root`.
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
    """Rewrite full paths below the lake, and below the folders in which it lay, and remember those folders."""
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


def _moved(location: str, roots: Sequence[str]) -> Moved | None:
    for root in roots:
        below = relative(location, root) if os.path.isabs(location) else None
        if below is not None:
            return Moved(location, below)
    return None


def _require_files(root: str, locations: Sequence[Moved]) -> None:
    """Raise LakeFormatError when the lake's files are elsewhere, so that the catalog alone was moved or copied."""
    missing = [item for item in locations if not os.path.exists(os.path.join(root, item.below))]
    elsewhere = [item for item in missing if os.path.exists(item.before)]
    if elsewhere or (missing and len(missing) == len(locations)):
        first = (elsewhere or missing)[0]
        raise LakeFormatError(
            f'lake.db in {root} names {len(missing)} folders and files of its tables that are not there, such as '
            f'{first.below}, which was {first.before}. Bring the whole folder of the lake here, with cleanse and '
            'consume, or use the lake where it was. Nothing was changed.')
