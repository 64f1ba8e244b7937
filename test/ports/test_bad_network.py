"""A bad network in front of AWS ends in a right result or a clear error; what was there before stays."""
from __future__ import annotations

import boto3
import pytest

from fault_proxy import Fault, RefusedPartition
from lake_etl.adapters.aws.dynamodb_items import DynamoDBItems
from lake_etl.adapters.aws.glue_catalog import GlueCatalog
from lake_etl.adapters.aws.s3_files import S3Files
from lake_etl.errors import ItemStoreError, LakeError, PublicationError
from lake_etl.ports import Column, Partition, Publication, Table

pytestmark = pytest.mark.usefixtures('without_pauses')
BUCKET, ITEMS, ALWAYS = 'cleanse', 'dev-lake-etl-hash-values', 1000
CONTENT = bytes(range(256)) * 64
KEYS = tuple(Column(name, 'string') for name in ('year', 'month', 'day'))
TABLE = Table('gen', 'policy', (Column('number', 'int'),), KEYS, 's3://cleanse/gen/policy')


@pytest.fixture
def files(bad):
    """Files in S3, one of which is there."""
    boto3.client('s3').create_bucket(Bucket=BUCKET)
    files = S3Files()
    files.write('s3://cleanse/a', CONTENT)
    return files


@pytest.fixture
def items(bad):
    """Items in DynamoDB."""
    database = boto3.client('dynamodb')
    if ITEMS not in database.list_tables()['TableNames']:
        database.create_table(TableName=ITEMS, BillingMode='PAY_PER_REQUEST',
                              KeySchema=[{'AttributeName': 'hash_key', 'KeyType': 'HASH'}],
                              AttributeDefinitions=[{'AttributeName': 'hash_key', 'AttributeType': 'S'}])
    return DynamoDBItems()


USES = {
    'GET /cleanse/a': lambda files: files.read('s3://cleanse/a') == CONTENT,
    'PUT /cleanse/b': lambda files: files.write('s3://cleanse/b', b'b') or files.read('s3://cleanse/b') == b'b',
    'PUT /cleanse/s': lambda files: files.write_stream('s3://cleanse/s', [b's']) or files.size('s3://cleanse/s') == 1,
    'PUT /cleanse/c': lambda files: files.copy('s3://cleanse/a', 's3://cleanse/c') or files.size('s3://cleanse/c'),
    'list-type=2': lambda files: [entry.uri for entry in files.list('s3://cleanse')],
    'POST /cleanse.delete': lambda files: files.delete(['s3://cleanse/a']) or files.size('s3://cleanse/a') is None,
}


@pytest.mark.parametrize('act', ['refuse', 'lose'])
@pytest.mark.parametrize('request_', USES)
def test_a_throttled_request_and_one_whose_answer_is_lost_are_sent_again(files, bad, request_, act):
    bad.faults = [Fault(request_, act, 'SlowDown')]
    assert USES[request_](files)
    assert bad.faults[0].happened == 1


@pytest.mark.parametrize('read, wanted', [
    ({}, CONTENT), ({'start': 5}, CONTENT[5:]), ({'start': 5, 'length': 4000}, CONTENT[5:4005])])
def test_a_connection_that_breaks_in_the_middle_of_a_file_is_read_again(files, bad, read, wanted):
    bad.faults = [Fault('GET /cleanse/a', 'cut', times=2)]
    assert files.read('s3://cleanse/a', **read) == wanted
    assert bad.faults[0].happened == 2


def test_a_connection_that_always_breaks_is_an_error_that_names_the_file(files, bad):
    bad.faults = [Fault('GET /cleanse/a', 'cut', times=ALWAYS)]
    with pytest.raises(LakeError, match='^s3://cleanse/a could not be read: ResponseStreamingError. The connection to '
                                        'Amazon S3 broke in each of 5 attempts. Run again'):
        files.read('s3://cleanse/a')


def test_a_condition_that_does_not_hold_keeps_the_old_content_and_is_no_matter_of_credentials(files, bad):
    bad.faults = [Fault('PUT /cleanse/a', 'refuse', 'PreconditionFailed')]
    with pytest.raises(LakeError, match='^s3://cleanse/a could not be written: PreconditionFailed. Another process'):
        files.write('s3://cleanse/a', b'new')
    assert files.read('s3://cleanse/a') == CONTENT
    files.write('s3://cleanse/a', b'new')
    assert files.read('s3://cleanse/a') == b'new'


def test_throttling_that_does_not_end_is_named_as_throttling(files, bad, items):
    bad.faults = [Fault('GET /cleanse/a', 'refuse', 'SlowDown', ALWAYS),
                  Fault('GetItem', 'refuse', 'ProvisionedThroughputExceededException', ALWAYS)]
    with pytest.raises(LakeError, match='^s3://cleanse/a could not be read: SlowDown. Amazon S3 is throttling'):
        files.read('s3://cleanse/a')
    with pytest.raises(ItemStoreError, match=f"'{ITEMS}'.*: ProvisionedThroughputExceededException. The table is thr"):
        items.get(ITEMS, {'hash_key': 'k'})
    assert [fault.happened for fault in bad.faults] == [11, 11], "a request and ten retries"


@pytest.mark.parametrize('act, code', [('refuse', 'ProvisionedThroughputExceededException'),
                                       ('refuse', 'InternalServerError'), ('lose', '')])
def test_items_survive_throttling_and_lost_answers(items, bad, act, code):
    bad.faults = [Fault(operation, act, code) for operation in ('BatchWriteItem', 'UpdateItem', 'GetItem', 'Scan')]
    assert items.put_all(ITEMS, [{'hash_key': f'{number}'} for number in range(30)]) == 30
    items.update(ITEMS, {'hash_key': '1'}, {'seen': 'yes'})
    assert items.get(ITEMS, {'hash_key': '1'}) == {'hash_key': '1', 'seen': 'yes'}
    assert len(list(items.scan(ITEMS))) == 30
    assert [fault.happened for fault in bad.faults] == [1] * 4


def test_an_item_is_created_although_the_answer_was_lost(items, bad):
    bad.faults = [Fault('PutItem', 'lose')]
    assert items.put_if_absent(ITEMS, {'hash_key': 'new', 'number': 1})
    assert not items.put_if_absent(ITEMS, {'hash_key': 'new', 'number': 2})


def test_a_catalog_that_refuses_one_of_a_hundred_partitions_shows_the_old_data_until_the_load_runs_again(bad):
    catalog = GlueCatalog()
    catalog.create_database('gen', 's3://cleanse/gen')
    catalog.publish(Publication(TABLE, partitions(range(1, 4), 'old')))
    old = catalog.partitions('gen', 'policy')
    new = Publication(TABLE, partitions(range(1, 104), 'new'))
    bad.refused = RefusedPartition(('2026', '01', '057'))
    with pytest.raises(PublicationError, match=r'refused 1 of 103 partitions \(InternalServiceException\). Readers see '
                                               'the old data. Remove the cause, then run the load again.'):
        catalog.publish(new)
    assert catalog.partitions('gen', 'policy') == old and bad.refused.happened == 3
    bad.refused = None
    catalog.publish(new)
    assert [partition.location for partition in catalog.partitions('gen', 'policy')] == [
        partition.location for partition in new.put]


def partitions(days, load):
    return tuple(Partition(('2026', '01', f'{day:03}'), f'{TABLE.location}/{day:03}/{load}', TABLE.columns)
                 for day in days)
