"""Functions that users' own code calls take and return what that code relies on."""
from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import boto3
import pytest
from moto import mock_aws

import custom_mapping
import datatransform_lookup as lookup
import datatransform_premium as premium
import datatransform_stringmanipulation as strings
import glue_catalog_helpers as helpers
from lake_etl import runtime
from lake_etl.errors import DataError, ItemStoreError, LakeError
from lake_etl.ports import Column, Partition, Publication
from lib.glue_scripts import etl_cleanse_to_consume, etl_collect_to_cleanse, etl_consume_entity_match

POLICY = "SELECT 'P' AS policyno, 7 AS amount, 2026 AS year, '03' AS month"
ICEBERG = {'Name': 'customer', 'TableType': 'EXTERNAL_TABLE', 'Parameters': {'table_type': 'ICEBERG'},
           'StorageDescriptor': {'Columns': [{'Name': 'id', 'Type': 'string'}], 'Location': 's3://consume/iceberg'}}
VIEW = {'Name': 'summary', 'TableType': 'VIRTUAL_VIEW', 'ViewOriginalText': '/* Presto View: e30= */'}


@pytest.fixture
def aws(monkeypatch):
    for name in ('AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'):
        monkeypatch.setenv(name, 'testing')
    monkeypatch.setenv('AWS_DEFAULT_REGION', 'us-east-1')
    monkeypatch.setattr(runtime, '_catalog_address', runtime.GLUE)
    with mock_aws():
        yield


@pytest.fixture(params=['glue', 'laptop'])
def catalog(request, aws, tmp_path):
    """The catalog of AWS Glue, then that of a laptop; gives the root of table locations."""
    if request.param == 'laptop':
        runtime.open_catalog(f'sqlite://{tmp_path}/lake.db')
        return str(tmp_path)
    return 's3://cleanse'


def upsert(spark, root, query=POLICY, keys=('year', 'month'), **options):
    options = {'storage_location': f'{root}/Gen/Policy', 'allow_schema_change': 'permissive'} | options
    helpers.upsert_catalog_table(df=spark.sql(query), target_database='Gen', table_name='Policy',
                                 partition_keys=keys, **options)
    return runtime.catalog().table('gen', 'policy')


def test_table_exists_returns_the_description_or_none(spark, catalog):
    assert helpers.table_exists('Gen', 'Policy') is None
    upsert(spark, catalog, table_description='All policies')
    described = helpers.table_exists(target_database='GEN', table_name='policy')['Table']
    assert (described['Name'], described['Description']) == ('policy', 'All policies')
    assert described['StorageDescriptor']['Location'] == f'{catalog}/Gen/Policy'
    assert [(item['Name'], item['Type']) for item in described['StorageDescriptor']['Columns']] == [
        ('policyno', 'string'), ('amount', 'int')]
    assert [(item['Name'], item['Type']) for item in described['PartitionKeys']] == [
        ('year', 'int'), ('month', 'string')]


@pytest.mark.parametrize('table', [ICEBERG, VIEW])
def test_table_exists_is_true_for_iceberg_tables_and_views(aws, table):
    helpers.create_database(database_name='Gen', database_uri='s3://cleanse/gen', database_description='General')
    glue = boto3.client('glue')
    glue.create_table(DatabaseName='gen', TableInput=table)
    assert helpers.table_exists('gen', table['Name'])['Table']['TableType'] == table['TableType']
    assert glue.get_database(Name='gen')['Database'] | {'CreateTime': None, 'CatalogId': None} == {
        'Name': 'gen', 'LocationUri': 's3://cleanse/gen', 'Description': 'General', 'CreateTime': None,
        'CatalogId': None}


def test_partition_columns_keep_the_types_of_the_frame(spark, catalog):
    table = upsert(spark, catalog, keys={'year': 1, 'month': 2}.keys())
    assert table.partition_keys == (Column('year', 'int'), Column('month', 'string'))
    assert [column.name for column in table.columns] == ['policyno', 'amount']


