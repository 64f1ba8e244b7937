"""SQL fills Consume tables and renews their views, without ANSI mode, as users' SQL expects."""
from __future__ import annotations

import pytest

from lake_etl.errors import ConfigurationError, DataError, JobFailure, QueryError

KEY = 'Gen/Policy/a.csv'
SQL = 'transformation-sql/spark-Gen-Policy.sql'
VIEWS = 'transformation-sql/athena-Gen-Policy.sql'
KEYS = 'year, month, day'


@pytest.fixture
def loaded(lake):
    """A lake with the table gen.policy: premiums 1 on the first day of March and 2 and 3 on the second."""
    lake.publish('gen', 'policy', {'id': 'string', 'lob': 'string', 'premium': 'int'}, {
        ('2026', '03', '01'): [('P1', 'auto', 1)], ('2026', '03', '02'): [('P2', 'auto', 2), ('P3', 'home', 3)]})
    return lake


def test_a_query_fills_the_consume_table_of_the_workflow(loaded):
    loaded.configure(SQL, f'SELECT lob, sum(premium) AS premium, {KEYS} FROM gen.policy GROUP BY lob, {KEYS}')
    loaded.consume(KEY)
    assert loaded.rows('SELECT lob, premium, day FROM gen_consume.policy ORDER BY day, lob') == [
        ('auto', 1, '01'), ('auto', 2, '02'), ('home', 3, '02')]
    assert loaded.types('gen_consume', 'policy') == {'lob': 'string', 'premium': 'bigint'}
    assert loaded.unreferenced_files() == []


def test_lineage_tells_the_query_the_totals_and_the_size(loaded):
    loaded.configure(SQL, f'SELECT CAST(premium AS decimal(8,2)) AS premium, {KEYS} FROM gen.policy')
    records = loaded.lineage(loaded.consume(KEY), 'cleanse-to-consume')
    assert [record['dataset_operation'] for record in records] == ['sparksql', 'numericaudit', 'write']
    assert 'FROM gen.policy' in records[0]['info']['query']
    assert records[1]['info']['totals'] == {'premium': '6.00'}
    assert records[2]['info'] | {'schema': None} == {
        'table': 'gen_consume.policy', 'rows': 3, 'schema': None, 'format': 'parquet',
        'dataset_counts': {'column': 4, 'row': 3}}


def test_the_query_may_name_another_table_and_use_placeholders(loaded):
    loaded.configure(SQL, "CREATE TABLE PolicySummary AS\n"
                          "SELECT count(*) AS policies, '{source_key} {target_table};' AS remark,\n"
                          "  {p_day} + 1 AS next_day, '{{x}}' AS braces, '{p_year}' AS year, month, day\n"
                          "FROM {source_database_name}.{table_name} WHERE day = '{p_day}' AND id RLIKE 'P[0-9]{1,2}'\n"
                          'GROUP BY month, day')
    loaded.consume('Gen/Policy/2026/03/02/a.csv')
    assert loaded.rows('SELECT * FROM gen_consume.policysummary') == [
        (2, 'Gen/Policy Policy;', 3, '{x}', '2026', '03', '02')]
    assert loaded.catalog.table('gen_consume', 'policy') is None


def test_a_whole_table_query_drops_partitions_that_it_does_not_return(loaded):
    loaded.configure(SQL, f'SELECT id, {KEYS} FROM gen.policy')
    loaded.consume(KEY)
    loaded.configure(SQL, f"SELECT id, {KEYS} FROM gen.policy WHERE day = '02'")
    loaded.consume(KEY)
    assert loaded.rows('SELECT id, day FROM gen_consume.policy ORDER BY id') == [('P2', '02'), ('P3', '02')]
    assert loaded.partitions('gen_consume', 'policy') == [('2026', '03', '02')]


def test_a_partition_query_replaces_only_the_partitions_that_it_returns(loaded):
    loaded.configure(SQL, f'SELECT id, {KEYS} FROM gen.policy')
    loaded.consume(KEY)
    loaded.configure(SQL, f"-- mode: partition\nSELECT upper(lob) AS id, {KEYS} FROM gen.policy WHERE day = '02'")
    loaded.consume(KEY)
    assert loaded.rows('SELECT id, day FROM gen_consume.policy ORDER BY day, id') == [
        ('P1', '01'), ('AUTO', '02'), ('HOME', '02')]


