"""On AWS Glue a switch that cannot be finished is undone, and the error says what readers see."""
from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import boto3
import pytest
from botocore.exceptions import ClientError

from lake_etl.adapters.aws.glue_catalog import GlueCatalog
from lake_etl.errors import LakeError, PublicationConflict, PublicationError
from lake_etl.ports import Column, Partition, Publication, Table

pytestmark = pytest.mark.usefixtures('without_pauses')
KEYS = tuple(Column(name, 'string') for name in ('year', 'month', 'day'))
COLUMNS = (Column('policy_number', 'string'), Column('premium', 'decimal(16,2)'))
WIDER = (*COLUMNS, Column('term', 'int'))
ROOT = 's3://cleanse/gen/policy'
TABLE = Table('gen', 'policy', COLUMNS, KEYS, ROOT)
ENTRIES = {'BatchCreatePartition': ('PartitionInputList', 'Values', 'PartitionValues'),
           'BatchUpdatePartition': ('Entries', 'PartitionValueList', 'PartitionValueList'),
           'BatchDeletePartition': ('PartitionsToDelete', 'Values', 'PartitionValues')}


class Disturbance:
    """Makes the Glue client's calls fail: single entries of a batch, whole calls, or calls that do happen."""

    def __init__(self, client):
        self._events = client.meta.events
        self.sizes = []
        for operation, (entries, _, _) in ENTRIES.items():
            self._events.register(f'provide-client-params.glue.{operation}', self._count(operation, entries))

    def _count(self, operation, entries):
        return lambda params, **_: self.sizes.append((operation, len(params[entries])))

    def refuse_entries(self, operation, values, times=1000, code='InternalServiceException'):
        """Let the entries of these partitions fail so many times; the others of the batch are done."""
        entries, key, error_key = ENTRIES[operation]
        left = {item: times for item in values}
        refused, nothing_left = [], [False]

        def take_out(params, **_):
            refused[:] = [tuple(entry[key]) for entry in params[entries] if left.get(tuple(entry[key]), 0) > 0]
            for item in refused:
                left[item] -= 1
            rest = [entry for entry in params[entries] if tuple(entry[key]) not in refused]
            nothing_left[0] = not rest
            return {**params, entries: rest} if rest else params

        def answer_without_calling(**_):
            return (SimpleNamespace(status_code=200), {}) if nothing_left[0] else None

        def add_errors(parsed, **_):
            parsed.setdefault('Errors', []).extend(
                {error_key: list(item), 'ErrorDetail': {'ErrorCode': code, 'ErrorMessage': 'Try later.'}}
                for item in refused)

        self._events.register_last(f'provide-client-params.glue.{operation}', take_out)
        self._events.register(f'before-call.glue.{operation}', answer_without_calling)
        self._events.register(f'after-call.glue.{operation}', add_errors)

    def refuse_calls(self, operation, code='AccessDeniedException', times=1000):
        """Let whole calls fail before anything happens."""
        self._raise_at(f'before-call.glue.{operation}', operation, code, times)

    def lose_answers(self, operation, code='OperationTimeoutException', times=1000):
        """Let calls happen and then fail, as when the answer is lost."""
        self._raise_at(f'after-call.glue.{operation}', operation, code, times)

    def before(self, operation, action):
        """Do something else just before the first call of an operation."""
        waiting = [action]
        self._events.register(f'before-call.glue.{operation}', lambda **_: waiting.pop()() if waiting else None)

    def die_before(self, operation, call):
        """End the job just before that call of an operation, counted from 1; nothing of ours can clean up then."""
        calls = []

        def die(**_):
            calls.append(operation)
            if len(calls) == call:
                raise SystemExit
        self._events.register(f'before-call.glue.{operation}', die)

    def _raise_at(self, event, operation, code, times):
        left = [times]

        def fail(**_):
            if left[0] > 0:
                left[0] -= 1
                raise ClientError({'Error': {'Code': code, 'Message': 'Refused by the test.'}}, operation)
        self._events.register(event, fail)


@pytest.fixture
def glue(aws):
    return boto3.client('glue')


@pytest.fixture
def catalog(glue):
    """A catalog with a table of partitions 1 to 3."""
    catalog = GlueCatalog(glue)
    catalog.create_database('gen', 's3://cleanse/gen')
    catalog.publish(Publication(TABLE, tuple(partition(day) for day in (1, 2, 3))))
    return catalog


@pytest.fixture
def disturbed(catalog, glue):
    return Disturbance(glue)


