"""Runs work during the write of a load that must finish before readers see the rows."""
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
        """Start a piece of work and return immediately."""
        thread = InheritableThread(target=self._keep_failure, args=(work,))
        self._threads.append(thread)
        thread.start()

    def wait(self) -> None:
        """Wait until all work has finished; raises the first failure."""
        self.settle()
        if self._failures:
            raise self._failures[0]

    def settle(self) -> None:
        """Wait until all work has finished, whether it failed or not."""
        while self._threads:
            self._threads.pop().join()

    def _keep_failure(self, work: Work) -> None:
        try:
            work()
        except BaseException as failure:
            self._failures.append(failure)


def run_now(work: Work) -> None:
    """Run a piece of work immediately."""
    work()
