"""Does work beside the write of a load that has to be over before readers see what was written."""
from __future__ import annotations

from collections.abc import Callable

from pyspark import InheritableThread

Work = Callable[[], None]


class BeforePublishing:
    """Runs each piece of work in a thread of its own, in the Spark job group of the thread that starts it."""

    def __init__(self) -> None:
        self._threads: list[InheritableThread] = []
        self._failures: list[BaseException] = []

    def start(self, work: Work) -> None:
        """Begin a piece of work and return at once."""
        thread = InheritableThread(target=self._keep_failure, args=(work,))
        self._threads.append(thread)
        thread.start()

    def wait(self) -> None:
        """Return when all work is over; raises the first failure."""
        self.settle()
        if self._failures:
            raise self._failures[0]

    def settle(self) -> None:
        """Return when all work is over, whether it failed or not."""
        while self._threads:
            self._threads.pop().join()

    def _keep_failure(self, work: Work) -> None:
        try:
            work()
        except BaseException as failure:
            self._failures.append(failure)


def run_now(work: Work) -> None:
    """Do a piece of work now."""
    work()
