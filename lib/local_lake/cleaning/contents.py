"""What lies in a folder of the lake, and how its names are shown: links are never followed."""
from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

SHOWN = 5


@dataclass(frozen=True)
class Found:
    """Something below the lake that is no folder.

    path      relative to the lake
    is_file   whether it is an ordinary file: no link, no pipe, no folder that cannot be read
    modified  when it was last written
    """

    path: str
    is_file: bool
    modified: datetime


def contents(root: Path, *folders: str) -> Iterator[Found]:
    """Yield all that lies below some folders of the lake, in order of names."""
    for folder in folders:
        try:
            status = os.lstat(root / folder)
        except FileNotFoundError:
            continue
        yield from _entry(str(root), folder, status)


def _entry(root: str, path: str, status: os.stat_result) -> Iterator[Found]:
    modified = datetime.fromtimestamp(status.st_mtime, UTC)
    if not stat.S_ISDIR(status.st_mode):
        yield Found(path, stat.S_ISREG(status.st_mode), modified)
        return
    try:
        with os.scandir(os.path.join(root, path)) as listing:
            entries = sorted(listing, key=lambda entry: os.fsencode(entry.name))
    except OSError:
        yield Found(path, False, modified)
        return
    for entry in entries:
        yield from _entry(root, f'{path}/{entry.name}', entry.stat(follow_symlinks=False))


def shown(path: str) -> str:
    """Return a path in characters that a terminal prints as they are; others become escapes such as `\\n`."""
    return ''.join(char if char.isprintable() else char.encode('unicode_escape').decode() for char in path)


def print_left_alone(paths: Sequence[str]) -> None:
    """Print how many paths are not from loads of the lake, and the first few of them, one a line."""
    if not paths:
        return
    print(f'{len(paths)} files are not from loads of this lake and were left alone:')
    for path in paths[:SHOWN]:
        print(f'  {shown(path)}')
    if len(paths) > SHOWN:
        print(f'  and {len(paths) - SHOWN} more')
