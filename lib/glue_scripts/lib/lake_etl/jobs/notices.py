"""Puts on the record of a run what its owner should know although the load succeeds."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lake_etl import runtime
from lake_etl.jobs.job_run import JobRun

NOTICES = 'notices'


def record_notices(run: JobRun[Any], notices: Sequence[str]) -> None:
    """Write the notices to the audit record of the execution; without a record, or notices, nothing happens."""
    if notices and (table := run.load.job_audit_table):
        runtime.items(table).update(table, {'execution_id': run.load.execution_id}, {NOTICES: list(notices)})
