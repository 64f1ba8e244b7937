"""Superseded loads stay for a retention period, and nothing that the catalog refers to is ever deleted."""
from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lake_etl.adapters.local.folder_files import FolderFiles
from lake_etl.ports import FileEntry
from lake_etl.publish.sweep import SweepPlan, plan_sweep, sweep_partition, sweep_table

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
KEEP = timedelta(hours=72)
PARTITION = '/lake/gen/policy/year=2026/month=11/day=24'
LOAD_OLD, LOAD_NEW = 'lake_load=20261101T000000Z-old-0a1b2c', 'lake_load=20261124T000000Z-new-0a1b2c'
LOAD_KILLED = 'lake_load=20261123T000000Z-killed-0a1b2c'
OLD, NEW = f'{PARTITION}/{LOAD_OLD}', f'{PARTITION}/{LOAD_NEW}'
MARKER_OLD, MARKER_NEW = f'{PARTITION}/_superseded/{LOAD_OLD}', f'{PARTITION}/_superseded/{LOAD_NEW}'
A, B = (f'part-0000{number}-0f0e0d0c-0000-4000-8000-00000000000{number}-c000.snappy.parquet' for number in (1, 2))
PASSING, FAILING = 'lake_failed_rules=none', 'lake_failed_rules=1-3'
MARKER_LOOSE = f'{PARTITION}/_superseded/files-without-load'


def entry(uri: str, hours_ago: float = 0) -> FileEntry:
    return FileEntry(uri, 1, NOW - timedelta(hours=hours_ago))


@pytest.mark.parametrize(('entries', 'current', 'expected'), [
    pytest.param([], [], SweepPlan((), (), ()), id='nothing there'),
    pytest.param([entry(f'{NEW}/{A}'), entry(f'{NEW}/{B}')], [NEW], SweepPlan((), (), ()), id='only what readers see'),
    pytest.param([entry(f'{OLD}/{A}', 999), entry(f'{NEW}/{A}')], [NEW], SweepPlan((MARKER_OLD,), (), ()),
                 id='superseded just now, however old its files'),
    pytest.param([entry(f'{OLD}/{A}', 999), entry(MARKER_OLD, 71.9), entry(f'{NEW}/{A}')], [NEW], SweepPlan((), (), ()),
                 id='superseded for less than the period'),
    pytest.param([entry(f'{OLD}/{A}', 999), entry(f'{OLD}/{B}'), entry(MARKER_OLD, 72), entry(f'{NEW}/{A}')], [NEW],
                 SweepPlan((), (), (f'{OLD}/{A}', f'{OLD}/{B}', MARKER_OLD)), id='superseded for the period'),
    pytest.param([entry(f'{OLD}/{A}', 999), entry(MARKER_OLD, 999)], [OLD], SweepPlan((), (MARKER_OLD,), ()),
                 id='readers were pointed back at a superseded load'),
    pytest.param([entry(f'{OLD}/{PASSING}/{A}', 999), entry(f'{NEW}/{PASSING}/{A}'), entry(f'{NEW}/{FAILING}/{A}'),
                  entry(MARKER_OLD, 72), entry(MARKER_NEW, 72)], [f'{NEW}/{PASSING}'],
                 SweepPlan((), (MARKER_NEW,), (f'{OLD}/{PASSING}/{A}', MARKER_OLD)),
                 id='loads of marked rows, of which readers see a part'),
    pytest.param([entry(MARKER_OLD, 999), entry(MARKER_NEW, 1)], [], SweepPlan((), (), (MARKER_OLD, MARKER_NEW)),
                 id='markers whose files are gone'),
    pytest.param([entry(f'{PARTITION}/part-0', 999), entry(f'{NEW}/{A}')], [NEW], SweepPlan((MARKER_LOOSE,), (), ()),
                 id='files without a load'),
    pytest.param([entry(f'{PARTITION}/part-0'), entry(MARKER_LOOSE, 100), entry(f'{NEW}/{A}')], [NEW],
                 SweepPlan((), (), (f'{PARTITION}/part-0', MARKER_LOOSE)), id='files without a load, after the period'),
    pytest.param([entry(f'{PARTITION}/part-0')], [PARTITION], SweepPlan((), (), ()),
                 id='a partition that lies in its folder without a load'),
    pytest.param([entry(f'{OLD}/{A}'), entry(f'{NEW}/{A}')], [], SweepPlan((MARKER_OLD, MARKER_NEW), (), ()),
                 id='a dropped partition'),
])
def test_each_load_is_kept_marked_or_deleted(entries, current, expected):
    plan = plan_sweep(entries, PARTITION, current, [PARTITION], NOW, KEEP)
    assert (set(plan.mark), set(plan.unmark), set(plan.delete)) == (
        set(expected.mark), set(expected.unmark), set(expected.delete))
    assert not set(plan.unmark) & set(plan.delete)