def partition(day, load='a', columns=COLUMNS):
    values = ('2026', '11', f'{day:02}')
    return Partition(values, f'{ROOT}/{"-".join(values)}/{load}', columns, {'recordCount': '1'})


def values(*numbers):
    return tuple(('2026', '11', f'{day:02}') for day in numbers)


def state(catalog):
    return catalog.table('gen', 'policy'), catalog.partitions('gen', 'policy')


# New columns, new partitions 4 and 5, replaced 1 and 2, dropped 3.
SWITCH = Publication(replace(TABLE, columns=WIDER, description='New', parameters={'load': '2'}),
                     tuple(partition(day, 'b', WIDER) for day in (1, 2, 4, 5)), values(3))
SWITCHED = tuple(partition(day, 'b', WIDER) for day in (1, 2, 4, 5))


def test_a_table_is_readable_for_athena_and_spark(catalog, glue):
    table = glue.get_table(DatabaseName='gen', Name='policy')['Table']
    found = glue.get_partition(DatabaseName='gen', TableName='policy', PartitionValues=list(values(1)[0]))['Partition']
    assert table['TableType'] == 'EXTERNAL_TABLE'
    assert table['Parameters']['classification'] == 'parquet'
    assert table['StorageDescriptor']['Location'] == ROOT
    for storage in (table['StorageDescriptor'], found['StorageDescriptor']):
        assert storage['InputFormat'].endswith('.MapredParquetInputFormat')
        assert storage['OutputFormat'].endswith('.MapredParquetOutputFormat')
        assert storage['SerdeInfo']['SerializationLibrary'].endswith('.ParquetHiveSerDe')
        assert [column['Name'] for column in storage['Columns']] == ['policy_number', 'premium']


def test_what_others_set_on_a_table_survives(catalog, glue):
    table = glue.get_table(DatabaseName='gen', Name='policy')['Table']
    storage = table['StorageDescriptor']
    storage['Columns'][0].update(Comment='Key', Parameters={'tag': 'personal'})
    storage['SerdeInfo']['Parameters'] = {'serialization.format': '9'}
    glue.update_table(DatabaseName='gen', TableInput={
        'Name': 'policy', 'Owner': 'actuarial', 'Retention': 7, 'Description': 'Policies', 'StorageDescriptor': storage,
        'PartitionKeys': table['PartitionKeys'], 'TableType': 'EXTERNAL_TABLE',
        'Parameters': {**table['Parameters'], 'owner_team': 'actuarial'}})
    catalog.publish(Publication(replace(TABLE, columns=WIDER), (partition(1, 'b', WIDER),)))
    table = glue.get_table(DatabaseName='gen', Name='policy')['Table']
    assert (table['Owner'], table['Retention'], table['Description']) == ('actuarial', 7, 'Policies')
    assert table['Parameters']['owner_team'] == 'actuarial'
    assert table['StorageDescriptor']['SerdeInfo']['Parameters'] == {'serialization.format': '9'}
    assert table['StorageDescriptor']['Columns'] == [
        {'Name': 'policy_number', 'Type': 'string', 'Comment': 'Key', 'Parameters': {'tag': 'personal'}},
        {'Name': 'premium', 'Type': 'decimal(16,2)'}, {'Name': 'term', 'Type': 'int'}]


def test_a_load_that_changes_no_column_leaves_the_table_alone(catalog, disturbed):
    disturbed.refuse_calls('UpdateTable')
    catalog.publish(Publication(TABLE, (partition(1, 'b'),)))
    assert catalog.partitions('gen', 'policy')[0] == partition(1, 'b')


def test_batches_keep_the_limits_of_the_service(catalog, disturbed):
    catalog.publish(Publication(TABLE, tuple(partition(day) for day in range(4, 234))))
    catalog.publish(Publication(TABLE, tuple(partition(day, 'b') for day in range(4, 134)),
                                values(*range(134, 194))))
    assert disturbed.sizes == [
        ('BatchCreatePartition', 100), ('BatchCreatePartition', 100), ('BatchCreatePartition', 30),
        ('BatchUpdatePartition', 100), ('BatchUpdatePartition', 30),
        ('BatchDeletePartition', 25), ('BatchDeletePartition', 25), ('BatchDeletePartition', 10)]


def test_a_job_that_dies_between_two_calls_leaves_old_and_new_partitions_until_it_runs_again(catalog, disturbed):
    old, new = (tuple(partition(day, load) for day in range(1, 151)) for load in 'ab')
    catalog.publish(Publication(TABLE, old))
    disturbed.die_before('BatchUpdatePartition', 2)
    with pytest.raises(SystemExit):
        catalog.publish(Publication(TABLE, new))
    found = catalog.partitions('gen', 'policy')
    assert (sum(item in new for item in found), sum(item in old for item in found)) == (100, 50)
    catalog.publish(Publication(TABLE, new))
    assert all(item in new for item in catalog.partitions('gen', 'policy'))


