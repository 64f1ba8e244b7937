"""Whole numbers that overflow give null in users' SQL; in transforms they stop the job with column and transform."""
from __future__ import annotations

import logging
from datetime import date, datetime
from decimal import Decimal

import pytest

from datatransform_misc import transform_filterrows
from datatransform_premium import transform_addcolumns, transform_flipsign, transform_multiplycolumns
from lake_etl.quality.evaluation.row_tests import add_scopes
from lake_etl.reasons.failure import reason_of
from lake_etl.spark.overflow import run_user_query
from lake_etl.spark.session import user_sql_rules

INT, LONG = 2**31 - 1, 2**63 - 1
TABLE = (f"SELECT {INT} AS i, {LONG} AS l, -{INT} - 1 AS low, CAST(100 AS tinyint) AS b, CAST(300 AS smallint) AS s, "
         "3e9D AS d, CAST(7.75 AS decimal(10,2)) AS dec, '12.7' AS text, '3000000000' AS big, DATE'2024-01-31' AS day, "
         "TIMESTAMP'2100-01-01 00:00:00' AS moment, CAST(NULL AS int) AS none")
# Each expression, and the value that it gives.
EXPRESSIONS = {
    'CAST(3000000000 AS int)': None, 'CAST(l AS int)': None, 'cast ( d as INTEGER )': None, 'CAST(dec AS int)': 7,
    'CAST(i AS smallint)': None, 'CAST(s AS tinyint)': None, 'CAST(1e30D AS bigint)': None, 'CAST(moment AS int)': None,
    'CAST(moment AS bigint)': 4102444800, "CAST(text AS int)": 12, 'CAST(big AS int)': None, "CAST('x' AS int)": None,
    "CAST(DOUBLE('NaN') AS int)": None, 'int(l)': None, 'smallint(i)': None, 'bigint(big)': 3000000000,
    'tinyint(b)': 100, 'CAST(CAST(d AS bigint) AS int)': None, 'CAST(none AS bigint)': None,
    'l * 4611686018427387904': None, 'i + 1': None, 'i + CAST(1 AS bigint)': INT + 1, 'low - 1': None, 'i*2': None,
    'b + b': None, 's - b': 200, '-low': None, '-(i)': -INT, 'abs(low)': None, 'abs(low + 1)': INT,
    '(i - 1) * /* * */ (1 + 0)': INT - 1, 'i - -- minus\n 7': INT - 7, 'i -1': INT - 1, '((i)) + ((1))': None,
    'i + 1 - 1': None, '2 * i + 3': None, 'CASE WHEN i + 1 > 0 THEN 1 ELSE 0 END': 0, "coalesce(i + 1, 5)": 5,
    'transform(array(1, i), x -> x + 1)': [2, None], '(SELECT max(i + 1) FROM t)': None,
    'i IN (SELECT i + 1 FROM t)': False,
    'EXISTS (SELECT 1 FROM t u WHERE u.i + 1 > t.low)': False,
    "'🦆 i + 1'": '🦆 i + 1', 'l + 1': None,
    # Other types stay with Spark's rules.
    'd * 2': 6e9, 'dec + 1': Decimal('8.75'), 'i + dec': Decimal('2147483654.75'), 'text + 1': 13.7, "'x' + 1": None,
    'day + 1': date(2024, 2, 1), 'day - DATE\'2024-01-01\' > INTERVAL \'29\' DAY': True, 'i / 0': None, 'i % 0': None,
    'moment + INTERVAL 1 DAY': datetime(2100, 1, 2), 'CAST(1e30D AS decimal(5,2))': None, 'i div 2': INT // 2,
}


def test_expressions_of_whole_numbers_give_the_right_number_or_null(spark):
    spark.sql(TABLE).createOrReplaceTempView('t')
    query = f'SELECT {", ".join(EXPRESSIONS)} FROM t'
    with user_sql_rules(spark):
        df = run_user_query(spark, query)
        assert df.dtypes == spark.sql(query).dtypes
    assert dict(zip(EXPRESSIONS, df.first(), strict=True)) == EXPRESSIONS


@pytest.mark.parametrize(('query', 'rows'), [
    ('SELECT sum(l), sum(DISTINCT l), SUM(i) FILTER (WHERE i > 0), sum(dec) FROM two GROUP BY low ORDER BY sum(l)',
     [(None, LONG, 2 * INT, Decimal('15.50'))]),
    ('WITH c AS (SELECT i + 1 AS z, l FROM two) SELECT z, sum(l) OVER (PARTITION BY z) AS s FROM c LIMIT 1+1',
     [(None, None), (None, None)]),
    ('SELECT i + 1 FROM two GROUP BY i + 1 ORDER BY i + 1 DESC', [(None,)]),
    ('SELECT i + 1 AS j, j * 2 AS k FROM t', [(None, None)]), ('FROM t SELECT l * 2 AS k', [(None,)]),
    ('SELECT a.i FROM t a JOIN t b ON a.i + 1 = b.low', []),
    ('SELECT x FROM t LATERAL VIEW explode(array(i + 1)) e AS x', [(None,)]),
    ('SELECT i + 1 AS x FROM t UNION ALL SELECT low - 1 FROM t', [(None,), (None,)])])
