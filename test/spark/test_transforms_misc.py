"""Row transforms: merged columns, values filled down, numbered rows, and rows left out, without gathering the data."""
from __future__ import annotations

import random
from collections import defaultdict
from datetime import date
from decimal import Decimal

import pytest
from pyspark.sql import Observation
from pyspark.sql import functions as F

from datatransform_misc import transform_filldown, transform_filterrows, transform_merge, transform_rownumber
from lake_etl.errors import ConfigurationError, DataError
from lake_etl.spark.task_order import OrderedRows, row_number, with_position

ARGS = {'source_key': 'Gen/Policy'}
ROWS = 400


@pytest.fixture(scope='module')
def listing(spark, spark_settings, tmp_path_factory):
    """A file of rows read by several tasks, and the same rows as a list of dictionaries in the file's order."""
    source = random.Random(5)
    rows = [{'line': number, 'policy number': source.choice(['A', 'B', 'C']), 'category': None, 'agent': None,
             'rank': source.randint(1, 40)} for number in range(ROWS)]
    for row in rows[30:]:
        row['category'] = source.choice(['Auto', 'Home']) if source.random() < 0.01 else None
        row['agent'] = source.randint(1, 9) if source.random() < 0.3 else None
    folder = tmp_path_factory.mktemp('listing')
    text = '\n'.join('|'.join('' if value is None else str(value) for value in row.values()) for row in rows)
    (folder / 'listing.csv').write_text(text)
    with spark_settings({'spark.sql.files.maxPartitionBytes': len(text) // 7, 'spark.sql.files.openCostInBytes': 1}):
        df = spark.read.csv(str(folder), sep='|',
                            schema='line int, `policy number` string, category string, agent int, rank int')
        assert df.rdd.getNumPartitions() >= 6
        yield df, rows
    spark.catalog.clearCache()


def filled(rows: list[dict], field: str, partition: str | None = None) -> dict[int, object]:
    """Return the filled value by line for rows in order."""
    last: dict[object, object] = defaultdict(lambda: None)
    result = {}
    for row in rows:
        key = row[partition] if partition else None
        last[key] = row[field] if row[field] is not None else last[key]
        result[row['line']] = last[key]
    return result


def numbered(rows: list[dict], partition: str | None = None) -> dict[int, int]:
    """Return the row number by line for rows in order."""
    count: dict[object, int] = defaultdict(int)
    result = {}
    for row in rows:
        key = row[partition] if partition else None
        count[key] += 1
        result[row['line']] = count[key]
    return result


def plan_of(df) -> str:
    """Return the physical plan."""
    return df._jdf.queryExecution().executedPlan().toString()


def main_plan_of(df) -> str:
    """Return the physical plan without what is sent to all tasks, such as the counts of rows."""
    return plan_of(df).split('BroadcastExchange')[0]


def test_rows_are_numbered_in_the_order_of_the_file_and_stay_where_they_are(listing, spark_jobs):
    df, rows = listing
    with spark_jobs() as jobs:
        got = transform_rownumber(df, [{'field': 'number'}, {'field': 'RANK'}], ARGS, None)
        assert jobs() == 0
    assert 'Exchange' not in main_plan_of(got) and 'InMemoryTableScan' not in plan_of(got)
    assert got.columns[:4] == df.columns[:4] and got.schema['number'].dataType.simpleString() == 'int'
    result = got.collect()
    assert {row.line: row.number for row in result} == numbered(rows)
    assert all(row.number == row[4] for row in result)


def test_values_are_filled_down_in_the_order_of_the_file_across_tasks(listing):
    df, rows = listing
    got = transform_filldown(df, [{'field': 'category'}, {'field': 'agent'}], ARGS, None)
    assert got.schema == df.schema
    assert 'Exchange' not in main_plan_of(got) and 'InMemoryTableScan' not in plan_of(got)
    result = got.collect()
    assert len(result) == ROWS
    assert {row.line: row.category for row in result} == filled(rows, 'category')
    assert {row.line: row.agent for row in result} == filled(rows, 'agent')
    assert [(row['policy number'], row['rank']) for row in sorted(result, key=lambda row: row.line)] == [
        (row['policy number'], row['rank']) for row in rows]


@pytest.mark.parametrize('partition', [None, 'policy number'])
@pytest.mark.parametrize('sort, order', [
    ([], lambda row: row['line']),
    ('rank', lambda row: (row['rank'], row['line'])),
    (['rank DESC', 'line desc'], lambda row: (-row['rank'], -row['line'])),
    (['rank desc'], lambda row: (-row['rank'], row['line'])),
    (['policy number asc', 'line'], lambda row: (row['policy number'], row['line'])),
])
def test_partition_and_sort_give_what_a_walk_over_the_rows_gives(listing, partition, sort, order):
    df, rows = listing
    keys = {'sort': sort, **({'partition': [partition]} if partition else {})}
    in_order = sorted(rows, key=order)
    number = transform_rownumber(df, [{'field': 'number', **keys}], ARGS, None)
    fill = transform_filldown(df, [{'field': 'agent', **keys}], ARGS, None)
    assert 'SinglePartition' not in main_plan_of(number) + main_plan_of(fill)
    assert {row.line: row.number for row in number.select('line', 'number').collect()} == numbered(in_order, partition)
    assert {row.line: row.agent for row in fill.select('line', 'agent').collect()} == filled(
        in_order, 'agent', partition)


def test_numbers_stay_unique_when_earlier_shuffles_change_the_tasks(listing):
    df, _ = listing
    shuffled = transform_rownumber(df, [{'field': 'in_policy', 'partition': 'policy number'}], ARGS, None)
    twice = transform_rownumber(shuffled, [{'field': 'number', 'sort': ['rank']}, {'field': 'other'}], ARGS, None)
    result = twice.collect()
    assert sorted(row.number for row in result) == list(range(1, ROWS + 1))
    assert sorted(row.other for row in result) == list(range(1, ROWS + 1))


def test_counts_observed_before_the_rows_are_kept_are_still_reported(listing):
    df, _ = listing
    observation = Observation()
    got = transform_rownumber(df.observe(observation, F.count(F.lit(1)).alias('rows')), [{'field': 'n'}], ARGS, None)
    assert got.count() == ROWS and observation.get == {'rows': ROWS}


def test_file_that_landed_again_is_read_again_though_its_rows_were_kept(spark, tmp_path):
    def lines() -> list[str]:
        got = transform_rownumber(spark.read.text(str(tmp_path)), [{'field': 'n'}], ARGS, None)
        return [row.value for row in got.orderBy('n').collect()]

    (tmp_path / 'policy.txt').write_text('first\nsecond\n')
    assert lines() == ['first', 'second']
    (tmp_path / 'policy.txt').write_text('corrected\nsecond\nthird\n')
    assert lines() == ['corrected', 'second', 'third']


def test_how_many_tasks_a_file_is_cut_into_is_fixed_when_the_session_is_set_up(spark):
    fixed = spark.conf.get('spark.sql.leafNodeDefaultParallelism')
    assert fixed == str(spark.sparkContext.defaultParallelism)


def test_rows_that_lie_in_other_tasks_than_they_were_counted_in_stop_the_job(listing):
    df, _ = listing
    otherwise = OrderedRows(with_position(df)).located(with_position(df.coalesce(2)))
    with pytest.raises(Exception, match='Rows lie in other tasks than where they were counted. Nothing was published'):
        otherwise.select(row_number()).collect()


def test_every_simple_type_is_filled_down_across_tasks_without_loss(spark):
    values = {'tinyint': '5', 'bigint': '9223372036854775807',
              'decimal(38,10)': '1234567890123456789012345678.0000000001BD',
              'double': '0.1', 'float': "float('-Infinity')", 'boolean': 'false', 'date': "date '9999-12-31'",
              'timestamp': "timestamp '1883-11-18 12:03:57.000001'",
              'timestamp_ntz': "timestamp_ntz '2024-03-31 02:30:00'",
              'string': r"'a\n\u00e4 '", 'binary': "X'00FF'", 'interval year to month': "interval '1-1' year to month"}
    names = [f'c{number}' for number, _ in enumerate(values)]
    cells = (f'CASE WHEN id = 1 THEN CAST({text} AS {kind}) END AS {name}'
             for name, (kind, text) in zip(names, values.items(), strict=True))
    df = spark.range(0, 60, 1, 3).selectExpr('id', *cells)
    got = transform_filldown(df, [{'field': name} for name in names], ARGS, None)
    assert got.schema == df.schema
    different = [f'{name} IS DISTINCT FROM CAST({text} AS {kind})' for name, (kind, text)
                 in zip(names, values.items(), strict=True)]
    assert got.where('id >= 1').where(' OR '.join(different)).count() == 0
    assert got.where('id = 0').where(' AND '.join(f'{name} IS NULL' for name in names)).count() == 1


def test_rows_left_out_later_still_pass_on_their_values(spark):
    df = spark.createDataFrame([(1, 'a'), (2, None), (3, None)], 'line int, policy string').coalesce(1)
    got = transform_filldown(df, [{'field': 'policy'}], ARGS, None)
    assert [row.policy for row in transform_filterrows(got, [{'condition': 'line > 1'}], ARGS, None).collect()] == [
        'a', 'a']


def test_later_entry_sees_the_column_that_an_earlier_one_filled(spark):
    df = spark.createDataFrame([(1, 'a', 1), (2, None, None), (3, 'b', None)], 'line int, policy string, amount int')
    df = df.coalesce(1)
    got = transform_filldown(df, [{'field': 'policy', 'sort': 'line'},
                                  {'field': 'amount', 'partition': 'policy', 'sort': 'line'}], ARGS, None)
    assert sorted(tuple(row) for row in got.collect()) == [(1, 'a', 1), (2, 'a', 1), (3, 'b', None)]


def test_nested_and_exact_values_are_filled_down_and_an_empty_frame_stays_empty(spark):
    schema = 'line int, insured struct<name:string>, amount decimal(20,4), row_position string, task string'
    df = spark.createDataFrame([(1, ('x',), Decimal('1.0001'), 'p', 't'), (2, None, None, None, None)], schema)
    spec = [{'field': 'insured'}, {'field': 'amount'}, {'field': 'row_position'}, {'field': 'task'}]
    got = transform_filldown(df.repartition(2, 'line').orderBy('line'), spec, ARGS, None)
    first, second = got.orderBy('line').collect()
    assert first[1:] == second[1:] == (('x',), Decimal('1.0001'), 'p', 't')
    empty = df.where('line > 5')
    assert transform_filldown(empty, spec, ARGS, None).collect() == []
    assert transform_rownumber(empty, [{'field': 'n'}], ARGS, None).collect() == []


@pytest.mark.parametrize('transform, spec', [
    (transform_filldown, {'field': 'missing'}),
    (transform_filldown, {'field': 'id', 'partition': ['missing']}),
    (transform_rownumber, {'field': 'n', 'sort': 'missing desc'}),
    (transform_merge, {'field': 'm', 'source_list': ['id', 'missing']}),
])
def test_missing_column_is_named(spark, transform, spec):
    with pytest.raises(DataError, match="Column 'missing' is not there"):
        transform(spark.range(1), [spec], ARGS, None)


MERGES = [
    # columns, default, expected type, expected value where all columns are null, where only the last one is set
    (['text', 'other text'], None, 'string', None, 'b'),
    (['text', 'other text'], 'Unknown', 'string', 'Unknown', 'b'),
    (['text'], 0, 'string', '0', None),
    (['whole', 'long'], 0, 'bigint', 0, 7),
    (['tiny'], 5, 'tinyint', 5, 3),
    (['tiny'], 500, 'smallint', 500, 3),
    (['whole', 'exact'], 0, 'decimal(14,2)', Decimal('0.00'), Decimal('2.50')),
    (['small exact'], 0.125, 'decimal(5,3)', Decimal('0.125'), Decimal('1.500')),
    (['whole', 'double'], 1, 'double', 1.0, 0.5),
    (['whole'], 0.5, 'double', 0.5, 4.0),
    (['whole'], 'none', 'string', 'none', '4'),
    (['day', 'moment'], None, 'timestamp', None, None),
    (['day', 'whole'], None, 'string', None, '4'),
    (['whole', 'flag'], None, 'string', None, 'true'),
    (['flag'], True, 'boolean', True, True),
    (['list', 'text'], 'x', 'string', 'x', 'a'),
    (['list'], None, 'array<int>', None, [1, 2]),
    (['nothing'], 3, 'int', 3, None),
    (['whole', 'nothing'], None, 'int', None, None),
]


def test_merge_takes_the_first_value_in_the_common_type(spark):
    kinds = {'text': 'string', 'other text': 'string', 'whole': 'int', 'long': 'bigint', 'tiny': 'tinyint',
             'exact': 'decimal(14,2)', 'small exact': 'decimal(4,2)', 'double': 'double', 'day': 'date',
             'moment': 'timestamp', 'flag': 'boolean', 'list': 'array<int>'}
    values = ('a', 'b', 4, 7, 3, Decimal('2.50'), Decimal('1.50'), 0.5, date(2024, 5, 1), None, True, [1, 2])
    set_alone = {name: tuple(value if name == column else None for column, value in zip(kinds, values, strict=True))
                 for name in kinds}
    rows = [('none', *[None] * len(kinds)), *((name, *row) for name, row in set_alone.items())]
    columns = ', '.join(f'`{name}` {kind}' for name, kind in kinds.items())
    df = spark.createDataFrame(rows, f'set_column string, {columns}')
    df = df.withColumn('nothing', F.lit(None))
    spec = [{'field': f'merged {number}', 'source_list': names, 'default': default}
            for number, (names, default, *_) in enumerate(MERGES)]
    got = transform_merge(df, spec, ARGS, None)
    by_column = {row.set_column: row for row in got.collect()}
    for number, (names, default, kind, when_null, when_last) in enumerate(MERGES):
        field = f'merged {number}'
        last = by_column.get(names[-1])
        expected_last = when_null if names[-1] in ('moment', 'nothing') else when_last
        if names == ['text']:
            expected_last = 'a'
        assert got.schema[field].dataType.simpleString() == kind, (names, default)
        assert by_column['none'][field] == when_null, (names, default)
        assert last is None or last[field] == expected_last, (names, default)


def test_merge_prefers_earlier_columns_and_counts_empty_text_as_null_when_told(spark):
    df = spark.createDataFrame([('', 'CA'), (None, ''), ('Texas', 'TX')], 'state string, code string')
    keys = {'source_list': ['state', 'code'], 'default': 'Unknown'}
    got = transform_merge(df, [{'field': 'kept', **keys}, {'field': 'state', 'empty_string_is_null': True, **keys}],
                          ARGS, None)
    assert [(row.kept, row.state) for row in got.collect()] == [('', 'CA'), ('', 'Unknown'), ('Texas', 'Texas')]


def test_rows_stay_only_where_every_condition_is_true(spark):
    df = spark.createDataFrame([(1, '10', '2024-01-01'), (2, 'n/a', None), (3, None, '1969-01-01'), (4, '3', None)],
                               'id int, `amount paid` string, startdate string')
    got = transform_filterrows(df, [
        {'condition': 'cast(`amount paid` as int) > 5 or id = 3', 'description': 'large claims'},
        {'condition': "startdate >= cast('1960-01-01' as date)"}], ARGS, None)
    assert [row.id for row in got.collect()] == [1, 3]
    assert spark.conf.get('spark.sql.ansi.enabled') == 'true'


def test_condition_that_is_no_sql_is_a_configuration_error_with_its_place(spark):
    spec = [{'condition': 'id = 1'}, {'condition': 'id = = 1'}]
    with pytest.raises(ConfigurationError) as caught:
        transform_filterrows(spark.range(1), spec, ARGS, None)
    problem, = caught.value.problems
    assert (problem.file, problem.place) == ('Gen/Policy', 'transform_spec.filterrows[1]')
    assert problem.message == "'condition' is not a SQL condition: the EQ at '=' is incomplete (character 6)"


def test_a_condition_that_only_spark_refuses_is_a_configuration_error_with_its_place(spark):
    with pytest.raises(ConfigurationError) as caught:
        transform_filterrows(spark.range(1), [{'condition': "interval '1' fortnight > id"}], ARGS, None)
    problem, = caught.value.problems
    assert (problem.file, problem.place) == ('Gen/Policy', 'transform_spec.filterrows[0].condition')
    assert problem.message.startswith('no SQL condition: ')


@pytest.mark.parametrize('condition, reason', [
    ('premium > 0', 'premium'),
    ('id + 1', 'BOOLEAN'),
    ('count(*) > 1', 'count'),
])
def test_condition_that_does_not_go_with_the_columns_is_explained_in_one_line(spark, condition, reason):
    with pytest.raises(DataError) as caught:
        transform_filterrows(spark.range(1), {'condition': condition}, ARGS, None)
    text = str(caught.value)
    assert text.startswith('Gen/Policy: transform_spec.filterrows[0].condition does not go with the columns')
    assert reason in text and text.endswith('The columns are: id.') and '\n' not in text
    assert spark.conf.get('spark.sql.ansi.enabled') == 'true'