def test_several_statements_run_in_order_and_the_last_one_gives_the_rows(loaded):
    loaded.configure(SQL, "CREATE OR REPLACE TEMP VIEW autos AS SELECT * FROM gen.policy WHERE lob = 'auto'; -- ;\n"
                          f"SELECT id, ';' AS mark, {KEYS} FROM autos;\n")
    loaded.consume(KEY)
    assert loaded.rows('SELECT id, mark FROM gen_consume.policy ORDER BY id') == [('P1', ';'), ('P2', ';')]


def test_a_query_may_read_its_own_consume_table(loaded):
    loaded.configure(SQL, f'SELECT id, {KEYS} FROM gen.policy')
    loaded.consume(KEY)
    loaded.configure(SQL, f"SELECT concat(id, '*') AS id, {KEYS} FROM gen_consume.policy")
    loaded.consume(KEY)
    loaded.consume(KEY)
    assert loaded.rows('SELECT id FROM gen_consume.policy ORDER BY id') == [('P1**',), ('P2**',), ('P3**',)]


def test_a_query_without_rows_empties_the_table_but_keeps_it(loaded):
    loaded.configure(SQL, f'SELECT id, {KEYS} FROM gen.policy')
    loaded.consume(KEY)
    loaded.configure(SQL, f'SELECT id, {KEYS} FROM gen.policy WHERE false')
    loaded.consume(KEY)
    assert loaded.rows('SELECT * FROM gen_consume.policy') == []
    assert loaded.types('gen_consume', 'policy') == {'id': 'string'}


# Each case: SQL that cannot be used, and what the error says.
REFUSED = {
    'no partition columns': ('SELECT id FROM gen.policy',
                             'spark-Gen-Policy.sql: the query returns no column year, month, day'),
    'one partition column': ('SELECT id, year, month FROM gen.policy', 'the query returns no column day'),
    'unknown placeholder': ("SELECT '{p_yaer}' AS y, year, month, day FROM gen.policy",
                            r"spark-Gen-Policy.sql: \{p_yaer\}: unknown placeholder \(did you mean 'p_year'\?"),
    'unknown column': (f'SELECT idd, {KEYS} FROM gen.policy', 'spark-Gen-Policy.sql: Spark refuses the query: .*idd'),
    'unknown table': (f'SELECT id, {KEYS} FROM gen.polcy', 'spark-Gen-Policy.sql: Spark refuses the query: .*polcy'),
    'no SQL': (f'SELEKT id, {KEYS} FROM gen.policy', 'spark-Gen-Policy.sql: '),
    'no statement': ('-- nothing yet\n', 'spark-Gen-Policy.sql: the file holds no statement'),
}


@pytest.mark.parametrize('case', REFUSED)
def test_sql_that_cannot_be_used_is_refused_with_file_and_reason(loaded, case):
    sql, message = REFUSED[case]
    loaded.configure(SQL, sql)
    with pytest.raises(ConfigurationError, match=message):
        loaded.consume(KEY)
    assert loaded.catalog.table('gen_consume', 'policy') is None


def test_a_failing_query_leaves_the_old_table_and_no_files(loaded):
    loaded.configure(SQL, f'SELECT id, {KEYS} FROM gen.policy')
    loaded.consume(KEY)
    loaded.configure(SQL, f"SELECT if(id = 'P3', raise_error('unlucky'), id) AS id, {KEYS} FROM gen.policy")
    with pytest.raises(JobFailure, match='RuntimeException|USER_RAISED_EXCEPTION') as failed:
        loaded.consume(KEY)
    assert 'unlucky' not in str(failed.value)
    loaded.configure(SQL, "SELECT id, if(id = 'P3', NULL, year) AS year, month, day FROM gen.policy")
    with pytest.raises(DataError, match='returned rows without a value in one of .*day'):
        loaded.consume(KEY)
    assert loaded.rows('SELECT id FROM gen_consume.policy ORDER BY id') == [('P1',), ('P2',), ('P3',)]
    assert loaded.unreferenced_files() == []