@pytest.mark.parametrize('operation, entries', [
    ('BatchCreatePartition', values(5)), ('BatchUpdatePartition', values(1, 2)), ('BatchDeletePartition', values(3))])
def test_entries_that_fail_for_a_moment_are_repeated(catalog, disturbed, operation, entries):
    disturbed.refuse_entries(operation, entries, times=2)
    catalog.publish(SWITCH)
    assert catalog.partitions('gen', 'policy') == SWITCHED
    assert catalog.table('gen', 'policy').columns == WIDER


@pytest.mark.parametrize('operation', ['BatchCreatePartition', 'BatchUpdatePartition', 'BatchDeletePartition'])
def test_calls_whose_answer_is_lost_are_repeated(catalog, disturbed, operation):
    disturbed.lose_answers(operation, times=1)
    catalog.publish(SWITCH)
    assert catalog.partitions('gen', 'policy') == SWITCHED


@pytest.mark.parametrize('operation, entries, count', [
    ('BatchCreatePartition', values(5), 1), ('BatchUpdatePartition', values(2), 1),
    ('BatchDeletePartition', values(3), 1)])
def test_entries_that_keep_failing_are_taken_back(catalog, disturbed, operation, entries, count):
    before = state(catalog)
    disturbed.refuse_entries(operation, entries)
    with pytest.raises(PublicationError, match=rf'gen\.policy was not published: Glue refused {count} of 5 partitions '
                                               r'\(InternalServiceException\)\. Readers see the old data'):
        catalog.publish(SWITCH)
    assert state(catalog) == before


@pytest.mark.parametrize('operation', [
    'GetTable', 'UpdateTable', 'BatchGetPartition', 'BatchCreatePartition', 'BatchUpdatePartition'])
def test_calls_that_are_denied_are_taken_back(catalog, disturbed, operation):
    before = state(catalog)
    disturbed.refuse_calls(operation)
    with pytest.raises(PublicationError, match='AccessDeniedException.*Readers see the old data'):
        catalog.publish(SWITCH)
    assert state(GlueCatalog(boto3.client('glue'))) == before


def test_a_change_of_columns_whose_answer_is_lost_is_taken_back(catalog, disturbed):
    before = state(catalog)
    disturbed.lose_answers('UpdateTable', times=1)
    with pytest.raises(PublicationError, match='Glue refused the table.*Readers see the old data'):
        catalog.publish(SWITCH)
    assert state(catalog) == before


def test_columns_that_cannot_be_taken_back_are_named(catalog, disturbed):
    disturbed.refuse_entries('BatchCreatePartition', values(5))
    disturbed.before('BatchCreatePartition', lambda: disturbed.refuse_calls('UpdateTable'))
    with pytest.raises(PublicationError, match='the columns of the table may be new already'):
        catalog.publish(SWITCH)
    assert catalog.partitions('gen', 'policy') == (partition(1), partition(2), partition(3))


def test_two_first_loads_of_a_table_both_arrive(catalog, disturbed):
    other, claim = GlueCatalog(boto3.client('glue')), replace(TABLE, name='claim')
    disturbed.before('CreateTable', lambda: other.publish(Publication(claim, (partition(1, 'z'),))))
    catalog.publish(Publication(replace(claim, columns=WIDER), (partition(2, 'b', WIDER),)))
    assert catalog.table('gen', 'claim').columns == WIDER
    assert catalog.partitions('gen', 'claim') == (partition(1, 'z'), partition(2, 'b', WIDER))


def test_a_table_that_was_created_is_taken_back(catalog, disturbed):
    disturbed.refuse_entries('BatchCreatePartition', values(2))
    with pytest.raises(PublicationError, match='Readers see the old data'):
        catalog.publish(Publication(replace(TABLE, name='claim'), (partition(1), partition(2))))
    assert catalog.table('gen', 'claim') is None


def test_a_table_that_was_created_stays_when_another_load_uses_it_already(catalog, disturbed):
    other, claim = GlueCatalog(boto3.client('glue')), replace(TABLE, name='claim')
    disturbed.refuse_entries('BatchCreatePartition', values(2))
    disturbed.before('BatchCreatePartition', lambda: other.publish(Publication(claim, (partition(1, 'z'),))))
    with pytest.raises(PublicationError):
        catalog.publish(Publication(claim, (partition(2), partition(3))))
    assert catalog.partitions('gen', 'claim') == (partition(1, 'z'),)


