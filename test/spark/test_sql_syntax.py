"""SQL is judged without Spark as Spark judges it: what Spark reads is never refused, and common mistakes are found."""
from __future__ import annotations

import pytest
from pyspark.errors import ParseException

from lake_etl.syntax.sql_columns import condition_columns, query_columns
from lake_etl.syntax.sql_syntax import SqlMistake, check_statement, condition_tree

QUERIES = r'''
SELECT a, explode(b) AS (c, d) FROM t LATERAL VIEW OUTER explode(m) x AS k, v
SELECT transform(a, x -> x + 1), filter(a, (x, i) -> i > 0), aggregate(a, 0, (s, x) -> s + x, s -> s * 10) FROM t
SELECT /*+ BROADCAST(t) */ a FROM t TABLESAMPLE (10 PERCENT)
SELECT * FROM t PIVOT (sum(x) AS s FOR y IN ('a' AS a, 'b'))
SELECT * FROM t UNPIVOT (v FOR n IN (x, y))
FROM t SELECT a, year, month, day
WITH a AS (SELECT 1), b (c, d) AS (SELECT 1, 2) FROM a SELECT *
VALUES (1, 2), (3, 4)
SELECT r'\d+' AS a, X'1F', 1L, 2.0BD, 1.5D, INTERVAL '1' DAY, INTERVAL 3 MONTHS, DATE '2024-01-01'
SELECT date_sub(current_date, 7), a[0], m['k'], s.a.b, timestamp'2024-01-01 10:00:00' FROM t
SELECT a <=> b, a DIV b, a % b, a RLIKE 'x', a LIKE ANY ('a', 'b'), NOT a ILIKE 'x' FROM t
SELECT count(*) FILTER (WHERE a > 1), first(a) IGNORE NULLS, max_by(a, b), count(DISTINCT a, b) FROM t
SELECT sum(a) OVER (PARTITION BY b ORDER BY c ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) FROM t
SELECT row_number() OVER w AS n FROM t WINDOW w AS (PARTITION BY b ORDER BY c DESC NULLS LAST)
SELECT a, grouping_id() FROM t GROUP BY a, b WITH ROLLUP
SELECT a FROM t GROUP BY GROUPING SETS ((a), ())
SELECT a FROM t DISTRIBUTE BY a SORT BY b DESC NULLS LAST
SELECT a FROM t1 LEFT SEMI JOIN t2 ON t1.a = t2.a LEFT ANTI JOIN t3 USING (a)
SELECT a FROM t1 NATURAL JOIN t2 CROSS JOIN t3, LATERAL (SELECT 1)
SELECT named_struct('a', 1).a, struct(*) FROM t
SELECT CASE WHEN a THEN 1 END, CASE a WHEN 1 THEN 2 ELSE 3 END, IF(a, 1, 2) FROM t
SELECT a FROM t LIMIT ALL OFFSET 3
SELECT try_cast(a AS int), cast(a AS struct<x: int, y: array<string>>), cast(a AS decimal(16,2)) FROM t
SELECT extract(YEAR FROM a), trim(BOTH 'x' FROM a), position('a' IN b), substring(a FROM 2 FOR 3) FROM t
SELECT 1 AS a UNION ALL SELECT 2 EXCEPT SELECT 3 INTERSECT SELECT 4 ORDER BY a
SELECT a FROM range(10)
SELECT "double quoted", 'a' 'b', 'it\'s'
SELECT `a b`, `c.d` FROM `x y`.`z`
SELECT a FROM t WHERE a IN (SELECT b FROM u) AND EXISTS (SELECT 1 FROM u WHERE u.a = t.a)
SELECT a AS year, b AS table, c AS order, timestamp, date, user FROM t
SELECT year(d) year, month(d) month, day(d) day FROM t GROUP BY ALL
CREATE TEMPORARY VIEW x AS SELECT 1
SELECT inline(a), stack(2, 1, 2, 3, 4) FROM t
'''.strip().splitlines()
WRONG_QUERIES = '''
SELECT a b c FROM t
SELECT a FORM t
SELECT a FROM t WHERE a LIKE
SELECT a FROM t GROUP a
SELECT (a FROM t
SELECT count(* FROM t
SELECT a FROM t JOIN
SELECT a FROM t WHERE a = = b
SELECT a FROM t WHERE a AND OR b
WITH x AS SELECT 1 SELECT * FROM x
SELECT CASE WHEN a THEN b FROM t
SELECT CAST(a AS) FROM t
SELECT sum(a) OVR (PARTITION BY b) FROM t
SELECT a FROM t WHERE a BETWEEN 1
'''.strip().splitlines()
CONDITIONS = {
    'a > 1 AND b IS NOT NULL': 'a b', 'a': 'a', 'true': '', '1 = 1': '', 'a.b.c = 1': 'a', '!a OR NOT b': 'a b',
    '`Loss Paid` > 0 and `a.b` = 2': 'Loss Paid|a.b', 'exists(l, x -> x > y)': 'l y', "m['k'] = l[0].name": 'm l',
    'd >= current_date - INTERVAL 30 DAYS': 'd', 'user = a': 'a', 'a IN (SELECT b FROM t WHERE c = a)': '',
    "a RLIKE '^x' AND lower(b) LIKE 'y%'": 'a b', 'CASE WHEN a THEN b ELSE c END = 1': 'c a b', 'a <=> b': 'a b',
    "to_date(a, 'yyyy') BETWEEN b AND c -- why": 'b c a', 'a IS DISTINCT FROM b': 'a b', 'struct(a AS z).z = 1': 'a',
    'aggregate(l, 0, (s, x) -> s + x) > limit': 'l limit', 'date > timestamp': 'date timestamp', 'IF(a, b, c)': 'a b c',
}
WRONG_CONDITIONS = ('a >', 'a = = 1', 'WHERE a > 1', 'a > 1)', '(a > 1', 'a > 1; DROP TABLE x', "a = 'x",
                    'a > 1 GROUP BY b', 'a && b')


