"""The clean-up removes what Dev holds, only when told to, and never what belongs to another place."""
from __future__ import annotations

import boto3
import pytest

from lib.settings.deployment_settings import Configuration, EnvironmentConfiguration
from lib.settings.parts import CodeCommit, Place
from resources import etl_cleanup

ACCOUNT, REGION = '123456789012', 'us-east-2'
SETTINGS = Configuration('insurancelake', 'InsuranceLake', Place(None, REGION), CodeCommit('lake'), (
    EnvironmentConfiguration('Dev', Place(None, REGION), 'develop'),))
DEV, = SETTINGS.named_environments
BUCKETS = {kind: DEV.bucket_name(kind, ACCOUNT, REGION)
           for kind in ('collect', 'cleanse', 'consume', 'glue-temp', 'etl-scripts')}
AUDIT, LOOKUP = DEV.table_name('job-audit'), DEV.table_name('value-lookup')


@pytest.fixture
def lake(aws, monkeypatch):
    """A Dev environment with objects in several versions, a database, and items."""
    monkeypatch.setattr('lib.configuration.configuration', lambda: SETTINGS)
    s3, glue, dynamodb = (boto3.client(name) for name in ('s3', 'glue', 'dynamodb'))
    for bucket in BUCKETS.values():
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={'LocationConstraint': REGION})
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={'Status': 'Enabled'})
        for key in ('one', 'one', 'two'):
            s3.put_object(Bucket=bucket, Key=key, Body=b'x')
        s3.delete_object(Bucket=bucket, Key='two')
    glue.create_database(DatabaseInput={'Name': 'gen', 'LocationUri': f"s3://{BUCKETS['cleanse']}/gen"})
    glue.create_database(DatabaseInput={'Name': 'other', 'LocationUri': f"s3://{BUCKETS['cleanse']}-not/gen"})
    glue.create_table(DatabaseName='gen', TableInput={
        'Name': 'policy', 'StorageDescriptor': {'Location': f"s3://{BUCKETS['cleanse']}/gen/policy"}})
    glue.create_table(DatabaseName='gen', TableInput={'Name': 'view', 'TableType': 'VIRTUAL_VIEW'})
    for table, keys in ((AUDIT, ['execution_id']), (LOOKUP, ['source_system', 'column_name'])):
        dynamodb.create_table(
            TableName=table, BillingMode='PAY_PER_REQUEST',
            KeySchema=[{'AttributeName': key, 'KeyType': kind}
                       for key, kind in zip(keys, ('HASH', 'RANGE'), strict=False)],
            AttributeDefinitions=[{'AttributeName': key, 'AttributeType': 'S'} for key in keys])
        for number in range(30):
            dynamodb.put_item(TableName=table, Item={key: {'S': f'{number}'} for key in keys})


def left() -> dict[str, int]:
    """Return how many versions, databases and items there are, by what holds them."""
    s3, glue, dynamodb = (boto3.client(name) for name in ('s3', 'glue', 'dynamodb'))
    found = {}
    for kind, bucket in BUCKETS.items():
        answer = s3.list_object_versions(Bucket=bucket)
        found[kind] = len(answer.get('Versions', [])) + len(answer.get('DeleteMarkers', []))
    found |= {table: dynamodb.scan(TableName=table)['Count'] for table in (AUDIT, LOOKUP)}
    return found | {'databases': len(glue.get_databases()['DatabaseList'])}


FULL = {**dict.fromkeys(BUCKETS, 4), AUDIT: 30, LOOKUP: 30, 'databases': 2}
EMPTIED = {'cleanse': 0, 'consume': 0, 'glue-temp': 0, 'databases': 1}


@pytest.mark.parametrize(('arguments', 'gone'), [
    ([], {}),
    (['--mode', 'reallydelete'], EMPTIED | {AUDIT: 0}),
    (['--mode', 'allbuckets'], EMPTIED | {AUDIT: 0, 'collect': 0}),
    (['--mode', 'nodynamodb'], EMPTIED),
])
def test_a_mode_removes_what_it_names_and_without_one_nothing_goes(lake, arguments, gone):
    assert etl_cleanup.main(arguments) == 0
    assert left() == FULL | gone


def test_the_dry_run_tells_what_would_go(lake, capsys):
    etl_cleanup.main([])
    told = capsys.readouterr().out
    assert 'Would remove database gen with 2 tables and views.' in told
    assert f'Would remove 4 versions of objects in {BUCKETS["consume"]}.' in told
    assert f'Would remove 30 items of {AUDIT}.' in told and 'Nothing was changed.' in told
    assert LOOKUP not in told and BUCKETS['collect'] not in told


def test_a_second_run_finds_nothing_and_missing_buckets_are_no_error(lake, capsys):
    assert etl_cleanup.main(['--mode', 'reallydelete']) == 0
    boto3.client('s3').delete_bucket(Bucket=BUCKETS['consume'])
    boto3.client('dynamodb').delete_table(TableName=AUDIT)
    capsys.readouterr()
    assert etl_cleanup.main(['--mode', 'reallydelete']) == 0
    assert {line.split()[1] for line in capsys.readouterr().out.splitlines()} == {'0'}


def test_a_table_that_lies_elsewhere_keeps_its_database(lake, capsys):
    boto3.client('glue').create_table(DatabaseName='gen', TableInput={
        'Name': 'foreign', 'StorageDescriptor': {'Location': 's3://somewhere-else/gen/foreign'}})
    assert etl_cleanup.main(['--mode', 'reallydelete']) == 1
    assert 'table gen.foreign lies in s3://somewhere-else/gen/foreign' in capsys.readouterr().err
    assert left() == FULL


def test_credentials_of_another_region_remove_nothing(lake, monkeypatch, capsys):
    monkeypatch.setenv('AWS_DEFAULT_REGION', 'eu-central-1')
    assert etl_cleanup.main(['--mode', 'reallydelete']) == 1
    assert 'these credentials are for 123456789012, eu-central-1' in capsys.readouterr().err


def test_only_dev_can_be_emptied(capsys):
    with pytest.raises(SystemExit):
        etl_cleanup.main(['--environment', 'Prod'])
    assert etl_cleanup.ENVIRONMENT == 'Dev'
