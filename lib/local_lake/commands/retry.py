"""`./lake retry [FILE …]`: load files of the Collect folder again whose last load failed."""
from __future__ import annotations

import argparse
import os
import time
from collections.abc import Collection, Sequence

from lake_etl.errors import LakeError
from lib.local_lake.commands.watch import Configured, FileOutcome, process
from lib.local_lake.folders import LakeFolders
from lib.local_lake.progress import doing
from lib.local_lake.running.collected_files import Dropped, dropped_files
from lib.local_lake.running.orchestration import NOT_LOADED, Orchestrator


def run(folders: LakeFolders, options: argparse.Namespace) -> int:
    """Load the files that are named, or all that failed, once more; return 1 when one failed again."""
    folders.require_lake()
    with folders.writing():
        orchestrator = Orchestrator(folders)
        orchestrator.close_interrupted_runs()
        chosen = failed_files(orchestrator, options.files)
        if not chosen:
            print('No file in Collect is waiting for another try.')
        configured = Configured.below(folders)
        with doing('Loading files again', len(chosen), 'files') as files:
            outcomes = [process(orchestrator, dropped, configured, again=True) for dropped in files.each(chosen)]
    return 1 if FileOutcome.FAILED in outcomes else 0


def failed_files(orchestrator: Orchestrator, names: Collection[str]) -> Sequence[Dropped]:
    """Return the files whose last load did not end well, the oldest first: those that are named, or all.

    names  paths below the Collect folder, or below the current folder

    Raises LakeError for a name of which no load has failed.
    """
    collect = orchestrator.folders.collect
    failed = sorted((dropped for dropped in dropped_files(collect, time.time())
                     if orchestrator.status_of(dropped.execution) in NOT_LOADED),
                    key=lambda item: (item.landed, item.key))
    wanted = {name: _key(name, str(collect)) for name in names}
    unknown = [name for name, key in wanted.items() if key not in {dropped.key for dropped in failed}]
    if unknown:
        raise LakeError(f"{', '.join(unknown)}: there is no failed load of such a file in Collect. ./lake runs lists "
                        'files as retry expects them. Nothing was started.')
    return [dropped for dropped in failed if not wanted or dropped.key in wanted.values()]


def _key(name: str, collect: str) -> str:
    absolute = os.path.abspath(name)
    return os.path.relpath(absolute, collect) if absolute.startswith(f'{collect}{os.sep}') else name
