"""The log of a job run: every line names the execution that it belongs to, as a sentence or as a JSON object."""
from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TextIO

from lake_etl.errors import LakeError
from lake_etl.reasons.failure import trace_of
from lake_etl.reasons.own_words import OwnWords, show_no_foreign_warnings

LOG = logging.getLogger(__name__)
TEXT, JSON = 'text', 'json'
SENTENCE = '%(asctime)s %(levelname)s %(execution_id)s %(name)s: %(message)s'
# What every record has; anything beside it was given as `extra`.
OF_EVERY_RECORD = frozenset({*vars(logging.makeLogRecord({})), 'message', 'asctime'})


class JobLog(logging.StreamHandler[TextIO]):
    """The handler that a run sets up, a class of its own to be told from the handlers of others."""


class OwnFormatter(logging.Formatter):
    """Makes each record a sentence, with the calls behind an error but without the words of others."""

    def formatException(self, ei: Any) -> str:
        """Return the calls that led to the error, and its reason in the lake's own words."""
        return trace_of(ei[1]) if ei[1] is not None else ''


class JsonFormatter(OwnFormatter):
    """Makes each record one JSON object on one line, in which `extra` fields stand beside those of every line."""

    def __init__(self, execution_id: str, job_name: str):
        super().__init__()
        self._of_the_run = {'execution_id': execution_id, 'job_name': job_name}

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; names as in the lines of the Lambda functions, so that one query finds both."""
        own = {'timestamp': datetime.fromtimestamp(record.created, UTC).isoformat(timespec='milliseconds'),
               'level': record.levelname, 'logger': record.name, 'message': record.getMessage(), **self._of_the_run}
        if record.exc_info:
            own['exception'] = self.formatException(record.exc_info)
        extra = sorted(vars(record).keys() - OF_EVERY_RECORD - own.keys())
        # What is not ASCII is escaped: no locale can refuse a line then, and no character breaks it in two.
        return json.dumps(own | {name: vars(record)[name] for name in extra}, default=str)


def open_log(args: Mapping[str, Any]) -> None:
    """Log to standard error in the format of the arguments, unless somebody else has set up a log: that one stays.

    Raises LakeError for an unknown format.
    """
    lines = formatter(args)
    # An earlier run of this process has left its handler, which names an execution that is over.
    if all(isinstance(handler, JobLog) for handler in logging.getLogger().handlers):
        log = JobLog()
        log.setFormatter(lines)
        log.addFilter(OwnWords())
        show_no_foreign_warnings()
        logging.basicConfig(level=logging.INFO, handlers=[log], force=True)


@contextmanager
def failure_logged(args: Mapping[str, Any]) -> Iterator[None]:
    """Log what ends the run, with its execution, where a program reads the log; people read what is raised."""
    try:
        yield
    except Exception:
        if args.get('log_format') == JSON:
            LOG.exception('The job failed.')
        raise


def formatter(args: Mapping[str, Any]) -> logging.Formatter:
    """Return what makes the lines of a run; raises LakeError for an unknown format."""
    wanted, execution_id = args.get('log_format', TEXT), str(args['execution_id'])
    if wanted == JSON:
        return JsonFormatter(execution_id, str(args['JOB_NAME']))
    if wanted == TEXT:
        return OwnFormatter(SENTENCE, defaults={'execution_id': execution_id})
    raise LakeError(f"Job argument --log_format is '{wanted}', expected '{TEXT}' or '{JSON}'.")
