"""The whole way of a load is checked before its first job, and a failure says what earlier jobs have published."""
from __future__ import annotations

import pytest

from lake_etl.errors import ConfigurationError

KEY = 'Gen/Policy/a.csv'
SQL = 'transformation-sql/spark-{}.sql'
COLUMNS = 'year, month, day'
ROWS = 'id\n1\n'


@pytest.mark.parametrize(('queries', 'said'), {
    'of another workflow': (
        {'Gen-Policy': f'SELECT p.id, {COLUMNS} FROM gen.policy p JOIN Gen.Claim USING (id, {COLUMNS})'},
        ['gen.claim, which does not exist yet (load gen/claim, then Gen/Policy']),
    'of a chain of workflows': (
        {'Gen-Policy': f'SELECT id, {COLUMNS} FROM gen_consume.claim',
         'Gen-Claim': f'SELECT c.id, {COLUMNS} FROM gen.claim c JOIN gen.rate USING (id, {COLUMNS})'},
        ['gen_consume.claim, which does not exist yet (load gen/rate, then gen/claim, then Gen/Policy']),
    'in subqueries and earlier statements': (
        {'Gen-Policy': f"CREATE TEMP VIEW late AS SELECT * FROM gen.claim; WITH x AS (SELECT * FROM gen.policy) SELECT "
                       f"id, {COLUMNS} FROM x WHERE id IN (SELECT id FROM gen.rate) AND extract(year FROM x.d) = 1"},
        ['gen.claim, which', 'gen.rate, which']),
}.values())
def test_tables_that_sql_needs_are_named_with_their_order_before_anything_is_loaded(lake, queries, said):
    lake.configure('transformation-spec/Gen-Policy.json', {})
    for name, query in queries.items():
        lake.configure(SQL.format(name), query)
    with pytest.raises(ConfigurationError, match='nothing was read or changed') as caught:
        lake.load(KEY, ROWS)
    assert all(text in str(caught.value) for text in said), str(caught.value)
    assert list(lake.catalog.tables()) == []


@pytest.mark.parametrize('query', [
    f'SELECT id, {COLUMNS} FROM {{source_database_name}}.{{table_name}}',
    f'SELECT id, {COLUMNS} FROM gen.policy UNION SELECT id, {COLUMNS} FROM gen_consume.policy',
    f'WITH claim AS (SELECT * FROM gen.policy) SELECT policy.id, {COLUMNS} FROM claim policy',
])
def test_tables_of_the_load_itself_are_never_missing(lake, query):
    lake.configure(SQL.format('Gen-Policy'), query)
    lake.load(KEY, ROWS)
    assert lake.rows('SELECT id FROM gen.policy') == [(1,)]


def test_two_queries_that_read_each_others_tables_can_be_loaded_in_turn(lake):
    lake.configure(SQL.format('Gen-Policy'), f'SELECT p.id, {COLUMNS} FROM gen.policy p JOIN gen.claim '
                                             f'USING (id, {COLUMNS})')
    lake.configure(SQL.format('Gen-Claim'), f'SELECT c.id, {COLUMNS} FROM gen.claim c JOIN gen.policy '
                                            f'USING (id, {COLUMNS})')
    first = lake.run(KEY, ROWS)
    assert first.status == 'FAILED'
    assert first.reason.startswith('collect-to-cleanse succeeded, and readers see what was published there; '
                                   'cleanse-to-consume failed. ')
    assert 'nothing was' not in first.reason.lower()
    assert lake.run('Gen/Claim/c.csv', ROWS).status == 'SUCCEEDED'
    assert lake.run(KEY, ROWS).status == 'SUCCEEDED'


def test_mistakes_in_files_of_later_jobs_stop_the_first_job(lake):
    lake.configure(SQL.format('Gen-Policy'), f'SELECT {{nobody}} AS x, {COLUMNS} FROM gen.policy')
    lake.configure('transformation-spec/Gen-entitymatch.json', {'levels': 1})
    with pytest.raises(ConfigurationError, match='nobody') as caught:
        lake.load(KEY, ROWS)
    assert 'Gen-entitymatch.json' in str(caught.value)
    assert list(lake.catalog.tables()) == []
