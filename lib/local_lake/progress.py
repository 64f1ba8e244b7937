"""Tells on a terminal what a command is doing, how much of it is done, and for how long; elsewhere nothing."""
from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from lake_etl.reasons.own_words import SHOWS_SPARK_LOG
from lib.local_lake.screen import terminal_of, written_above

if TYPE_CHECKING:
    from lib.local_lake.drawing import Drawing

Item = TypeVar('Item')
# What takes less time shows nothing, so that nothing flickers; one activity may follow another at once.
SECONDS_BEFORE, SECONDS_BETWEEN, FRAMES_A_SECOND = 0.8, 0.1, 5


class Amount(NamedTuple):
    """How much of something is done: of how many in all, or None if nobody knows, and what they are."""

    done: int
    total: int | None
    unit: str

    def __str__(self) -> str:
        return f'{self.done:,}{"" if self.total is None else f" of {self.total:,}"} {self.unit}'


@dataclass(eq=False)
class Activity:
    """Something that takes long.

    what     in words, such as `Checking rules`; may change while it goes on
    measure  returns the amount that is done, if `advance` does not tell it; None if there is nothing to count now
    """

    what: str
    amount: Amount | None = None
    measure: Callable[[], Amount | None] | None = None
    started: float = field(default_factory=time.monotonic)

    def advance(self, number: int = 1) -> None:
        """Note that so many more are done."""
        if self.amount:
            self.amount = self.amount._replace(done=self.amount.done + number)

    def each(self, items: Iterable[Item]) -> Iterator[Item]:
        """Yield the items; each counts as done when the next one is asked for. Their number, if known, is the total."""
        if self.amount and isinstance(items, Sized):
            self.amount = self.amount._replace(total=len(items))
        for item in items:
            yield item
            self.advance()

    def present(self) -> Amount | None:
        """Return how much is done now."""
        return self.measure() if self.measure else self.amount


@contextmanager
def doing(what: str, total: int | None = None, unit: str = '',
          measure: Callable[[], Amount | None] | None = None) -> Iterator[Activity]:
    """Show what is done until the end of the block, if a terminal shows the errors of this process; nothing elsewhere.

    total    how many there are, if it is known
    unit     what they are, such as `files`; without it nothing is counted

    What is printed inside appears above, line by line. Nothing inside may ask the user.
    """
    activity = Activity(what, Amount(0, total, unit) if unit else None, measure)
    # With --debug, Java writes to the terminal, too, and knows nothing of what is drawn there.
    if not sys.stderr.isatty() or os.environ.get(SHOWS_SPARK_LOG):
        yield activity
        return
    _screen.begin(activity)
    try:
        yield activity
    finally:
        _screen.end(activity)


class _Screen:
    """The activities of this process, the outer ones first; they are drawn once they have taken some time."""

    def __init__(self) -> None:
        # Whoever writes to the terminal holds it: a line must not come between two parts of what is drawn.
        self._lock = threading.RLock()
        self._activities: list[Activity] = []
        self._ended = threading.Event()
        self._drawn = ExitStack()
        self._last_drawn = float('-inf')

    def begin(self, activity: Activity) -> None:
        with self._lock:
            self._activities.append(activity)
            if len(self._activities) == 1:
                self._ended = threading.Event()
                threading.Thread(target=self._draw, args=[self._ended], daemon=True).start()

    def end(self, activity: Activity) -> None:
        with self._lock:
            if len(self._activities) == 1:
                self._ended.set()
                drawn, self._drawn = self._drawn, ExitStack()
                drawn.__exit__(*sys.exc_info())
            self._activities.remove(activity)

    def _draw(self, ended: threading.Event) -> None:
        """Draw again and again until the end of the outermost activity."""
        follows = time.monotonic() - self._last_drawn < SECONDS_BEFORE
        if ended.wait(SECONDS_BETWEEN if follows else SECONDS_BEFORE):
            return
        try:
            from lib.local_lake.drawing import Drawing
        except ModuleNotFoundError:
            return    # Without rich, which draws, nothing is shown.
        with self._lock:
            if ended.is_set():
                return
            drawing = Drawing(terminal_of(sys.stderr), self._present)
            self._drawn.enter_context(written_above(lambda lines: self._write(drawing, lines)))
            self._drawn.enter_context(drawing.shown())
            self._drawn.callback(self._note_end)
        while not ended.wait(1 / FRAMES_A_SECOND):
            with self._lock:
                if not ended.is_set():
                    drawing.renew()

    def _note_end(self) -> None:
        self._last_drawn = time.monotonic()

    def _write(self, drawing: Drawing, lines: str) -> None:
        with self._lock:
            drawing.write_above(lines)

    def _present(self) -> Sequence[Activity]:
        return self._activities


_screen = _Screen()
