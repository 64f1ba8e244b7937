"""The parts of a plan: SQL of equal meaning, files that are still to be loaded, and differences of samples."""
from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lake_etl.adapters.local.duckdb_sample_diff import ColumnDiff, compare_samples
from lake_etl.ports import Column, Partition, Table
from lake_etl.publish.sources import SourceFile, partition_properties
from lib.local_lake.planning.canonical_sql import canonical_condition, canonical_query, created_name
from lib.local_lake.planning.configured_lake import ConfiguredLake
from lib.local_lake.planning.effect import ConfigurationEffect
from lib.local_lake.planning.lake_comparison import ConfigurationPlan
from lib.local_lake.planning.lake_plan import LAST_LOADS, LakePlan
from lib.local_lake.planning.needed_reloads import PendingReloads, needed_reloads
from lib.local_lake.planning.plan_report import plan_lines
from lib.local_lake.planning.recorded_files import RecordedFile, recorded_files

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
    BASE.replace('b AS c', 'size(b) AS c'), BASE.replace('b AS c', 'array_size(b) AS c'),
    BASE.replace('b AS c', 'to_json(struct(b AS B)) AS c'), BASE.replace('b AS c', 'to_json(struct(b)) AS c'),
    BASE.replace('b AS c', 'false AS c'), f'{BASE} ORDER BY a DESC', f'{BASE} ORDER BY a NULLS LAST'])
def test_statements_that_mean_something_else_have_another_form(text):
    others = {canonical_query(other, 'spark').whole for other in FORMS if other != text}
    assert canonical_query(text, 'spark').whole not in others


FORMS = [BASE, *(case for mark in [test_statements_that_mean_something_else_have_another_form.pytestmark[0]]
                 for case in mark.args[1])]


def test_a_statement_that_cannot_be_read_is_compared_by_its_words():
    one, other = (canonical_query(f"MSCK REPAIR TABLE t {more}", 'spark') for more in ('', '-- so'))
    assert not one.parsed and one == other
    # The parser fails at these arguments; what is wrong with them is for the engine to say.
    assert not canonical_query('SELECT map(1, 2, 3) AS a FROM t', 'spark').parsed
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
    found = needed_reloads(plan, {'A/B': files}, lambda item: since[item.file], PendingReloads(), lambda item: True)
    assert [item.file for reload in found for item in reload.files] == chosen


@pytest.mark.parametrize(('read_ended', 'since', 'follows'), [(1, 'none', False), (8, 'none', True), (1, 'all', True)])
def test_what_reads_changed_tables_follows_them_once(read_ended, since, follows):
    plan = ConfigurationPlan(order=('A/B', 'C/D'))
    files = {'A/B': [recorded('a', 0, ended=read_ended)], 'C/D': [recorded('c', 5, 'C/D')]}
    found = needed_reloads(plan, files, lambda item: since if item.workflow == 'A/B' else 'none',
                           PendingReloads({'C/D': ('one', ('A/B',))}), lambda item: True)
    assert [reload.workflow for reload in found] == (['A/B'] if since == 'all' else []) + (['C/D'] if follows else [])
    assert not follows or found[-1].reason == 'others'


def test_one_load_that_fills_a_table_anew_is_of_a_file_that_is_there():
    plan = ConfigurationPlan(reloads={'A/B': 'one'}, followers={'C/D': ('one', ('A/B',))}, order=('A/B', 'C/D'))
    files = {name: [recorded(f'{name}/{part}', number, name) for number, part in enumerate('ab')]
             for name in ('A/B', 'C/D')}

    def chosen(*there):
        found = needed_reloads(plan, files, lambda item: 'one' if item.workflow == 'A/B' else 'none', PendingReloads(),
                               lambda item: item.file in there)
        return [item.file for reload in found for item in reload.files]
    assert chosen('A/B/a', 'A/B/b', 'C/D/a', 'C/D/b') == ['A/B/b', 'C/D/b']
    assert chosen('A/B/a', 'C/D/a') == ['A/B/a', 'C/D/a']
    # A file that is gone is told; what would follow it stays as it is.
    assert chosen('C/D/b') == ['A/B/b']


def test_a_consume_table_of_another_configuration_is_filled_anew_by_one_load():
    files = {'A/B': [recorded('a', 0), recorded('b', 1)], 'C/D': [recorded('c', 0, 'C/D')]}
    plan = ConfigurationPlan(order=('A/B', 'C/D'))
    found = needed_reloads(plan, files, lambda item: 'none', PendingReloads(), lambda item: True, {'A/B'})
    assert [(item.workflow, [file.file for file in item.files]) for item in found] == [('A/B', ['b'])]


