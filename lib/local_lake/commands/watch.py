"""`./lake watch`: processes files as they are dropped into the Collect folder, as the trigger does on AWS."""
from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import cache

from lake_etl.config.configuration_files import Read
from lake_etl.config.dependencies import Dependencies, unmet
from lake_etl.config.input import InputSpec
from lake_etl.config.reader import configuration_below
from lake_etl.errors import LakeError
from lake_etl.landing.arrival import as_configured, landing_dependencies, landing_spec, started_by
from lake_etl.landing.location import Landing
from lib.local_lake.cleaning.contents import SHOWN, shown
from lib.local_lake.folders import LakeFolders
from lib.local_lake.progress import doing
from lib.local_lake.running.before_load import warnings_before
from lib.local_lake.running.collected_files import Dropped, dropped_files
from lib.local_lake.running.orchestration import INTERRUPTED, Orchestrator

POLL_SECONDS = 1.0


class FileOutcome(Enum):
    """The result of looking at a dropped file."""

    SKIPPED = 'has run before, waits, or starts nothing'
    LOADED = 'loaded'
    FAILED = 'failed or refused'


def run(folders: LakeFolders, options: argparse.Namespace) -> int:
    """Process the files in the Collect folder that have not run yet, then wait for more until stopped."""
    failed = 0
    with folders.writing():
        folders.collect.mkdir(exist_ok=True)
        orchestrator = Orchestrator(folders)
        orchestrator.close_interrupted_runs()
        print(f'Watching {folders.collect}; drop files into DATABASE/TABLE/ below it. Stop with Ctrl+C.', flush=True)
        print_not_loaded(orchestrator)
        while True:
            configured = Configured.below(folders)
            found = sorted(dropped_files(folders.collect, time.time()), key=lambda item: (item.landed, item.key))
            quiet = [dropped for dropped in found if dropped.quiet]
            with doing('Looking at files in Collect', len(quiet), 'files') as files:
                outcomes = [process(orchestrator, dropped, configured) for dropped in files.each(quiet)]
            failed += outcomes.count(FileOutcome.FAILED)
            if FileOutcome.LOADED in outcomes:
                continue  # Files that waited for this load can be loaded now.
            if options.once and all(dropped.quiet for dropped in found):
                return 1 if failed else 0
            time.sleep(POLL_SECONDS)


def print_not_loaded(orchestrator: Orchestrator) -> None:
    """Print which files in the Collect folder are not loaded because their last load failed."""
    failed = sorted(dropped.key for dropped in dropped_files(orchestrator.folders.collect, time.time())
                    if orchestrator.status_of(dropped.execution) == 'FAILED')
    if not failed:
        return
    print(f'{len(failed)} files in Collect were not loaded because their last load failed; ./lake runs says why, and '
          './lake retry loads them again:')
    for key in failed[:SHOWN]:
        print(f'  {shown(key)}')
    if len(failed) > SHOWN:
        print(f'  and {len(failed) - SHOWN} more', flush=True)


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


def process(orchestrator: Orchestrator, dropped: Dropped, configured: Configured, again: bool = False) -> FileOutcome:
    """Load a dropped file, or the folder that it completes, unless this version has run to its end.

    A workflow with dependencies is loaded once these have succeeded.

    again  whether a version that failed is loaded once more
    """
    status = orchestrator.status_of(dropped.execution)
    if status not in (None, 'QUEUED', INTERRUPTED) and not (again and status == 'FAILED'):
        return FileOutcome.SKIPPED
    try:
        require_storable_name(dropped.key)
        landing = started_by(dropped.key, dropped.landed, configured.spec_of)
        if landing is None:
            return FileOutcome.SKIPPED
        landing = as_configured(landing, configured.read)
        dependencies = configured.dependencies_of(landing.database, landing.table)
    except LakeError as error:
        orchestrator.record_refusal(shown(dropped.key), dropped.execution, str(error))
        print(f'Refused: {error}', flush=True)
        return FileOutcome.FAILED
    missing = unmet(dependencies, dropped.landed.astimezone(), orchestrator.succeeded_since) if dependencies else []
    if missing:
        if status != 'QUEUED':
            orchestrator.record_waiting(landing, dropped.execution)
            print(f'{shown(landing.key)} waits for {", ".join(missing)}.', flush=True)
        return FileOutcome.SKIPPED
    for warning in warnings_before(orchestrator.folders, landing, configured.spec_of(landing.database, landing.table)):
        print(f'Warning: {shown(warning)}', flush=True)
    return _load(orchestrator, landing, dropped.execution)


def require_storable_name(key: str) -> None:
    """Raise LakeError for a path that no catalog and no record can hold, because it is not valid UTF-8."""
    try:
        key.encode()
    except UnicodeEncodeError:
        raise LakeError(f"The name of the file '{shown(key)}' is not valid UTF-8. Rename it. Nothing was started."
                        ) from None


def _load(orchestrator: Orchestrator, landing: Landing, execution: str) -> FileOutcome:
    print(shown(landing.key), end='', flush=True)
    result = orchestrator.run(landing, execution, lambda job: print(f', {job}', end='', flush=True))
    if result.status == 'SUCCEEDED':
        print('\n  '.join([f', {sum(result.seconds.values()):.1f} s', *map(shown, result.told)]), flush=True)
        return FileOutcome.LOADED
    print(f', failed.\n  {result.reason}', flush=True)
    return FileOutcome.FAILED
