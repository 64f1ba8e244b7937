"""Fixtures that run port tests against two stores: on this machine, and on AWS as moto simulates it."""
from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import boto3
import pytest
from moto import mock_aws
from moto.server import ThreadedMotoServer

from fault_proxy import FaultProxy, fault_proxy
from lake_etl.adapters.aws.dynamodb_items import DynamoDBItems
from lake_etl.adapters.aws.s3_files import S3Files
from lake_etl.adapters.local.folder_files import FolderFiles
from lake_etl.adapters.local.sqlite_items import SqliteItems
from lake_etl.ports import Files, Items

BUCKET = 'dev-insurancelake-111122223333-us-east-2-cleanse'
# Partition and sort key of each kind of item table, as the contract of the lake's resources lists them.
TABLE_KEYS = {
    'job-audit': ('execution_id',),
    'hash-values': ('hash_key',),
    'value-lookup': ('source_system', 'column_name'),
    'multi-lookup': ('lookup_group', 'lookup_item'),
    'dq-results': ('execution_id', 'job_id_action_rule'),
    'data-lineage': ('step_function_execution_id', 'job_id_operation_seq'),
}


@dataclass(frozen=True)
class FileStore:
    """A file adapter and the address of an existing, empty place in its store."""

    files: Files
    root: str


@dataclass(frozen=True)
class ItemStore:
    """An item adapter and a function that gives the address of a table by its kind, such as `hash-values`."""

    items: Items
    table: Callable[[str], str]


@pytest.fixture
def aws(monkeypatch) -> Iterator[None]:
    """Let moto answer every AWS call of the test."""
    # A job that ran in this process before may have opened a catalog of its own.
    monkeypatch.setattr('lake_etl.runtime._catalog_address', 'glue')
    monkeypatch.setenv('AWS_DEFAULT_REGION', 'us-east-2')
    monkeypatch.setenv('AWS_ACCESS_KEY_ID', 'testing')
    monkeypatch.setenv('AWS_SECRET_ACCESS_KEY', 'testing')
    with mock_aws():
        yield


@pytest.fixture(scope='module')
def network() -> Iterator[FaultProxy]:
    """A proxy in front of a server that plays AWS and keeps what a module puts into it."""
    server = ThreadedMotoServer('127.0.0.1', port=0, verbose=False)
    server.start()
    with fault_proxy('http://{}:{}'.format(*server.get_host_and_port())) as proxy:
        yield proxy
    server.stop()


@pytest.fixture
def bad(network, monkeypatch) -> FaultProxy:
    """The proxy without faults; clients that the lake opens go through it."""
    for name, value in (('AWS_ENDPOINT_URL', network.endpoint), ('AWS_DEFAULT_REGION', 'us-east-1'),
                        ('AWS_ACCESS_KEY_ID', 'testing'), ('AWS_SECRET_ACCESS_KEY', 'testing')):
        monkeypatch.setenv(name, value)
    network.reset()
    return network


@pytest.fixture
def without_pauses(monkeypatch) -> None:
    """Let what is refused be tried again at once, as often as ever."""
    monkeypatch.setattr('lake_etl.adapters.aws.glue_partitions.PAUSE_SECONDS', 0)
    monkeypatch.setattr('botocore.retries.standard.ExponentialBackoff.delay_amount', lambda *_: 0)


@pytest.fixture
def bucket(aws) -> str:
    """The address of an empty bucket."""
    boto3.client('s3').create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={'LocationConstraint': 'us-east-2'})
    return f's3://{BUCKET}'


@pytest.fixture
def tables(aws) -> Callable[[str], str]:
    """A function that gives the name of a DynamoDB table by its kind; all kinds exist."""
    for kind, keys in TABLE_KEYS.items():
        boto3.client('dynamodb').create_table(
            TableName=f'dev-insurancelake-etl-{kind}', BillingMode='PAY_PER_REQUEST',
            KeySchema=[{'AttributeName': key, 'KeyType': role} for key, role in zip(keys, ('HASH', 'RANGE'))],
            AttributeDefinitions=[{'AttributeName': key, 'AttributeType': 'S'} for key in keys])
    return lambda kind: f'dev-insurancelake-etl-{kind}'


@pytest.fixture(params=['path', 'file URI', 'S3'])
def file_store(request, tmp_path: Path) -> FileStore:
    """Each file store in turn."""
    if request.param == 'S3':
        return FileStore(S3Files(), request.getfixturevalue('bucket'))
    return FileStore(FolderFiles(), str(tmp_path) if request.param == 'path' else tmp_path.as_uri())


@pytest.fixture(params=['SQLite', 'DynamoDB'])
def item_store(request, tmp_path: Path) -> ItemStore:
    """Each item store in turn."""
    if request.param == 'DynamoDB':
        return ItemStore(DynamoDBItems(), request.getfixturevalue('tables'))
    return ItemStore(SqliteItems(), lambda kind: f'sqlite://{tmp_path}/lake #1 100%.db#{kind}')


@pytest.fixture
def in_threads() -> Callable[[Callable[[int], object], int], None]:
    """A function that runs an action in some threads that begin together, each with its number, and waits for all."""
    def run_all(action: Callable[[int], object], number: int) -> None:
        barrier = threading.Barrier(number)

        def run(thread: int) -> None:
            barrier.wait()
            action(thread)

        threads = [threading.Thread(target=run, args=(thread,)) for thread in range(number)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return run_all
