"""Tables of another lake are copied without replacing anything, and only where that is asked for."""
from __future__ import annotations

import boto3
import pytest
from moto import mock_aws

from resources.copy_dynamodb_tables import TABLES, main

KEYS = {'job-audit': ['execution_id'], 'hash-values': ['hash_key'], 'value-lookup': ['source_system', 'column_name'],
        'multi-lookup': ['lookup_group', 'lookup_item'], 'dq-results': ['execution_id', 'job_id_action_rule'],
        'data-lineage': ['step_function_execution_id', 'job_id_operation_seq']}
OLD, NEW = 'dev-insurancelake', 'dev-newlake'


@pytest.fixture
def database(monkeypatch):
    """DynamoDB with the tables of an old and a new lake; the old ones have seven items each."""
    for name in ('AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'):
        monkeypatch.setenv(name, 'testing')
    monkeypatch.setenv('AWS_DEFAULT_REGION', 'us-east-2')
    with mock_aws():
        resource = boto3.resource('dynamodb')
        for lake in (OLD, NEW):
            for kind, keys in KEYS.items():
                table = resource.create_table(
                    TableName=f'{lake}-etl-{kind}', BillingMode='PAY_PER_REQUEST',
                    KeySchema=[{'AttributeName': key, 'KeyType': role} for key, role in zip(keys, ('HASH', 'RANGE'))],
                    AttributeDefinitions=[{'AttributeName': key, 'AttributeType': 'S'} for key in keys])
                for number in range(7 if lake == OLD else 0):
                    # Together more than fits into one page.
                    table.put_item(Item={key: f'{number}' for key in keys} | {
                        'raw_data': 'x' * 200_000, 'number': number, 'bytes': b'\xff', 'empty': None, 'set': {'a'}})
        yield resource


def count(database, lake):
    return {kind: sum(page['Count'] for page in database.meta.client.get_paginator('scan').paginate(
        TableName=f'{lake}-etl-{kind}')) for kind in KEYS}


def test_a_dry_run_counts_and_writes_nothing(database, capsys):
    assert main([OLD, NEW]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f'{OLD}-etl-{kind}: 7 to copy, 0 in the target already.' for kind in TABLES]
    assert count(database, NEW) == dict.fromkeys(KEYS, 0)


def test_items_are_copied_as_they_are_and_once(database, capsys):
    assert main([OLD, NEW, '--really']) == 0
    assert count(database, NEW) == dict.fromkeys(KEYS, 7)
    copied = database.Table(f'{NEW}-etl-hash-values').get_item(Key={'hash_key': '3'})['Item']
    assert copied == database.Table(f'{OLD}-etl-hash-values').get_item(Key={'hash_key': '3'})['Item']
    capsys.readouterr()
    assert main([OLD, NEW, '--really']) == 0
    assert '0 copied, 7 in the target already' in capsys.readouterr().out


@pytest.mark.parametrize('really', [[], ['--really']])
def test_what_the_target_has_stays_and_open_executions_are_left_out(database, capsys, really):
    target, source = (database.Table(f'{lake}-etl-job-audit') for lake in (NEW, OLD))
    target.put_item(Item={'execution_id': '1', 'mine': True})
    for number, status in enumerate(('QUEUED', 'STARTED', 'SUCCEEDED', 'FAILED'), 2):
        source.put_item(Item={'execution_id': f'{number}', 'job_latest_status': status})
    assert main([OLD, NEW, '--tables', 'job-audit', *really]) == 0
    numbers = '4 copied' if really else '4 to copy'
    assert f'{numbers}, 1 in the target already, 2 of executions that have not ended left out.' in (
        capsys.readouterr().out)
    assert target.get_item(Key={'execution_id': '1'})['Item'] == {'execution_id': '1', 'mine': True}
    assert count(database, NEW)['job-audit'] == (5 if really else 1)


def test_a_table_that_is_not_there_is_named(database, capsys):
    database.Table(f'{OLD}-etl-data-lineage').delete()
    database.Table(f'{NEW}-etl-hash-values').delete()
    assert main([OLD, NEW, '--really']) == 1
    said = capsys.readouterr()
    assert f'{OLD}-etl-data-lineage: there is no such table.' in said.out
    assert f'{NEW}-etl-hash-values: ResourceNotFoundException of DescribeTable' in said.err
    assert count_of(database, f'{NEW}-etl-value-lookup') == 7


def count_of(database, table):
    return sum(page['Count'] for page in database.meta.client.get_paginator('scan').paginate(TableName=table))


def test_a_lake_is_not_copied_to_itself(database, capsys):
    with pytest.raises(SystemExit):
        main([OLD, OLD, '--really'])
    assert 'the same tables' in capsys.readouterr().err
