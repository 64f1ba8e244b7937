"""A partition's properties remember its source files and lead from each to its Parquet files."""
from __future__ import annotations

import pytest

from lake_etl.publish.sources import SourceFile, belongs_to, partition_properties, sources_of, write_id

FIRST, SECOND = '0f8fad5b-d9cb-469f-a165-70867728950e', '7c9e6679-7425-40de-944b-e07fc1f90ae7'


@pytest.mark.parametrize(('names', 'expected'), [
    ([f'part-00000-{FIRST}-c000.snappy.parquet', f'part-00001-{FIRST}-c000.snappy.parquet'], FIRST),
    (['_SUCCESS', f'part-00000-{SECOND}.c000.zstd.parquet'], SECOND),
    (['part-0.parquet', '_SUCCESS'], ''),
    ([], ''),
])
def test_the_files_of_one_write_share_an_id(names, expected):
    assert write_id(names) == expected


@pytest.mark.parametrize(('name', 'write', 'expected'), [
    (f'part-00000-{FIRST}-c000.snappy.parquet', FIRST, True),
    (f'part-00000-{SECOND}-c000.snappy.parquet', FIRST, False),
    (f'part-00000-{FIRST}-c000.snappy.parquet', '', False),
])
def test_a_file_belongs_to_the_source_whose_write_it_came_from(name, write, expected):
    assert belongs_to(name, SourceFile('Gen/Policy/a.csv', 3, write)) is expected


@pytest.mark.parametrize('sources', [
    (),
    (SourceFile('Gen/Policy/a.csv', 3, FIRST),),
    (SourceFile('Gen/Policy/a.csv', 3, FIRST), SourceFile("Gen/Policy/Año 'b', \"c\".csv", 0, '')),
])
def test_properties_give_the_sources_back_and_the_rows_in_all(sources):
    properties = partition_properties(sources)
    assert set(sources_of(properties)) == set(sources)
    assert properties['recordCount'] == str(sum(source.rows for source in sources))


def test_properties_of_others_are_no_sources():
    assert sources_of({'recordCount': '9', 'owner': '{"file": "x"}', 'source': 'lake_source_'}) == ()


def test_property_names_are_short_and_differ_by_file():
    properties = partition_properties([SourceFile('x' * 1000, 1, FIRST), SourceFile('x' * 1001, 1, SECOND)])
    assert len(properties) == 3 and max(map(len, properties)) <= 40


def test_a_source_that_comes_again_takes_the_place_of_its_earlier_self():
    properties = partition_properties([SourceFile('a.csv', 3, FIRST)])
    properties |= partition_properties([SourceFile('a.csv', 5, SECOND)])
    assert sources_of(properties) == (SourceFile('a.csv', 5, SECOND),)
