"""`./lake watch`: process files as they are dropped into the Collect folder, as S3 and the trigger do on AWS."""
from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from lake_etl.arrival import landing_spec, started_by
from lake_etl.errors import LakeError
from lake_etl.spec.input import InputSpec
from lib.local_lake.commands.validate import content_of
from lib.local_lake.folders import LakeFolders
from lib.local_lake.orchestration import Orchestrator, execution_of

POLL_SECONDS = 1.0
QUIET_SECONDS = 1.0
UNFINISHED_ENDINGS = ('.tmp', '.part', '.crdownload', '~')


@dataclass(frozen=True)
class Dropped:
    """A file in the Collect folder that nobody is writing to any more."""

    key: str
    execution: str
    landed: datetime


def run(folders: LakeFolders, options: argparse.Namespace) -> int:
    """Process what is in the Collect folder and has not run yet, then wait for more until stopped."""
    folders.collect.mkdir(parents=True, exist_ok=True)
    failed = 0
    with folders.writing():
        orchestrator = Orchestrator(folders)
        orchestrator.close_interrupted_runs()
        print(f'Watching {folders.collect}; drop files into DATABASE/TABLE/ below it. Stop with Ctrl+C.', flush=True)
        while True:
            spec_of = specs(folders)
            for dropped in sorted(quiet_files(folders.collect, time.time()), key=lambda item: (item.landed, item.key)):
                failed += not process(orchestrator, dropped, spec_of)
            if options.once:
                return 1 if failed else 0
            time.sleep(POLL_SECONDS)


def quiet_files(collect: Path, now: float) -> Iterator[Dropped]:
    """Yield the files that have not changed for a second, hidden and unfinished ones left out."""
    for path in collect.rglob('*'):
        names = path.relative_to(collect).parts
        if any(name.startswith('.') for name in names) or path.name.endswith(UNFINISHED_ENDINGS) or not path.is_file():
            continue
        status = path.stat()
        if abs(now - status.st_mtime) >= QUIET_SECONDS:  # A time to come was set by another clock: it is no wait.
            key = '/'.join(names)
            yield Dropped(key, execution_of(collect, key), datetime.fromtimestamp(status.st_mtime))


def specs(folders: LakeFolders) -> Callable[[str, str], InputSpec]:
    """Return a function that gives the input_spec of a database and table and reads each file once."""
    return cache(lambda database, table: landing_spec(
        database, table, lambda name: content_of(folders.configuration / name)))


def process(orchestrator: Orchestrator, dropped: Dropped, spec_of: Callable[[str, str], InputSpec]) -> bool:
    """Load a dropped file, or the folder that it completes, unless this version has run; return False when it failed.
    """
    if orchestrator.has_run(dropped.execution):
        return True
    try:
        landing = started_by(dropped.key, dropped.landed, spec_of)
    except LakeError as error:
        orchestrator.record_refusal(dropped.key, dropped.execution, str(error))
        print(f'Refused: {error}', flush=True)
        return False
    if landing is None:
        return True
    print(f'{landing.key}', end='', flush=True)
    result = orchestrator.run(landing, dropped.execution, lambda job: print(f', {job}', end='', flush=True))
    if result.status == 'SUCCEEDED':
        print('\n  '.join([f', {sum(result.seconds.values()):.1f} s', *result.failed_conversions]), flush=True)
        return True
    print(f', failed.\n  {result.reason}', flush=True)
    return False
