"""Asks Step Functions for the status of executions."""
from __future__ import annotations

from typing import Any

RUNNING = ('RUNNING', 'PENDING_REDRIVE')
GONE = 'GONE'


class RunningExecutions:
    """The executions of a state machine, running or ended.

    client  of Step Functions
    """

    def __init__(self, client: Any):
        self._client = client

    def status_of(self, arn: str) -> str:
        """Return the status of an execution; GONE for one that never existed, or that expired after 90 days."""
        try:
            return str(self._client.describe_execution(executionArn=arn)['status'])
        except self._client.exceptions.ExecutionDoesNotExist:
            return GONE

    def is_running(self, arn: str) -> bool:
        """Return whether an execution has not ended."""
        return self.status_of(arn) in RUNNING