def test_a_change_that_a_later_load_has_made_already_is_told_as_such(tmp_path):
    def said(*effects, compared=LAST_LOADS):
        return ' '.join(plan_lines(LakePlan(compared=compared, before=tmp_path, after=ConfiguredLake(),
                                            comparison=ConfigurationPlan(effects=effects))))
    query = ConfigurationEffect(workflow='A/B', table='a_consume.b', kind='rows change', reload='one')
    words = 'have the change already'
    assert words in said(query) and words not in said(query, compared='HEAD') and words not in said()
    assert words not in said(query, replace(query, table='a.b', reload='all'))


def partition(day, location, *files):
    sources = partition_properties([SourceFile(file, 1, '') for file in files])
    return Partition(('2026', '03', f'{day:02d}'), f'/lake/gen/policy/{day}/{location}', (), sources)


def run_of(file, day, hour, configuration):
    return {'source_key': 'Gen/Policy', 'file': file, 'execution_id': f'0-{day}-{hour}',
            'partition': f'2026/03/{day:02d}', 'job_latest_status': 'SUCCEEDED',
            'job_start_date': f'2026-03-{day:02d}T{hour:02d}:00:00+00:00',
            'configuration': configuration}


def test_rows_are_of_the_load_that_their_folder_names():
    runs = [run_of('p.csv', 4, 8, 'first'), run_of('p.csv', 4, 9, 'second'), run_of('p.csv', 5, 9, 'third')]

    def found(location):
        item, = recorded_files('gen/policy', [partition(4, location, 'p.csv')], runs)
        return item.started[11:13], item.configuration
    assert found('lake_load=20260304T090001Z-049-0a') == ('09', 'second')
    # An undo has taken the second load back.
    assert found('lake_load=20260304T080001Z-048-0a') == ('08', 'first')
    # A removal has written the folder, before the second load or after it, or another program.
    assert found('lake_load=20260304T083000Z-remove-0a') == ('08', 'first')
    assert found('lake_load=20260304T100001Z-remove-0a') == found('data') == ('09', 'second')
    item, = recorded_files('gen/policy', [partition(4, 'lake_load=20260304T070001Z-049-0a', 'p.csv')], ())
    assert (item.started, item.configuration) == ('2026-03-04T07:00:01+00:00', '')


def test_a_file_that_came_again_for_another_day_is_not_loaded_into_the_earlier_one():
    days = [partition(day, 'data', 'Gen/Policy/p.csv') for day in (4, 5)]
    runs = [run_of('Gen/Policy/p.csv', day, 9, '') for day in (4, 5)]
    earlier, later = recorded_files('gen/policy', days, runs)
    landed = [datetime(2026, 3, day, 8, tzinfo=UTC) for day in (4, 5, 6)]
    assert earlier.came_again and not later.came_again
    assert [later.is_as_loaded(later.file, moment) for moment in landed] == [True, True, False]
    assert not any(earlier.is_as_loaded(earlier.file, moment) for moment in landed)
    # The earlier file is alone; what lies there now came on the next day, and is not loaded yet.
    only, = recorded_files('gen/policy', days[:1], runs)
    assert [only.is_as_loaded(only.file, moment) for moment in landed] == [True, False, False]
    # With its date in its path, a file that came again is for the same partition.
    dated = replace(only, file='Gen/Policy/2026/03/04/p.csv')
    assert dated.is_as_loaded(dated.file, landed[2])


def published(folder, rows, kind='decimal(16,2)', **more):
    """Return a table with one partition of these rows of number, amount and name."""
    folder.mkdir()
    scale = int(kind[-2])
    columns = {'number': pa.array([row[0] for row in rows], pa.int32()),
               'amount': pa.array([Decimal(row[1]) for row in rows], pa.decimal128(16, scale)),
               'name': pa.array([row[2] for row in rows])} | {
        name: pa.array([value] * len(rows)) for name, value in more.items()}
    pq.write_table(pa.table(columns), folder / 'part-0.parquet')
    kinds = {'number': 'int', 'amount': kind, 'name': 'string'} | {
        name: 'double' if isinstance(value, float) else 'string' for name, value in more.items()}
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
    large, endless = (published(tmp_path / name, [(1, '1', 'Ann')], size=value) for name, value in (
        ('l', 1e300), ('e', float('inf'))))
    assert compare_samples(large, endless, {'size'}, set(), set()).columns == (
        ColumnDiff('size', 1, (Decimal('1e300'), None)),)
    same = compare_samples(before, before, {'amount'}, set(), set())
    assert not same.differs and (same.added, same.removed) == (0, 0)
