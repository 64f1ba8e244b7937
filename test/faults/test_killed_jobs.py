"""A process killed at any moment leaves the old data readable, and the next run publishes exactly the new data."""
from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from killed_run import POINTS, SET_ASIDE, WRITING, killed_in_a_fork

from lib.local_lake.running.orchestration import INTERRUPTED, STOPPED, Orchestrator

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
KEY = 'Gen/Policy/2026/03/04/a.csv'
ROWS = 100
# Takes long enough to write that the kill finds an unfinished file.
MANY_ROWS = 60_000
OLD, NEW = 'old', 'new'
CLEANSE = 'SELECT generation, count(*), sum(number) FROM gen.policy GROUP BY generation'
CONSUME = 'SELECT generation, count(*), sum(number) FROM gen_consume.policy GROUP BY generation'


def file_of(generation, rows):
    return 'generation,number\n' + ''.join(f'{generation},{number}\n' for number in range(rows))


def whole(generation, rows):
    return [(generation, rows, rows * (rows - 1) // 2)]


def run_and_be_killed(spark, folder, point, file):
    """Run both jobs for the file until they are killed at the point."""
    if point.endswith(WRITING):
        assert killed_with_java(folder, point, file)
    else:
        assert killed_in_a_fork(spark, folder, point, KEY, file)


def killed_with_java(folder, point, file):
    """Run both jobs in a process group of their own, Java too, and tell whether it was killed."""
    path = [str(REPOSITORY), str(REPOSITORY / 'lib' / 'glue_scripts' / 'lib'), str(REPOSITORY / 'test')]
    # Compiling less makes such a short run shorter.
    environment = os.environ | {'PYTHONPATH': os.pathsep.join(path), 'JAVA_TOOL_OPTIONS': '-XX:TieredStopAtLevel=1'}
    done = subprocess.run([sys.executable, str(HERE / 'killed_run.py'), str(folder), point, KEY, str(file)],
                          env=environment, start_new_session=True, capture_output=True, text=True, timeout=120)
    return done.returncode == -signal.SIGKILL


@pytest.mark.parametrize('point', POINTS)
def test_a_killed_run_leaves_the_old_data_and_the_next_one_brings_the_new(lake, spark, tmp_path, point):
    job, _, moment = point.partition(': ')
    rows = MANY_ROWS if moment == WRITING else ROWS
    lake.configure('transformation-sql/spark-Gen-Policy.sql',
                   'SELECT generation, number, year, month, day FROM gen.policy')
    assert lake.run(KEY, file_of(OLD, ROWS)).status == 'SUCCEEDED'
    (tmp_path / 'new.csv').write_text(file_of(NEW, rows))
    run_and_be_killed(spark, tmp_path, point, tmp_path / 'new.csv')

    switched = moment == 'before the clean-up'
    old, new = whole(OLD, ROWS), whole(NEW, rows)
    assert lake.rows(CLEANSE) == (new if switched or job == 'consume' else old)
    assert lake.rows(CONSUME) == (new if switched and job == 'consume' else old)
    if moment == WRITING:
        assert [path for path in lake.folders.root.rglob('*.parquet') if '_temporary' in path.parts]
    killed = lake.unreferenced_files()
    assert killed

    orchestrator = Orchestrator(lake.folders)
    with lake.folders.writing():
        assert orchestrator.close_interrupted_runs() == 1
    assert (INTERRUPTED, STOPPED) in lake.recorded()
    assert lake.run(KEY, file_of(NEW, rows)).status == 'SUCCEEDED'
    assert (lake.rows(CLEANSE), lake.rows(CONSUME)) == (new, new)

    # That run has marked what nothing refers to; the next one deletes it when the retention period is over.
    lake.load(KEY, file_of(NEW, rows), retention_hours='0')
    lake.consume(KEY, retention_hours='0')
    assert set(lake.unreferenced_files()).isdisjoint(killed)
    assert len({Path(file).parent for file in lake.unreferenced_files()}) == 2, 'the last superseded load of each table'
    tables = (lake.folders.cleanse, lake.folders.consume)
    assert not [place for folder in tables for place in folder.rglob('_temporary')]


def test_a_load_killed_when_rows_were_set_aside_loses_none_and_can_be_repeated(lake, spark, tmp_path):
    lake.configure('dq-rules/dq-Gen-Policy.json', {'after_transform': {
        'quarantine_rules': ["ColumnValues 'number' >= 10"]}})
    lake.publish('gen', 'policy', {'generation': 'string', 'number': 'int'}, {('2026', '03', '04'): [(OLD, 1)]})
    (tmp_path / 'new.csv').write_text(file_of(NEW, ROWS))
    run_and_be_killed(spark, tmp_path, SET_ASIDE, tmp_path / 'new.csv')
    assert lake.rows(CLEANSE) == [(OLD, 1, 1)]
    quarantine = 'SELECT number FROM gen.policy_quarantine_after_transform ORDER BY number'
    assert lake.rows(quarantine) == [(number,) for number in range(10)]

    assert lake.run(KEY, file_of(NEW, ROWS)).status == 'SUCCEEDED'
    assert lake.rows(CLEANSE) == [(NEW, ROWS - 10, sum(range(10, ROWS)))]
    assert lake.rows(quarantine) == [(number,) for number in range(10)]
