"""Says on the screen and in the history why something failed: in the lake's own words, without a stack trace."""
from __future__ import annotations

from lake_etl.errors import JobFailure
from lake_etl.reasons.failure import LONGEST, reason_of

__all__ = ['LONGEST', 'original_of', 'reason_of']


def original_of(error: BaseException) -> BaseException:
    """Return the error that a job failed by, whose text may quote values of rows."""
    original = error.original if isinstance(error, JobFailure) else None
    return original or error
