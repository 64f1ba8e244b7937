"""Closes records of ended executions, releases their locks, and starts executions that were not started."""
from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from lake_etl.reasons.failure import reason_of
from lib.execution_repair.closing import closing_of
from lib.executions.audit_table import AuditTable
from lib.executions.notification import Notifier
from lib.executions.record import FAILED, OPEN, QUEUED, STARTED, STARTING, execution_of, time_in
from lib.executions.running import RunningExecutions
from lib.executions.starting import Starter
from lib.table_lock.lock_table import LockTable
from lib.table_lock.resources import resources_of

# After that time every other function has finished with a record or failed.
SETTLED = timedelta(minutes=10)
LOG = logging.getLogger(__name__)


class Repair:
    """Repairs records that no other function closes."""

    def __init__(self, audit: AuditTable, starter: Starter, running: RunningExecutions, locks: LockTable,
                 notifier: Notifier):
        self._audit = audit
        self._starter = starter
        self._running = running
        self._locks = locks
        self._notifier = notifier

    def execution_ended(self, arn: str, status: str, state: Mapping[str, Any]) -> bool:
        """Release the locks of an ended execution, and close its record if it is open; return whether it was.

        state  its input
        """
        for resource in resources_of(state):
            self._locks.release(resource, arn)
        execution_id = state.get('execution_id')
        item = self._audit.get(str(execution_id)) if execution_id else None
        if item is None or item.get('sfn_execution_name') != arn.rpartition(':')[2]:
            return False
        return self._close(item, status)

    def sweep(self, now: datetime) -> dict[str, int]:
        """Check all open records except those of the last minutes; return the number of repaired ones of each kind."""
        moved = dict.fromkeys(OPEN, 0)
        for status in OPEN:
            for execution_id in list(self._audit.ids_with_status(status)):
                moved[status] += self._looked_after(execution_id, now)
        return moved

    def _looked_after(self, execution_id: str, now: datetime) -> bool:
        """Repair one record; a failure is logged and does not stop the others."""
        try:
            item = self._audit.get(execution_id)
            if item is None or time_in(item, 'job_last_updated_timestamp', 'job_start_date') > now - SETTLED:
                return False
            if item['job_latest_status'] in (QUEUED, STARTING):
                return self._starter.start_recorded(execution_id) == STARTED
            if item['job_latest_status'] == STARTED:
                return self._close(item, self._running.status_of(execution_of(item).arn))
        except Exception as error:
            LOG.error('A record could not be repaired. %s', reason_of(error), extra={'execution_id': execution_id})
        return False

    def _close(self, item: Mapping[str, Any], execution_status: str) -> bool:
        closing = closing_of(execution_status)
        if closing is None or not self._audit.change(item['execution_id'], OPEN, {
                'job_latest_status': closing.status, 'error_message': closing.reason}):
            return False
        LOG.warning('The record of an execution that had ended as %s was closed.', execution_status,
                    extra={'execution_id': item['execution_id']})
        if closing.status == FAILED:
            self._notifier.failed(json.loads(item['sfn_input']), closing.reason)
        return True
