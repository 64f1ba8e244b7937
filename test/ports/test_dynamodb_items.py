"""The DynamoDB adapter handles answers that moto never gives: unwritten items and denied access."""
from __future__ import annotations

import json
from collections.abc import Iterator

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from lake_etl.adapters.aws.dynamodb_items import DynamoDBItems
from lake_etl.errors import ItemStoreError


def test_what_dynamodb_left_unwritten_is_sent_again(tables):
    resource = boto3.resource('dynamodb')
    sent, table = [], tables('hash-values')
    resource.meta.client.meta.events.register_first(
        'before-send.dynamodb.BatchWriteItem', lambda request, **_: _refuse_some(request, sent, times=2))
    written = DynamoDBItems(resource).put_all(table, [{'hash_key': f'{number}'} for number in range(30)])
    assert written == 30 and len(sent) == 4
    assert sum(1 for _ in DynamoDBItems().scan(table)) == 30


def test_a_request_never_holds_a_key_twice(tables):
    resource = boto3.resource('dynamodb')
    sent, table = [], tables('multi-lookup')
    resource.meta.client.meta.events.register_first(
        'before-send.dynamodb.BatchWriteItem', lambda request, **_: _refuse_some(request, sent, times=0))
    DynamoDBItems(resource).put_all(table, [
        {'lookup_group': f'{number % 2}', 'lookup_item': f'{number % 3}'} for number in range(30)])
    assert sent == [6, 5]


def test_a_table_that_takes_nothing_is_given_up_on(tables):
    resource = boto3.resource('dynamodb')
    sent, table = [], tables('hash-values')
    resource.meta.client.meta.events.register_first(
        'before-send.dynamodb.BatchWriteItem', lambda request, **_: _refuse_some(request, sent, times=1000))
    with pytest.raises(ItemStoreError, match=f"'{table}' left 3 items of a batch unwritten in 10 attempts"):
        DynamoDBItems(resource, first_pause=0).put_all(table, [{'hash_key': text} for text in 'abc'])
    assert len(sent) == 10


def test_a_denied_access_is_not_an_absent_item(tables):
    resource, table = boto3.resource('dynamodb'), tables('hash-values')
    denial = {'__type': 'com.amazonaws.dynamodb.v20120810#AccessDeniedException', 'Message': 'not authorized'}
    resource.meta.client.meta.events.register_first(
        'before-send.dynamodb', lambda request, **_: _answer(request, 400, denial))
    items, item = DynamoDBItems(resource), {'hash_key': 'k'}
    for use in (lambda: items.get(table, item), lambda: list(items.query(table, 'k')),
                lambda: list(items.scan(table)), lambda: items.put_if_absent(table, item)):
        with pytest.raises(ItemStoreError, match=f"'{table}' .*: AccessDeniedException. Grant the role access"):
            use()


def test_a_table_that_is_not_deployed_is_named(aws):
    with pytest.raises(ItemStoreError, match="'dev-lake-etl-hash-values' .*: ResourceNotFoundException. Correct"):
        DynamoDBItems().get('dev-lake-etl-hash-values', {'hash_key': 'k'})


class _Body:
    """The raw body of an answer from AWS."""

    def __init__(self, content: object):
        self._content = json.dumps(content).encode()

    def stream(self, **_: object) -> Iterator[bytes]:
        yield self._content


def _answer(request: AWSPreparedRequest, status: int, content: object) -> AWSResponse:
    """Return an answer to a request as it comes over the wire from DynamoDB."""
    return AWSResponse(request.url, status, {}, _Body(content))


def _refuse_some(request: AWSPreparedRequest, sent: list[int], times: int) -> AWSResponse | None:
    """Answer the first requests as DynamoDB does when it takes none of their items; let the others through."""
    asked = json.loads(request.body)['RequestItems']
    sent.append(sum(map(len, asked.values())))
    return _answer(request, 200, {'UnprocessedItems': asked}) if len(sent) <= times else None
