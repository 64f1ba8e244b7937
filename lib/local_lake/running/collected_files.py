"""Lists the files in the Collect folder, each with the id of the execution that loads it."""
from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from lake_etl.landing.location import execution_id

# The item table that holds a record of each execution.
AUDIT = 'job-audit'
QUIET_SECONDS = 1.0
UNFINISHED_ENDINGS = ('.tmp', '.part', '.crdownload', '~')


@dataclass(frozen=True)
class Dropped:
    """A file in the Collect folder; `quiet` when it has not changed for a second, so that nobody writes to it."""

    key: str
    execution: str
    landed: datetime
    quiet: bool


def dropped_files(collect: Path, now: float) -> Iterator[Dropped]:
    """Yield the files of the Collect folder, hidden and unfinished ones left out."""
    for path in collect.rglob('*'):
        names = path.relative_to(collect).parts
        if any(name.startswith('.') for name in names) or path.name.endswith(UNFINISHED_ENDINGS):
            continue
        try:
            status = path.stat()
        except OSError:
            continue  # It was moved away just now, or is a link to nowhere.
        if stat.S_ISREG(status.st_mode):
            key = '/'.join(names)
            # A modification time in the future was set by another clock, so it does not mean that somebody writes.
            yield Dropped(key, execution_of(key, status), datetime.fromtimestamp(status.st_mtime),
                          abs(now - status.st_mtime) >= QUIET_SECONDS)


def execution_of(key: str, status: os.stat_result) -> str:
    """Return the id of the execution for a file as it lies in the Collect folder; a changed file has another one.

    key  may hold bytes that are not UTF-8, as Python reads them from a disk
    """
    name = os.fsencode(key).decode(errors='backslashreplace')
    return execution_id(name, f'{status.st_size} {status.st_mtime_ns}')
