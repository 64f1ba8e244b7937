"""SQL files: where one statement ends, and what a Spark SQL file says about its table."""
from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lake_etl.syntax.records import Findings
from lake_etl.syntax.sql_files import SparkSql, parse_spark_sql, parse_statements, split_statements
from lake_etl.syntax.sql_pieces import pieces

SQL_TEXTS = st.text("abr;'\"`-/*+$\\\n {}", max_size=40)


@pytest.mark.parametrize(('dialect', 'text', 'statements'), [
    ('spark', 'select 1', ['select 1']),
    ('spark', 'select 1;\nselect 2;\n', ['select 1', 'select 2']),
    ('spark', ';; \n;', []),
    ('spark', '-- only; a comment\n/* and; another */;', []),
    ('spark', "select ';' as a; select 2", ["select ';' as a", 'select 2']),
    ('spark', 'select ";" as a; select 2', ['select ";" as a', 'select 2']),
    ('spark', 'select `a;b`; select `c``;d`', ['select `a;b`', 'select `c``;d`']),
    ('spark', "select 1 -- it's; fine\n; select 2", ["select 1 -- it's; fine", 'select 2']),
    ('spark', 'select /* a /* ; */ ; */ 1; select 2', ['select /* a /* ; */ ; */ 1', 'select 2']),
    ('spark', 'select /*+ broadcast(a) */ 1; select 2', ['select /*+ broadcast(a) */ 1', 'select 2']),
    ('spark', r"select 'it\'s; fine'; select 2", [r"select 'it\'s; fine'", 'select 2']),
    ('spark', r"select 'a\\'; select 2", [r"select 'a\\'", 'select 2']),
    ('spark', r"select r'a\'; select 2", [r"select r'a\'", 'select 2']),
    ('spark', "select 'a''; b'; select 2", ["select 'a''; b'", 'select 2']),
    ('spark', 'select 5 - -3, 4/2; select 2', ['select 5 - -3, 4/2', 'select 2']),
    ('spark', 'select $$;$$', ['select $$', '$$']),
    ('athena', r"select 'a\'; select 2", [r"select 'a\'", 'select 2']),
    ('athena', "select 'it''s; fine'; select 2", ["select 'it''s; fine'", 'select 2']),
    ('athena', 'create view "a;b" as select 1; select "c"";d"', ['create view "a;b" as select 1', 'select "c"";d"']),
    ('athena', 'select /* a /* ; */ 1; select 2', ['select /* a /* ; */ 1', 'select 2']),
    ('redshift', 'create function f() as $$ a; b $$ language sql; select 2',
     ['create function f() as $$ a; b $$ language sql', 'select 2']),
    ('redshift', 'select $x$ ; $$ ; $x$; select 2', ['select $x$ ; $$ ; $x$', 'select 2']),
    ('redshift', r"select 'it\'s; fine', 'and''; this'; select 2",
     [r"select 'it\'s; fine', 'and''; this'", 'select 2']),
])
def test_a_semicolon_splits_only_code(dialect, text, statements):
    assert split_statements(text, dialect) == tuple(statements)


@pytest.mark.parametrize(('text', 'expected'), [
    ('SELECT * FROM t', SparkSql(None, ('SELECT * FROM t',))),
    ('CREATE TABLE policysummary AS SELECT * FROM t', SparkSql('policysummary', ('SELECT * FROM t',))),
    ('create or replace table Gen_Consume.`Policy Summary` as\nselect * from t;',
     SparkSql('Policy Summary', ('select * from t',))),
    ('-- why\n/* what */ CREATE TABLE IF NOT EXISTS a . b AS WITH c AS (SELECT 1) SELECT * FROM c',
     SparkSql('b', ('WITH c AS (SELECT 1) SELECT * FROM c',))),
    ('CREATE TABLE `a``b`AS(SELECT * FROM t)', SparkSql('a`b', ('(SELECT * FROM t)',))),
    ('CREATE TABLE a -- the target\nAS SELECT * FROM t -- one', SparkSql('a', ('SELECT * FROM t -- one',))),
    ('CREATE TEMPORARY VIEW v AS SELECT 1; SELECT * FROM v',
     SparkSql(None, ('CREATE TEMPORARY VIEW v AS SELECT 1', 'SELECT * FROM v'))),
    ('-- mode: partition\nSELECT * FROM t', SparkSql(None, ('-- mode: partition\nSELECT * FROM t',), 'partition')),
    ('SELECT * FROM t --MODE : Partition', SparkSql(None, ('SELECT * FROM t --MODE : Partition',), 'partition')),
    ('-- mode: table\nSELECT * FROM t', SparkSql(None, ('-- mode: table\nSELECT * FROM t',), 'table')),
    ("SELECT *, '-- mode: partition'", SparkSql(None, ("SELECT *, '-- mode: partition'",), 'table')),
    ("SELECT *, 'CREATE TABLE a AS SELECT 1'", SparkSql(None, ("SELECT *, 'CREATE TABLE a AS SELECT 1'",))),
])
def test_a_spark_sql_file_says_table_query_and_mode(text, expected):
    findings = Findings('s.sql')
    assert parse_spark_sql(text, findings) == expected
    assert findings.problems == findings.warnings == []


