"""The record of an execution in the audit table."""
from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lake_etl.config.dependencies import Dependencies, utc_time
from lake_etl.errors import LakeError

QUEUED, STARTING, STARTED, SUCCEEDED, FAILED = 'QUEUED', 'STARTING', 'STARTED', 'SUCCEEDED', 'FAILED'
OPEN = (QUEUED, STARTING, STARTED)
# The index that finds waiting executions needs a value in every record.
NO_DEPENDENCY = 'None'


class RecordError(LakeError):
    """A record of the audit table lacks what is needed to act on it."""


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
    """Return the execution of a record.

    Records of AWS InsuranceLake have no `landed_at`, and of what a file waits for only the `dependency_key`. Raises
    RecordError when the record lacks an attribute.
    """
    missing = [name for name in ('sfn_execution_name', 'sfn_arn', 'source_key', 'sfn_input') if not item.get(name)]
    if missing:
        raise RecordError(f'The record of the execution {item["execution_id"]} has no {", ".join(missing)}. '
                          'Load its file again, then delete the record.')
    return Execution(
        item['execution_id'], item['sfn_execution_name'], item['sfn_arn'], item['source_key'], item['sfn_input'],
        time_in(item, 'landed_at', 'job_start_date'), item.get('principal_id', ''), item.get('source_ipaddress', ''),
        _dependencies(item))


def _dependencies(item: Mapping[str, Any]) -> Dependencies | None:
    workflows = item.get('depends_on')
    if not workflows and item.get('job_latest_status') == QUEUED:
        workflows = [item.get('dependency_key', NO_DEPENDENCY)]
    if not workflows or workflows == [NO_DEPENDENCY]:
        return None
    pairs = [workflow.partition('/') for workflow in workflows]
    lookback = json.loads(item['lookback']) if item.get('lookback') else None
    return Dependencies(tuple((database, table) for database, _, table in pairs), lookback)


def time_in(item: Mapping[str, Any], *names: str) -> datetime:
    """Return the time in the first of these attributes that a record has; a time without a zone is UTC.

    Raises RecordError when none of them has a time.
    """
    for name in names:
        try:
            return utc_time(item[name])
        except (KeyError, TypeError, ValueError):
            continue
    raise RecordError(f'The record of the execution {item["execution_id"]} has no time in {" or ".join(names)}. '
                      'Correct the record, or load its file again and delete the record.')


def started_at(now: datetime) -> dict[str, Any]:
    """Return the attributes that say when a record was made."""
    return {'job_start_date': _text(now),
            'job_start_date_int': int(now.timestamp()), **updated_at(now)}


def updated_at(now: datetime) -> dict[str, str]:
    """Return the attribute that says when a record was last changed."""
    return {'job_last_updated_timestamp': _text(now)}


def _text(moment: datetime) -> str:
    """Return a time as dashboards on the audit table have always read it, in UTC."""
    return f'{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}'
