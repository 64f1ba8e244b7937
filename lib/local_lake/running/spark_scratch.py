"""Removes what killed commands left in the lake's folder for temporary files."""
from __future__ import annotations

import re
import shutil
from collections.abc import Collection
from pathlib import Path

from lib.local_lake.folders import LakeFolders

SPARK_SCRATCH, READING = 'spark-scratch', 'reading'
UUID = '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}'
SPARK_FOLDER = re.compile(f'(spark|blockmgr|artifacts|pyspark)-{UUID}')


def remove_scratch(folders: LakeFolders, executions: Collection[str]) -> None:
    """Remove folders that are called as Spark and the readers of these executions call theirs; links are not followed.

    Nothing else in their place is touched. No session of Spark may be running.
    """
    for folder in _folders(folders.temporary / SPARK_SCRATCH):
        if SPARK_FOLDER.fullmatch(folder.name):
            shutil.rmtree(folder, ignore_errors=True)
    for folder in _folders(folders.temporary / READING):
        if folder.name in executions:
            shutil.rmtree(folder, ignore_errors=True)


def _folders(place: Path) -> list[Path]:
    """Return the real folders in a place that is a real folder itself."""
    if not place.is_dir() or place.is_symlink() or place.parent.is_symlink():
        return []
    return [folder for folder in place.iterdir() if folder.is_dir() and not folder.is_symlink()]
