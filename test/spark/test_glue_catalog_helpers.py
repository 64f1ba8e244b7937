"""The catalog helpers of the public interface create, change and clear tables of the catalog that a process opened."""
from __future__ import annotations

import boto3
import pytest
from moto import mock_aws

import glue_catalog_helpers as helpers
from lake_etl import runtime
from lake_etl.errors import SchemaChangeError
from lake_etl.mapping.recommendation import recommended_spec
from lake_etl.ports import Column, Partition, Publication

KEYS = ['year', 'month', 'day']


@pytest.fixture
def root(tmp_path, monkeypatch) -> str:
    """The folder of a lake whose catalog is open in this process."""
    monkeypatch.setattr(runtime, '_catalog_address', runtime.GLUE)
    runtime.open_catalog(f'sqlite://{tmp_path}/lake.db')
    return str(tmp_path)


def upsert(spark, root, query, **options):
    df = spark.sql(query)
    dated = df.selectExpr('*', *(f"'1' AS {key}" for key in KEYS if key not in df.columns))
    helpers.upsert_catalog_table(dated, 'Gen', 'Policy', KEYS, f'{root}/gen/policy/', **options)
    return runtime.catalog().table('gen', 'policy')


def test_a_table_exists_once_it_was_created_whatever_the_case(spark, root):
    assert not helpers.table_exists('Gen', 'Policy')
    table = upsert(spark, root, "SELECT 'x' AS PolicyNo, 1.5BD AS premium, '2026' AS year, '1' AS month, '2' AS day",
                   table_description='All policies')
    assert helpers.table_exists('GEN', 'policy') and not helpers.table_exists('gen', 'claim')
    assert table.columns == (Column('policyno', 'string'), Column('premium', 'decimal(2,1)'))
    assert table.partition_keys == tuple(Column(key, 'string') for key in KEYS)
    assert (table.location, table.description) == (f'{root}/gen/policy', 'All policies')


@pytest.mark.parametrize(('query', 'setting', 'expected'), [
    ('SELECT 1 AS a, 2 AS b', 'strict', 'a int, b int'),
    ('SELECT 2 AS b, 1 AS a', 'strict', None),
    ('SELECT 2 AS b, 1 AS a', 'reorder', 'a int, b int'),
    ('SELECT 2 AS b, 1L AS a, 3 AS c', 'reorder', None),
    ('SELECT 2 AS b, 1L AS a, 3 AS c', 'evolve', 'a bigint, b int, c int'),
    ("SELECT 'x' AS a", 'evolve', None),
    ("SELECT 'x' AS a", 'permissive', 'a string'),
])
def test_columns_change_as_far_as_the_setting_allows(spark, root, query, setting, expected):
    first = upsert(spark, root, 'SELECT 1 AS a, 2 AS b', table_description='As it was')
    if expected is None:
        with pytest.raises(SchemaChangeError, match='table gen.policy'):
            upsert(spark, root, query, allow_schema_change=setting)
        assert runtime.catalog().table('gen', 'policy') == first
        return
    table = upsert(spark, root, query, allow_schema_change=setting)
    assert ', '.join(f'{item.name} {item.type}' for item in table.columns) == expected
    assert table.description == 'As it was'


def test_partition_keys_may_be_given_with_their_types(spark, root):
    helpers.upsert_catalog_table(spark.sql('SELECT 1 AS a, 2026 AS year'), 'gen', 'claim',
                                 [{'Name': 'year', 'Type': 'int'}], f'{root}/gen/claim')
    assert runtime.catalog().table('gen', 'claim').partition_keys == (Column('year', 'int'),)


