"""`./lake clean`: removes files that no table refers to any more, or the whole lake."""
from __future__ import annotations

import argparse
import os
from datetime import UTC, datetime

from lake_etl.adapters.local.catalog_file import is_lake_database
from lake_etl.adapters.local.folder_files import FolderFiles
from lib.local_lake.cleaning.contents import contents, print_foreign, shown, sort_contents
from lib.local_lake.cleaning.load_records import BUCKETS, read_records
from lib.local_lake.cleaning.removal import remove_lake
from lib.local_lake.cleaning.removal_plan import plan_cleaning
from lib.local_lake.folders import LakeFolders
from lib.local_lake.progress import doing
from lib.local_lake.running.retention import retention
from lib.local_lake.running.spark_scratch import remove_scratch


def run(folders: LakeFolders, options: argparse.Namespace) -> int:
    """Delete superseded and unfinished files. No load runs meanwhile; a long query may lose its files."""
    if options.all:
        return remove_lake(folders, options.yes)
    clean(folders, keep_history=not options.superseded)
    return 0


def clean(folders: LakeFolders, keep_history: bool = True) -> int:
    """Delete them, print what stays and why, and return the number of deleted files.

    keep_history  whether files stay that `./lake undo` can bring back

    Raises LakeError, and removes nothing, when lake.db cannot be relied on.
    """
    folders.require_lake()
    with folders.writing():
        with doing('Looking through the lake', unit='files') as looked_at:
            is_lake_database(folders.database_file, thorough=True)
            records = read_records(folders)
            found = sort_contents(looked_at.each(contents(folders.root, *BUCKETS)), records)
            plan = plan_cleaning(found, records, lambda path: _marked_place(folders, path), datetime.now(UTC),
                                 retention(folders), keep_history)
        with doing('Removing files', len(plan.delete), 'files') as removed:
            remove_scratch(folders, records.executions)
            FolderFiles().delete(os.path.join(folders.root, path) for path in removed.each(plan.delete))
    print(f'Removed {len(plan.delete)} files that no table refers to any more.')
    for reason, count in plan.kept:
        print(f'Kept {count} files: {shown(reason)}.')
    print_foreign(plan.foreign)
    return len(plan.delete)


def _marked_place(folders: LakeFolders, path: str) -> str:
    """Return the partition that a marker names; markers of older versions name none."""
    return (FolderFiles().read(os.path.join(folders.root, path), length=1000) or b'').decode(errors='replace')