@pytest.mark.parametrize('keys', [['year', 'day'], [{'Name': 'day', 'Type': 'string'}]])
def test_a_partition_key_that_the_frame_lacks_is_an_error(spark, catalog, keys):
    with pytest.raises(DataError, match='no column day, which it is partitioned by'):
        upsert(spark, catalog, keys=keys)
    assert helpers.table_exists('gen', 'policy') is None


def test_a_table_takes_a_new_location_and_keeps_its_partitions(spark, catalog):
    table = upsert(spark, catalog)
    runtime.catalog().publish(Publication(table, (Partition(('2026', '03'), f'{catalog}/x', table.columns),)))
    assert upsert(spark, catalog, storage_location=f'{catalog}/Elsewhere/').location == f'{catalog}/Elsewhere'
    assert [item.location for item in runtime.catalog().partitions('gen', 'policy')] == [f'{catalog}/x']


def test_comments_of_columns_reach_the_catalog(spark, catalog):
    df = spark.sql(POLICY).withMetadata('amount', {'comment': 'in euro'})
    helpers.upsert_catalog_table(df, 'gen', 'policy', ['year', 'month'], f'{catalog}/gen/policy')
    assert runtime.catalog().table('gen', 'policy').columns[1] == Column('amount', 'int', 'in euro')


@pytest.mark.parametrize(('partition', 'left'), [
    ({'year': '2026', 'month': '03'}, [('2025', '03'), ('2026', '04')]),
    ({'YEAR': 2026}, [('2025', '03')]),
    ({'year': '02026'}, [('2025', '03')]),
    ({'month': '03'}, [('2026', '04')]),
    ({'month': '3'}, [('2025', '03'), ('2026', '03'), ('2026', '04')]),
])
def test_a_part_of_the_keys_clears_all_partitions_that_have_it(spark, tmp_path, catalog, partition, left):
    table = upsert(spark, str(tmp_path))
    runtime.catalog().publish(Publication(table, tuple(
        Partition(values, f'{tmp_path}/{"-".join(values)}', table.columns)
        for values in (('2025', '03'), ('2026', '03'), ('2026', '04')))))
    helpers.clear_partition('Gen', 'Policy', partition, spark.sparkContext)
    assert [item.values for item in runtime.catalog().partitions('gen', 'policy')] == left


@pytest.mark.parametrize('partition', [{}, {'day': '01'}, {'year': '2026', 'amount': 7}])
def test_clearing_by_no_key_or_by_another_column_is_refused(spark, catalog, partition):
    upsert(spark, catalog)
    with pytest.raises(DataError, match='expected some of its partition keys year, month. Nothing was cleared'):
        helpers.clear_partition('Gen', 'Policy', partition)


@pytest.mark.parametrize(('value', 'text'), [
    ([{'SourceName': 'a', 'DestName': 'b,c'}, {'SourceName': 'ä', 'DestName': None}],
     'SourceName,DestName\r\na,"b,c"\r\nä,\r\n'),
    ([{'a': 1}, {'b': 2, 'a': 3}], 'a,b\r\n1,\r\n3,2\r\n'),
    (['a', 1], "['a', 1]"), ([None, {'a': 1}], "[None, {'a': 1}]"),
    ('{"a": 1}', '{"a": 1}'), (7, '7'), ({'a': None}, "{'a': None}"), (b'\xff', None), ([], '\r\n')])
def test_put_s3_object_writes_rows_as_csv_and_anything_else_as_its_text(aws, tmp_path, value, text):
    boto3.client('s3').create_bucket(Bucket='temp')
    for address in (f'{tmp_path}/a.csv', 's3://temp/etl/a.csv'):
        helpers.put_s3_object(uri=address, data=value)
        assert runtime.files(address).read(address) == (value if text is None else text.encode())


@pytest.mark.parametrize(('one', 'other', 'larger'), [
    ('decimal(10,6)', 'decimal(10,2)', True), ('decimal(10,2)', 'decimal(10,6)', False),
    ('decimal(10,6)', 'decimal(10,6)', False), ('decimal(11,2)', 'decimal(10,6)', False),
    ('decimal(12,2)', 'decimal(10,2)', True)])
