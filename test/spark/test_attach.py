"""Tables of the laptop's catalog are readable in Spark, also where files are older than the table's column types."""
from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from lake_etl.adapters.local.sqlite_catalog import SqliteCatalog
from lake_etl.errors import QueryError
from lake_etl.ports import Column, Partition, Publication, Table

KEYS = tuple(Column(name, 'string') for name in ('year', 'month', 'day'))
DAYS = [('2026', '01', f'{day:02}') for day in range(1, 10)]


@pytest.fixture
def catalog(tmp_path):
    catalog = SqliteCatalog(f'sqlite://{tmp_path}/lake.db')
    catalog.create_database('gen', str(tmp_path))
    return catalog


def columns(ddl):
    return tuple(Column(*part.strip().split(' ', 1)) for part in ddl.split(';'))


def write(spark, folder, query):
    """Write the query's rows as Parquet files in one folder."""
    spark.sql(query).coalesce(1).write.parquet(str(folder))


def publish(catalog, name, table_columns, partitions, location):
    """Publish a table with one partition for each (folder, columns of its files)."""
    table = Table('gen', name, columns(table_columns), KEYS, str(location))
    put = tuple(Partition(values, str(folder), columns(file_columns))
                for values, (folder, file_columns) in zip(DAYS, partitions, strict=False))
    catalog.publish(Publication(table, put))


def test_a_table_is_readable_by_name_in_any_case_with_text_partition_keys(spark, spark_jobs, catalog, tmp_path):
    folder = tmp_path / "odd 'name' %20 #1 ü [x]"
    write(spark, folder, "SELECT 'P1' AS policy_number, CAST(1.50 AS decimal(8,2)) AS premium")
    publish(catalog, 'Policy', 'policy_number string; premium decimal(8,2)',
            [(folder, 'policy_number string; premium decimal(8,2)')], tmp_path)
    sql = 'SELECT policy_number, premium, year, month, day FROM GEN.POLICY'
    with spark_jobs() as jobs:
        catalog.attach(spark, sql)
    assert jobs() == 0
    assert [tuple(row) for row in spark.sql(sql).collect()] == [('P1', Decimal('1.50'), '2026', '01', '01')]
    assert spark.catalog.getTable('gen.policy').tableType == 'EXTERNAL'


def test_attaching_again_shows_what_was_published_since(spark, catalog, tmp_path):
    write(spark, tmp_path / 'one', 'SELECT 1 AS amount')
    write(spark, tmp_path / 'two', 'SELECT 2L AS amount')
    publish(catalog, 'renewed', 'amount int', [(tmp_path / 'one', 'amount int')], tmp_path)
    catalog.attach(spark, 'gen.renewed')
    before = spark.table('gen.renewed').collect()
    publish(catalog, 'renewed', 'amount bigint',
            [(tmp_path / 'one', 'amount int'), (tmp_path / 'two', 'amount bigint')], tmp_path)
    catalog.attach(spark, 'gen.renewed')
    between = spark.table('gen.renewed').collect()
    publish(catalog, 'renewed', 'amount bigint', [(tmp_path / 'two', 'amount bigint')], tmp_path)
    catalog.publish(Publication(catalog.table('gen', 'renewed'), drop=(DAYS[1],)))
    catalog.attach(spark, 'gen.renewed')
    after = spark.table('gen.renewed').collect()
    assert [sorted(row.amount for row in rows) for rows in (before, between, after)] == [[1], [1, 2], [2]]


def test_only_tables_that_the_text_names_are_attached(spark, catalog, tmp_path):
    publish(catalog, 'claim', 'amount int', [], tmp_path)
    publish(catalog, 'claim_payment', 'amount int', [], tmp_path)
    catalog.attach(spark, 'SELECT * FROM gen.`claim` WHERE claims > 1')
    assert spark.catalog.tableExists('gen.claim')
    assert not spark.catalog.tableExists('gen.claim_payment')


def test_a_table_without_partitions_is_empty(spark, catalog, tmp_path):
    publish(catalog, 'empty_table', 'amount decimal(8,2)', [], tmp_path)
    catalog.attach(spark, 'gen.empty_table')
    table = spark.table('gen.empty_table')
    assert table.columns == ['amount', 'year', 'month', 'day']
    assert table.collect() == []


def test_many_partitions_are_attached_and_pruned(spark, spark_jobs, catalog, tmp_path):
    write(spark, tmp_path / 'one', 'SELECT 1 AS amount')
    table = Table('gen', 'many', columns('amount int'), KEYS, str(tmp_path))
    days = [(str(year), f'{month:02}', '01') for year in range(1980, 2020) for month in range(1, 13)]
    put = tuple(Partition(values, str(tmp_path / 'one'), table.columns) for values in days)
    catalog.publish(Publication(table, put))
    with spark_jobs() as jobs:
        catalog.attach(spark, 'many')
    assert jobs() == 0
    assert spark.sql("SELECT sum(amount) FROM gen.many WHERE year = '1999'").first()[0] == 12


