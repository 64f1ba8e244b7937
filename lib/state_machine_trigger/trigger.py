"""Starts the execution of a created object: it records first and starts then, so a crash loses nothing."""
from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from lake_etl.config.configuration_files import Read
from lib.executions.audit_table import AuditTable
from lib.executions.notification import Notifier
from lib.executions.record import FAILED, NO_DEPENDENCY, Execution, started_at
from lib.executions.starting import Starter
from lib.state_machine_trigger.events import CreatedObject
from lib.state_machine_trigger.start_plan import Nothing, Refusal, plan_for

LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class StartOutcome:
    """The result for an object: whether it was accepted, and a sentence."""

    accepted: bool
    text: str


class Trigger:
    """Starts an execution for each created object, once for each version.

    state_machine  ARN
    configuration  gives what reads the configuration files as they are now
    """

    def __init__(self, audit: AuditTable, starter: Starter, notifier: Notifier, state_machine: str,
                 configuration: Callable[[], Read]):
        self._audit = audit
        self._starter = starter
        self._notifier = notifier
        self._state_machine = state_machine
        self._configuration = configuration

    def process(self, created: CreatedObject) -> StartOutcome:
        """Start, queue or refuse; the same event again changes nothing, but ends what it was stopped in."""
        plan = plan_for(created, self._state_machine, self._configuration())
        if isinstance(plan, Nothing):
            LOG.info('Nothing was started for an object. %s', plan.reason, extra={'object_key': created.key})
            return StartOutcome(not plan.wrong, f'{plan.reason} Nothing was started.')
        if isinstance(plan, Refusal):
            return self._refuse(plan)
        return self._start(plan)

    def _start(self, execution: Execution) -> StartOutcome:
        self._audit.add(execution.item(datetime.now(UTC)))
        status = self._starter.start_recorded(execution.execution_id)
        LOG.info('The execution of %s is %s.', execution.source_key, status, extra={
            'execution_id': execution.execution_id, 'sfn_execution_name': execution.name})
        return StartOutcome(True, f'Execution {execution.name} is {status}.')

    def _refuse(self, refusal: Refusal) -> StartOutcome:
        LOG.error('A file was refused.', extra={'execution_id': refusal.execution_id, 'object_key': refusal.key})
        if self._audit.get(refusal.execution_id) is None:
            # The record implies that subscribers were notified, so it comes second.
            self._notifier.failed({'source_key': refusal.key, 'execution_id': refusal.execution_id}, refusal.reason)
            self._audit.add({
                'execution_id': refusal.execution_id, 'source_key': refusal.key, 'job_latest_status': FAILED,
                'dependency_key': NO_DEPENDENCY, 'error_message': refusal.reason, **started_at(datetime.now(UTC))})
        return StartOutcome(False, refusal.reason)
