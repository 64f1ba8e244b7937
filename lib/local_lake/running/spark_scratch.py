"""Removes the scratch folders that killed commands left among the temporary files of the lake."""
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
    """Remove folders whose names are those of Spark and of the readers of these executions; links are not followed.

    Other files stay. No Spark session may be running.
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
