"""On AWS the script shows what loads did to a table, and takes them back only with `--apply` and the table's lock."""
from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lake_etl.adapters.aws.glue_catalog import GlueCatalog
from lake_etl.adapters.aws.s3_files import S3Files
from lake_etl.ports import Cause, Column, Partition, Publication, Table
from lake_etl.publish.layout import load_folder, partition_folder
from lake_etl.publish.ownership import PROTECTED, WORKFLOW
from lake_etl.publish.protected_state import protection_property
from lake_etl.publish.sources import SourceFile, partition_properties
from lib.executions.running import RunningExecutions
from lib.settings.deployment_settings import Configuration, EnvironmentConfiguration
from lib.settings.parts import CodeCommit, Place
from lib.table_lock.lock_table import LockTable
from lib.table_lock.turn import Order
from resources import correct_tables

ACCOUNT, REGION = '123456789012', 'us-east-2'
SETTINGS = Configuration('insurancelake', 'InsuranceLake', Place(None, REGION), CodeCommit('lake'), (
    EnvironmentConfiguration('Dev', Place(None, REGION), 'develop'),
    EnvironmentConfiguration('Test', Place(None, REGION), 'test')))
DEV, TEST = SETTINGS.named_environments
BUCKET, LOCKS = DEV.bucket_name('cleanse', ACCOUNT, REGION), DEV.table_name('table-lock')
COLUMNS = (Column('number', 'int'), Column('amount', 'decimal(16,2)'))
KEYS = tuple(Column(name, 'string') for name in ('year', 'month', 'day'))
DAY, PLACE = ('2026', '03', '04'), f's3://{BUCKET}/gen/policy'
TABLE = Table('gen', 'policy', COLUMNS, KEYS, PLACE, parameters={WORKFLOW: 'Gen/Policy'})
WRITES = [f'{number:08d}-0000-4000-8000-000000000000' for number in range(4)]


def make_environment(monkeypatch, bucket):
    """Make a bucket and the table of locks of a Dev environment, which the script finds in the configuration."""
    monkeypatch.setattr('lib.configuration.configuration', lambda: SETTINGS)
    boto3.client('s3').create_bucket(Bucket=bucket, CreateBucketConfiguration={'LocationConstraint': REGION})
    boto3.client('dynamodb').create_table(
        TableName=LOCKS, BillingMode='PAY_PER_REQUEST',
        KeySchema=[{'AttributeName': name, 'KeyType': kind}
                   for name, kind in (('resource_name', 'HASH'), ('place', 'RANGE'))],
        AttributeDefinitions=[{'AttributeName': name, 'AttributeType': 'S'} for name in ('resource_name', 'place')])


@pytest.fixture
def glue(aws, monkeypatch):
    """The catalog of a Dev environment with a table that two loads have filled."""
    make_environment(monkeypatch, BUCKET)
    catalog = GlueCatalog()
    catalog.create_database('gen', f's3://{BUCKET}/gen')
    load(catalog, 'run-one', 0, 1)
    load(catalog, 'run-two', 0, 2, 3)
    return catalog


def load(catalog, run, *files, by_file=False, folder_of_files='Gen/Policy', **parameters):
    """Publish a load with one row from each of these files, as a job leaves it."""
    folder = load_folder(partition_folder(PLACE, [key.name for key in KEYS], DAY),
                         f'20260304T000000Z-{run.replace("-", "")}-0a1b2c')
    for file in files:
        rows = pa.table({'number': pa.array([file], pa.int32()),
                         'amount': pa.array([Decimal(file) / 4], pa.decimal128(16, 2))})
        content = io.BytesIO()
        pq.write_table(rows, content)
        S3Files().write(f'{folder}/part-00000-{WRITES[file]}-c000.snappy.parquet', content.getvalue())
    sources = [SourceFile(f'{folder_of_files}/{file}.csv', 1, WRITES[file]) for file in files]
    catalog.publish(Publication(replace(TABLE, parameters={**TABLE.parameters, **parameters}), (
        Partition(DAY, folder, COLUMNS, partition_properties(sources) | protection_property({'gen.policy': ()})),),
        cause=Cause('load', run, f'Gen/Policy/{files[-1]}.csv', by_file)))


def numbers(catalog):
    """Return the rows that readers see, by their first column."""
    found = []
    for partition in catalog.partitions('gen', 'policy'):
        for entry in S3Files().list(partition.location):
            found += pq.read_table(io.BytesIO(S3Files().read(entry.uri)))['number'].to_pylist()
    return sorted(found)


def typed(capsys, *arguments):
    """Return the exit status of the script and what it printed."""
    status = correct_tables.main(list(arguments))
    captured = capsys.readouterr()
    return status, captured.out + captured.err


