"""The edge of a job: what leaves it as an error, or in its log, is in the lake's own words."""
from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from lake_etl.errors import JobFailure, LakeError
from lake_etl.reasons.failure import ARGUMENT_ERROR, reason_of

# The environment variable by which `./lake --debug` has Spark log; log4j2.properties of the laptop reads it, too.
SHOWS_SPARK_LOG = 'LAKE_SPARK_LOG_LEVEL'
LOG = logging.getLogger(__name__)
# Loggers of the lake, of jobs, and of users' transforms and mappings; any other belongs to a library.
OWN_LOGGERS = ('lake_etl', 'lib', '__main__', 'etl_', 'datatransform_', 'custom_mapping_', 'glue_catalog_helpers')


@contextmanager
def own_words_only() -> Iterator[None]:
    """Let errors of the lake out without the errors behind them, and any other as a JobFailure in our own words.

    AWS Glue stores what leaves a job as the reason of its run, and prints it with all errors behind it.
    """
    try:
        yield
    except (KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as error:
        raise own_failure(error) from None


def own_failure(error: BaseException) -> BaseException:
    """Return the error if it is one of the lake's, else one that says in our own words what it is."""
    if type(error).__name__ == ARGUMENT_ERROR:
        return type(error)(reason_of(error))
    if isinstance(error, LakeError):
        error.__cause__ = None
        return error
    return JobFailure(reason_of(error), error).with_traceback(error.__traceback__)


class OwnWords(logging.Filter):
    """Lets records of the lake pass as they are; of a library's warning only that there was one, and nothing below."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether the record is logged, and take the text out of a library's."""
        if record.name.startswith(OWN_LOGGERS):
            return True
        record.msg = f'{record.name} logged this level of message; its text is not shown, as it may hold values.'
        record.args, record.exc_info, record.exc_text, record.stack_info = (), None, None, None
        return record.levelno >= logging.WARNING


def show_no_foreign_warnings() -> None:
    """Have Python's warnings say which kind of warning came from where, and not what it says."""
    def show(message: Warning | str, category: type[Warning], filename: str, lineno: int, file: object = None,
             line: str | None = None) -> None:
        LOG.warning('%s in %s, line %d.', category.__name__, filename.rpartition('/')[2], lineno)
    warnings.showwarning = show