def foreign(place: str) -> list[str]:
    """Return what people, tools and copies may leave in a partition folder."""
    load = f'{place}/{LOAD_OLD}'
    return [*(f'{place}/{name}' for name in (
        'notes.txt', '_SUCCESS', 'policies.csv', 'deeper/part-0.parquet', '_superseded/notes.txt',
        '_superseded/deeper/files-without-load', f'backup/{LOAD_OLD}/{A}', f'{LOAD_OLD} copy/{A}',
        f'{LOAD_OLD}.bak/{A}', f'{LOAD_OLD}-old/{A}', f'lake_load=mine/{A}', f'lake_load=/{A}', LOAD_OLD)),
        *(f'{load}/{name}' for name in (
            'notes.txt', 'part-0.parquet', f'copy of {A}', f'{A}.bak', f'deeper/{A}', f'lake_failed_rules=1/x/{A}',
            f'{LOAD_OLD}/{A}'))]


@pytest.mark.parametrize('replaced', [[], [OLD]])
def test_what_no_load_has_written_stays_for_ever(replaced):
    entries = [*(entry(uri, 999) for uri in foreign(PARTITION)), entry(f'{PARTITION}/{A}', 999)]
    assert plan_sweep(entries, PARTITION, [NEW], replaced, NOW, KEEP) == SweepPlan((), (), ())
    swept = plan_sweep([*entries, entry(f'{OLD}/{A}'), entry(MARKER_OLD, 99)], PARTITION, [NEW], replaced, NOW, KEEP)
    assert set(swept.delete) == {f'{OLD}/{A}', MARKER_OLD}


def test_files_of_another_engine_go_only_after_readers_were_pointed_elsewhere():
    entries = [entry(f'{PARTITION}/{name}', 999) for name in ('run-1-part-block-0-r-0-snappy.parquet', 'part-0')]
    for replaced, marked in (([], ()), ([OLD], ()), ([f'{PARTITION}/'], (MARKER_LOOSE,))):
        assert plan_sweep(entries, PARTITION, [NEW], replaced, NOW, KEEP) == SweepPlan(marked, (), ())


def test_what_spark_leaves_of_an_unfinished_load_goes_with_it():
    left = [f'{OLD}/_temporary/0/_temporary/attempt_1_m_000000_0/{A}', f'{OLD}/_temporary_$folder$',
            f'{PARTITION}/{LOAD_OLD}_$folder$', f'{OLD}/_SUCCESS', f'{OLD}/lake_failed_rules=0-2/{A}']
    plan = plan_sweep([*map(entry, left), entry(MARKER_OLD, 99)], PARTITION, [NEW], [], NOW, KEEP)
    assert set(plan.delete) == {*left, MARKER_OLD}


