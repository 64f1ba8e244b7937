"""A job starts few Spark jobs, and no more of them for more columns, transforms, amounts or partitions."""
from __future__ import annotations

import pytest

KEY = 'Gen/Policy/a.csv'
# One that settles the types and one that writes; observing, auditing and lineage come along with the write.
JOBS_OF_A_LOAD = 2


def policies(text_columns, amounts):
    names = [f't{number}' for number in range(text_columns)] + [f'a{number}' for number in range(amounts)]
    lines = [','.join(names)] + [','.join(['x'] * text_columns + [f'{row}.25'] * amounts) for row in range(20)]
    return '\n'.join(lines) + '\n'


def transform_spec(transforms, amounts):
    return {
        'currency': [{'field': f'a{number}'} for number in range(amounts)],
        **{f'literal:{number}': {f'l{number}': 'x'} for number in range(transforms // 3)},
        **{f'combinecolumns:{number}': [{'field': f'c{number}', 'format': '{}-{}', 'source_columns': ['t0', 't1']}]
           for number in range(transforms // 3)},
        **{f'hash:{number}': [f'c{number}'] for number in range(transforms // 3)}}


# Each case: columns of text, amounts, transforms.
SIZES = {'narrow': (5, 1, 3), 'more columns': (60, 1, 3), 'more amounts': (5, 40, 3), 'more transforms': (5, 1, 30)}


@pytest.mark.parametrize('size', SIZES)
def test_the_number_of_spark_jobs_of_a_load_does_not_depend_on_its_size(lake, spark_jobs, size):
    text_columns, amounts, transforms = SIZES[size]
    lake.configure('transformation-spec/Gen-Policy.json', {'transform_spec': transform_spec(transforms, amounts)})
    with spark_jobs() as jobs:
        execution = lake.load(KEY, policies(text_columns, amounts))
    assert jobs() <= JOBS_OF_A_LOAD
    totals = lake.lineage(execution)[-2]['info']['totals']
    assert totals == {f'a{number}': '195.00' for number in range(amounts)}


def test_a_second_load_over_many_partitions_needs_no_more_spark_jobs(lake, spark_jobs):
    days = [('2025', f'{month:02}', f'{day:02}') for month in range(1, 13) for day in range(1, 29)]
    lake.publish('gen', 'policy', {'t0': 'string', 'n': 'int'}, {days[0]: [('x', 1)]})
    table, first = lake.catalog.table('gen', 'policy'), lake.catalog.partitions('gen', 'policy')[0]
    from dataclasses import replace

    from lake_etl.ports import Publication
    lake.catalog.publish(Publication(table, tuple(replace(first, values=values) for values in days)))
    with spark_jobs() as jobs:
        lake.load(KEY, 't0,n\nx,2\n')
    assert jobs() <= JOBS_OF_A_LOAD
    assert len(lake.partitions('gen', 'policy')) == len(days) + 1


@pytest.mark.parametrize('partitions', [1, 9])
def test_filling_a_consume_table_takes_one_write_whatever_the_partitions(lake, spark_jobs, partitions):
    days = {('2026', '03', f'{day:02}'): [(f'P{day}', day)] for day in range(1, partitions + 1)}
    lake.publish('gen', 'policy', {'id': 'string', 'premium': 'int'}, days)
    lake.configure('transformation-sql/spark-Gen-Policy.sql',
                   'SELECT id, CAST(premium AS double) AS premium, year, month, day FROM gen.policy')
    with spark_jobs() as jobs:
        lake.consume(KEY)
    assert jobs() == 1
    assert len(lake.partitions('gen_consume', 'policy')) == partitions
