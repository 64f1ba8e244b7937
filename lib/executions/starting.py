"""Starts recorded executions, each only once."""
from __future__ import annotations

import logging
from typing import Any

from lake_etl.config.dependencies import unmet
from lib.executions.audit_table import AuditTable
from lib.executions.record import QUEUED, STARTED, STARTING, Execution, execution_of

LOG = logging.getLogger(__name__)


class Starter:
    """Starts executions of the audit table in the state machine.

    client  of Step Functions
    """

    def __init__(self, audit: AuditTable, client: Any):
        self._audit = audit
        self._client = client

    def start_recorded(self, execution_id: str) -> str:
        """Start a recorded execution if it is due; return the status its record has afterwards."""
        item = self._audit.get(execution_id)
        if item is None:
            raise LookupError(f'There is no record of the execution {execution_id} in the table {self._audit.name}.')
        if item['job_latest_status'] == QUEUED and not self._leave_queue(execution_of(item), item['dependency_key']):
            # Another start, or an attempt of ours whose answer was lost, may have taken it out of the queue.
            item = self._audit.get(execution_id) or item
            if item['job_latest_status'] == QUEUED:
                return QUEUED
        if item['job_latest_status'] in (QUEUED, STARTING):
            self._start(execution_of(item))
            return STARTED
        return str(item['job_latest_status'])

    def _leave_queue(self, execution: Execution, noted: str) -> bool:
        """Return whether an execution has no unmet dependency; otherwise record one.

        Whoever has that workflow succeed finds the execution by this note. What succeeds between the look and the note
        is seen by the look that follows each note.
        """
        assert execution.dependencies is not None, 'only executions with dependencies are queued'
        while missing := unmet(execution.dependencies, execution.landed, self._audit.succeeded_since):
            if noted in missing:
                return False
            noted = missing[0]
            if not self._audit.change(execution.execution_id, [QUEUED], {'dependency_key': noted}):
                return False
        return self._audit.change(execution.execution_id, [QUEUED], {'job_latest_status': STARTING})

    def _start(self, execution: Execution) -> None:
        """Start an execution; Step Functions refuses a name that has run, which is fine."""
        try:
            self._client.start_execution(
                stateMachineArn=execution.state_machine, name=execution.name, input=execution.input)
        except self._client.exceptions.ExecutionAlreadyExists:
            LOG.info('The execution was started before.', extra={'execution_id': execution.execution_id})
        # An execution may have ended by now: its status stays.
        self._audit.change(execution.execution_id, [STARTING], {'job_latest_status': STARTED})
