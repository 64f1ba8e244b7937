"""Stores items in Amazon DynamoDB."""
from __future__ import annotations

import random
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from itertools import chain, islice
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from lake_etl.adapters.aws.clients import open_dynamodb_client
from lake_etl.adapters.item_tables import check_update, full_key, key_schema, key_values, known_key, plain, storable
from lake_etl.errors import ItemStoreError

BATCH = 25
ATTEMPTS = 10
FIRST_PAUSE_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 10.0
CONDITION_FAILED = 'ConditionalCheckFailedException'
HINTS = {
    'ResourceNotFoundException': 'Correct the table name in the job arguments, or deploy the tables in this region.',
    'AccessDeniedException': "Grant the role access to the table and to the table's KMS key.",
    **dict.fromkeys(('ProvisionedThroughputExceededException', 'ThrottlingException', 'RequestLimitExceeded',
                     'InternalServerError'),
                    'The table is throttled or out of order for the moment. Run again later, or raise its capacity.'),
    'ValidationException': 'Make sure that the table has the key attributes of its kind and no item exceeds 400 KB.',
}
HINT = 'Check region and credentials, then run again.'


class DynamoDBItems:
    """Items in DynamoDB tables.

    The key attributes follow from the name of the table (`lake_etl.adapters.item_tables`), as on a laptop. Asking
    DynamoDB would need another permission, and another request in every process. For other tables, which users' own
    code may look up, `get` takes any key, and `query` asks DynamoDB. Attribute names may be reserved words.
    Reads are strongly consistent, so that a job sees what it has just written. Unprocessed items are sent again after
    `first_pause` seconds, then after pauses that double. Without a resource, each process opens its own at first use.
    """

    def __init__(self, resource: Any = None, first_pause: float = FIRST_PAUSE_SECONDS):
        self._given = resource
        self._first_pause = first_pause

    def __getstate__(self) -> dict[str, Any]:
        return {'_given': None, '_first_pause': self._first_pause}

    @cached_property
    def _client(self) -> Any:
        """The client of the resource: it converts Python values as the resource does, and is thread-safe."""
        return open_dynamodb_client() if self._given is None else self._given.meta.client

    def put(self, table: str, item: Mapping[str, Any]) -> None:
        """Create or replace one item."""
        with _failures_named(table):
            self._client.put_item(TableName=table, Item=_stored(table, item))

    def put_all(self, table: str, items: Iterable[Mapping[str, Any]]) -> int:
        """Create or replace many items, 25 per request, and return their number.

        DynamoDB refuses a key that occurs twice in one request, so only the last item with a key is sent.
        """
        count = 0
        waiting = iter(items)
        while batch := list(islice(waiting, BATCH)):
            latest = {key_values(table, item): _stored(table, item) for item in batch}
            with _failures_named(table):
                self._write_batch(table, [{'PutRequest': {'Item': item}} for item in latest.values()])
            count += len(batch)
        return count

    def put_if_absent(self, table: str, item: Mapping[str, Any]) -> bool:
        """Create the item unless its key exists; return whether it was created."""
        stored = _stored(table, item)
        with _failures_named(table):
            try:
                self._client.put_item(
                    TableName=table, Item=stored, ConditionExpression='attribute_not_exists(#key)',
                    ExpressionAttributeNames={'#key': key_schema(table).partition})
            except ClientError as error:
                if error.response['Error']['Code'] != CONDITION_FAILED:
                    raise
                # The first attempt may have created it, and only its answer was lost.
                repeated = error.response['ResponseMetadata'].get('RetryAttempts', 0) > 0
                key = dict(zip(key_schema(table).attributes, key_values(table, item), strict=True))
                return repeated and self.get(table, key) == plain(stored)
        return True

    def update(self, table: str, key: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
        """Set attributes of the item with that key; return whether it exists, and create none."""
        check_update(table, values)
        identity, stored = full_key(table, key), storable(table, values)
        if not stored:
            # An update expression cannot be empty.
            return self.get(table, identity) is not None
        with _failures_named(table):
            try:
                self._client.update_item(TableName=table, Key=identity, **_assignments(table, stored))
            except ClientError as error:
                if error.response['Error']['Code'] != CONDITION_FAILED:
                    raise
                return False
        return True

    def get(self, table: str, key: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return the item with that full key, or None."""
        identity = full_key(table, key) if known_key(table) else dict(key)
        with _failures_named(table):
            item = self._client.get_item(TableName=table, Key=identity, ConsistentRead=True).get('Item')
        return None if item is None else plain(item)

    def query(self, table: str, partition_value: str) -> Iterator[dict[str, Any]]:
        """Yield every item of one partition key value in sort key order, over all pages."""
        return self._pages(
            'query', table, KeyConditionExpression='#key = :value',
            ExpressionAttributeNames={'#key': self._partition_key(table)},
            ExpressionAttributeValues={':value': partition_value})

    def scan(self, table: str) -> Iterator[dict[str, Any]]:
        """Yield every item of the table, over all pages."""
        key_schema(table)
        return self._pages('scan', table)

    def _partition_key(self, table: str) -> str:
        known = known_key(table)
        if known is not None:
            return known.partition
        with _failures_named(table):
            described = self._client.describe_table(TableName=table)['Table']['KeySchema']
        return next(str(part['AttributeName']) for part in described if part['KeyType'] == 'HASH')

    def _pages(self, operation: str, table: str, **arguments: Any) -> Iterator[dict[str, Any]]:
        pages = self._client.get_paginator(operation).paginate(TableName=table, ConsistentRead=True, **arguments)
        with _failures_named(table):
            yield from map(plain, chain.from_iterable(page['Items'] for page in pages))

    def _write_batch(self, table: str, requests: list[dict[str, Any]]) -> None:
        """Send the requests until DynamoDB has processed all; boto3's batch writer would not pause between attempts."""
        for attempt in range(ATTEMPTS):
            if attempt:
                pause = min(self._first_pause * 2 ** (attempt - 1), LONGEST_PAUSE_SECONDS)
                # Tasks that write at the same time must not retry at the same time.
                time.sleep(pause * random.uniform(0.5, 1))
            answer = self._client.batch_write_item(RequestItems={table: requests})
            requests = answer.get('UnprocessedItems', {}).get(table, [])
            if not requests:
                return
        raise ItemStoreError(
            f"The table '{table}' left {len(requests)} items of a batch unwritten in {ATTEMPTS} attempts, because it "
            'is throttled. Run again later, or raise the capacity of the table; writing an item '
            'twice does no harm.')


def _stored(table: str, item: Mapping[str, Any]) -> dict[str, Any]:
    key_values(table, item)
    return storable(table, item)


def _assignments(table: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of an update that sets the values of an item that exists."""
    numbered = list(enumerate(values.items()))
    return {
        'ConditionExpression': 'attribute_exists(#key)',
        'UpdateExpression': 'SET ' + ', '.join(f'#name{number} = :value{number}' for number, _ in numbered),
        'ExpressionAttributeNames': {'#key': key_schema(table).partition,
                                     **{f'#name{number}': name for number, (name, _) in numbered}},
        'ExpressionAttributeValues': {f':value{number}': value for number, (_, value) in numbered},
    }


@contextmanager
def _failures_named(table: str) -> Iterator[None]:
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        code = error.response['Error']['Code'] if isinstance(error, ClientError) else type(error).__name__
        raise ItemStoreError(
            f"The DynamoDB table '{table}' did not answer as expected: {code}. {HINTS.get(code, HINT)}") from error
