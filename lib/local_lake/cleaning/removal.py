"""Removes a whole lake: its own files, the files in Collect with the consent of their owner, and its database last."""
from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from lake_etl.adapters.local.catalog_file import merge_write_ahead_log
from lake_etl.adapters.local.folder_files import FolderFiles
from lake_etl.config.configuration_files import file_names
from lib.local_lake.cleaning.contents import Found, contents, print_foreign, shown, sort_contents
from lib.local_lake.cleaning.load_records import BUCKETS, LakeRecords, read_records
from lib.local_lake.folders import LakeFolders
from lib.local_lake.progress import doing
from lib.local_lake.running.spark_scratch import remove_scratch

COLLECT, TEMPORARY = 'collect', 'temp'
NOT_AGREED, CALLED_WRONGLY = 1, 2


def remove_lake(folders: LakeFolders, agreed: bool) -> int:
    """Remove the lake and return the exit status; files that the lake did not write stay, and their names are printed.

    agreed  whether to remove the files in Collect without a question

    The next removal finishes one that was killed. Raises LakeError where there is no lake, or a command
    writes to it.
    """
    if _is_rest(folders):
        _remove_database(folders)
        print(f'Removed the rest of the lake in {folders.root}.')
        return 0
    folders.require_lake()
    with folders.writing():
        folders.require_lake()
        records = read_records(folders)
        collected = [item for item in contents(folders.root, COLLECT) if item.path != COLLECT]
        if collected and not agreed and (status := _ask(folders, len(collected))):
            return status
        _delete(folders, [*_files_of_tables(folders, records), *_proposals(folders, records)])
        remove_scratch(folders, records.executions)
        _delete(folders, [item.path for item in collected])
        folders.lineage_events.unlink(missing_ok=True)
        for name in (*BUCKETS, COLLECT, TEMPORARY, folders.lineage_events.parent.name):
            _remove_empty_folders(folders.root / name)
        left = [item.path for item in _others(folders)]
        _remove_database(folders)
    print(f'Removed the lake in {folders.root}.')
    print_foreign(left)
    return 0


def _ask(folders: LakeFolders, count: int) -> int:
    """Ask whether to remove the files in Collect; return 0 for yes, else the exit status."""
    question = f'{count} files in {shown(str(folders.collect))} would be removed with the lake.'
    if not sys.stdin.isatty():
        print(f'lake: {question} Nothing was removed. Add --yes to remove them.', file=sys.stderr)
        return CALLED_WRONGLY
    try:
        answer = input(f'{question} Type yes to remove them: ')
    except EOFError:
        answer = ''
    if answer.strip().lower() == 'yes':
        return 0
    print('Nothing was removed.')
    return NOT_AGREED


def _files_of_tables(folders: LakeFolders, records: LakeRecords) -> list[str]:
    """Return the files of all loads of tables that lake.db knows, their markers, and the files of Iceberg tables."""
    with doing('Looking through the lake', unit='files') as looked_at:
        found = sort_contents(looked_at.each(contents(folders.root, *BUCKETS)), records)

    def is_known(place: str) -> bool:
        return records.table_at(place) is not None or records.is_filled_by_runs(place)
    return [*found.tables,
            *(path for load, paths in found.loads.items() if is_known(load.place) for path in paths),
            *(marker.path for load, marker in found.markers.items() if is_known(load.place))]


def _proposals(folders: LakeFolders, records: LakeRecords) -> list[str]:
    """Return the configuration files that loads have proposed."""
    names = set()
    for run in records.runs:
        proposed = file_names(*run.workflow.partition('/')[::2])
        names |= {f'{TEMPORARY}/{name.rpartition("/")[2]}' for name in (proposed.spec, proposed.mapping)}
    return [item.path for item in contents(folders.root, TEMPORARY) if item.is_file and item.path in names]


def _delete(folders: LakeFolders, paths: list[str]) -> None:
    with doing('Removing files', len(paths), 'files') as removed:
        FolderFiles().delete(os.path.join(folders.root, path) for path in removed.each(paths))


def _remove_empty_folders(place: Path) -> None:
    """Remove empty folders at and below a place; links are not followed."""
    if place.is_symlink():
        return
    for folder, _, _ in os.walk(place, topdown=False):
        with suppress(OSError):
            os.rmdir(folder)


def _others(folders: LakeFolders) -> Iterator[Found]:
    """Yield the entries that do not belong to the lake and stay."""
    own = {file.name for file in _database_files(folders)}
    names = sorted(name for name in os.listdir(folders.root) if name not in own)
    yield from contents(folders.root, *names)


def _database_files(folders: LakeFolders) -> list[Path]:
    """Return lake.db and the files that SQLite and writers keep next to it, in the order of their removal."""
    file = folders.database_file
    return [file, *(file.with_name(file.name + ending) for ending in ('-wal', '-shm', '-journal')), folders.lock_file]


def _is_rest(folders: LakeFolders) -> bool:
    """Return whether only files next to a removed lake.db are left, because a removal was killed at its end."""
    if not folders.root.is_dir() or folders.database_file.exists():
        return False
    with suppress(OSError):
        names = set(os.listdir(folders.root))
        rest = {file.name for file in _database_files(folders)}
        return folders.lock_file.name in names and names <= rest and not folders.lock_file.stat().st_size
    return False


def _remove_database(folders: LakeFolders) -> None:
    """Remove lake.db, then the lock, then the folder when nothing else is in it."""
    if folders.database_file.exists():
        merge_write_ahead_log(folders.database_file)
    for file in _database_files(folders):
        file.unlink(missing_ok=True)
    with suppress(OSError):
        folders.root.rmdir()
