"""On AWS the script starts one execution for each file of a range, as the trigger does, and only with `--apply`."""
from __future__ import annotations

import json

import boto3
import pytest
from test_correct_tables import ACCOUNT, DEV, REGION, SETTINGS, load

from lake_etl.adapters.aws.glue_catalog import GlueCatalog
from resources import reload

COLLECT, CLEANSE = (DEV.bucket_name(kind, ACCOUNT, REGION) for kind in ('collect', 'cleanse'))
SCRIPTS, AUDIT = DEV.bucket_name('etl-scripts', ACCOUNT, REGION), DEV.table_name('job-audit')
DAY = 'Gen/Policy/2026/03/04'
WAITING = json.dumps({'StartAt': 'Wait', 'States': {'Wait': {'Type': 'Succeed'}}})


@pytest.fixture
def account(aws, monkeypatch):
    """A Dev environment in which three files fill one partition; one of them has landed in other letter case."""
    monkeypatch.setattr('lib.configuration.configuration', lambda: SETTINGS)
    files = boto3.client('s3')
    for bucket in (COLLECT, CLEANSE, SCRIPTS):
        files.create_bucket(Bucket=bucket, CreateBucketConfiguration={'LocationConstraint': REGION})
    files.put_object(Bucket=SCRIPTS, Key='etl/transformation-spec/Gen-Policy.json', Body=b'{"input_spec": {}}')
    for key in (f'{DAY}/1.csv', f'{DAY.lower()}/2.csv', f'{DAY}/other.csv', 'Gen/Policy/3.csv'):
        files.put_object(Bucket=COLLECT, Key=key, Body=b'number\n1\n')
    boto3.client('dynamodb').create_table(
        TableName=AUDIT, BillingMode='PAY_PER_REQUEST',
        KeySchema=[{'AttributeName': 'execution_id', 'KeyType': 'HASH'}],
        AttributeDefinitions=[{'AttributeName': 'execution_id', 'AttributeType': 'S'}])
    boto3.client('stepfunctions').create_state_machine(
        name=DEV.resource_name('etl-state-machine'), definition=WAITING,
        roleArn=f'arn:aws:iam::{ACCOUNT}:role/etl')
    catalog = GlueCatalog()
    catalog.create_database('gen', f's3://{CLEANSE}/gen')
    load(catalog, 'run-one', 1, 2, folder_of_files=DAY)
    return catalog


def typed(capsys, *arguments):
    """Return the exit status of the script and what it printed."""
    status = reload.main([*arguments])
    captured = capsys.readouterr()
    return status, captured.out + captured.err


def records():
    return sorted(boto3.resource('dynamodb').Table(AUDIT).scan()['Items'], key=lambda item: item['sfn_execution_name'])


RANGE = ('Gen/Policy', '--from', '2026-03-01', '--to', '2026-03-04')


def test_each_file_of_the_range_is_started_once_into_the_partition_that_it_fills(account, capsys):
    status, text = typed(capsys, *RANGE)
    assert status == 0 and 'Nothing was started' in text and records() == []
    assert [line.split()[:2] for line in text.split('\n')[:2]] == [
        ['2026/03/04', f'{DAY}/1.csv'], ['2026/03/04', f'{DAY}/2.csv']]
    status, text = typed(capsys, *RANGE, '--name', 'first', '--apply')
    assert status == 0 and text.count('STARTED') == 2 and '2 executions are on record' in text
    found = records()
    assert [item['job_latest_status'] for item in found] == ['STARTED'] * 2
    given = [json.loads(item['sfn_input']) for item in found]
    assert [(item['base_file_name'], item['source_path'], item['source_key']) for item in given] == [
        ('1.csv', DAY, 'Gen/Policy'), ('2.csv', DAY.lower(), 'Gen/Policy')]
    assert {(item['p_year'], item['p_month'], item['p_day']) for item in given} == {('2026', '03', '04')}
    machine = found[0]['sfn_arn']
    started = boto3.client('stepfunctions').list_executions(stateMachineArn=machine)['executions']
    assert {item['name'] for item in started} == {item['sfn_execution_name'] for item in found}
    status, text = typed(capsys, *RANGE, '--name', 'first', '--apply')
    assert status == 0 and text.count('was there already') == 2 and len(records()) == 2
    typed(capsys, *RANGE, '--name', 'second', '--apply')
    assert len(records()) == 4


def test_what_cannot_be_loaded_is_told(account, capsys):
    boto3.client('s3').delete_object(Bucket=COLLECT, Key=f'{DAY}/1.csv')
    status, text = typed(capsys, *RANGE, '--apply')
    assert status == 1 and f'{DAY}/1.csv  is not in Collect any more' in text and len(records()) == 1
    boto3.client('s3').put_object(Bucket=SCRIPTS, Key='etl/transformation-spec/Gen-Policy.json',
                                  Body=b'{"input_spec": {"files": "folder"}}')
    status, text = typed(capsys, *RANGE, '--name', 'third', '--apply')
    assert status == 1 and 'cannot be loaded again' in text and len(records()) == 1
    for arguments, reason in ((('Gen/Claim', *RANGE[1:]), 'no Cleanse table'),
                              ((RANGE[0], '--from', '2026-03-05', '--to', '2026-03-04'), 'is later than'),
                              ((RANGE[0], '--from', '2027-03-04', '--to', '2027-03-04'), 'has no rows'),
                              (('--environment', 'Staging', *RANGE), "is 'Staging', expected one of Dev, Test"),
                              (('--environment', 'Dev,Test', *RANGE), "is 'Dev,Test', expected one of Dev, Test"),
                              ((RANGE[0], '--from', 'soon', '--to', '2027-03-04'), 'expected a date')):
        status, text = typed(capsys, *arguments)
        assert status == 1 and reason in text


def test_a_file_that_came_again_on_another_day_is_not_loaded_into_the_earlier_partition(account, capsys):
    load(account, 'run-two', 3)
    status, text = typed(capsys, *RANGE, '--apply')
    assert status == 1 and records() == []
    assert 'Gen/Policy/3.csv  is replaced in Collect by a file of another day; its rows stay as they are' in text
