"""The paths of loads, partitions and markers lead back to what they were made from."""
from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lake_etl.publish.layout import (
    NULL_VALUE, execution_mark, folder_for_readers, load_folder, load_name, load_of_file, load_of_location,
    partition_folder, partition_of_file, partition_of_load, place_of_file, superseded_marker)

KEYS = ('year', 'month', 'day')
STARTED = datetime(2026, 11, 24, 1, 2, 3, tzinfo=UTC)
TABLE = 's3://cleanse/gen/policy'
PARTITION = f'{TABLE}/year=2026/month=11/day=24'
LOAD = f'{PARTITION}/lake_load=20261124T010203Z-e1-abc'


@pytest.mark.parametrize(('execution', 'expected'), [
    ('e1', '20261124T010203Z-e1-0a1b2c'),
    ('5f8b6f0e-3c1c-4a52-9d0e-7f3f3a1a6b11', '20261124T010203Z-5f8b6f0e3c1c4a529d0e7f3f3a1a6b11-0a1b2c'),
    ('arn:aws:states/../x y=z', '20261124T010203Z-arnawsstatesxyz-0a1b2c'),
    ('x' * 100, f'20261124T010203Z-{"x" * 32}-0a1b2c'),
])
def test_a_load_is_named_by_time_execution_and_token_in_letters_that_every_store_takes(execution, expected):
    assert load_name(execution, STARTED, '0a1b2c') == expected
    assert execution_mark(execution) in expected


def test_loads_sort_by_the_time_they_were_started():
    later = load_name('a', datetime(2026, 11, 24, 1, 2, 4, tzinfo=UTC), '0')
    assert load_name('z', STARTED, 'f') < later


def test_folders_are_built_below_the_table():
    assert partition_folder(TABLE, KEYS, ('2026', '11', '24')) == PARTITION
    assert load_folder(PARTITION, '20261124T010203Z-e1-abc') == LOAD


@pytest.mark.parametrize('values', [('2026', '11'), ('2026', '11', '24', '1')])
def test_a_partition_needs_a_value_for_each_key(values):
    with pytest.raises(ValueError):
        partition_folder(TABLE, KEYS, values)


@pytest.mark.parametrize(('uri', 'expected'), [
    (f'{LOAD}/part-0.parquet', ('2026', '11', '24')),
    (f'{PARTITION}/part-0.parquet', ('2026', '11', '24')),
    (f'{TABLE}/year=2026/month=11/day={NULL_VALUE}/lake_load=x/p.parquet', ('2026', '11', NULL_VALUE)),
    (f'{TABLE}/year=2026/month=a%2Fb%3Dc/day=/p.parquet', ('2026', 'a/b=c', '')),
    (f'{TABLE}/year=2026/day=24/month=11/p.parquet', None),
    (f'{TABLE}/year=2026/month=11/p.parquet', None),
    (f'{TABLE}/p.parquet', None),
    (f'{TABLE}/_superseded/x', None),
])
def test_the_path_of_a_file_names_its_partition(uri, expected):
    assert partition_of_file(uri, TABLE, KEYS) == expected
    place = place_of_file(uri, TABLE, KEYS)
    assert uri.startswith(f'{place}/') and place.count('=') == 3 if expected else place is None


@pytest.mark.parametrize(('uri', 'load'), [
    (f'{LOAD}/part-0.parquet', LOAD),
    (f'{LOAD}/deeper/part-0.parquet', LOAD),
    (f'{LOAD}/lake_failed_rules=none/part-0.parquet', LOAD),
    (f'{LOAD}/lake_failed_rules=0-2/part-0.parquet', LOAD),
    (f'{PARTITION}/part-0.parquet', PARTITION),
    (f'{PARTITION}/other=1/part-0.parquet', PARTITION),
    (f'{PARTITION}/lake_load=x', PARTITION),
])
def test_a_file_belongs_to_the_load_folder_it_lies_in(uri, load):
    assert load_of_file(uri, PARTITION) == load


@pytest.mark.parametrize(('load', 'marker'), [
    (LOAD, f'{PARTITION}/_superseded/lake_load=20261124T010203Z-e1-abc'),
    (PARTITION, f'{PARTITION}/_superseded/files-without-load'),
])
def test_the_marker_of_a_load_lies_beside_it_in_the_partition(load, marker):
    assert superseded_marker(load) == marker
    assert partition_of_load(load) == partition_of_load(marker.rpartition('/')[0]) == PARTITION


def test_a_load_of_marked_rows_is_known_by_the_folder_that_readers_are_pointed_at():
    location = folder_for_readers(LOAD)
    assert location == f'{LOAD}/lake_failed_rules=none'
    assert load_of_location(location) == load_of_location(LOAD) == LOAD
    assert partition_of_load(location) == PARTITION
