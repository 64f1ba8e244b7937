"""Stores in DynamoDB which execution holds a lock and which ones wait for it."""
from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from lib.table_lock.turn import LEASE, Claim, Doubt, Granted, Order, Take, Wait, turn_of

# The holder's item sorts before all tickets, so that one read of the beginning shows both.
HOLDER, TICKET = 'holder', 'ticket#'
LOOK_AHEAD = 8
# DynamoDB removes what nobody came back for.
FORGOTTEN = timedelta(days=14)


class LockTable:
    """The locks of an environment; a resource is a name such as `database/table`, in lower case.

    client      of DynamoDB, taking and giving Python values
    is_running  tells whether the execution with an ARN still runs
    """

    def __init__(self, client: Any, name: str, is_running: Callable[[str], bool]):
        self._client = client
        self._name = name
        self._is_running = is_running

    def acquire(self, resource: str, execution: str, order: Order, now: datetime) -> Wait | None:
        """Give the resource to an execution if it is its turn; else return how long to wait before asking again."""
        place = f'{TICKET}{order.text}#{execution.rpartition(":")[2]}'
        self._put(resource, place, Claim(place, execution, now + LEASE))
        while True:
            holder, waiting = self._claims(resource)
            turn = turn_of(execution, holder, waiting, now, order.landed, now - order.started)
            if isinstance(turn, Granted):
                return None
            if isinstance(turn, Take):
                if self._take(resource, Claim(place, execution, now + LEASE)):
                    return None
            elif isinstance(turn, Doubt):
                self._settle(resource, turn.claim, holder, now)
            else:
                return turn

    def release(self, resource: str, execution: str) -> None:
        """Take back every claim of an execution on a resource; doing so twice does no harm."""
        for item in self._query(resource, FilterExpression='execution_arn = :execution',
                                ExpressionAttributeValues={':execution': execution}):
            self._remove(resource, item['place'], execution)

    def _settle(self, resource: str, claim: Claim, holder: Claim | None, now: datetime) -> None:
        """Renew the lease of a claim whose execution runs; remove the claim of one that has ended."""
        place = HOLDER if claim == holder else claim.place
        if self._is_running(claim.execution):
            self._put(resource, place, Claim(claim.place, claim.execution, now + LEASE), only_if_there=True)
        else:
            self._remove(resource, place, claim.execution)
            self._remove(resource, claim.place, claim.execution)

    def _claims(self, resource: str) -> tuple[Claim | None, list[Claim]]:
        answer = self._client.query(
            TableName=self._name, ConsistentRead=True, Limit=LOOK_AHEAD, KeyConditionExpression='resource_name = :name',
            ExpressionAttributeValues={':name': resource})
        holder = next((_claim(item) for item in answer['Items'] if item['place'] == HOLDER), None)
        return holder, [_claim(item) for item in answer['Items'] if item['place'] != HOLDER]

    def _query(self, resource: str, **arguments: Any) -> Iterator[dict[str, Any]]:
        values = {**arguments.pop('ExpressionAttributeValues'), ':name': resource}
        pages = self._client.get_paginator('query').paginate(
            TableName=self._name, ConsistentRead=True, KeyConditionExpression='resource_name = :name',
            ExpressionAttributeValues=values, **arguments)
        for page in pages:
            yield from page['Items']

    def _take(self, resource: str, claim: Claim) -> bool:
        return self._write(Item=_item(resource, HOLDER, claim), ConditionExpression='attribute_not_exists(place)')

    def _put(self, resource: str, place: str, claim: Claim, only_if_there: bool = False) -> None:
        condition = {'ConditionExpression': 'execution_arn = :execution',
                     'ExpressionAttributeValues': {':execution': claim.execution}} if only_if_there else {}
        self._write(Item=_item(resource, place, claim), **condition)

    def _write(self, **arguments: Any) -> bool:
        """Write an item; return whether its condition held."""
        try:
            self._client.put_item(TableName=self._name, **arguments)
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def _remove(self, resource: str, place: str, execution: str) -> None:
        """Remove a claim if it is still that execution's."""
        try:
            self._client.delete_item(
                TableName=self._name, Key={'resource_name': resource, 'place': place},
                ConditionExpression='execution_arn = :execution', ExpressionAttributeValues={':execution': execution})
        except self._client.exceptions.ConditionalCheckFailedException:
            # Somebody else removed it, and the place may have been taken since.
            return


def _claim(item: dict[str, Any]) -> Claim:
    return Claim(item['ticket'], item['execution_arn'], datetime.fromtimestamp(int(item['lease_until']), UTC))


def _item(resource: str, place: str, claim: Claim) -> dict[str, Any]:
    return {'resource_name': resource, 'place': place, 'ticket': claim.place, 'execution_arn': claim.execution,
            'lease_until': int(claim.lease.timestamp()),
            'expires_at': int((claim.lease + FORGOTTEN).timestamp())}
