"""Lets Python workers import the shared modules in a process that was started without the lake's import path."""
from __future__ import annotations

import os
from pathlib import Path

from pyspark import SparkContext

VARIABLE = 'PYTHONPATH'


def let_workers_import(folder: Path) -> None:
    """Put a folder on the import path of Python workers: of a session that runs, and of one that starts later.

    A zip file of AWS Glue is on their path already, so nothing is done for it.
    """
    if not folder.is_dir():
        return
    os.environ[VARIABLE] = _with(os.environ.get(VARIABLE, ''), folder)
    running = SparkContext._active_spark_context
    if running is not None:
        running.environment[VARIABLE] = _with(running.environment.get(VARIABLE, ''), folder)


def _with(path: str, folder: Path) -> str:
    present = [part for part in path.split(os.pathsep) if part]
    return os.pathsep.join(present if str(folder) in present else [*present, str(folder)])
