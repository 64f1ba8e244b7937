"""`./lake watch`: processes files as they are dropped into the Collect folder, as the trigger does on AWS."""
from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from pathlib import Path

from lake_etl.config.configuration_files import Read
from lake_etl.config.dependencies import Dependencies, unmet
from lake_etl.config.input import InputSpec
from lake_etl.config.reader import configuration_below
from lake_etl.errors import LakeError
from lake_etl.landing.arrival import as_configured, landing_dependencies, landing_spec, started_by
from lake_etl.landing.location import Landing
from lib.local_lake.folders import LakeFolders
from lib.local_lake.running.orchestration import Orchestrator, execution_of

POLL_SECONDS = 1.0
QUIET_SECONDS = 1.0
UNFINISHED_ENDINGS = ('.tmp', '.part', '.crdownload', '~')


class FileOutcome(Enum):
    """The result of looking at a dropped file."""

    SKIPPED = 'has run before, waits, or starts nothing'
    LOADED = 'loaded'
    FAILED = 'failed or refused'


@dataclass(frozen=True)
class Dropped:
    """A file in the Collect folder whose writing has ended."""

    key: str
    execution: str
    landed: datetime


def run(folders: LakeFolders, options: argparse.Namespace) -> int:
    """Process the files in the Collect folder that have not run yet, then wait for more until stopped."""
    failed = 0
    with folders.writing():
        folders.collect.mkdir(exist_ok=True)
        orchestrator = Orchestrator(folders)
        orchestrator.close_interrupted_runs()
        print(f'Watching {folders.collect}; drop files into DATABASE/TABLE/ below it. Stop with Ctrl+C.', flush=True)
        while True:
            configured = Configured.below(folders)
            found = sorted(quiet_files(folders.collect, time.time()), key=lambda item: (item.landed, item.key))
            outcomes = [process(orchestrator, dropped, configured) for dropped in found]
            failed += outcomes.count(FileOutcome.FAILED)
            if FileOutcome.LOADED in outcomes:
                continue  # Files that waited for this load can be loaded now.
            if options.once:
                return 1 if failed else 0
            time.sleep(POLL_SECONDS)


def quiet_files(collect: Path, now: float) -> Iterator[Dropped]:
    """Yield the files that have not changed for a second, except hidden and unfinished ones."""
    for path in collect.rglob('*'):
        names = path.relative_to(collect).parts
        if any(name.startswith('.') for name in names) or path.name.endswith(UNFINISHED_ENDINGS) or not path.is_file():
            continue
        status = path.stat()
        if abs(now - status.st_mtime) >= QUIET_SECONDS:  # A time in the future comes from another clock.
            key = '/'.join(names)
            yield Dropped(key, execution_of(collect, key), datetime.fromtimestamp(status.st_mtime))


@dataclass(frozen=True)
class Configured:
    """What configuration files say about landing; each file is read once.

    read             returns a file by its name
    spec_of          returns the input_spec of a database and table
    dependencies_of  returns what they wait for, or None
    """

    read: Read
    spec_of: Callable[[str, str], InputSpec]
    dependencies_of: Callable[[str, str], Dependencies | None]

    @classmethod
    def below(cls, folders: LakeFolders) -> Configured:
        """Return the configuration of a lake as it is now."""
        read = configuration_below(str(folders.configuration))
        return cls(read, cache(lambda database, table: landing_spec(database, table, read)),
                   cache(lambda database, table: landing_dependencies(database, table, read)))


def process(orchestrator: Orchestrator, dropped: Dropped, configured: Configured) -> FileOutcome:
    """Load a dropped file, or the folder that it completes, unless this version has run.

    A workflow with dependencies is loaded once these have succeeded.
    """
    status = orchestrator.status_of(dropped.execution)
    if status not in (None, 'QUEUED'):
        return FileOutcome.SKIPPED
    try:
        landing = started_by(dropped.key, dropped.landed, configured.spec_of)
        if landing is None:
            return FileOutcome.SKIPPED
        landing = as_configured(landing, configured.read)
        dependencies = configured.dependencies_of(landing.database, landing.table)
    except LakeError as error:
        orchestrator.record_refusal(dropped.key, dropped.execution, str(error))
        print(f'Refused: {error}', flush=True)
        return FileOutcome.FAILED
    missing = unmet(dependencies, dropped.landed.astimezone(), orchestrator.succeeded_since) if dependencies else []
    if missing:
        if status is None:
            orchestrator.record_waiting(landing, dropped.execution)
            print(f'{landing.key} waits for {", ".join(missing)}.', flush=True)
        return FileOutcome.SKIPPED
    return _load(orchestrator, landing, dropped.execution)


def _load(orchestrator: Orchestrator, landing: Landing, execution: str) -> FileOutcome:
    print(f'{landing.key}', end='', flush=True)
    result = orchestrator.run(landing, execution, lambda job: print(f', {job}', end='', flush=True))
    if result.status == 'SUCCEEDED':
        print('\n  '.join([f', {sum(result.seconds.values()):.1f} s', *result.failed_conversions]), flush=True)
        return FileOutcome.LOADED
    print(f', failed.\n  {result.reason}', flush=True)
    return FileOutcome.FAILED
