"""The parts of a plan: SQL of equal meaning, files that are still to be loaded, and differences of samples."""
from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lake_etl.adapters.local.duckdb_sample_diff import ColumnDiff, compare_samples
from lake_etl.ports import Column, Partition, Table
from lib.local_lake.planning.canonical_sql import canonical_condition, canonical_query, created_name
from lib.local_lake.planning.lake_comparison import ConfigurationPlan
from lib.local_lake.planning.needed_reloads import PendingReloads, needed_reloads
from lib.local_lake.planning.recorded_files import RecordedFile

BASE = "SELECT a, b AS c FROM t LEFT JOIN u ON t.k = u.k WHERE x = 'New' AND y LIKE '{p_year}%'"
NOW = '2026-03-04T00:00:0'


@pytest.mark.parametrize('text', [
    BASE.replace('SELECT', 'select').replace(' AS ', ' as '), BASE.replace(' AS ', ' '), BASE.replace('a,', '`A`,'),
    BASE.replace('LEFT', 'LEFT OUTER'), f'/* all */ {BASE} -- of them', BASE.replace(' ', '\n\t')])
def test_statements_that_mean_the_same_have_one_form(text):
    assert canonical_query(text, 'spark').whole == canonical_query(BASE, 'spark').whole


@pytest.mark.parametrize('text', [
    BASE.replace("'New'", "'new'"), BASE.replace('LEFT', 'INNER'), BASE.replace('LEFT', 'LEFT ANTI'),
    BASE.replace('SELECT', 'SELECT DISTINCT'), BASE.replace('AND', 'OR'), BASE.replace('{p_year}', '{p_day}'),
    BASE.replace('b AS c', "'b' AS c"), BASE.replace('b AS c', 'try_cast(b AS int) AS c'), f'{BASE} ORDER BY a',
    BASE.replace('b AS c', 'cast(b AS int) AS c'), f'{BASE} UNION SELECT a, c FROM v',
    f'{BASE} UNION ALL SELECT a, c FROM v', BASE.replace('b AS c', "get_json_object(b, '$.A') AS c"),
    BASE.replace('b AS c', "get_json_object(b, '$.a') AS c"), f'{BASE} LIMIT 1', BASE.replace('b AS c', 'true AS c'),
    BASE.replace('b AS c', 'false AS c'), f'{BASE} ORDER BY a DESC', f'{BASE} ORDER BY a NULLS LAST'])
def test_statements_that_mean_something_else_have_another_form(text):
    others = {canonical_query(other, 'spark').whole for other in FORMS if other != text}
    assert canonical_query(text, 'spark').whole not in others


FORMS = [BASE, *(case for mark in [test_statements_that_mean_something_else_have_another_form.pytestmark[0]]
                 for case in mark.args[1])]


def test_a_statement_that_cannot_be_read_is_compared_by_its_words():
    one, other = (canonical_query(f"MSCK REPAIR TABLE t {more}", 'spark') for more in ('', '-- so'))
    assert not one.parsed and one == other
    assert canonical_query("SELECT 'A' FROM (", 'spark') != canonical_query("SELECT 'a' FROM (", 'spark')
    assert canonical_condition('A  > 1') == canonical_condition('a > 1') != canonical_condition('a > 2')
    assert created_name('create or replace VIEW "Db"."Sums" AS SELECT 1', 'athena') == 'db.sums'
    assert created_name('SELECT 1', 'athena') == ''


def recorded(file, started, workflow='A/B', ended=None):
    return RecordedFile(workflow=workflow, file=file, partition=('2026', '03', '04'), rows=1,
                        started=f'{NOW}{started}', ended=f'{NOW}{ended or started}')


@pytest.mark.parametrize(('scope', 'since', 'chosen'), [
    ('all', {'a': 'all', 'b': 'none', 'c': None}, ['a', 'c']), ('all', {'a': 'none', 'b': 'none', 'c': 'none'}, []),
    ('one', {'a': 'one', 'b': 'one', 'c': None}, ['c']), ('one', {'a': 'one', 'b': 'one', 'c': 'none'}, []),
    ('none', {'a': 'none', 'b': 'none', 'c': None}, []), ('none', {'a': 'all', 'b': 'none', 'c': 'none'}, ['a'])])
def test_files_that_were_loaded_with_an_equal_configuration_are_left_out(scope, since, chosen):
    files = [recorded(name, number) for number, name in enumerate('abc')]
    plan = ConfigurationPlan(reloads={'A/B': scope}, order=('A/B',))
    found = needed_reloads(plan, {'A/B': files}, lambda item: since[item.file], PendingReloads())
    assert [item.file for reload in found for item in reload.files] == chosen


@pytest.mark.parametrize(('read_ended', 'since', 'follows'), [(1, 'none', False), (8, 'none', True), (1, 'all', True)])
def test_what_reads_changed_tables_follows_them_once(read_ended, since, follows):
    plan = ConfigurationPlan(order=('A/B', 'C/D'))
    files = {'A/B': [recorded('a', 0, ended=read_ended)], 'C/D': [recorded('c', 5, 'C/D')]}
    found = needed_reloads(plan, files, lambda item: since if item.workflow == 'A/B' else 'none',
                           PendingReloads({'C/D': ('one', ('A/B',))}))
    assert [reload.workflow for reload in found] == (['A/B'] if since == 'all' else []) + (['C/D'] if follows else [])
    assert not follows or found[-1].reason == 'others'


def published(folder, rows, kind='decimal(16,2)', **more):
    """Return a table with one partition of these rows of number, amount and name."""
    folder.mkdir()
    scale = int(kind[-2])
    columns = {'number': pa.array([row[0] for row in rows], pa.int32()),
               'amount': pa.array([Decimal(row[1]) for row in rows], pa.decimal128(16, scale)),
               'name': pa.array([row[2] for row in rows])} | {
        name: pa.array([value] * len(rows)) for name, value in more.items()}
    pq.write_table(pa.table(columns), folder / 'part-0.parquet')
    kinds = {'number': 'int', 'amount': kind, 'name': 'string'} | dict.fromkeys(more, 'string')
    found = tuple(Column(name, item) for name, item in kinds.items())
    table = Table('gen', 'policy', found, tuple(Column(name, 'string') for name in ('year', 'month', 'day')),
                  str(folder.parent))
    return table, [Partition(('2026', '03', '04'), str(folder), found)]


def test_samples_are_compared_by_cell_and_by_amount(tmp_path):
    before = published(tmp_path / 'b', [(1, '1.50', 'Ann'), (1, '1.50', 'Ann'), (2, '2.25', 'Bob'), (3, '7', 'Cid')])
    after = published(tmp_path / 'a', [(1, '1.500', 'Ann'), (1, '9.125', 'Ann'), (2, '2.250', 'Bob'), (4, '7', 'Cid')],
                      'decimal(16,3)', city='Ulm')
    found = compare_samples(before, after, {'amount', 'city'}, set(), set())
    assert found == replace(found, table='gen.policy', rows=(4, 4), added=1, removed=1, added_columns=('city',),
                            removed_columns=()) and found.differs
    assert found.columns == (ColumnDiff('number', 0, (7, 8)),
                             ColumnDiff('amount', 1, (Decimal('12.25'), Decimal('19.875'))))
    hidden = compare_samples(before, after, {'amount', 'city'}, {'amount', 'number'}, set())
    assert hidden.columns == (ColumnDiff('amount', 1, None),)
    same = compare_samples(before, before, {'amount'}, set(), set())
    assert not same.differs and (same.added, same.removed) == (0, 0)
