"""History, undo, diff and remove on tables that jobs have filled, as a user types the commands."""
from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import time
from pathlib import Path

import pytest

from iceberg_match import merge
from lake_etl.adapters.local.iceberg_catalog import iceberg_catalog
from lake_etl.publish.protected_state import protection_of
from lib.local_lake.cli import main
from small_lake import SmallLake

DAY, NEXT = 'Gen/Policy/2026/03/04', 'Gen/Policy/2026/03/05'
RULES = {'after_transform': {'warn_rules': ['IsPrimaryKey "policy"']}}
SQL = 'SELECT policy, premium, holder, year, month, day FROM gen.policy'
PLAIN = {'transform_spec': {'currency': [{'field': 'premium'}]}}
HASHED = {'transform_spec': {'currency': [{'field': 'premium'}], 'hash': ['holder']}}


@pytest.fixture(scope='module')
def made(tmp_path_factory, spark):
    """The folder of a lake whose table was loaded in clear, then hashed twice; and of one by file."""
    lake = SmallLake(tmp_path_factory.mktemp('made'))
    lake.configure('dq-rules/dq-Gen-Policy.json', RULES)
    lake.configure('transformation-sql/spark-Gen-Policy.sql', SQL)
    lake.configure('transformation-spec/Gen-Policy.json', PLAIN)
    lake.load(f'{DAY}/a.csv', 'policy,premium,holder\n1,10.50,Ann\n2,20.25,Bob\n')
    lake.consume(f'{DAY}/a.csv')
    lake.configure('transformation-spec/Gen-Policy.json', HASHED)
    lake.load(f'{DAY}/b.csv', 'policy,premium,holder\n1,10.50,Ann\n2,21.25,Bob\n3,0.05,Cid\n')
    lake.consume(f'{DAY}/b.csv')
    lake.load(f'{DAY}/c.csv', 'policy,premium,holder\n1,10.60,Ann\n4,7.00,Dan\n')
    lake.configure('transformation-spec/Gen-Claim.json', {'input_spec': {'load_mode': 'by_file'}})
    lake.load('Gen/Claim/2026/03/04/north.csv', 'claim\n1\n2\n')
    lake.load('Gen/Claim/2026/03/04/south.csv', 'claim\n3\n')
    return lake.folders.root.parent


@pytest.fixture
def lake(made, tmp_path):
    """A copy of that lake."""
    shutil.copytree(made, tmp_path / 'copy')
    return SmallLake(tmp_path / 'copy')


