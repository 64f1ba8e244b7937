"""Fixtures on moto for Lambda functions: handlers and clients are shared, resources are not."""
from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import boto3
import pytest
from moto import mock_aws

REGION = 'us-east-2'
# Without an interpreter moto has every execution run until it is stopped.
DEFINITION = json.dumps({'StartAt': 'Wait', 'States': {'Wait': {'Type': 'Succeed'}}})


@cache
def client(service: str) -> Any:
    """Return a client; it works in every account that moto plays, and takes long to make."""
    return boto3.client(service)


@cache
def database() -> Any:
    """Return the DynamoDB resource."""
    return boto3.resource('dynamodb')


class Account:
    """An AWS account with the tables, the bucket, the topic and the state machine of the lake."""

    def __init__(self) -> None:
        self.audit = self._table(
            'dev-insurancelake-etl-job-audit', {'execution_id': 'S', 'source_key': 'S', 'job_start_date_int': 'N',
                                                'job_latest_status': 'S', 'dependency_key': 'S'}, ['execution_id'], {
                'source_key-job_start_date_int-index': ['source_key', 'job_start_date_int'],
                'job_latest_status-dependency_key-index': ['job_latest_status', 'dependency_key']})
        self.locks = self._table('dev-insurancelake-etl-table-lock', {'resource_name': 'S', 'place': 'S'},
                                 ['resource_name', 'place'], {})
        self.files = client('s3')
        self.files.create_bucket(Bucket='scripts', CreateBucketConfiguration={'LocationConstraint': REGION})
        self.step_functions = client('stepfunctions')
        self.machine = self.step_functions.create_state_machine(
            name='etl', definition=DEFINITION, roleArn='arn:aws:iam::123456789012:role/etl')['stateMachineArn']
        self.topic = client('sns').create_topic(Name='etl')['TopicArn']
        self._told = client('sqs').create_queue(QueueName='told')['QueueUrl']
        client('sns').subscribe(TopicArn=self.topic, Protocol='sqs',
                                Endpoint=f'arn:aws:sqs:{REGION}:123456789012:told')

    def _table(self, name: str, types: dict[str, str], keys: list[str], indexes: dict[str, list[str]]) -> Any:
        def schema(attributes: list[str]) -> list[dict[str, str]]:
            return [{'AttributeName': attribute, 'KeyType': kind}
                    for attribute, kind in zip(attributes, ('HASH', 'RANGE'))]
        more = {'GlobalSecondaryIndexes': [
            {'IndexName': index, 'KeySchema': schema(attributes), 'Projection': {'ProjectionType': 'ALL'}}
            for index, attributes in indexes.items()]} if indexes else {}
        return database().create_table(
            TableName=name, BillingMode='PAY_PER_REQUEST', KeySchema=schema(keys),
            AttributeDefinitions=[{'AttributeName': key, 'AttributeType': kind} for key, kind in types.items()], **more)

    def configure(self, name: str, content: dict[str, Any]) -> None:
        """Put a specification into the scripts bucket."""
        self.files.put_object(Bucket='scripts', Key=f'etl/transformation-spec/{name}', Body=json.dumps(content))

    def records(self) -> list[dict[str, Any]]:
        """Return all records of executions."""
        items: list[dict[str, Any]] = self.audit.scan()['Items']
        return items

    def change(self, execution_id: str, **values: Any) -> None:
        """Set attributes of a record, as something else would."""
        item = self.audit.get_item(Key={'execution_id': execution_id})['Item']
        self.audit.put_item(Item=item | values)

    def started(self) -> list[str]:
        """Return the names of all executions."""
        return [item['name'] for item in self.step_functions.list_executions(stateMachineArn=self.machine)[
            'executions']]

    def arn(self, name: str) -> str:
        """Return the ARN of an execution."""
        return f'{self.machine.replace(":stateMachine:", ":execution:")}:{name}'

    def told(self) -> list[dict[str, Any]]:
        """Take the notifications published since the last look: subject, status and message."""
        messages = client('sqs').receive_message(QueueUrl=self._told, MaxNumberOfMessages=10).get('Messages', [])
        for message in messages:
            client('sqs').delete_message(QueueUrl=self._told, ReceiptHandle=message['ReceiptHandle'])
        bodies = [json.loads(message['Body']) for message in messages]
        return [{'subject': body['Subject'], 'status': body['MessageAttributes']['status']['Value'],
                 'message': json.loads(body['Message'])} for body in bodies]


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """An account in which nothing has happened yet; the environment of the functions leads to it."""
    for name in ('AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'):
        monkeypatch.setenv(name, 'testing')
    monkeypatch.setenv('AWS_DEFAULT_REGION', REGION)
    with mock_aws():
        account = Account()
        for name, value in (('DYNAMODB_TABLE_NAME', account.audit.name), ('LOCK_TABLE_NAME', account.locks.name),
                            ('SFN_STATE_MACHINE_ARN', account.machine), ('SNS_TOPIC_ARN', account.topic),
                            ('GLUE_SCRIPTS_BUCKET_NAME', 'scripts')):
            monkeypatch.setenv(name, value)
        yield account
