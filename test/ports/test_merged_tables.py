"""Tables that are merged by key: the laptop's adapter follows the contract, and the statement for AWS is right."""
from __future__ import annotations

import pytest

from lake_etl.adapters.aws.spark_iceberg_tables import merge_statement
from lake_etl.adapters.local.duckdb_queries import query
from lake_etl.adapters.local.pyiceberg_tables import PyIcebergTables
from lake_etl.errors import MergeConflict
from lake_etl.publish.merged_table import MergeTarget, stage_merge
from merged_tables_contract import follow_the_contract


def test_iceberg_tables_on_a_laptop_follow_the_contract(spark, tmp_path):
    root = tmp_path / 'lake #1 100% [a]'
    address = f'sqlite://{root}/lake.db'
    follow_the_contract(PyIcebergTables(address, str(root / 'iceberg')), spark)
    answer = query(address, 'SELECT id, name, phone, place FROM customer_consume.people WHERE id <= \'3\' ORDER BY id')
    assert answer.rows[1] == ('2', 'Rob', 'x', {'city': 'Berlin', 'zip': None})


def test_the_statement_of_a_merge_names_every_column():
    assert merge_statement('c.`d`.`t`', 'v', 'id', ['id', 'a b']) == (
        'MERGE INTO c.`d`.`t` AS t USING `v` AS s ON t.`id` = s.`id` '
        'WHEN MATCHED THEN UPDATE SET t.`id` = s.`id`, t.`a b` = s.`a b` '
        'WHEN NOT MATCHED THEN INSERT (`id`, `a b`) VALUES (s.`id`, s.`a b`)')


def test_a_staged_merge_changes_the_table_only_when_it_is_published(spark, tmp_path):
    tables = PyIcebergTables(f'sqlite://{tmp_path}/lake.db', str(tmp_path / 'iceberg'))
    rows = spark.createDataFrame([('1', 2.5), ('2', 4.0)], 'id string, amount double')
    target = MergeTarget(tables, 'life', 'people', 'id', None)
    with stage_merge(rows, target) as discarded:
        assert (discarded.audit.rows, discarded.audit.totals) == (2, {'amount': 6.5})
    assert tables.state(spark, 'life', 'people') is None

    with stage_merge(rows, target) as first, stage_merge(rows, target) as second:
        published = first.publish()
        with pytest.raises(MergeConflict):
            second.publish()
    assert (published.table, published.audit.rows) == ('life.people', 2)
    version = tables.state(spark, 'life', 'people').version
    with stage_merge(rows.limit(0), MergeTarget(tables, 'life', 'people', 'id', version)) as nothing:
        assert nothing.publish().audit.rows == 0
    assert tables.state(spark, 'life', 'people').version == version, 'a merge without rows makes no version'