def test_a_load_is_taken_back_only_when_asked_for_and_the_undo_is_on_record(glue, capsys):
    status, text = typed(capsys, 'undo', 'gen.policy')
    assert status == 0 and 'Would take back the load of Gen/Policy/3.csv' in text and 'Nothing was changed' in text
    assert numbers(glue) == [0, 2, 3]
    status, text = typed(capsys, 'undo', 'gen.policy', '--apply')
    assert status == 0 and '3 rows before, 2 rows now' in text and numbers(glue) == [0, 1]
    status, text = typed(capsys, 'history', 'policy')
    assert status == 0 and [line.split()[3] for line in text.split('\n')[2:-1]] == ['undo', 'load', 'load']
    assert boto3.resource('dynamodb').Table(LOCKS).scan()['Items'] == [], 'the lock was given back'
    assert typed(capsys, 'undo', 'gen.policy', '--to', 'run-two', '--apply')[0] == 0 and numbers(glue) == [0, 2, 3]
    assert typed(capsys, 'undo', 'gen.policy', '2026/03/04', '--to', 'run-one', '--apply')[0] == 0
    assert numbers(glue) == [0, 1]


def test_what_only_looks_or_is_refused_changes_nothing(glue, capsys):
    status, text = typed(capsys, 'diff', 'gen.policy', '--key', 'number', '--format', 'csv')
    assert (status, text.split('\n')[1:-1]) == (0, [
        'rows,,2,3,1', 'added,,,2,2', 'removed,,1,,-1', 'changed,,0,0,', 'total,amount,0.25,1.25,1.00'])
    status, text = typed(capsys, '--environment', 'Test', 'undo', 'gen.policy', '--apply')
    assert status == 1 and 'is not in the environment Test' in text
    status, text = typed(capsys, '--environment', 'Staging', 'undo', 'gen.policy', '--apply')
    assert status == 1 and "is 'Staging', expected one of Dev, Test" in text
    boto3.client('glue').create_table(DatabaseName='gen', TableInput={
        'Name': 'person', 'TableType': 'EXTERNAL_TABLE', 'Parameters': {'table_type': 'ICEBERG'}})
    status, text = typed(capsys, 'undo', 'gen.person', '--apply')
    assert status == 1 and 'gen.person is an Iceberg table, and not one of an entity match' in text
    assert numbers(glue) == [0, 2, 3]


def test_the_rows_of_one_file_are_taken_out(glue, capsys):
    status, text = typed(capsys, 'remove', '2.csv', '--workflow', 'Gen/Policy')
    assert status == 0 and 'Would take back the rows of Gen/Policy/2.csv' in text and numbers(glue) == [0, 2, 3]
    assert typed(capsys, 'remove', '2.csv', '--workflow', 'Gen/Policy', '--apply')[0] == 0 and numbers(glue) == [0, 3]
    assert typed(capsys, 'undo', 'gen.policy', '--apply')[0] == 0 and numbers(glue) == [0, 2, 3]


def test_while_a_load_holds_the_table_nothing_is_changed(glue, capsys):
    boto3.client('stepfunctions')
    locks = LockTable(boto3.resource('dynamodb').meta.client, LOCKS, lambda execution: True)
    now = datetime.now(UTC)
    assert locks.acquire('gen/policy', 'arn:load', Order(now - timedelta(hours=1), now), now) is None
    status, text = typed(capsys, 'undo', 'gen.policy', '--apply')
    assert status == 1 and 'A load of gen/policy is running' in text and numbers(glue) == [0, 2, 3]
    assert [item['execution_arn'] for item in boto3.resource('dynamodb').Table(LOCKS).scan()['Items']] == [
        'arn:load'] * 2, 'its own ticket is gone'


def test_the_lake_can_tell_that_a_killed_correction_has_ended(glue, capsys, monkeypatch):
    claims = []
    monkeypatch.setattr(LockTable, 'release', lambda self, name, execution: claims.append(execution))
    assert typed(capsys, 'undo', 'gen.policy', '--apply')[0] == 0
    assert not RunningExecutions(boto3.client('stepfunctions')).is_running(claims[0])
    assert ':execution:dev-insurancelake-etl-state-machine:correction-' in claims[0]


def test_personal_data_in_clear_stay_away(glue, capsys):
    load(glue, 'run-three', 1, **{PROTECTED: '{"number": "hash"}'})
    status, text = typed(capsys, 'undo', 'gen.policy', '--apply')
    assert status == 1 and 'number of gen.policy' in text and numbers(glue) == [1]
    assert typed(capsys, 'undo', 'gen.policy', '--apply', '--allow-unprotected')[0] == 0 and numbers(glue) == [0, 2, 3]


def test_a_publication_that_glue_refuses_leaves_a_record_that_is_ignored(glue, capsys):
    client = boto3.client('glue')
    client.meta.events.register('before-call.glue.BatchUpdatePartition', lambda **_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        load(GlueCatalog(client), 'run-three', 1)
    assert len(list(S3Files().list(f'{PLACE}/_history'))) == 3
    assert [change.cause.run for change in glue.history('gen', 'policy')] == ['run-two', 'run-one']
    assert typed(capsys, 'undo', 'gen.policy', '--apply')[0] == 0 and numbers(glue) == [0, 1]