def test_decimal_types_compare_by_precision_and_scale(one, other, larger):
    decimal = helpers.GlueCatalogDecimal(one)
    assert (f'decimal({decimal.precision},{decimal.scale})', decimal > helpers.GlueCatalogDecimal(other)) == (
        one, larger)


@pytest.mark.parametrize('text', ['int', 'decimal', 'decimal(10)', ''])
def test_another_type_is_not_a_decimal(text):
    with pytest.raises(LakeError, match='is not a decimal type'):
        helpers.GlueCatalogDecimal(text)


def test_field_names_are_escaped_once(spark):
    escaped = {name: custom_mapping.escape_field_name(name) for name in ('a.b', '`a`.`b`', 'a')}
    assert escaped == {'a.b': '`a.b`', '`a`.`b`': '`a`.`b`', 'a': '`a`'}
    assert [custom_mapping.unescape_field_name(name) for name in escaped.values()] == ['a.b', 'a.b', 'a']
    assert spark.sql('SELECT 1 AS `a.b`').select(escaped['a.b']).first()[0] == 1


@pytest.fixture
def other_table(aws):
    """A table of DynamoDB with a name and a key of a user's own."""
    table = boto3.resource('dynamodb').create_table(
        TableName='Brokers', BillingMode='PAY_PER_REQUEST',
        KeySchema=[{'AttributeName': 'region', 'KeyType': 'HASH'}, {'AttributeName': 'number', 'KeyType': 'RANGE'}],
        AttributeDefinitions=[{'AttributeName': 'region', 'AttributeType': 'S'},
                              {'AttributeName': 'number', 'AttributeType': 'N'}])
    for number in range(7):
        table.put_item(Item={'region': 'north', 'number': number, 'lookup_item': f'n{number}', 'size': number,
                             'names': '{"A": "Ann", "B": 1.5, "C": null}'})
    table.put_item(Item={'region': 'north', 'number': 7, 'lookup_item': 'n7', 'names': '[1]'})


@pytest.mark.usefixtures('other_table')
def test_lookups_take_any_table_and_key(spark):
    pairs = lookup.get_lookup_data(table_name='Brokers', key_values={'region': 'north', 'number': 3},
                                   lookup_data_attribute_name='names')
    assert pairs == [('A', 'Ann'), ('B', 1.5), ('C', None)]
    numbers = [pair for pair in pairs if isinstance(pair[1], float)]
    assert spark.createDataFrame(numbers, ['key', 'value']).first().value == 1.5
    items = lookup.get_multilookup_data(table_name='Brokers', lookup_group='north', lookup_data_attributes=['size'],
                                        limit=2)
    assert items == [*({'lookup_item': f'n{number}', 'size': number} for number in range(7)), {'lookup_item': 'n7'}]


@pytest.mark.parametrize(('call', 'message'), [
    (lambda: lookup.get_lookup_data('Brokers', {'region': 'north', 'number': 99}, 'names'), 'region = north'),
    (lambda: lookup.get_lookup_data('Brokers', {'region': 'north', 'number': 7}, 'names'), 'JSON object'),
    (lambda: lookup.get_lookup_data('Brokers', {'region': 'north', 'number': 1}, 'nowhere'), 'nowhere'),
    (lambda: lookup.get_multilookup_data('Brokers', 'south', ['size']), "'south'"),
    (lambda: lookup.get_multilookup_data('Nowhere', 'south', ['size']), "'Nowhere'"),
])
@pytest.mark.usefixtures('other_table')
def test_a_lookup_that_finds_nothing_is_a_runtime_error_that_names_it(call, message):
    with pytest.raises(ItemStoreError, match=message) as raised:
        call()
    assert isinstance(raised.value, RuntimeError)


DAYS = [date(2023, 12, 31) + timedelta(days=days) for days in (0, 1, 16, 31, 60, 61, 366, 400)]
TERMS = [(start, end) for start in DAYS for end in DAYS]


