"""A watched folder gives each finished version of a file once, and a refused file starts no job."""
from __future__ import annotations

import argparse
import os
from pathlib import Path

import pytest

from lake_etl.adapters.local.sqlite_items import SqliteItems
from lib.local_lake.commands import watch
from lib.local_lake.folders import LakeFolders
from lib.local_lake.running.collected_files import AUDIT, dropped_files

NOW = 1_700_000_000.0


def drop(collect: Path, key: str, seconds_ago: float = 60.0, content: str = 'a,b\n1,2\n') -> None:
    """Put a file into the Collect folder as if written that long before NOW."""
    path = collect / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    os.utime(path, (NOW - seconds_ago, NOW - seconds_ago))


@pytest.mark.parametrize(('key', 'seconds_ago', 'seen'), [
    ('Gen/Policy/a.csv', 60, True),
    ('Gen/Policy/2026/11/24/a b.csv', 1, True),
    ('a.csv', 60, True),
    ('Gen/Policy/a.csv', -3600, True),
    ('Gen/Policy/a.csv', 0.5, False),
    ('Gen/Policy/.a.csv', 60, False),
    ('Gen/.hidden/a.csv', 60, False),
    ('Gen/Policy/a.csv.part', 60, False),
    ('Gen/Policy/a.csv.tmp', 60, False),
    ('Gen/Policy/a.csv.crdownload', 60, False),
    ('Gen/Policy/a.csv~', 60, False),
    ('Gen/Policy/part.csv', 60, True),
])
def test_a_file_is_seen_once_nobody_writes_to_it_any_more(tmp_path, key, seconds_ago, seen):
    drop(tmp_path, key, seconds_ago)
    assert [item.key for item in dropped_files(tmp_path, NOW) if item.quiet] == ([key] if seen else [])


def test_folders_are_not_files_and_links_to_nowhere_are_left_out(tmp_path):
    (tmp_path / 'Gen' / 'Policy').mkdir(parents=True)
    (tmp_path / 'Gen' / 'Policy' / 'gone.csv').symlink_to(tmp_path / 'nowhere')
    assert list(dropped_files(tmp_path, NOW)) == []


def test_a_changed_file_is_another_execution_and_an_unchanged_one_the_same(tmp_path):
    drop(tmp_path, 'Gen/Policy/a.csv')
    first, again = [[item.execution for item in dropped_files(tmp_path, NOW) if item.quiet] for _ in range(2)]
    drop(tmp_path, 'Gen/Policy/a.csv', content='a,b\n1,2\n3,4\n')
    longer = [item.execution for item in dropped_files(tmp_path, NOW) if item.quiet]
    drop(tmp_path, 'Gen/Policy/a.csv', seconds_ago=30, content='a,b\n1,2\n3,4\n')
    later = [item.execution for item in dropped_files(tmp_path, NOW) if item.quiet]
    assert first == again
    assert len({*first, *longer, *later}) == 3


def test_a_refused_file_is_on_record_once_and_the_watch_goes_on(tmp_path, capsys):
    folders = LakeFolders.of(str(tmp_path / 'lake'), None)
    drop(folders.collect, 'lost.csv')
    drop(folders.collect, 'Gen/Policy/2026/13/a.csv')
    statuses = [watch.run(folders, argparse.Namespace(once=True)) for _ in range(2)]
    items = list(SqliteItems().scan(folders.items(AUDIT)))
    assert statuses == [1, 0], 'the second look finds both on record'
    assert {(item['source_key'], item['job_latest_status']) for item in items} == {
        ('lost.csv', 'FAILED'), ('Gen/Policy/2026/13/a.csv', 'FAILED')}
    assert all('Nothing was started' in item['error_message'] for item in items)
    assert capsys.readouterr().out.count('Refused: ') == 2


def test_only_one_command_at_a_time_writes_to_a_lake(tmp_path):
    folders = LakeFolders.of(str(tmp_path / 'lake'), None)
    with folders.writing(), pytest.raises(watch.LakeError, match='Another ./lake command is writing'):
        watch.run(folders, argparse.Namespace(once=True))
    assert watch.run(folders, argparse.Namespace(once=True)) == 0
