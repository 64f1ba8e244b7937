"""Converts locations between full paths and paths relative to the lake, so that the lake can be moved."""
from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote

FORMER_ROOTS = 'catalog_former_roots'
OTHER_STORE = re.compile('[A-Za-z][A-Za-z0-9+.-]*://')


@dataclass(frozen=True)
class LakePaths:
    """The folders of a lake.

    root    full path of the folder of lake.db
    former  folders of the lake when paths were still stored in full; Iceberg metadata still contains them
    """

    root: str
    former: tuple[str, ...] = ()

    def stored(self, location: str) -> str:
        """Return the stored form of a location: a path relative to the lake, or the location itself outside the lake.

        `file:` addresses inside the lake become paths; relative paths are relative to the working folder.
        """
        if not location or OTHER_STORE.match(location) and not location.startswith('file:'):
            return location
        path = os.path.abspath(_path(location))
        for root in (self.root, os.path.realpath(self.root)):
            below = relative(path, root)
            if below is not None:
                return below
        return location

    def full(self, stored: str) -> str:
        """Return the location for a stored form: relative paths become full paths below the lake."""
        if not stored or os.path.isabs(stored) or stored.startswith('file:') or OTHER_STORE.match(stored):
            return stored
        return os.path.normpath(os.path.join(self.root, stored))

    def iceberg_path(self, location: str) -> str:
        """Return the full path of a location in Iceberg metadata, which may contain a former folder of the lake."""
        for root in self.former:
            below = relative(_path(location), root)
            if below is not None:
                return self.full(below)
        return self.full(location)


def relative(path: str, root: str) -> str | None:
    """Return the path relative to a folder, `.` for the folder itself, or None if it is elsewhere."""
    path, root = os.path.normpath(path), os.path.normpath(root)
    if path == root:
        return '.'
    prefix = root.rstrip('/') + '/'
    return path.removeprefix(prefix) if path.startswith(prefix) else None


def register_path_functions(connection: sqlite3.Connection, paths: LakePaths) -> None:
    """Let SQL on this connection convert locations with `lake_stored` and `lake_full`."""
    connection.create_function('lake_root', 0, lambda: paths.root)
    connection.create_function('lake_stored', 1, paths.stored)
    connection.create_function('lake_full', 1, paths.full)


def connection_paths(connection: sqlite3.Connection) -> LakePaths:
    """Return the folders of the lake that a catalog connection reads."""
    root = connection.execute('SELECT lake_root()').fetchone()[0]
    former = connection.execute(f'SELECT path FROM {FORMER_ROOTS} ORDER BY length(path) DESC')
    return LakePaths(root, tuple(path for path, in former))


def former_roots(databases: Iterable[tuple[str, str]], metadata_files: Iterable[str]) -> tuple[str, ...]:
    """Return the lake folders in full paths of a catalog, the longest first.

    databases       name and location of each: `<lake>/cleanse/<name>` or `<lake>/consume/<name>`
    metadata_files  of Iceberg tables: `<lake>/consume/iceberg/…`
    """
    found = set()
    for name, location in databases:
        bucket, _, last = _path(location).rpartition('/')
        root, _, kind = bucket.rpartition('/')
        if last == name and kind in ('cleanse', 'consume') and root.startswith('/'):
            found.add(root)
    for file in metadata_files:
        root, mark, _ = _path(file).partition('/consume/iceberg/')
        if mark and root.startswith('/'):
            found.add(root)
    return tuple(sorted(found, key=lambda root: (-len(root), root)))


def _path(location: str) -> str:
    """Return the path of a `file:` address; other locations unchanged."""
    if not location.startswith('file:'):
        return location
    place = location.removeprefix('file:')
    return unquote('/' + place[2:].partition('/')[2] if place.startswith('//') else place)
