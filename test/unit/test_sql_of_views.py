"""SQL of Athena and Redshift: valid SQL is never refused, and mistakes are found at their position."""
from __future__ import annotations

import re

import pytest

from lake_etl.syntax.sql_syntax import SqlMistake, check_statement

ATHENA = r'''
SELECT * FROM t FOR TIMESTAMP AS OF TIMESTAMP '2024-01-01 00:00:00 UTC'
SELECT * FROM t FOR VERSION AS OF 123
SELECT a, n FROM t CROSS JOIN UNNEST(b) WITH ORDINALITY AS x (a, n)
SELECT listagg(a, ',') WITHIN GROUP (ORDER BY b) FROM t
SELECT a AT TIME ZONE 'UTC', row(1, 2), cast(row(1, 'x') AS row(a int, b varchar)), array[1, 2][1], map(array['a'],
    array[1]) FROM t
SELECT a, count(*) FROM t GROUP BY GROUPING SETS ((a), ()), ROLLUP (b), CUBE (c)
SELECT a FROM t ORDER BY a NULLS LAST OFFSET 3 ROWS FETCH FIRST 5 ROWS WITH TIES
SELECT sum(a) OVER (ORDER BY b RANGE BETWEEN INTERVAL '1' DAY PRECEDING AND CURRENT ROW) FROM t
SELECT json_extract_scalar(a, '$.b'), transform(b, x -> x + 1), reduce(b, 0, (s, x) -> s + x, s -> s) FROM t
SELECT a FROM t TABLESAMPLE BERNOULLI (10)
SELECT a FROM t EXCEPT ALL SELECT b FROM u INTERSECT SELECT c FROM v
SELECT date_diff('day', a, b), date_trunc('month', a), date '2024-01-01' - interval '1' month, current_timestamp,
    try(a / b), if(a > 1, 2) FROM t
SELECT * FROM (VALUES (1, 'a'), (2, 'b')) AS x (n, t)
SELECT a FROM t WHERE a LIKE '%x' ESCAPE '\' AND (a, b) IN (SELECT c, d FROM u) AND a = ANY (SELECT 1)
CREATE OR REPLACE VIEW v AS WITH x AS (SELECT 1 a) SELECT a FROM x WHERE a > ALL (SELECT 2)
CREATE VIEW IF NOT EXISTS v (a COMMENT 'x', b) COMMENT 'view as of' AS SELECT 1, 2
CREATE OR REPLACE VIEW "v" AS (SELECT 1 AS "a b")
CREATE TABLE t WITH (table_type = 'ICEBERG', location = 's3://x/', is_external = false) AS SELECT 1 AS a
CREATE TABLE t (a int, b string) PARTITIONED BY (b) LOCATION 's3://x' TBLPROPERTIES ('table_type' = 'ICEBERG')
INSERT INTO t (a, b) SELECT 1, 2
MERGE INTO t USING u ON t.a = u.a WHEN MATCHED THEN UPDATE SET b = u.b WHEN NOT MATCHED THEN INSERT (a) VALUES (u.a)
SELECT approx_distinct(a), max_by(a, b), arbitrary(a), count_if(a > 1), array_agg(a ORDER BY b) FILTER (WHERE c)
    FROM t
SELECT "$path", "a.b" FROM "awsdatacatalog"."db"."t"
SELECT * FROM t WHERE ts > timestamp '2024-01-01 00:00:00' AND d BETWEEN date '2024-01-01' AND current_date
SELECT extract(year FROM a), substr(a, 1, 2), a || b, CASE WHEN a IS NULL THEN 1 ELSE 2 END, nullif(a, 1),
    coalesce(a, 2), format('%s', a), a[1].b FROM t
CREATE TABLE t AS SELECT 1 AS a WITH NO DATA
MSCK REPAIR TABLE t
UNLOAD (SELECT 1) TO 's3://x/' WITH (format = 'PARQUET')
'''
REDSHIFT = r'''
CREATE OR REPLACE VIEW s.v AS SELECT a, b::varchar(10), nvl(a, b), getdate(), dateadd(month, 1, d), datediff(day, a,
    b) FROM s.t WITH NO SCHEMA BINDING
CREATE MATERIALIZED VIEW v BACKUP NO DISTSTYLE KEY DISTKEY (a) SORTKEY (b) AUTO REFRESH YES AS SELECT a, b FROM t
CREATE TABLE t (a int IDENTITY(1,1) ENCODE az64, b varchar(10) DISTKEY SORTKEY)
CREATE TABLE IF NOT EXISTS t (LIKE u INCLUDING DEFAULTS)
CREATE TEMP TABLE t DISTSTYLE EVEN AS SELECT 1 a
CREATE TABLE #t AS SELECT 1 a
INSERT INTO t (SELECT * FROM u)
SELECT listagg(DISTINCT a, ',') WITHIN GROUP (ORDER BY a) OVER (PARTITION BY b), APPROXIMATE COUNT(DISTINCT c) FROM t
SELECT a.b[0].c, json_extract_path_text(x, 'a'), x:a FROM t
SELECT TOP 5 * FROM t MINUS SELECT * FROM u
SELECT * FROM t PIVOT (sum(a) FOR b IN ('x', 'y'))
SELECT a, ratio_to_report(b) OVER (), median(c) FROM t QUALIFY row_number() OVER (PARTITION BY a ORDER BY b) = 1
SELECT CONVERT(int, a), a ~ '^x', a SIMILAR TO 'x%', a !~* 'y', interval '1 day', 'x' || a, date_part(year, d),
    extract(epoch FROM d) FROM t
SELECT t.a, o FROM t, t.arr AS o
SELECT decode(a, 1, 'x', 'y'), a % 2, a ^ 2, |/ a, @ a FROM t
WITH RECURSIVE x (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM x WHERE n < 5) SELECT n FROM x
SELECT * EXCLUDE (a) FROM t
SELECT a FROM t GROUP BY ROLLUP (a, b) HAVING count(*) > 1 LIMIT 5 OFFSET 2
CREATE VIEW v AS SELECT a FROM spectrum.t WHERE year = '2024' UNION ALL SELECT a FROM s.u WITH NO SCHEMA BINDING
GRANT SELECT ON t TO GROUP g
CALL p(1)
COPY t FROM 's3://x/' IAM_ROLE default FORMAT PARQUET
CREATE PROCEDURE p() AS $$ BEGIN SELECT 1 FORM x; END $$ LANGUAGE plpgsql
'''