@pytest.mark.parametrize('spelling', ['file:///lake/gen/policy/x', '/private/lake/x', 's3a://bucket', '/LAKE'])
def test_a_load_that_readers_see_stays_however_its_location_is_spelled(spelling):
    entries = [entry(f'{NEW}/{A}', 999), entry(MARKER_NEW, 999)]
    for location in (f'{spelling}/{LOAD_NEW}', f'{spelling}/{LOAD_NEW}/{PASSING}', f'{spelling}/{LOAD_NEW}/'):
        assert plan_sweep(entries, PARTITION, [location], [], NOW, KEEP) == SweepPlan((), (MARKER_NEW,), ())


def test_the_second_sweep_after_the_period_removes_what_the_first_marked(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    files, partition = FolderFiles(), str(tmp_path / 'year=2026')
    old, new = f'{partition}/{LOAD_OLD}', f'{partition}/{LOAD_NEW}'
    for uri in (f'{old}/{A}', f'{old}/{B}', f'{new}/{A}'):
        files.write(uri, b'rows')
    now = datetime.now(UTC)
    assert sweep_partition(files, partition, [new], [old], now, KEEP) == 0
    assert sweep_partition(files, partition, [new], [old], now + KEEP / 2, KEEP) == 0
    assert len(list(files.list(old))) == 2
    assert Path(f'{partition}/_superseded/{LOAD_OLD}').read_text() == 'year=2026', 'a copy elsewhere can be told'
    assert sweep_partition(files, partition, [new], [old], now + KEEP + timedelta(minutes=1), KEEP) == 3
    assert [item.uri for item in files.list(partition)] == [f'{new}/{A}']
    assert caplog.messages == [f'Removed 3 files of superseded loads below {partition}.']


def test_a_table_is_swept_where_it_was_switched_and_elsewhere_only_of_what_loads_wrote(tmp_path):
    files, table = FolderFiles(), str(tmp_path / 'policy')
    first, second, third = (f'{table}/year=2026/month={month}' for month in ('01', '02', '03'))
    current = [f'{first}/{LOAD_NEW}', f'{third}/{LOAD_NEW}']
    gone = [f'{first}/{LOAD_OLD}/{A}', f'{first}/part-0', f'{second}/{LOAD_KILLED}/{A}']
    kept = [f'{current[0]}/{A}', f'{current[1]}/{A}', f'{second}/brought-by-hand', f'{third}/brought-by-hand',
            f'{second}/part-0', f'{third}/part-0', f'{table}/read-me', f'{table}/other=1/{LOAD_KILLED}/{A}',
            f'{table}/year=2026/month=01 old/{LOAD_OLD}/{A}', *foreign(first)[:8]]
    for uri in (*gone, *kept):
        files.write(uri, b'rows')
    now = datetime.now(UTC)
    counts = [sweep_table(files, table, ('year', 'month'), current, [first], moment, KEEP)
              for moment in (now, now + KEEP / 2, now + KEEP + timedelta(minutes=1))]
    assert counts[:2] == [0, 0] and counts[2] >= len(gone)
    assert {item.uri for item in files.list(table)} == set(kept)


def test_a_dropped_partition_of_any_value_is_swept_and_a_copy_of_it_is_not(tmp_path):
    files, table = FolderFiles(), str(tmp_path / 'policy')
    dropped, copy = (f'{table}/year=2026/month={value}' for value in ('a%2Fb c', 'a%2Fb c old'))
    files.write(f'{dropped}/{LOAD_OLD}/{A}', b'rows')
    now = datetime.now(UTC)
    assert sweep_table(files, table, ('year', 'month'), [], [f'{dropped}/{LOAD_OLD}'], now, KEEP) == 0
    for entry_of_drop in list(files.list(dropped)):
        files.copy(entry_of_drop.uri, entry_of_drop.uri.replace(dropped, copy))
    later = now + KEEP + timedelta(minutes=1)
    assert sweep_table(files, table, ('year', 'month'), [], [], later, KEEP) == 2
    assert {item.uri for item in files.list(table)} == {
        f'{copy}/{LOAD_OLD}/{A}', f'{copy}/_superseded/{LOAD_OLD}'}
