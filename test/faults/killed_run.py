"""Runs the jobs for one file, as `./lake run` does, and kills its own process group at a named point.

Where Java is writing at that point, it has to die too, so these jobs run in a process of their own:

    python killed_run.py FOLDER POINT KEY FILE
"""
from __future__ import annotations

import os
import pydoc
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from lib.local_lake.folders import LakeFolders
from lib.local_lake.running.glue_job import ensure_glue_library
from small_lake import SmallLake

PATIENCE_SECONDS = 120


def kill() -> None:
    """End this process and its Java process at once."""
    os.killpg(os.getpgrp(), signal.SIGKILL)


def before(function: Callable[..., Any], folders: LakeFolders) -> Callable[..., Any]:
    """Return a function that kills instead of calling this one."""
    def killing(*args: Any, **kwargs: Any) -> None:
        kill()
    return killing


def after(function: Callable[..., Any], folders: LakeFolders) -> Callable[..., Any]:
    """Return a function that calls this one and then kills."""
    def killing(*args: Any, **kwargs: Any) -> None:
        function(*args, **kwargs)
        kill()
    return killing


def during(function: Callable[..., Any], folders: LakeFolders) -> Callable[..., Any]:
    """Return a function that calls this one and kills as soon as an unfinished Parquet file lies in the lake."""
    def watch() -> None:
        while not any('_temporary' in path.parts for path in folders.root.rglob('*.parquet')):
            time.sleep(0.002)
        kill()

    def killing(*args: Any, **kwargs: Any) -> None:
        threading.Thread(target=watch, daemon=True).start()
        function(*args, **kwargs)
    return killing


WRITING = 'in the middle of the write'
# Each point: a module or class, the name of one of its functions, and when to kill. A run killed during the switch has
# left all that one killed between write and switch leaves, and an open transaction.
POINTS = {
    f'cleanse: {WRITING}': ('lake_etl.publish.partition', 'write_folder', during),
    'cleanse: during the switch': ('lake_etl.adapters.local.sqlite_catalog', 'write_partitions', after),
    'cleanse: before the clean-up': ('lake_etl.publish.partition', 'sweep_partition', before),
    f'consume: {WRITING}': ('lake_etl.publish.whole_table', 'write_partitions', during),
    'consume: before the clean-up': ('lake_etl.publish.whole_table', 'sweep_table', before),
}
SET_ASIDE = 'after rows were set aside'
QUARANTINE_POINTS = {SET_ASIDE: ('lake_etl.quality.stage_gate.StageGate', 'quarantine_failed', after)}


def killed_in_a_fork(spark: SparkSession, folder: Path, point: str, key: str, file: Path) -> bool:
    """Run the jobs in a fork of this process until it kills itself at the point, and tell whether it did.

    Java, which the fork shares with this process, lives on; at such a point it has nothing to do.
    """
    child = os.fork()
    if child == 0:
        os.setsid()
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(PATIENCE_SECONDS)
        # Each thread has its own connection to Java.
        thread = threading.Thread(target=_run_in_session, args=(spark, folder, point, key, file))
        thread.start()
        thread.join()
        os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def _run_in_session(spark: SparkSession, folder: Path, point: str, key: str, file: Path) -> None:
    jvm: Any = spark._jvm
    jvm.SparkSession.setActiveSession(spark._jsparkSession)
    main(str(folder), point, key, str(file))


def main(folder: str, point: str, key: str, file: str) -> None:
    """Run the jobs until the point is reached."""
    lake = SmallLake(Path(folder))
    ensure_glue_library()
    owner_name, name, when = (POINTS | QUARANTINE_POINTS)[point]
    owner = pydoc.locate(owner_name)
    setattr(owner, name, when(getattr(owner, name), lake.folders))
    with lake.folders.writing():
        print(lake.run(key, Path(file).read_bytes()), file=sys.stderr, flush=True)


if __name__ == '__main__':
    main(*sys.argv[1:])
