"""A folder of files is one load that its trigger file starts, on the command line and in a watched folder."""
from __future__ import annotations

import argparse
import os
import shutil
from pathlib import Path

import pytest

from lake_etl.errors import LakeError
from lib.local_lake.commands import run, watch

PARTS = Path(__file__).resolve().parents[1] / 'golden' / 'folder'
SPEC = 'transformation-spec/Gen-Policy.json'
LOADED = 'SELECT policyno, note FROM gen.policy ORDER BY policyno'
ROWS = [('007123', None), ('007124', 'two\nlines'), ('007125', 'none'), ('007126', None), ('007127', 'x < y')]


def drop(lake, name: str, content: bytes) -> None:
    """Put a file into the watched folder, old enough that nobody writes to it any more."""
    path = lake.folders.collect / 'Gen/Policy/2026/03/04' / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (1_700_000_000, 1_700_000_000))


def test_parts_wait_for_their_trigger_and_are_one_execution(lake):
    lake.configure(SPEC, {'input_spec': {'files': 'folder', 'trigger': 'done'}})
    for part in PARTS.iterdir():
        drop(lake, part.name, part.read_bytes())
    drop(lake, 'empty.csv', b'')
    drop(lake, '_notes', b'nothing to load')
    once = argparse.Namespace(once=True)
    assert watch.run(lake.folders, once) == 0 and lake.recorded() == []
    drop(lake, 'done', b'')
    for _ in range(2):
        assert watch.run(lake.folders, once) == 0
        assert lake.recorded() == [('SUCCEEDED', '')]
    assert lake.rows(LOADED) == ROWS
    assert lake.partitions('gen', 'policy') == [('2026', '03', '04')]


def test_a_folder_is_loaded_by_name_and_a_file_in_its_place_is_refused(lake, tmp_path):
    lake.configure(SPEC, {'input_spec': {'files': 'folder', 'load_mode': 'by_file'}})
    options = argparse.Namespace(file=str(shutil.copytree(PARTS, tmp_path / 'batch')), workflow='Gen/Policy',
                                 date='2026-03-04', yes=False)
    for _ in range(2):
        assert run.run(lake.folders, options) == 0
    assert lake.rows(LOADED) == ROWS
    options.file = str(PARTS / 'part-1.csv')
    with pytest.raises(LakeError, match='part-1.csv is a file, and Gen/Policy loads whole folders'):
        run.run(lake.folders, options)
    lake.configure(SPEC, {})
    options.file = str(PARTS)
    with pytest.raises(LakeError, match='folder is a folder, and Gen/Policy loads single files'):
        run.run(lake.folders, options)


@pytest.mark.parametrize(('name', 'content', 'message'), [
    ('part-3.csv', b'PolicyNo,Name\n1,x\n', 'part-3.csv has the columns PolicyNo, Name, but .*part-1.csv has PolicyNo'),
    ('part-3.json', b'{}', 'part-3.json is JSON, but .*part-1.csv is delimited text'),
])
def test_a_part_that_does_not_go_with_the_others_stops_the_load_by_name(lake, name, content, message):
    lake.configure(SPEC, {'input_spec': {'files': 'folder'}})
    for part in PARTS.iterdir():
        lake.land(f'Gen/Policy/{part.name}', part.read_bytes())
    lake.land(f'Gen/Policy/{name}', content)
    with pytest.raises(LakeError, match=message):
        lake.load('Gen/Policy/_SUCCESS', b'')


def test_parts_of_a_parquet_folder_may_lack_columns(lake, spark):
    lake.configure(SPEC, {'input_spec': {'files': 'folder'}})
    for index, sql in enumerate(('SELECT 1 AS a, "x" AS b', 'SELECT 2 AS a')):
        folder = lake.folders.temporary / f'part-{index}'
        spark.sql(sql).coalesce(1).write.parquet(str(folder))
        lake.land(f'Gen/Policy/part-{index}.parquet', next(folder.glob('part-*.parquet')).read_bytes())
    lake.load('Gen/Policy/_SUCCESS', b'')
    assert lake.rows('SELECT a, b FROM gen.policy ORDER BY a') == [(1, 'x'), (2, None)]