# Each case: SQL of the value in the old file, its type, the table's type now, what readers shall see.
WIDENINGS = {
    'int_bigint': ('7', 'int', 'bigint', 7),
    'tinyint_int': ('7Y', 'tinyint', 'int', 7),
    'decimal_precision': ('CAST(1.25 AS decimal(8,2))', 'decimal(8,2)', 'decimal(12,2)', Decimal('1.25')),
    'decimal_scale': ('CAST(1.25 AS decimal(8,2))', 'decimal(8,2)', 'decimal(16,4)', Decimal('1.2500')),
    'float_double': ('CAST(1.5 AS float)', 'float', 'double', 1.5),
    'date_timestamp': ("date'2026-03-04'", 'date', 'timestamp', '2026-03-04 00:00:00'),
    'text_int': ("'12'", 'string', 'int', 12),
    'text_int_that_is_none': ("'twelve'", 'string', 'int', None),
    'int_text': ('12', 'int', 'string', '12'),
    'bigint_int_too_large': ('5000000000L', 'bigint', 'int', None),
    'int_date_do_not_relate': ('12', 'int', 'date', None),
    'boolean_date_do_not_relate': ('true', 'boolean', 'date', None),
    'struct_member_widened': (
        "named_struct('a b', 1, 'c', 'x')", 'struct<a b:int,c:string>', 'struct<c:string,a b:bigint,d:date>',
        ('x', 1, None)),
    'struct_member_added': ("named_struct('a', 1)", 'struct<a:int>', 'struct<a:int,b:string>', (1, None)),
    'array_widened': ('array(1, 2)', 'array<int>', 'array<bigint>', [1, 2]),
    'array_of_structs': (
        "array(named_struct('a', 1))", 'array<struct<a:int>>', 'array<struct<a:decimal(10,2)>>', [(Decimal('1.00'),)]),
    'map_widened': ("map('k', 1)", 'map<string,int>', 'map<string,double>', {'k': 1.0}),
    'struct_text': ("named_struct('a', 1)", 'struct<a:int>', 'string', '{"a":1}'),
    'text_struct_do_not_relate': ("'x'", 'string', 'struct<a:int>', None),
}


def test_values_of_older_files_take_the_types_that_the_table_has_now(spark, spark_jobs, catalog, tmp_path):
    write(spark, tmp_path / 'old', 'SELECT ' + ', '.join(
        f'{value} AS {name}' for name, (value, *_) in WIDENINGS.items()))
    new_columns = '; '.join(f'{name} {now}' for name, (_, _, now, _) in WIDENINGS.items())
    old_columns = '; '.join(f'{name} {before}' for name, (_, before, _, _) in WIDENINGS.items())
    schema = spark.createDataFrame([], _ddl(new_columns)).schema
    spark.createDataFrame([(None,) * len(WIDENINGS)], schema).write.parquet(str(tmp_path / 'new'))
    publish(catalog, 'widened', new_columns, [(tmp_path / 'old', old_columns), (tmp_path / 'new', new_columns)],
            tmp_path)
    with spark_jobs() as jobs:
        catalog.attach(spark, 'SELECT * FROM gen.widened')
    assert jobs() == 0
    table = spark.table('gen.widened')
    assert table.dtypes[:-3] == [(field.name, field.dataType.simpleString()) for field in schema]
    as_text = table.withColumn('date_timestamp', table.date_timestamp.cast('string'))
    rows = {row.day: row for row in as_text.collect()}
    expected = {name: case[-1] for name, case in WIDENINGS.items()}
    assert {name: rows['01'][name] for name in WIDENINGS} == expected
    assert all(rows['02'][name] is None for name in WIDENINGS)


def _ddl(text):
    return ', '.join(f'{part.strip()}' for part in text.replace('a b:', '`a b`:').split(';'))


def test_added_dropped_and_reordered_columns_need_no_conversion(spark, catalog, tmp_path):
    write(spark, tmp_path / 'old', "SELECT 1 AS amount, 'gone' AS remark, 'P1' AS policy_number")
    write(spark, tmp_path / 'new', "SELECT 'P2' AS policy_number, 2 AS amount, date'2026-01-02' AS effective_date")
    now = 'policy_number string; amount int; effective_date date'
    publish(catalog, 'reshaped', now, [
        (tmp_path / 'old', 'amount int; remark string; policy_number string'), (tmp_path / 'new', now)], tmp_path)
    catalog.attach(spark, 'reshaped')
    rows = spark.table('gen.reshaped').drop('year', 'month').orderBy('day').collect()
    assert [tuple(row) for row in rows] == [('P1', 1, None, '01'), ('P2', 2, date(2026, 1, 2), '02')]
    assert spark.catalog.getTable('gen.reshaped').tableType == 'EXTERNAL'


def test_added_and_dropped_columns_beside_a_widened_one(spark, catalog, tmp_path):
    write(spark, tmp_path / 'old', "SELECT 1 AS amount, 'gone' AS remark")
    write(spark, tmp_path / 'new', "SELECT 'P2' AS policy_number, 2L AS amount")
    now = 'policy_number string; amount bigint'
    publish(catalog, 'grown', now, [(tmp_path / 'old', 'amount int; remark string'), (tmp_path / 'new', now)], tmp_path)
    catalog.attach(spark, 'grown')
    rows = spark.table('gen.grown').drop('year', 'month').orderBy('day').collect()
    assert [tuple(row) for row in rows] == [(None, 1, '01'), ('P2', 2, '02')]


def test_a_name_that_spark_does_not_admit_is_reported(spark, catalog, tmp_path):
    publish(catalog, 'policy-data', 'amount int', [], tmp_path)
    with pytest.raises(QueryError, match=r'gen\.policy-data'):
        catalog.attach(spark, 'SELECT * FROM gen.`policy-data`')