def typed(lake: SmallLake, *arguments: str) -> tuple[int, str]:
    """Return the exit status of a command and what it printed."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        status = main(['--lake', str(lake.folders.root), '--config', str(lake.configuration), *arguments])
    return status, printed.getvalue()


def history(lake: SmallLake, table: str) -> list[dict[str, object]]:
    status, text = typed(lake, 'history', table, '--format', 'json')
    assert status == 0, text
    return json.loads(text)


def premiums(lake: SmallLake) -> list[str]:
    return [str(premium) for premium, in lake.rows('SELECT premium FROM gen.policy ORDER BY policy')]


def test_history_names_each_load_with_its_file_and_rows(lake):
    found = history(lake, 'gen.policy')
    assert [(item['kind'], item['file'], item['rows before'], item['rows after']) for item in found] == [
        ('load', f'{DAY}/c.csv', 3, 2), ('load', f'{DAY}/b.csv', 2, 3), ('load', f'{DAY}/a.csv', 0, 2)]
    assert [item['earlier files until (UTC)'] is None for item in found] == [False, False, True]
    assert [(item['rows before'], item['rows after']) for item in history(lake, 'gen_consume.policy')] == [
        (2, 3), (0, 2)]
    status, text = typed(lake, 'history', 'gen.policy')
    assert status == 0 and str(found[0]['run'])[:8] in text and str(found[0]['run']) not in text


def test_undo_brings_the_load_before_back_and_an_undo_of_it_the_load(lake):
    after_c = lake.rows('SELECT * FROM gen.policy ORDER BY policy')
    status, text = typed(lake, 'undo', 'gen.policy')
    assert status == 0 and f'Took back the load of {DAY}/c.csv in gen.policy, 2026/03/04: 2 rows before, 3' in text
    assert 'gen_consume.policy, which the same workflow fills, is as it was.' in text
    assert premiums(lake) == ['10.50', '21.25', '0.05']
    status, text = typed(lake, 'undo', 'gen.policy')
    assert status == 0 and f'the undo of {DAY}/c.csv' in text
    assert lake.rows('SELECT * FROM gen.policy ORDER BY policy') == after_c
    assert [item['kind'] for item in history(lake, 'gen.policy')] == ['undo', 'undo', 'load', 'load', 'load']


def test_undo_to_a_run_returns_to_the_state_that_it_left(lake):
    runs = {item['file'][-5]: item['run'] for item in history(lake, 'gen.policy')}
    assert typed(lake, 'undo', 'gen.policy', '2026-3-4', '--to', runs['b'][:8])[0] == 0
    assert premiums(lake) == ['10.50', '21.25', '0.05']
    status, text = typed(lake, 'undo', 'gen.policy', '--to', runs['b'])
    assert status == 1 and 'is in this state already' in text
    assert typed(lake, 'undo', 'gen.policy', '--to', runs['c'])[0] == 0
    assert premiums(lake) == ['10.60', '7.00']
    for unknown in ('zz', ''):
        status, text = typed(lake, 'undo', 'gen.policy', '--to', unknown)
        assert status == 1 and f"No run '{unknown}' is on record" in text and runs['a'] in text
    status, text = typed(lake, 'undo', 'gen.policy', '2026/03/06')
    assert status == 1 and "has no partition '2026/03/06'" in text and '2026/03/04' in text


@pytest.mark.parametrize('table', ['gen.policy', 'gen_consume.policy'])
def test_undo_does_not_bring_back_what_was_loaded_before_a_column_was_protected(lake, table):
    runs = {item['rows after']: item['run'] for item in history(lake, table)}
    first = history(lake, table)[-1]['run']
    before = lake.rows(f'SELECT * FROM {table} ORDER BY policy')
    status, text = typed(lake, 'undo', table, '--to', first)
    assert status == 1 and 'holder of gen.policy' in text and '--allow-unprotected' in text and 'Ann' not in text
    assert lake.rows(f'SELECT * FROM {table} ORDER BY policy') == before
    status, text = typed(lake, 'undo', table, '--to', first, '--allow-unprotected')
    assert status == 0 and ('Ann',) in lake.rows(f'SELECT holder FROM {table}'), runs
    assert typed(lake, 'undo', table)[0] == 0, 'back to what is protected'
    status, text = typed(lake, 'undo', table)
    assert status == 1 and 'holder of gen.policy' in text, 'an undo that was allowed once allows no other'
    assert 'hash' in lake.catalog.table('gen', 'policy').parameters['lake_etl.protected']


def test_a_consume_table_made_from_data_in_clear_is_known_to_be_in_clear(lake):
    first = history(lake, 'gen.policy')[-1]['run']
    assert typed(lake, 'undo', 'gen.policy', '--to', first, '--allow-unprotected')[0] == 0
    lake.consume(f'{DAY}/a.csv')
    partition, = lake.catalog.partitions('gen_consume', 'policy')
    assert protection_of(partition.parameters) == {'gen.policy': ()}


def test_diff_counts_rows_by_the_key_of_the_rules_and_sums_to_the_cent_without_values(lake):
    status, text = typed(lake, 'diff', 'gen.policy', '--format', 'json')
    found = {(item['what'], item['column']): item for item in json.loads(text)}
    assert status == 0 and [(found[what, '']['earlier'], found[what, '']['later']) for what in (
        'rows', 'added', 'removed', 'changed')] == [(3, 2), (None, 1), (2, None), (1, 1)]
    assert found['changed', 'premium']['later'] == 1 and ('changed', 'holder') not in found
    total = found['total', 'premium']
    assert (total['earlier'], total['later'], total['difference']) == (31.8, 17.6, -14.2)
    first, second = (item['run'] for item in history(lake, 'gen.policy')[:0:-1])
    status, text = typed(lake, 'diff', 'gen.policy', '--from', first, '--to', second)
    assert status == 0 and 'rows compared by policy' in text and 'changed  holder' in text
    assert 'Ann' not in text and 'Bob' not in text
    status, text = typed(lake, 'diff', 'gen.policy', '--from', first, '--to', second, '--key', '')
    assert status == 0 and 'rows compared as a whole' in text and 'changed' not in text
    status, text = typed(lake, 'diff', 'gen.policy', '--key', 'policy,colour')
    assert status == 1 and 'has no column colour' in text
    status, text = typed(lake, 'diff', 'gen.policy', '--key', 'year')
    assert status == 1 and 'have several rows in the earlier state' in text and '2026' not in text


def test_remove_takes_one_file_out_of_a_partition_by_file_and_undo_puts_it_back(lake):
    status, text = typed(lake, 'remove', 'NORTH.csv', '--workflow', 'gen-claim')
    assert status == 0 and '3 rows before, 1 rows now' in text
    assert lake.rows('SELECT claim FROM gen.claim') == [(3,)]
    partition, = lake.catalog.partitions('gen', 'claim')
    assert partition.parameters['recordCount'] == '1'
    lake.load('Gen/Claim/2026/03/04/east.csv', 'claim\n5\n')
    assert lake.rows('SELECT sum(claim) FROM gen.claim') == [(8,)], 'and loads by file go on'
    assert [typed(lake, 'undo', 'gen.claim')[0] for _ in range(1)] == [0]
    latest = history(lake, 'gen.claim')[-2]['run']
    assert typed(lake, 'undo', 'gen.claim', '--to', latest)[0] == 0
    assert lake.rows('SELECT sum(claim) FROM gen.claim') == [(6,)]
    for name in ('south.csv', 'Gen/Claim/2026/03/04/north.csv'):
        assert typed(lake, 'remove', name, '--workflow', 'Gen/Claim')[0] == 0
    assert lake.partitions('gen', 'claim') == []
    assert typed(lake, 'undo', 'gen.claim')[0] == 0 and lake.rows('SELECT sum(claim) FROM gen.claim') == [(3,)]


def test_remove_takes_a_whole_load_back_where_a_file_replaces_the_partition(lake):
    status, text = typed(lake, 'remove', 'b.csv', '--workflow', 'Gen/Policy')
    assert status == 1 and 'holds no rows of a file b.csv' in text and f'{DAY}/c.csv' in text
    assert typed(lake, 'remove', 'c.csv', '--workflow', 'Gen/Policy')[0] == 0
    assert premiums(lake) == ['10.50', '21.25', '0.05']
    status, text = typed(lake, 'remove', 'b.csv', '--workflow', 'Gen/Policy')
    assert status == 1 and 'holder of gen.policy' in text, 'the load before it was in clear'
    status, text = typed(lake, 'remove', 'b.csv', '--workflow', 'Gen/Nothing')
    assert status == 1 and 'gen/policy' in text


def test_clean_keeps_what_undo_needs_until_the_retention_period_ends(lake):
    before = premiums(lake)
    status, text = typed(lake, 'clean')
    assert status == 0 and 'Removed 0 files' in text and './lake undo can bring them back' in text
    assert typed(lake, 'undo', 'gen.policy')[0] == typed(lake, 'undo', 'gen.policy')[0] == 0
    assert premiums(lake) == before
    assert typed(lake, 'retention', '0') == (0, 'Superseded files stay for 0 hours. Within that time ./lake undo can '
                                                'bring them back.\n')
    status, text = typed(lake, 'clean')
    assert status == 0 and 'Kept' not in text and premiums(lake) == before
    status, text = typed(lake, 'undo', 'gen.policy')
    assert status == 1 and 'the files of the earlier state are gone' in text and premiums(lake) == before


def test_files_that_a_sweep_may_have_begun_to_remove_are_not_brought_back(lake):
    before = premiums(lake)
    partition, = lake.catalog.partitions('gen', 'policy')
    earlier = lake.catalog.history('gen', 'policy')[0].switches[partition.values][0]
    marker = Path(earlier.location).parent / '_superseded' / Path(earlier.location).name
    assert marker.exists()
    moment = time.time() - 73 * 3600
    os.utime(marker, (moment, moment))
    status, text = typed(lake, 'undo', 'gen.policy')
    assert status == 1 and 'stay for 72 hours' in text
    assert typed(lake, 'retention', '720')[0] == 0 and typed(lake, 'undo', 'gen.policy')[0] == 0
    assert typed(lake, 'undo', 'gen.policy')[0] == 0 and premiums(lake) == before
    assert time.time() - marker.stat().st_mtime < 60, 'the time that files stay begins again'
    file = next(Path(earlier.location).glob('*.parquet'))
    shutil.copy(next(Path(partition.location).glob('*.parquet')), file)
    status, text = typed(lake, 'undo', 'gen.policy')
    assert status == 1 and 'had 3 rows in its earlier state, and the files have 2' in text
    assert premiums(lake) == before


def test_the_match_of_the_run_that_was_taken_back_is_named_and_compared(lake):
    with iceberg_catalog(lake.folders.catalog, '') as catalog:
        merge(catalog, 'consume/iceberg', str(history(lake, 'gen.policy')[0]['run']), 1, 2)
    status, text = typed(lake, 'undo', 'gen.policy')
    assert status == 0 and 'gen_consume.people still has what the same run matched. Take it back with: ./lake undo ' \
        'gen_consume.people' in text
    status, text = typed(lake, 'diff', 'gen_consume.People')
    assert status == 0 and 'rows compared by globalid' in text and 'id-1' not in text
    assert [(item['rows before'], item['keys after']) for item in history(lake, 'people_xref')] == [(0, 2)]
    status, text = typed(lake, 'undo', 'people', '2026/03/04')
    assert status == 1 and 'whose tables go back as a whole' in text
    status, text = typed(lake, 'undo', 'gen_consume.nobody')
    assert status == 1 and 'gen_consume.people_xref' in text, 'the tables that there are'


def test_a_moved_lake_has_its_history(lake, tmp_path):
    (tmp_path / 'copy').rename(tmp_path / 'moved')
    moved = SmallLake(tmp_path / 'moved')
    assert typed(moved, 'undo', 'gen.policy')[0] == 0 and premiums(moved) == ['10.50', '21.25', '0.05']