def spark_reads(spark, kind: str, text: str) -> bool:
    """Tell whether Spark's own parser reads a text."""
    parser = spark._jsparkSession.sessionState().sqlParser()
    try:
        getattr(parser, kind)(text)
    except ParseException:
        return False
    return True


@pytest.mark.parametrize(('texts', 'sound'), [(QUERIES, True), (WRONG_QUERIES, False)], ids=['sound', 'wrong'])
def test_a_statement_is_refused_when_spark_cannot_read_it(spark, texts, sound):
    def is_read(text: str) -> bool:
        try:
            check_statement(text, 'spark')
        except SqlMistake:
            return False
        return True
    assert {text: spark_reads(spark, 'parsePlan', text) for text in texts} == dict.fromkeys(texts, sound)
    assert {text: is_read(text) for text in texts} == dict.fromkeys(texts, sound)


def test_a_condition_is_refused_when_spark_cannot_read_it(spark):
    for text in CONDITIONS:
        assert condition_tree(text) is not None and spark_reads(spark, 'parseExpression', text), text
    for text in WRONG_CONDITIONS:
        assert not spark_reads(spark, 'parseExpression', text), text
        with pytest.raises(SqlMistake):
            condition_tree(text)


def test_the_columns_that_a_condition_reads_are_told_from_its_text():
    assert {text: set(condition_columns(text)) for text in CONDITIONS} == {
        text: set(names.split('|' if '|' in names else None)) for text, names in CONDITIONS.items()}


@pytest.mark.parametrize(('query', 'columns'), [
    ('SELECT a, s.year, month(d) month, cast(x AS int), cast(y AS int) FROM t', ('a', 'year', 'month', 'x', 'y')),
    ("SELECT '1' AS day, a AS `b c` FROM t UNION SELECT 2, 3", ('day', 'b c')),
    ('WITH c AS (SELECT * FROM t) SELECT a, {p_year} AS year FROM c', ('a', 'year')),
    ('(SELECT 1 AS x)', ('x',)),
])
def test_the_columns_that_a_query_returns_are_those_of_spark(spark, query, columns):
    assert query_columns(query) == columns
    spark.sql('SELECT 1 AS a, 2 AS x, 3 AS y, current_date() AS d, named_struct("year", 1) AS s'
              ).createOrReplaceTempView('t')
    assert tuple(spark.sql(query.replace('{p_year}', '2026')).columns) == columns


@pytest.mark.parametrize('query', [
    'SELECT *, year FROM t', 'SELECT t.*, year FROM t', 'SELECT explode(a) FROM t', 'SELECT stack(1, a, b) AS (c, d)',
    'SELECT inline(a) FROM t', 'TABLE t', 'VALUES (1)', 'FROM t', 'SELECT a FROM t; SELECT b FROM t', 'SELEKT a',
    'SELECT * EXCEPT (a) FROM t', "SELECT TRANSFORM(a) USING 'cat' AS (c) FROM t"])
def test_the_columns_of_some_queries_only_spark_can_tell(query):
    assert query_columns(query) is None
