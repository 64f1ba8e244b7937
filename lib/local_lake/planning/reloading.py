"""Loads files of Collect again, each into the partition that it fills, and records each load as a run of its own."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from lake_etl.errors import LakeError
from lake_etl.landing.arrival import as_configured, started_by
from lake_etl.landing.location import Landing, execution_id
from lib.local_lake.cleaning.contents import shown
from lib.local_lake.commands.watch import Configured
from lib.local_lake.planning.collected_again import find_collected, why_missing
from lib.local_lake.planning.recorded_files import SUCCEEDED, RecordedFile
from lib.local_lake.running.collected_files import Dropped
from lib.local_lake.running.orchestration import Orchestrator


@dataclass
class ReloadCounts:
    """How many files were loaded again, and which were not, with the reason."""

    loaded: int = 0
    failed: int = 0
    missing: int = 0

    @property
    def done(self) -> int:
        """Return how many files were looked at."""
        return self.loaded + self.failed + self.missing

    @property
    def complete(self) -> bool:
        """Tell whether every file was loaded again."""
        return not self.failed and not self.missing


def reload_files(orchestrator: Orchestrator, files: Sequence[RecordedFile], collected: Mapping[str, Dropped],
                 counts: ReloadCounts) -> bool:
    """Load files of one workflow again, in this order, and print how each load ended; return whether none failed.

    collected  the files in Collect by their folded paths, as the configuration spells them

    The first load that fails ends the work. A file that is not in Collect any more, or that has come again for another
    day, is told, and its rows stay.
    """
    configured = Configured.below(orchestrator.folders)
    for item in files:
        dropped = find_collected(item, collected)
        if dropped is None:
            counts.missing += 1
            print(f'{shown(item.file)} is {why_missing(item, collected)}; its rows in {item.day} stay as they are.',
                  flush=True)
            continue
        if not _reload(orchestrator, item, dropped, configured):
            counts.failed += 1
            return False
        counts.loaded += 1
    return True


def _reload(orchestrator: Orchestrator, item: RecordedFile, dropped: Dropped, configured: Configured) -> bool:
    print(shown(dropped.key), end='', flush=True)
    try:
        landing = reload_landing(item, dropped, configured)
    except LakeError as error:
        print(f', failed.\n  {error}', flush=True)
        return False
    result = orchestrator.run(landing, _execution(orchestrator, dropped),
                              lambda job: print(f', {job}', end='', flush=True))
    if result.status != SUCCEEDED:
        print(f', failed.\n  {result.reason}', flush=True)
        return False
    print('\n  '.join([f', {sum(result.seconds.values()):.1f} s', *map(shown, result.told)]), flush=True)
    return True


def reload_landing(item: RecordedFile, dropped: Dropped, configured: Configured) -> Landing:
    """Return what is loaded: the file, or the folder that it completes, into the partition that it fills now.

    A file without a date in its path may have another modification time than when it was loaded. Raises LakeError if
    the present configuration loads no file of this name.
    """
    landing = started_by(dropped.key, dropped.landed, configured.spec_of)
    if landing is None:
        raise LakeError(f"{shown(dropped.key)} starts no load with the present configuration, because of 'files' or "
                        "'controls' in its input_spec. Its rows stay as they are.")
    year, month, day = map(int, item.partition)
    return replace(as_configured(landing, configured.read), partition=(year, month, day))


def _execution(orchestrator: Orchestrator, dropped: Dropped) -> str:
    """Return the id of the run: a successful run stays on record, because undo returns to it by its id."""
    if orchestrator.status_of(dropped.execution) not in (SUCCEEDED, 'QUEUED'):
        return dropped.execution
    return execution_id(dropped.key, f'{dropped.execution} reload {datetime.now(UTC).isoformat()}')
