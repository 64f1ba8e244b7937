"""Reads and changes records of executions in DynamoDB, with conditional writes."""
from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from lib.executions.record import SUCCEEDED, RecordError, time_in, updated_at

BY_SOURCE = 'source_key-job_start_date_int-index'
BY_STATUS = 'job_latest_status-dependency_key-index'
# The state machine ends every execution by then.
LONGEST_EXECUTION = timedelta(days=4)
LOG = logging.getLogger(__name__)


class AuditTable:
    """The audit table of an environment.

    client  of DynamoDB, taking and giving Python values: `boto3.resource('dynamodb').meta.client`
    """

    def __init__(self, client: Any, name: str):
        self._client = client
        self.name = name

    def add(self, item: Mapping[str, Any]) -> bool:
        """Create a record unless its execution has one; return whether it was created."""
        try:
            self._client.put_item(TableName=self.name, Item=item,
                                  ConditionExpression='attribute_not_exists(execution_id)')
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def get(self, execution_id: str) -> dict[str, Any] | None:
        """Return the record of an execution as it is now, or None."""
        answer = self._client.get_item(TableName=self.name, Key={'execution_id': execution_id}, ConsistentRead=True)
        item: dict[str, Any] | None = answer.get('Item')
        return item

    def change(self, execution_id: str, statuses: Collection[str], values: Mapping[str, Any]) -> bool:
        """Set attributes of a record if its status is one of those given; return whether it was."""
        allowed = {f':status{number}': status for number, status in enumerate(statuses)}
        try:
            self._update(execution_id, values, {
                'ConditionExpression': f'job_latest_status IN ({", ".join(allowed)})'}, allowed)
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def put_status(self, execution_id: str, status: str, values: Mapping[str, Any]) -> None:
        """Set status and attributes whatever the status; create a missing record."""
        self._update(execution_id, {**values, 'job_latest_status': status}, {}, {})

    def ids_with_status(self, status: str, dependency: str | None = None) -> Iterator[str]:
        """Yield the ids of executions with that status, of those alone that wait for `dependency` where it is given.

        The index may lag behind the table by a moment, so the record itself decides.
        """
        condition, values = 'job_latest_status = :status', {':status': status}
        if dependency is not None:
            condition, values = f'{condition} AND dependency_key = :dependency', {**values, ':dependency': dependency}
        for item in self._query(IndexName=BY_STATUS, KeyConditionExpression=condition,
                                ExpressionAttributeValues=values):
            yield item['execution_id']

    def succeeded_since(self, source_key: str, moment: datetime) -> bool:
        """Return whether an execution of that workflow succeeded at or after a moment."""
        items = self._query(
            IndexName=BY_SOURCE, ScanIndexForward=False,
            KeyConditionExpression='source_key = :source AND job_start_date_int >= :earliest',
            ExpressionAttributeValues={':source': source_key,
                                       ':earliest': int((moment - LONGEST_EXECUTION).timestamp())})
        ids = (item['execution_id'] for item in items if item.get('job_latest_status') == SUCCEEDED)
        return any(_ended(self.get(execution_id)) >= moment for execution_id in ids)

    def _update(self, execution_id: str, values: Mapping[str, Any], more: Mapping[str, Any],
                more_values: Mapping[str, Any]) -> None:
        named = dict(enumerate({**values, **updated_at(datetime.now(UTC))}.items()))
        self._client.update_item(
            TableName=self.name, Key={'execution_id': execution_id},
            UpdateExpression='SET ' + ', '.join(f'#name{number} = :value{number}' for number in named),
            ExpressionAttributeNames={f'#name{number}': name for number, (name, _) in named.items()},
            ExpressionAttributeValues={**{f':value{number}': value for number, (_, value) in named.items()},
                                       **more_values}, **more)

    def _query(self, **arguments: Any) -> Iterator[dict[str, Any]]:
        for page in self._client.get_paginator('query').paginate(TableName=self.name, **arguments):
            yield from page['Items']


def _ended(item: Mapping[str, Any] | None) -> datetime:
    """Return when a successful execution ended; the beginning of time for any other record."""
    never = datetime.min.replace(tzinfo=UTC)
    if item is None or item['job_latest_status'] != SUCCEEDED:
        return never
    try:
        return time_in(item, 'job_last_updated_timestamp', 'job_start_date')
    except RecordError as error:
        LOG.warning('A success does not count. %s', error, extra={'execution_id': item['execution_id']})
        return never
