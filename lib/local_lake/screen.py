"""Keeps messages of Spark and libraries, which may contain values of rows, off the screen unless --debug is set."""
from __future__ import annotations

import logging
import os
import sys
import threading
import traceback
from typing import Any

from lake_etl.reasons.failure import original_of, reason_of
from lake_etl.reasons.own_words import SHOWS_SPARK_LOG, OwnWords, show_no_foreign_warnings

WARNING = ('--debug shows messages of Spark and libraries, which may contain values of rows. Do not pass this '
           'output on.')


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
