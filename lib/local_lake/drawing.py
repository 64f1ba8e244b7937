"""Draws activities with rich in the last lines of a terminal, and leaves no trace of them."""
from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TextIO

from rich.cells import cell_len
from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from lib.local_lake.progress import FRAMES_A_SECOND, Activity
from lib.local_lake.screen import harmless, unfinished_lines

BAR_WIDTH, NARROW = 20, 80
# Of the spinner, the time, the spaces between the parts, and of the ^C that a terminal adds.
MARGIN = 18
ROW_UP, ERASE_BELOW = '\x1b[A', '\x1b[J'


class Drawing:
    """A line for each activity; one thread at a time may use it."""

    def __init__(self, terminal: TextIO, activities: Callable[[], Sequence[Activity]]):
        self._activities = activities
        self._console = _VisibleCursor(file=terminal, markup=False, highlight=False, emoji=False)
        self._is_ascii = self._console.options.ascii_only
        self._spinner = Spinner('line' if self._is_ascii else 'dots').frames
        self._live = Live(get_renderable=self._table, console=self._console, transient=True, auto_refresh=False,
                          redirect_stdout=False, redirect_stderr=False)

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Draw inside the block; a line that has no end yet is removed first."""
        if unfinished := unfinished_lines():
            rows = sum((cell_len(line) - 1) // self._console.width for line in unfinished)
            self._console.file.write(f'\r{ROW_UP * rows}{ERASE_BELOW}')
        with self._live:
            self.renew()
            yield

    def renew(self) -> None:
        """Draw the present state of the activities."""
        self._live.refresh()

    def write_above(self, lines: str) -> None:
        """Write whole lines, the last without its end."""
        self._console.out(lines)

    def _table(self) -> Table:
        table, now = Table.grid(padding=(0, 1)), time.monotonic()
        width = self._console.width
        bar_width = BAR_WIDTH if width >= NARROW else 0
        shown = [(activity, activity.present()) for activity in self._activities()]
        room = width - bar_width - MARGIN - max((cell_len(str(amount or '')) for _, amount in shown), default=0)
        for activity, amount in shown:
            passed, what = now - activity.started, Text(harmless(activity.what))
            frame = self._spinner[int(passed * FRAMES_A_SECOND) % len(self._spinner)]
            what.truncate(max(room, 1), overflow='crop' if self._is_ascii else 'ellipsis')
            bar = ProgressBar(amount.total, amount.done, bar_width) if amount and amount.total and bar_width else ''
            table.add_row(frame, what, _duration(passed), bar, str(amount or ''))
        return table


class _VisibleCursor(Console):
    """A console that never hides the cursor, because a killed process could not show it again."""

    def show_cursor(self, show: bool = True) -> bool:
        """Leave the cursor as it is."""
        return False


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f'{minutes}:{rest:02d}' if minutes else f'{rest} s'
