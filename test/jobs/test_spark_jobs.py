"""A job starts few Spark jobs, and not more for more columns, transforms, amounts or partitions."""
from __future__ import annotations

from dataclasses import replace

import pytest

from lake_etl.ports import Publication

KEY = 'Gen/Policy/a.csv'
# Two that settle the types, as Spark counts a shuffle and what follows it one by one, and one that writes; audit and
# lineage come along with the write.
JOBS_OF_A_LOAD = 3


def policies(columns, amounts):
    """Return a file with columns of text, as many to be guessed, and amounts."""
    names = [f'{kind}{number}' for kind, count in (('t', columns), ('n', columns), ('a', amounts))
             for number in range(count)]
    rows = [','.join(['x'] * columns + [str(row)] * columns + [f'{row}.25'] * amounts) for row in range(20)]
    return '\n'.join([','.join(names), *rows]) + '\n'


def transform_spec(transforms, amounts):
    return {
        'currency': [{'field': f'a{number}'} for number in range(amounts)],
        **{f'literal:{number}': {f'l{number}': 'x'} for number in range(transforms // 3)},
        **{f'combinecolumns:{number}': [{'field': f'c{number}', 'format': '{}-{}', 'source_columns': ['t0', 't1']}]
           for number in range(transforms // 3)},
        **{f'hash:{number}': [f'c{number}'] for number in range(transforms // 3)}}


# Each case: columns of text and as many whole numbers, amounts, transforms.
SIZES = {'small': (3, 1, 3), 'more columns': (30, 1, 3), 'more amounts': (3, 40, 3), 'more transforms': (3, 1, 30)}


@pytest.mark.parametrize('size', SIZES)
def test_the_number_of_spark_jobs_of_a_load_does_not_depend_on_its_size(lake, spark_jobs, size):
    columns, amounts, transforms = SIZES[size]
    lake.configure('transformation-spec/Gen-Policy.json', {'transform_spec': transform_spec(transforms, amounts)})
    with spark_jobs() as jobs:
        execution = lake.load(KEY, policies(columns, amounts))
    assert jobs() == JOBS_OF_A_LOAD
    totals = lake.lineage(execution)[-2]['info']['totals']
    assert totals == {f'a{number}': '195.00' for number in range(amounts)}


def test_a_second_load_over_many_partitions_needs_no_more_spark_jobs(lake, spark_jobs):
    days = [('2025', f'{month:02}', f'{day:02}') for month in range(1, 13) for day in range(1, 29)]
    lake.publish('gen', 'policy', {'t0': 'string', 'n': 'int'}, {days[0]: [('x', 1)]})
    table, first = lake.catalog.table('gen', 'policy'), lake.catalog.partitions('gen', 'policy')[0]
    lake.catalog.publish(Publication(table, tuple(replace(first, values=values) for values in days)))
    with spark_jobs() as jobs:
        lake.load(KEY, 't0,n\nx,2\n')
    assert jobs() == JOBS_OF_A_LOAD
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
