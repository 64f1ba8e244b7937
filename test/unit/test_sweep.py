"""Superseded loads stay for a retention period, and nothing that the catalog refers to is ever deleted."""
from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

import pytest

from lake_etl.adapters.local.files import FolderFiles
from lake_etl.ports import FileEntry
from lake_etl.publish.sweep import SweepPlan, plan_sweep, sweep_partition, sweep_table

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
KEEP = timedelta(hours=72)
PARTITION = '/lake/gen/policy/year=2026/month=11/day=24'
OLD, NEW = f'{PARTITION}/lake_load=old', f'{PARTITION}/lake_load=new'
MARKER_OLD, MARKER_NEW = f'{PARTITION}/_superseded/lake_load=old', f'{PARTITION}/_superseded/lake_load=new'
PASSING, FAILING = 'lake_failed_rules=none', 'lake_failed_rules=1-3'
MARKER_LOOSE = f'{PARTITION}/_superseded/files-without-load'


def entry(uri: str, hours_ago: float = 0) -> FileEntry:
    return FileEntry(uri, 1, NOW - timedelta(hours=hours_ago))


@pytest.mark.parametrize(('entries', 'current', 'expected'), [
    pytest.param([], [], SweepPlan((), (), ()), id='nothing there'),
    pytest.param([entry(f'{NEW}/a'), entry(f'{NEW}/b')], [NEW], SweepPlan((), (), ()), id='only what readers see'),
    pytest.param([entry(f'{OLD}/a', 999), entry(f'{NEW}/a')], [NEW], SweepPlan((MARKER_OLD,), (), ()),
                 id='superseded just now, however old its files'),
    pytest.param([entry(f'{OLD}/a', 999), entry(MARKER_OLD, 71.9), entry(f'{NEW}/a')], [NEW], SweepPlan((), (), ()),
                 id='superseded for less than the period'),
    pytest.param([entry(f'{OLD}/a', 999), entry(f'{OLD}/b'), entry(MARKER_OLD, 72), entry(f'{NEW}/a')], [NEW],
                 SweepPlan((), (), (f'{OLD}/a', f'{OLD}/b', MARKER_OLD)), id='superseded for the period'),
    pytest.param([entry(f'{OLD}/a', 999), entry(MARKER_OLD, 999)], [OLD], SweepPlan((), (MARKER_OLD,), ()),
                 id='readers were pointed back at a superseded load'),
    pytest.param([entry(f'{OLD}/{PASSING}/a', 999), entry(f'{NEW}/{PASSING}/a'), entry(f'{NEW}/{FAILING}/a'),
                  entry(MARKER_OLD, 72), entry(MARKER_NEW, 72)], [f'{NEW}/{PASSING}'],
                 SweepPlan((), (MARKER_NEW,), (f'{OLD}/{PASSING}/a', MARKER_OLD)),
                 id='loads of marked rows, of which readers see a part'),
    pytest.param([entry(MARKER_OLD, 999), entry(MARKER_NEW, 1)], [], SweepPlan((), (), (MARKER_OLD, MARKER_NEW)),
                 id='markers whose files are gone'),
    pytest.param([entry(f'{PARTITION}/part-0', 999), entry(f'{NEW}/a')], [NEW], SweepPlan((MARKER_LOOSE,), (), ()),
                 id='files without a load'),
    pytest.param([entry(f'{PARTITION}/part-0'), entry(MARKER_LOOSE, 100), entry(f'{NEW}/a')], [NEW],
                 SweepPlan((), (), (f'{PARTITION}/part-0', MARKER_LOOSE)), id='files without a load, after the period'),
    pytest.param([entry(f'{PARTITION}/part-0')], [PARTITION], SweepPlan((), (), ()),
                 id='a partition that lies in its folder without a load'),
    pytest.param([entry(f'{OLD}/a'), entry(f'{NEW}/a')], [], SweepPlan((MARKER_OLD, MARKER_NEW), (), ()),
                 id='a dropped partition'),
])
def test_each_load_is_kept_marked_or_deleted(entries, current, expected):
    plan = plan_sweep(entries, PARTITION, current, NOW, KEEP)
    assert (set(plan.mark), set(plan.unmark), set(plan.delete)) == (
        set(expected.mark), set(expected.unmark), set(expected.delete))
    assert not set(plan.unmark) & set(plan.delete)


@pytest.mark.parametrize('current', [[], [NEW]])
def test_without_waiting_all_goes_that_readers_do_not_see(current):
    entries = [entry(f'{OLD}/a'), entry(f'{PARTITION}/part-0'), entry(MARKER_OLD), entry(f'{NEW}/a'),
               entry(MARKER_NEW)]
    plan = plan_sweep(entries, PARTITION, current, NOW, KEEP, at_once=True)
    seen = {f'{NEW}/a'} if current else set()
    assert plan.mark == ()
    assert {item.uri for item in entries} - {*plan.delete, *plan.unmark} == seen


def test_the_second_sweep_after_the_period_removes_what_the_first_marked(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    files, partition = FolderFiles(), str(tmp_path / 'year=2026')
    old, new = f'{partition}/lake_load=old', f'{partition}/lake_load=new'
    for uri in (f'{old}/a', f'{old}/b', f'{new}/a'):
        files.write(uri, b'rows')
    now = datetime.now(UTC)
    assert sweep_partition(files, partition, [new], now, KEEP) == 0
    assert sweep_partition(files, partition, [new], now + KEEP / 2, KEEP) == 0
    assert len(list(files.list(old))) == 2
    assert sweep_partition(files, partition, [new], now + KEEP + timedelta(minutes=1), KEEP) == 3
    assert [item.uri for item in files.list(partition)] == [f'{new}/a']
    assert caplog.messages == [f'Removed 3 files of superseded loads below {partition}.']


def test_a_table_is_swept_where_it_was_switched_and_elsewhere_only_of_what_loads_wrote(tmp_path):
    files, table = FolderFiles(), str(tmp_path / 'policy')
    first, second, third = (f'{table}/year=2026/month={month}' for month in ('01', '02', '03'))
    current = [f'{first}/lake_load=b', f'{third}/lake_load=c']
    gone = [f'{first}/lake_load=a/part-0', f'{first}/part-0', f'{second}/lake_load=killed/part-0']
    kept = [f'{current[0]}/part-0', f'{current[1]}/part-0', f'{second}/brought-by-hand', f'{third}/brought-by-hand',
            f'{table}/read-me', f'{table}/other=1/lake_load=x/part-0']
    for uri in (*gone, *kept):
        files.write(uri, b'rows')
    now = datetime.now(UTC)
    counts = [sweep_table(files, table, ('year', 'month'), current, [first], moment, KEEP)
              for moment in (now, now + KEEP / 2, now + KEEP + timedelta(minutes=1))]
    assert counts[:2] == [0, 0] and counts[2] >= len(gone)
    assert {item.uri for item in files.list(table)} == set(kept)