def test_helpers_of_policy_months_agree_with_the_transforms(spark):
    df = spark.createDataFrame(TERMS, 'start date, end date')
    expected = premium.transform_policymonths(df, [
        {'field': 'months', 'policy_effective_date': 'start', 'policy_expiration_date': 'end', 'normalized': True}],
        {}, None).withColumns({'list': premium.add_policy_months_list('start', 'end'),
                               'last': premium.last_day_of_month('start')}).collect()
    for row in expected:
        assert premium.months_between_normalized(expiration_date=row.end, effective_date=row.start) == row.months
        firsts = premium.policy_month_list(row.start, row.end)
        assert [first.date() for first in firsts] == row.list
        assert row.last == (row.start.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    assert premium.policy_month_list(date(2024, 1, 15), date(2024, 2, 1)) == [
        datetime(2024, 1, 1), datetime(2024, 2, 1)]
    assert premium.months_between_normalized(None, date(2024, 1, 1)) is None


@pytest.mark.parametrize('byday', [True, False])
def test_helpers_of_earned_premium_agree_with_the_transform(spark, byday):
    rows = [(Decimal('100.01'), start, end, first, last) for start, end in TERMS[::3] for first in DAYS[::3]
            for last in DAYS[1::3]] + [(None, DAYS[0], DAYS[1], DAYS[0], DAYS[1]), (Decimal(1), None, *DAYS[:3])]
    df = spark.createDataFrame(rows, 'premium decimal(16,2), start date, end date, first date, last date').coalesce(1)
    helper = premium.earnedpremium_byday if byday else premium.earnedpremium_straightline
    spec = [{'field': 'expected', 'written_premium_list': ['premium'], 'policy_effective_date': 'start',
             'policy_expiration_date': 'end', 'period_start_date': 'first', 'period_end_date': 'last', 'byday': byday}]
    both = premium.transform_earnedpremium(df, spec, {}, None).withColumn(
        'found', helper('premium', 'start', 'end', 'first', 'last')).where('premium IS NOT NULL AND first <= last')
    assert both.schema['found'].dataType.simpleString() == 'decimal(16,2)'
    wrong = [row for row in both.collect() if row.found != row.expected]
    assert not wrong
    assert helper.func(None, *DAYS[:4]) is None


def test_format_column_formats_values_as_text(spark):
    from pyspark.sql import functions as F
    df = spark.createDataFrame([('a', 1.5), (None, None)], 'x string, y double')
    found = df.select(strings.format_column(F.lit(' {}-{} '), 'x', 'y'), strings.format_column(F.lit(None), 'x'))
    assert [tuple(row) for row in found.collect()] == [('a-1.5', None), ('-', None)]


def test_jobs_name_their_arguments():
    common = {'JOB_NAME', 'environment', 'TempDir', 'txn_bucket', 'state_machine_name', 'execution_id', 'source_key',
              'table_name', 'p_year', 'p_month', 'p_day', 'target_bucket'}
    for job, own in ((etl_collect_to_cleanse, 'hash_value_table'), (etl_cleanse_to_consume, 'txn_sql_prefix_path'),
                     (etl_consume_entity_match, 'iceberg_catalog')):
        assert isinstance(job.expected_arguments, list)
        assert common | {own} <= set(job.expected_arguments)


@pytest.mark.parametrize(('args', 'expected'), [
    ({'redshift_cluster_id': 'c', 'redshift_database': 'd'}, {'cluster_id': 'c'}),
    ({'redshift_workgroup_name': 'w', 'redshift_database': 'd'}, {'workgroup_name': 'w'}),
    ({'redshift_cluster_id': 'c'}, '--redshift_database'), ({'redshift_database': 'd'}, '--redshift_workgroup_name')])
def test_the_arguments_of_a_job_say_how_redshift_is_reached(args, expected):
    from awsglue.utils import GlueArgumentError
    if isinstance(expected, dict):
        assert etl_cleanse_to_consume.get_redshift_connection_parameter(args) == expected
        return
    with pytest.raises(GlueArgumentError, match=expected):
        etl_cleanse_to_consume.get_redshift_connection_parameter(args)
