"""The record of an execution in the audit table."""
from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lake_etl.config.dependencies import Dependencies

QUEUED, STARTING, STARTED, SUCCEEDED, FAILED = 'QUEUED', 'STARTING', 'STARTED', 'SUCCEEDED', 'FAILED'
OPEN = (QUEUED, STARTING, STARTED)
# The index that finds waiting executions needs a value in every record.
NO_DEPENDENCY = 'None'


@dataclass(frozen=True)
class Execution:
    """An execution of the state machine, from the landing of its file.

    execution_id   the same for every delivery of the event of one version of a file
    name           by which Step Functions refuses to start it twice
    state_machine  ARN
    source_key     `<database>/<table>`
    input          of the state machine, as JSON text
    landed         with time zone
    dependencies   None when it waits for nothing
    """

    execution_id: str
    name: str
    state_machine: str
    source_key: str
    input: str
    landed: datetime
    principal: str = ''
    source_address: str = ''
    dependencies: Dependencies | None = None

    @property
    def first_status(self) -> str:
        """Return the status of its first record."""
        return QUEUED if self.dependencies else STARTING

    @property
    def arn(self) -> str:
        """Return the ARN that Step Functions gives it."""
        return f'{self.state_machine.replace(":stateMachine:", ":execution:")}:{self.name}'

    def item(self, now: datetime) -> dict[str, Any]:
        """Return its first record."""
        item = {
            'execution_id': self.execution_id, 'sfn_execution_name': self.name, 'sfn_arn': self.state_machine,
            'sfn_input': self.input, 'source_key': self.source_key, 'job_latest_status': self.first_status,
            'landed_at': self.landed.isoformat(), 'principal_id': self.principal,
            'source_ipaddress': self.source_address, 'dependency_key': NO_DEPENDENCY, **started_at(now)}
        if self.dependencies:
            item['depends_on'] = ['/'.join(workflow) for workflow in self.dependencies.depends_on]
            item['dependency_key'] = item['depends_on'][0]
            if self.dependencies.lookback:
                item['lookback'] = json.dumps(dict(self.dependencies.lookback))
        return item


def execution_of(item: Mapping[str, Any]) -> Execution:
    """Return the execution of a record."""
    dependencies = None
    if item.get('depends_on'):
        pairs = [workflow.partition('/') for workflow in item['depends_on']]
        lookback = json.loads(item['lookback']) if item.get('lookback') else None
        dependencies = Dependencies(tuple((database, table) for database, _, table in pairs), lookback)
    return Execution(
        item['execution_id'], item['sfn_execution_name'], item['sfn_arn'], item['source_key'], item['sfn_input'],
        datetime.fromisoformat(item['landed_at']), item.get('principal_id', ''), item.get('source_ipaddress', ''),
        dependencies)


def started_at(now: datetime) -> dict[str, Any]:
    """Return the attributes that say when a record was made."""
    return {'job_start_date': now.astimezone(UTC).isoformat(timespec='milliseconds'),
            'job_start_date_int': int(now.timestamp()), **updated_at(now)}


def updated_at(now: datetime) -> dict[str, str]:
    """Return the attribute that says when a record was last changed."""
    return {'job_last_updated_timestamp': now.astimezone(UTC).isoformat(timespec='milliseconds')}