@pytest.mark.parametrize(('text', 'problems'), [
    ('', ['s.sql: the file holds no statement (write one, or delete the file)']),
    ('-- nothing', ['s.sql: the file holds no statement (write one, or delete the file)']),
    ("SELECT * FROM t;\nSELECT 'it''s", ['s.sql: line 2, column 8: the text in quotes that begins here never ends']),
    ('SELECT /* 1', ['s.sql: line 1, column 8: the comment that begins here never ends']),
    ('-- mode: partitions\nSELECT * FROM t', ["s.sql: mode: unknown mode 'partitions' (did you mean 'partition'?)"]),
    ('SELECT * FROM t; DROP TABLE a', ['s.sql: last statement: is no query (end the file with the SELECT that gives '
                                       'the rows to publish)']),
    ('CREATE TABLE a USING parquet AS SELECT * FROM t',
     ["s.sql: last statement: begins with CREATE, but not as 'CREATE TABLE name AS query' (the lake decides about "
      "format, place and partitions of the table)"]),
    ('SELECT a, b\nFORM t;\nSELECT *\nFROM t\nWHERE a =',
     ["s.sql: line 2, column 6: no Spark SQL: 't' is not expected here",
      "s.sql: line 5, column 9: no Spark SQL: the EQ at '=' is incomplete"]),
    ('SELECT a, s.YEAR, month(d) AS month FROM t',
     ['s.sql: the query returns no column day (a Consume table is partitioned by year, month and day; select them '
      'too)']),
    ('CREATE TABLE a AS', ['s.sql: last statement: is no query (end the file with the SELECT that gives the rows to '
                           'publish)']),
])
def test_a_spark_sql_file_that_cannot_be_run_is_refused(text, problems):
    findings = Findings('s.sql')
    assert parse_spark_sql(text, findings) is None
    assert [str(item) for item in findings.problems] == problems


def test_a_comment_that_only_begins_like_a_mode_is_a_warning():
    findings = Findings('s.sql')
    assert parse_spark_sql('-- mode: annual payment\nSELECT * FROM t', findings).mode == 'table'
    assert [str(item) for item in findings.warnings] == [
        "s.sql: mode: unknown mode 'annual payment', ignored (known modes: table, partition)"]


@pytest.mark.parametrize(('dialect', 'text', 'problems'), [
    ('athena', "CREATE VIEW v AS\nSELECT a\nFORM t WHERE b = '{p_year}'",
     ["v.sql: line 3, column 6: no Athena SQL: 't' is not expected here"]),
    ('athena', 'CREATE VIEW v AS SELECT a FROM t', []),
    ('athena', 'SELECT 1; SELECT "a', ['v.sql: line 1, column 18: the quoted name that begins here never ends']),
    ('redshift', 'CREATE VIEW v AS SELECT a b c FROM s.t WITH NO SCHEMA BINDING',
     ["v.sql: line 1, column 29: no Redshift SQL: 'c' is not expected here"]),
    ('redshift', "CREATE EXTERNAL SCHEMA s FROM DATA CATALOG DATABASE 'd' IAM_ROLE default", []),
])
def test_what_is_wrong_in_a_file_of_views_is_named_with_its_place(dialect, text, problems):
    findings = Findings('v.sql')
    parse_statements(text, dialect, findings)
    assert [str(item) for item in findings.problems] == problems


def test_a_file_of_views_needs_a_statement():
    findings = Findings('athena.sql')
    assert parse_statements(' ; ', 'athena', findings) == ()
    assert parse_statements('select 1; select 2', 'athena', findings) == ('select 1', 'select 2')
    assert len(findings.problems) == 1


@settings(max_examples=200, deadline=None)
@given(SQL_TEXTS, st.sampled_from(['spark', 'athena', 'redshift']))
def test_the_pieces_of_any_text_are_the_text(text, dialect):
    found = list(pieces(text, dialect))
    assert ''.join(piece.text for piece in found) == text
    assert [piece.start for piece in found] == [sum(len(piece.text) for piece in found[:n]) for n in range(len(found))]


@settings(max_examples=200, deadline=None)
@given(SQL_TEXTS | st.text(max_size=20).map(lambda text: f'create table {text} as select 1'))
def test_any_text_gives_a_file_or_problems(text):
    findings = Findings('s.sql')
    assert (parse_spark_sql(text, findings) is None) == bool(findings.problems)
