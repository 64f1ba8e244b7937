"""Lists what is in the folders of the lake, and sorts it: loads, markers, files of tables, and foreign files."""
from __future__ import annotations

import os
import re
import stat
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from lake_etl.publish.layout import (
    ICEBERG_FOLDER, SUPERSEDED_FOLDER, UNFINISHED_FOLDER, is_data_file, is_load_folder, is_marker, is_written_by_load)
from lib.local_lake.cleaning.load_records import LakeRecords

SHOWN = 5
ICEBERG_FILE = re.compile(r'data/[0-9a-f]{32}/(?P<data>.*)|metadata/[^/]+\.(metadata\.json|avro)')


@dataclass(frozen=True)
class Found:
    """An entry below the lake other than a folder.

    path      relative to the lake
    is_file   whether it is a regular file; false for links, pipes and folders that cannot be read
    modified  when it was last written
    """

    path: str
    is_file: bool
    modified: datetime


def contents(root: Path, *folders: str) -> Iterator[Found]:
    """Yield all entries below some folders of the lake, in order of names."""
    for folder in folders:
        try:
            status = os.lstat(root / folder)
        except FileNotFoundError:
            continue
        yield from _entry(str(root), folder, status)


def _entry(root: str, path: str, status: os.stat_result) -> Iterator[Found]:
    modified = datetime.fromtimestamp(status.st_mtime, UTC)
    if not stat.S_ISDIR(status.st_mode):
        yield Found(path, stat.S_ISREG(status.st_mode), modified)
        return
    try:
        with os.scandir(os.path.join(root, path)) as listing:
            entries = sorted(listing, key=lambda entry: os.fsencode(entry.name))
    except OSError:
        yield Found(path, False, modified)
        return
    for entry in entries:
        yield from _entry(root, f'{path}/{entry.name}', entry.stat(follow_symlinks=False))


def shown(path: str) -> str:
    """Return a path in printable characters; others become escapes such as `\\n`."""
    return ''.join(char if char.isprintable() else char.encode('unicode_escape').decode() for char in path)


def print_foreign(paths: Sequence[str]) -> None:
    """Print the number of files that are not from loads of the lake, and the first few of them."""
    if not paths:
        return
    print(f'{len(paths)} files are not from loads of this lake and were not touched:')
    for path in paths[:SHOWN]:
        print(f'  {shown(path)}')
    if len(paths) > SHOWN:
        print(f'  and {len(paths) - SHOWN} more')


@dataclass(frozen=True)
class Load:
    """A load by the partition folder that it fills, relative to the lake, and the name of its own folder."""

    place: str
    name: str

    @property
    def folder(self) -> str:
        """Return the folder of the load, relative to the lake."""
        return f'{self.place}/{self.name}'


@dataclass
class Contents:
    """The contents of the folders of the lake, as paths relative to it.

    loads    files of each load
    markers  the marker of each load that has one
    tables   files of tables outside the folders of loads, and files of Iceberg tables
    foreign  everything else
    """

    loads: dict[Load, list[str]] = field(default_factory=lambda: defaultdict(list))
    markers: dict[Load, Found] = field(default_factory=dict)
    tables: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)


def sort_contents(found: Iterable[Found], records: LakeRecords) -> Contents:
    """Return what was found by kind. A file counts as a load's only when the names of folder and file are a load's."""
    contents = Contents()
    locations = {records.below(location) for table in records.tables for location in table.current}
    for item in found:
        load, marked = load_of(item.path), marked_load(item.path)
        if not item.is_file:
            contents.foreign.append(item.path)
        elif load:
            contents.loads[load].append(item.path)
        elif marked:
            contents.markers[marked] = item
        elif is_of_iceberg(item.path, records) or _is_in(item.path, locations):
            contents.tables.append(item.path)
        else:
            contents.foreign.append(item.path)
    return contents


def load_of(path: str) -> Load | None:
    """Return the load that wrote a file, by its path, or None when no load writes such a file.

    A load of a whole table first writes into a folder of Spark, whose part of the path does not count.
    """
    folders = path.split('/')
    numbers = [number for number, name in enumerate(folders) if is_load_folder(name)]
    if len(numbers) != 1 or not is_written_by_load('/'.join(folders[numbers[0] + 1:])):
        return None
    above = folders[:numbers[0]]
    if UNFINISHED_FOLDER in above:
        table = above[:above.index(UNFINISHED_FOLDER)]
        keys = [folder for folder in above[len(table):] if '=' in folder]
        above = [*table, *keys]
    return Load('/'.join(above), folders[numbers[0]])


def marked_load(path: str) -> Load | None:
    """Return the load whose marker a file is, by its path."""
    place, _, name = path.rpartition('/')
    place, _, folder = place.rpartition('/')
    return Load(place, name) if folder == SUPERSEDED_FOLDER and is_marker(name) else None


def is_of_iceberg(path: str, records: LakeRecords) -> bool:
    """Return whether a path is that of an Iceberg table in the folder of a database of the lake."""
    prefix = f'consume/{ICEBERG_FOLDER}/'
    database, _, below = path.removeprefix(prefix).partition('/')
    match = ICEBERG_FILE.fullmatch(below.partition('/')[2])
    if not path.startswith(prefix) or match is None or database not in records.databases:
        return False
    return match['data'] is None or is_written_by_load(match['data'])


def _is_in(path: str, locations: set[str | None]) -> bool:
    folder, _, name = path.rpartition('/')
    return folder in locations and (is_data_file(name) or name.endswith('.parquet'))
