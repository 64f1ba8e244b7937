"""Measures the peak memory of this process and its descendants, from /proc of Linux."""
from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

INTERVAL_SECONDS = 0.1
PAGE_MIB = os.sysconf('SC_PAGE_SIZE') / 1024 ** 2


@dataclass
class Peak:
    """Peak MiB so far: of the driving Python process, and of it with all descendants."""

    driver: float = 0.0
    in_all: float = 0.0

    def look(self) -> None:
        """Update the peaks; pages that processes share count for each of them."""
        held = {process: _held(process) for process in _family(os.getpid())}
        self.driver = max(self.driver, held[os.getpid()])
        self.in_all = max(self.in_all, sum(held.values()))


@contextmanager
def watched_memory() -> Iterator[Peak]:
    """Measure ten times a second until the block ends."""
    peak, ended = Peak(), threading.Event()

    def watch() -> None:
        while not ended.wait(INTERVAL_SECONDS):
            peak.look()
    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield peak
    finally:
        ended.set()
        thread.join()
        peak.look()


def _family(process: int) -> list[int]:
    """Return a process and all its running descendants."""
    found = [process]
    for parent in found:
        for listing in Path(f'/proc/{parent}/task').glob('*/children'):
            try:
                found += [int(word) for word in listing.read_text().split()]
            except OSError:
                continue
    return found


def _held(process: int) -> float:
    try:
        return int(Path(f'/proc/{process}/statm').read_text().split()[1]) * PAGE_MIB
    except OSError:
        return 0.0