def test_partition_values_of_any_type_and_with_any_character_are_kept(loaded):
    loaded.configure(SQL, "SELECT id, 2026 AS year, month, concat('a/b=c %:', id) AS day FROM gen.policy")
    loaded.consume(KEY)
    assert loaded.rows('SELECT id, year, day FROM gen_consume.policy ORDER BY id') == [
        (f'P{number}', '2026', f'a/b=c %:P{number}') for number in (1, 2, 3)]
    loaded.configure(SQL, f"SELECT lower(id) AS id, {KEYS} FROM gen_consume.policy WHERE day <> 'a/b=c %:P1'")
    loaded.consume(KEY, retention_hours='0')
    assert loaded.rows('SELECT id, day FROM gen_consume.policy ORDER BY id') == [
        ('p2', 'a/b=c %:P2'), ('p3', 'a/b=c %:P3')]
    loaded.consume(KEY, retention_hours='0')
    loaded.consume(KEY, retention_hours='0')
    left = loaded.unreferenced_files()
    assert len(left) == 2, 'only the load that was superseded last'
    assert [file for file in left if 'P1' in file] == [], 'a dropped partition is swept as well'


def test_users_sql_runs_without_ansi_rules_and_the_session_keeps_its_own(loaded, spark):
    loaded.configure(SQL, "SELECT id, CAST(lob AS int) AS number, 1/0 AS ratio, CAST(3000000000 AS int) AS large, "
                          f"to_date(lob) AS since, element_at(array(1), 5) AS fifth, {KEYS} "
                          "FROM gen.policy WHERE id = 1 OR id = 'P1'")
    loaded.consume(KEY)
    assert loaded.rows('SELECT id, number, ratio, large, since, fifth FROM gen_consume.policy') == [
        ('P1', None, None, None, None, None)]
    assert spark.conf.get('spark.sql.ansi.enabled') == 'true'
    loaded.configure(SQL, 'SELECT nothing FROM nowhere')
    with pytest.raises(ConfigurationError):
        loaded.consume(KEY)
    assert spark.conf.get('spark.sql.ansi.enabled') == 'true'


def test_views_are_created_over_cleanse_and_consume_and_can_be_queried(loaded):
    loaded.configure(SQL, f'SELECT id, premium, {KEYS} FROM gen.policy')
    loaded.configure(VIEWS, "CREATE OR REPLACE VIEW premiums AS\n"
                            "SELECT p.id, p.premium, c.lob FROM policy p JOIN gen.policy c ON p.id = c.id;\n"
                            "CREATE OR REPLACE VIEW premiums_by_lob AS\n"
                            "SELECT lob, sum(premium) AS premium, '{p_year};' AS mark FROM premiums GROUP BY lob;")
    loaded.consume(KEY)
    assert loaded.rows('SELECT lob, premium, mark FROM gen_consume.premiums_by_lob ORDER BY lob') == [
        ('auto', 3, '2026;'), ('home', 3, '2026;')]


def test_views_alone_need_no_consume_table(loaded):
    loaded.configure(VIEWS, 'CREATE OR REPLACE VIEW autos AS SELECT id FROM gen.policy WHERE lob = \'auto\'')
    loaded.consume(KEY)
    assert loaded.rows('SELECT id FROM gen_consume.autos ORDER BY id') == [('P1',), ('P2',)]


def test_a_failed_view_stops_the_run_with_the_file_the_statement_and_the_reason(loaded):
    loaded.configure(VIEWS, 'CREATE OR REPLACE VIEW good AS SELECT id FROM gen.policy;\n'
                            'CREATE OR REPLACE VIEW bad AS SELECT idd FROM gen.policy')
    with pytest.raises(QueryError, match='(?s)athena-Gen-Policy.sql: statement 2 of 2 failed.*idd'):
        loaded.consume(KEY)


def test_redshift_statements_are_left_out_with_a_warning_where_there_is_no_redshift(loaded, caplog):
    loaded.configure('transformation-sql/redshift-Gen-Policy.sql', 'CREATE VIEW v AS SELECT 1')
    loaded.consume(KEY)
    assert 'redshift-Gen-Policy.sql was left out: no Redshift cluster or workgroup is configured' in caplog.text


def test_a_run_without_sql_changes_nothing(loaded):
    loaded.consume(KEY)
    assert [f'{table.database}.{table.name}' for table in loaded.catalog.tables()] == ['gen.policy']
