"""Keeps messages of Spark and libraries, which may contain values of rows, off the screen unless --debug is set."""
from __future__ import annotations

import io
import logging
import os
import re
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from lake_etl.reasons.failure import original_of, reason_of
from lake_etl.reasons.own_words import SHOWS_SPARK_LOG, OwnWords, show_no_foreign_warnings

WARNING = ('--debug shows messages of Spark and libraries, which may contain values of rows. Do not pass this '
           'output on.')


# Control characters but tab and line break, those that turn the direction of text, and halves of characters.
HARMFUL = re.compile('[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069\\ud800-\\udfff]')


def harmless(text: str) -> str:
    """Return the text with control characters as escapes such as `\\x1b`."""
    return HARMFUL.sub(lambda found: ascii(found[0])[1:-1], text)


# What takes the lines for a terminal now; at most one.
_above: list[Callable[[str], None]] = []


class HarmlessText(io.TextIOBase):
    """A stream that shows control characters as escapes such as `\\x1b`, so that no text can command a terminal."""

    def __init__(self, stream: TextIO):
        self._stream = stream
        self._shown_by_terminal = stream.isatty()
        # The line on the terminal that has no end yet.
        self.unfinished = ''

    def write(self, text: str) -> int:
        """Write the text, harmless, and return its own length."""
        shown = harmless(text)
        if self._shown_by_terminal:
            whole, end, self.unfinished = (self.unfinished + shown).rpartition('\n')
        if not (self._shown_by_terminal and _above):
            self._stream.write(shown)
        elif end:
            _above[-1](whole)
        return len(text)

    def flush(self) -> None:
        """Hand on what has been written."""
        self._stream.flush()

    def isatty(self) -> bool:
        """Tell whether a terminal shows what is written."""
        return self._shown_by_terminal

    def fileno(self) -> int:
        """Return the descriptor of the stream behind it."""
        return self._stream.fileno()

    @property
    def terminal(self) -> TextIO:
        """Return the stream behind it, which takes commands for a terminal."""
        return self._stream


def terminal_of(stream: TextIO) -> TextIO:
    """Return the stream that takes commands for a terminal, such as those that move the cursor."""
    return stream.terminal if isinstance(stream, HarmlessText) else stream


def unfinished_lines() -> list[str]:
    """Return the lines on the terminal that have no end yet."""
    return [stream.unfinished for stream in _streams() if stream.unfinished]


@contextmanager
def written_above(write: Callable[[str], None]) -> Iterator[None]:
    """Hand each whole line for the terminal to a function, which draws something below it.

    A line that has no end yet is written again after the block, so that the function may remove it at first. An error
    ends it.
    """
    _above.append(write)
    try:
        yield
    except BaseException:
        for stream in _streams():
            stream.write('\n' if stream.unfinished else '')
        raise
    finally:
        _above.remove(write)
        for stream in _streams():
            stream.terminal.write(stream.unfinished)
            stream.flush()


def _streams() -> list[HarmlessText]:
    return [stream for stream in (sys.stdout, sys.stderr) if isinstance(stream, HarmlessText) and stream.isatty()]


@contextmanager
def harmless_screen(exact_output: bool) -> Iterator[None]:
    """Show control characters as escapes on both streams.

    exact_output  whether another program may read the output: then it stays as it is where no terminal shows it
    """
    before = sys.stdout, sys.stderr
    if not exact_output or sys.stdout.isatty():
        sys.stdout = HarmlessText(sys.stdout)
    sys.stderr = HarmlessText(sys.stderr)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


def speak_own_words(debug: bool) -> None:
    """Show only messages of the lake; with `debug` show everything, after a warning."""
    if debug:
        os.environ[SHOWS_SPARK_LOG] = 'error'
        print(WARNING, file=sys.stderr, flush=True)
        return
    os.environ.pop(SHOWS_SPARK_LOG, None)
    for handler in logging.getLogger().handlers:
        handler.addFilter(OwnWords())
    logging.raiseExceptions = False
    show_no_foreign_warnings()
    threading.excepthook = _print_thread_error
    sys.unraisablehook = _print_unraisable_error


def show_everything(error: BaseException) -> None:
    """Print an error with its causes."""
    traceback.print_exception(error)
    if original_of(error) is not error:
        traceback.print_exception(original_of(error))


def _print_thread_error(failed: Any) -> None:
    if failed.exc_value is not None and failed.exc_type is not SystemExit:
        print(f'A thread failed: {reason_of(failed.exc_value)}', file=sys.stderr)


def _print_unraisable_error(failed: Any) -> None:
    if failed.exc_value is not None:
        print(f'An error was ignored by Python: {reason_of(failed.exc_value)}', file=sys.stderr)