@pytest.mark.parametrize(('dialect', 'statements'), [('athena', ATHENA), ('redshift', REDSHIFT)])
def test_statements_that_an_engine_knows_are_not_refused(dialect, statements):
    for statement in re.sub(r'\n +', ' ', statements).strip().splitlines():
        check_statement(statement, dialect)


@pytest.mark.parametrize(('dialect', 'statement', 'found'), [
    ('athena', "SELECT a FORM t WHERE year = '{p_year}'", 't WHERE'),
    ('athena', 'CREATE OR REPLACE VIEW "x as y" AS SELECT a FORM t', 't'),
    ('athena', 'CREATE TABLE t WITH (location = \'s3://as/\') AS SELECT a b c FROM t', 'c FROM'),
    ('athena', "INSERT INTO t SELECT count(* FROM {table_name}", 'FROM {table_name}'),
    ('redshift', 'CREATE VIEW v AS SELECT a FROM t WHERE b = = 1 WITH NO SCHEMA BINDING', '= 1'),
    ('redshift', 'CREATE TEMP TABLE t DISTSTYLE EVEN AS WITH x AS SELECT 1 SELECT * FROM x', 'SELECT 1'),
])
def test_a_mistake_is_found_where_it_is(dialect, statement, found):
    with pytest.raises(SqlMistake) as caught:
        check_statement(statement, dialect)
    assert statement[caught.value.offset:].startswith(found)
