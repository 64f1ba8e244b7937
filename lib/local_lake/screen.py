"""Keeps what Spark and libraries say off the screen, where it may quote values of rows, unless --debug asks for it."""
from __future__ import annotations

import logging
import os
import sys
import threading
import traceback
from typing import Any

from lake_etl.reasons.failure import original_of, reason_of
from lake_etl.reasons.own_words import SHOWS_SPARK_LOG, OwnWords, show_no_foreign_warnings

WARNING = ('--debug shows what Spark and libraries say. That may quote values of rows: look at it here, and do not '
           'pass it on.')


def speak_own_words(debug: bool) -> None:
    """Show what the lake says and nothing else; with `debug` everything, behind a line that warns of it."""
    if debug:
        os.environ[SHOWS_SPARK_LOG] = 'error'
        print(WARNING, file=sys.stderr, flush=True)
        return
    os.environ.pop(SHOWS_SPARK_LOG, None)
    for handler in logging.getLogger().handlers:
        handler.addFilter(OwnWords())
    logging.raiseExceptions = False
    show_no_foreign_warnings()
    threading.excepthook = _tell_of_thread
    sys.unraisablehook = _tell_of_unraisable


def show_everything(error: BaseException) -> None:
    """Print an error with all errors behind it."""
    traceback.print_exception(error)
    if original_of(error) is not error:
        traceback.print_exception(original_of(error))


def _tell_of_thread(failed: Any) -> None:
    if failed.exc_value is not None and failed.exc_type is not SystemExit:
        print(f'A thread failed. {reason_of(failed.exc_value)}', file=sys.stderr)


def _tell_of_unraisable(failed: Any) -> None:
    if failed.exc_value is not None:
        print(f'An error could not be handed on. {reason_of(failed.exc_value)}', file=sys.stderr)