def test_whole_queries_do_too(spark, query, rows):
    spark.sql(TABLE).createOrReplaceTempView('t')
    spark.sql(f'{TABLE} UNION ALL {TABLE}').createOrReplaceTempView('two')
    with user_sql_rules(spark):
        assert [tuple(row) for row in run_user_query(spark, query).collect()] == rows


def test_commands_run_once_and_refusals_are_those_of_spark(spark, caplog):
    spark.sql(TABLE).createOrReplaceTempView('t')
    with user_sql_rules(spark):
        run_user_query(spark, 'CREATE TEMP VIEW made_once AS SELECT i + 1 AS x FROM t')
        assert run_user_query(spark, 'SELECT x FROM made_once').first().x is None
        spark.catalog.dropTempView('made_once')
        for query in ('SELECT nowhere + 1 FROM t', 'SELECT 1 +', 'SELECT i + 1 FROM nowhere'):
            with pytest.raises(Exception) as expected:
                spark.sql(query)
            with pytest.raises(type(expected.value)):
                run_user_query(spark, query)
        with caplog.at_level(logging.WARNING):
            assert run_user_query(spark, 'SELECT `(i + 1)` AS x FROM (SELECT i + 1 FROM t)').columns == ['x']
    assert 'Write these functions in the SQL file' in caplog.text


@pytest.mark.parametrize('condition', [
    'abs(low) > -1', 'negative(low) < 0', 'ABS (low) + 1 > -5', 'abs(i + 1) <> 0', 'int(d) <> 0',
    'unix_timestamp(moment) * l <> 0'])
def test_conditions_that_begin_with_a_function_are_null_where_it_overflows(spark, condition, caplog):
    df = spark.sql(TABLE)
    assert transform_filterrows(df, [{'condition': condition}], {}, None).count() == 0
    assert caplog.text == ''


def test_a_condition_that_spark_refuses_with_null_for_overflow_is_named_by_its_place(spark, caplog):
    df = spark.createDataFrame([(1, 5), (2, 6)], 'id int, n bigint')
    steps = [{'condition': 'n + 0 > 0'}, {'condition': 'round(2.5D, 1 + 1) > 0 AND n > 5'}]
    assert [row.id for row in transform_filterrows(df, steps, {'source_key': 'Gen/Policy'}, None).collect()] == [2]
    (warning,) = caplog.messages
    assert warning.startswith('Gen/Policy: transform_spec.filterrows[1].condition: the condition may choose wrong rows')


def test_conditions_on_rows_see_null_too(spark):
    df = spark.createDataFrame([(1, 5), (2, 2**62)], 'id int, n bigint')
    kept = transform_filterrows(df, [{'condition': 'n * 4 >= 0'}], {}, None)
    df, scopes, _ = add_scopes(df, ['n * 2 < 0'])
    assert ([row.id for row in kept.collect()], [row[2] for row in df.collect()]) == ([1], [False, False])
    assert list(scopes) == ['n * 2 < 0']


@pytest.mark.parametrize(('transform', 'name', 'kind', 'value'), [
    (transform_addcolumns, 'addcolumns', 'bigint', LONG),
    (transform_addcolumns, 'addcolumns', 'decimal(38,0)', 10**38 - 1),
    (transform_multiplycolumns, 'multiplycolumns', 'int', INT), (transform_flipsign, 'flipsign', 'smallint', -2**15)])
def test_a_result_that_does_not_fit_names_transform_and_column(spark, transform, name, kind, value):
    same = [f'CAST(n AS {kind}) AS n', f'CAST(n AS {kind}) AS m']
    df = spark.createDataFrame([(None,), (3,)], 'n int').selectExpr(*same)
    keys = {'source': 'n'} if name == 'flipsign' else {'source_columns': ['n', 'm']}
    small = transform(df, [{'field': 'Total (€)', **keys}], {}, None)
    assert len(small.collect()) == 2
    large = df.selectExpr(f'CAST({value} AS {kind}) AS n', f'CAST({value} AS {kind}) AS m')
    with pytest.raises(Exception) as raised:
        transform(large, [{'field': 'Total (€)', **keys}], {}, None).collect()
    assert reason_of(raised.value).startswith(f"Transform {name} cannot fill column 'Total (€)': in some row")
    assert 'ansi' not in reason_of(raised.value).lower() and str(value) not in reason_of(raised.value)
