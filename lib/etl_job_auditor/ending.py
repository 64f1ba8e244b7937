"""Decides the final status of an execution, and its reason, from the state of the execution."""
from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lib.executions.record import FAILED, SUCCEEDED
from lib.job_table import STEPS, failure_after, jobs_before

# The final states of a run of AWS Glue.
GLUE_FAILURES = ('STOPPED', 'FAILED', 'TIMEOUT', 'ERROR', 'EXPIRED')
LONGEST_REASON = 4000


@dataclass(frozen=True)
class Ending:
    """How an execution ended; the reason is empty after a success."""

    status: str
    reason: str


def ending_of(state: Mapping[str, Any]) -> Ending:
    """Return how the execution with that state ended; everything but a clear success is a failure."""
    result = state.get('taskresult')
    if not isinstance(result, Mapping):
        return Ending(FAILED, 'The execution ended without the result of a job.')
    run_state = result.get('JobRunState')
    if run_state == SUCCEEDED:
        return Ending(SUCCEEDED, '')
    reason = _shortened(_reason(result))
    if run_state is None or run_state in GLUE_FAILURES:
        return Ending(str(run_state or FAILED), reason)
    return Ending(FAILED, _shortened(f"The job ended in the unknown state '{run_state}'. {reason}"))


def _reason(result: Mapping[str, Any]) -> str:
    """Return the error message of the job run, after what earlier jobs published; or the cause as it is."""
    cause = result.get('Cause')
    if cause is None:
        return str(result.get('ErrorMessage') or result.get('Error') or 'No reason was given.')
    try:
        described = json.loads(cause)
    except (TypeError, ValueError):
        return str(cause)
    if not isinstance(described, dict):
        return str(cause)
    message = str(described.get('ErrorMessage') or described.get('errorMessage') or cause)
    failed = _job_of(str(described.get('JobName', '')))
    return failure_after(jobs_before(failed), failed, message) if failed else message


def _job_of(glue_name: str) -> str:
    """Return which job of the lake a Glue job is, such as `dev-insurancelake-cleanse-to-consume-job`; empty for none.
    """
    return next((job.name for job, _ in STEPS if glue_name.endswith(f'-{job.name}-job')), '')


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_REASON else f'{text[:LONGEST_REASON - 3]}...'
