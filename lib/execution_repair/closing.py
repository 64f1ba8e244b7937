"""Decides how to close the record of an execution that has ended or never began."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lib.executions.record import FAILED, SUCCEEDED
from lib.executions.running import GONE, RUNNING

RERUN = 'Readers see the data from before it; start it again with its input.'
REASONS: Mapping[str, str] = {
    'ABORTED': f'The execution was stopped by hand. {RERUN}',
    'TIMED_OUT': f'The execution took longer than it may. {RERUN}',
    'FAILED': f'The execution failed before it could record why; its history in Step Functions tells. {RERUN}',
    GONE: f'Step Functions knows no such execution. {RERUN}',
}


@dataclass(frozen=True)
class Closing:
    """The status and reason to record."""

    status: str
    reason: str


def closing_of(execution_status: str) -> Closing | None:
    """Return how to close the record of an execution with that status in Step Functions; None while it runs."""
    if execution_status in RUNNING:
        return None
    if execution_status == SUCCEEDED:
        return Closing(SUCCEEDED, '')
    reason = REASONS.get(execution_status, f"The execution ended in the unknown state '{execution_status}'. {RERUN}")
    return Closing(FAILED, reason)
