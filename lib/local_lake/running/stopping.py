"""Ends a command when a signal asks for it: Java ends first, so that nothing waits for what Spark is doing."""
from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

# The exit status is 128 and the number of the signal, as in a shell.
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# What ends by itself, such as the removal of temporary files, takes less time.
PATIENCE_SECONDS = 10.0
STANDARD_ERROR = 2
_exit_status: list[int] = []
_watches: list[threading.Timer] = []


@contextmanager
def ending_on_signals() -> Iterator[None]:
    """Have these signals raise SystemExit inside the block; those that are ignored, as under nohup, stay ignored."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in SIGNALS}
    _take(number for number, handler in before.items() if handler != signal.SIG_IGN)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        while _watches:
            _watches.pop().cancel()


def take_interrupt_back() -> None:
    """Undo that Spark has taken the interrupt for itself, as it does when a session starts."""
    if signal.getsignal(signal.SIGTERM) is _end:
        _take([signal.SIGINT])


def _take(numbers: Iterable[int]) -> None:
    for number in numbers:
        signal.signal(number, _end)


def exit_status() -> int | None:
    """Return the exit status that a signal has asked for; None while none has.

    After a signal any error may come up, because the connection to Java is cut.
    """
    return _exit_status[0] if _exit_status else None


def _end(number: int, frame: FrameType | None) -> None:
    status = 128 + number
    _exit_status.append(status)
    # The code of a library may go on for long. A second signal ends the process even there, and so does time.
    for other in SIGNALS:
        if signal.getsignal(other) is _end:
            signal.signal(other, signal.SIG_DFL)
    _watches.append(threading.Timer(PATIENCE_SECONDS, _give_up, [status]))
    _watches[-1].daemon = True
    _watches[-1].start()
    # From here on there would be nothing but complaints about the lost connection.
    logging.disable(logging.CRITICAL)
    if 'pyspark' in sys.modules:
        _end_java()
    print('Stopped.', file=sys.stderr, flush=True)
    raise SystemExit(status)


def _give_up(status: int) -> None:
    if os.isatty(STANDARD_ERROR):
        os.write(STANDARD_ERROR, b'\n')    # Leave the line in which progress is shown.
    os._exit(status)


def _end_java() -> None:
    from pyspark import SparkContext
    gateway = SparkContext._gateway
    if gateway is not None:
        gateway.proc.kill()
        gateway.proc.wait()
        return
    # A Java that is still starting is known to nobody, and would wait forever for a command that has ended.
    for child in _children():
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)


def _children() -> list[int]:
    """Return the processes that this one has started; none where the system has no `ps`."""
    try:
        listed = subprocess.run(['ps', '-A', '-o', 'pid=,ppid='], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return []
    pairs = [line.split() for line in listed.splitlines()]
    return [int(child) for child, parent in pairs if int(parent) == os.getpid()]
