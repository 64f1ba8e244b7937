"""Columns that are called like the lake's own helpers are refused by name, and never lost."""
from __future__ import annotations

import pytest

from lake_etl.errors import LakeError

KEY = 'Gen/Policy/2026/03/04/a.csv'
NAMES = ['_lake_etl_position', 'lake_etl_x', '__LAKE_ETL_y', '_corrupt_record', 'lake_load', 'lake_failed_rules',
         'lake_etl']


@pytest.mark.parametrize('name', NAMES)
def test_a_source_column_of_such_a_name_is_refused_or_loaded(lake, name):
    try:
        lake.load(KEY, f'id,{name}\n1,kept\n')
    except LakeError as error:
        assert name.lower().strip('_') in str(error).lower()
    else:
        assert lake.rows(f'SELECT "{name.lower()}" FROM gen.policy') == [('kept',)]
    lake.configure('transformation-spec/Gen-Policy.csv', f'SourceName,DestName\nid,id\n{name},fine\n')
    lake.load(KEY, f'id,{name}\n1,kept\n')
    assert lake.rows('SELECT fine FROM gen.policy') == [('kept',)]


def test_a_file_may_have_columns_named_as_those_of_malformed_rows(lake):
    lake.load(KEY, 'id,_corrupt_record,malformed_row\n1,a,b\n2,c\n3,d,e,f\n')
    assert lake.rows('SELECT id, _corrupt_record, malformed_row FROM gen.policy ORDER BY id') == [
        (1, 'a', 'b'), (2, 'c', None), (3, 'd', 'e')]


def test_transforms_and_queries_cannot_make_such_columns(lake):
    lake.configure('transformation-spec/Gen-Policy.json', {'transform_spec': {'literal': {'_lake_etl_x': '1'}}})
    with pytest.raises(LakeError, match='_lake_etl_x'):
        lake.load(KEY, 'id\n1\n')
    lake.configure('transformation-spec/Gen-Policy.json', {})
    lake.load(KEY, 'id\n1\n')
    lake.configure('transformation-sql/spark-Gen-Policy.sql',
                   'SELECT id AS lake_etl_id, year, month, day FROM gen.policy')
    with pytest.raises(LakeError, match='lake_etl_id'):
        lake.consume(KEY)