def test_what_cannot_be_taken_back_is_named(catalog, disturbed):
    disturbed.refuse_entries('BatchUpdatePartition', values(2))
    disturbed.refuse_calls('BatchDeletePartition')
    with pytest.raises(PublicationError) as refused:
        catalog.publish(SWITCH)
    assert 'partition 2026/11/04, partition 2026/11/05 may be new already, everything else is as before' in str(
        refused.value)
    assert 'Run the load again to repair it' in str(refused.value)
    assert [item.location.rpartition('/')[2] for item in catalog.partitions('gen', 'policy')] == list('aaabb')
    assert catalog.table('gen', 'policy').columns == COLUMNS


def test_running_again_repairs_what_could_not_be_taken_back(catalog, disturbed):
    disturbed.refuse_entries('BatchUpdatePartition', values(2), times=3)
    disturbed.refuse_calls('BatchDeletePartition', times=3)
    with pytest.raises(PublicationError, match='may be new already'):
        catalog.publish(SWITCH)
    catalog.publish(SWITCH)
    assert catalog.partitions('gen', 'policy') == SWITCHED


def test_when_nothing_can_be_seen_everything_touched_is_named(catalog, disturbed):
    disturbed.refuse_entries('BatchCreatePartition', values(5))
    disturbed.before('BatchCreatePartition', lambda: disturbed.refuse_calls('BatchGetPartition'))
    with pytest.raises(PublicationError, match='partition 2026/11/04, partition 2026/11/05, the columns of the table'):
        catalog.publish(SWITCH)


def test_a_partition_that_appears_meanwhile_is_replaced_when_nothing_was_expected(catalog, disturbed):
    other = GlueCatalog(boto3.client('glue'))
    disturbed.before('BatchCreatePartition', lambda: other.publish(Publication(TABLE, (partition(4, 'z'),))))
    catalog.publish(Publication(TABLE, (partition(4, 'b'),)))
    assert catalog.partitions('gen', 'policy')[3] == partition(4, 'b')


def test_a_partition_that_appears_although_none_was_expected_is_a_conflict(catalog, disturbed):
    other = GlueCatalog(boto3.client('glue'))
    disturbed.before('BatchCreatePartition', lambda: other.publish(Publication(TABLE, (partition(4, 'z'),))))
    with pytest.raises(PublicationConflict):
        catalog.publish(replace(SWITCH, expected={values(4)[0]: None}))
    assert catalog.table('gen', 'policy').columns == COLUMNS
    assert catalog.partitions('gen', 'policy') == (partition(1), partition(2), partition(3), partition(4, 'z'))


def test_another_ones_partition_stays_when_a_switch_is_taken_back(catalog, disturbed):
    other = GlueCatalog(boto3.client('glue'))
    disturbed.before('BatchCreatePartition', lambda: other.publish(Publication(TABLE, (partition(4, 'z'),))))
    disturbed.refuse_entries('BatchCreatePartition', values(5))
    with pytest.raises(PublicationError):
        catalog.publish(SWITCH)
    assert catalog.partitions('gen', 'policy') == (partition(1), partition(2), partition(3), partition(4, 'z'))


def test_a_partition_that_disappears_meanwhile_is_created(catalog, disturbed):
    other = GlueCatalog(boto3.client('glue'))
    disturbed.before('BatchUpdatePartition', lambda: other.publish(Publication(TABLE, (), values(1))))
    catalog.publish(SWITCH)
    assert catalog.partitions('gen', 'policy') == SWITCHED


@pytest.mark.parametrize('other', [
    {'TableType': 'VIRTUAL_VIEW', 'ViewOriginalText': 'SELECT 1'},
    {'TableType': 'EXTERNAL_TABLE', 'Parameters': {'table_type': 'ICEBERG'}}], ids=['view', 'Iceberg'])
def test_a_view_or_an_iceberg_table_is_no_table_of_files(catalog, glue, other):
    glue.create_table(DatabaseName='gen', TableInput={'Name': 'other', **other})
    assert catalog.table('gen', 'other') is None
    assert [table.name for table in catalog.tables('gen')] == ['policy']
    with pytest.raises(PublicationError, match=r'gen\.other is a view or an Iceberg table'):
        catalog.publish(Publication(replace(TABLE, name='other')))


def test_a_denied_look_up_is_no_missing_table(catalog, disturbed):
    disturbed.refuse_calls('GetTable')
    with pytest.raises(LakeError, match=r'did not read table gen\.policy: AccessDeniedException'):
        catalog.table('gen', 'policy')