def test_a_cleared_partition_is_gone_for_readers_while_its_files_stay_for_late_ones(spark, root):
    table = upsert(spark, root, 'SELECT 1 AS a')
    folders = [f'{table.location}/year=2026/month=11/day={day}/lake_load=x' for day in ('01', '02')]
    for folder in folders:
        runtime.files(folder).write(f'{folder}/part-0.parquet', b'rows')
    runtime.catalog().publish(Publication(table, tuple(
        Partition(('2026', '11', day), folder, table.columns) for day, folder in zip(('01', '02'), folders))))
    helpers.clear_partition('Gen', 'Policy', {'day': '01', 'month': '11', 'year': 2026}, spark.sparkContext)
    assert [item.values for item in runtime.catalog().partitions('gen', 'policy')] == [('2026', '11', '02')]
    assert all(runtime.files(folder).size(f'{folder}/part-0.parquet') for folder in folders)


@pytest.mark.parametrize(('table', 'day'), [('Policy', '09'), ('nobody', '01')])
def test_clearing_what_is_not_there_changes_nothing(spark, root, table, day):
    before = upsert(spark, root, 'SELECT 1 AS a')
    helpers.clear_partition('Gen', table, {'year': '2026', 'month': '11', 'day': day}, spark.sparkContext)
    assert runtime.catalog().table('gen', 'policy') == before


@pytest.mark.parametrize(('new', 'setting', 'expected'), [
    ([{'Name': 'A', 'Type': 'INT'}], 'strict', True),
    ([{'Name': 'a', 'Type': 'bigint'}], 'strict', False),
    ([{'Name': 'a', 'Type': 'bigint'}], 'evolve', True),
    ([], 'permissive', True),
])
def test_schema_changes_are_compared_in_the_spelling_of_the_catalog(new, setting, expected):
    assert helpers.check_schema_change([{'Name': 'a', 'Type': 'int'}], new, setting) is expected


def test_a_database_is_created_once_and_kept(spark, root):
    helpers.create_database('Gen', f'{root}/gen', 'General insurance')
    helpers.create_database('GEN', f'{root}/elsewhere')
    assert upsert(spark, root, 'SELECT 1 AS a').database == 'gen'


def test_column_names_are_cleaned_and_the_mapping_is_told(spark):
    df, mapping = helpers.clean_column_names(spark.sql('SELECT 1 AS `Policy No.`, 2 AS `A B`, 3 AS `a.b`'))
    assert (df.columns, tuple(df.first())) == (['policy_no_', 'a_b', 'a_b_2'], (1, 2, 3))
    assert mapping == [{'sourcename': 'Policy No.', 'destname': 'policy_no_'},
                       {'sourcename': 'A B', 'destname': 'a_b'}, {'sourcename': 'a.b', 'destname': 'a_b_2'}]


def test_a_specification_is_proposed_from_the_frame(spark):
    df = spark.sql("SELECT 1 AS a, 'x' AS b, 1.5D AS c, array(1) AS d")
    assert helpers.generate_spec(df, '.CSV') == recommended_spec(
        [('a', 'int'), ('b', 'string'), ('c', 'double'), ('d', 'array<int>')], 'csv')


@pytest.mark.parametrize('content', ['Grüße', 'Grüße'.encode()])
def test_an_object_is_put_where_its_address_says(tmp_path, monkeypatch, content):
    for name in ('AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'):
        monkeypatch.setenv(name, 'testing')
    monkeypatch.setenv('AWS_DEFAULT_REGION', 'us-east-1')
    with mock_aws():
        boto3.client('s3').create_bucket(Bucket='temp')
        for root in (str(tmp_path), 's3://temp/etl'):
            helpers.put_s3_object(f'{root}/deep/a.txt', content)
            assert runtime.files(root).read(f'{root}/deep/a.txt') == 'Grüße'.encode()


def test_columns_without_a_type_become_text_and_others_stay(spark):
    df = helpers.clean_nulltypes(spark.sql('SELECT 1 AS a, NULL AS `b.c`, NULL AS d, cast(NULL AS int) AS e'))
    assert [(item.name, item.dataType.simpleString()) for item in df.schema.fields] == [
        ('a', 'int'), ('b.c', 'string'), ('d', 'string'), ('e', 'int')]
    assert tuple(df.first()) == (1, None, None, None)
    same = spark.sql('SELECT 1 AS a')
    assert helpers.clean_nulltypes(same) is same
