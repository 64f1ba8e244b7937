"""A command that is stopped, or whose Java ends, says so, and no file is lost by it."""
from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lake_etl.errors import LakeError
from lib.local_lake.commands import retry, watch
from lib.local_lake.commands.tables import run as print_tables
from lib.local_lake.running.laptop_session import JAVA_ENDED
from lib.local_lake.running.orchestration import STOPPED

REPOSITORY = Path(__file__).resolve().parents[2]
MANY_ROWS = 'id,name\n' + ''.join(f'{number},n{number}\n' for number in range(80_000))
ROWS = 'id,name\n1,a\n'
PATIENCE_SECONDS = 60


def start(lake, *arguments):
    """Start a command of the lake as a process of its own."""
    path = [str(REPOSITORY / 'lib' / 'glue_scripts' / 'lib'), str(REPOSITORY)]
    environment = os.environ | {'PYTHONPATH': os.pathsep.join(path), 'JAVA_TOOL_OPTIONS': '-XX:TieredStopAtLevel=1'}
    return subprocess.Popen(
        [sys.executable, '-m', 'lib.local_lake', '--lake', str(lake.folders.root), '--config', str(lake.configuration),
         *arguments], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for(condition):
    """Wait until something is true, and return it."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (found := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return found


def java_of(process):
    """Return the ids of the Java processes that a process has started."""
    children = Path(f'/proc/{process.pid}/task/{process.pid}/children').read_text().split()
    return [int(child) for child in children if b'java' in Path(f'/proc/{child}/cmdline').read_bytes()]


@pytest.mark.parametrize(('number', 'status'), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stopped_command_is_on_record_as_interrupted_and_watch_takes_the_file_up(lake, number, status):
    lake.land('Gen/Policy/2026/03/04/a.csv', MANY_ROWS)
    process = start(lake, 'watch')
    try:
        wait_for(lambda: any('reading' in path.parts for path in lake.folders.temporary.rglob('*'))
                 or list(lake.folders.cleanse.rglob('*')))
        process.send_signal(number)
        _, said = process.communicate(timeout=PATIENCE_SECONDS)
    finally:
        process.kill()
    assert (process.returncode, said.splitlines()[-1], 'Traceback' in said) == (status, 'Stopped.', False)
    assert lake.recorded() == [('INTERRUPTED', STOPPED)]
    assert watch.run(lake.folders, argparse.Namespace(once=True)) == 0
    assert lake.rows('SELECT count(*) FROM gen.policy') == [(80_000,)]
    assert [state for state, _ in lake.recorded()] == ['SUCCEEDED']


@pytest.mark.parametrize(('then', 'status'), [('pass', 143), ('os.kill(os.getpid(), signal.SIGINT)', -signal.SIGINT)])
def test_a_library_that_goes_on_after_a_signal_stops_nobody(then, status):
    """Code that does not return to Python ends after some time, or at once by a second signal."""
    script = (f'import os, signal, time\n'
              f'from lib.local_lake.running import stopping\n'
              f'stopping.PATIENCE_SECONDS = 0.3\n'
              f'with stopping.ending_on_signals():\n'
              f'    try:\n'
              f'        os.kill(os.getpid(), signal.SIGTERM)\n'
              f'    except SystemExit:\n'
              f'        {then}\n'
              f'        time.sleep({PATIENCE_SECONDS})\n')
    done = subprocess.run([sys.executable, '-c', script], cwd=REPOSITORY, stderr=subprocess.PIPE, text=True,
                          timeout=PATIENCE_SECONDS / 2)
    assert (done.returncode, done.stderr) == (status, 'Stopped.\n')


def test_the_end_of_java_fails_one_file_and_that_one_can_be_tried_again(lake, capsys):
    lake.land('Gen/Policy/2026/03/04/a.csv', MANY_ROWS)
    os.utime(lake.folders.collect / 'Gen/Policy/2026/03/04/a.csv', (1, 1))   # the older one is loaded first
    lake.land('Gen/Claim/2026/03/04/b.csv', ROWS)
    process = start(lake, 'watch', '--once')
    try:
        wait_for(lambda: list(lake.folders.cleanse.rglob('*')))
        os.kill(java_of(process)[0], signal.SIGKILL)
        _, said = process.communicate(timeout=PATIENCE_SECONDS)
    finally:
        process.kill()
    assert (process.returncode, 'Traceback' in said) == (1, False), said
    assert sorted(lake.recorded()) == [('FAILED', JAVA_ENDED), ('SUCCEEDED', '')]
    assert lake.rows('SELECT id FROM gen.claim') == [(1,)]

    assert watch.run(lake.folders, argparse.Namespace(once=True)) == 0
    assert '1 files in Collect were not loaded' in capsys.readouterr().out
    with pytest.raises(LakeError, match='no failed load of such a file'):
        retry.run(lake.folders, argparse.Namespace(files=['Gen/Claim/2026/03/04/b.csv']))
    assert retry.run(lake.folders, argparse.Namespace(files=['Gen/Policy/2026/03/04/a.csv'])) == 0
    assert lake.rows('SELECT count(*) FROM gen.policy') == [(80_000,)]
    assert retry.run(lake.folders, argparse.Namespace(files=[])) == 0
    assert 'No file in Collect' in capsys.readouterr().out


def test_one_pass_waits_for_files_that_were_copied_a_moment_ago(lake):
    lake.land('Gen/Policy/2026/03/04/a.csv', ROWS)
    assert watch.run(lake.folders, argparse.Namespace(once=True)) == 0
    assert lake.rows('SELECT id FROM gen.policy') == [(1,)]


def test_odd_names_never_stop_other_files(lake, capsys):
    odd = ["Gen/O'Brien/a.csv", 'Gen/we"ird/a.csv', 'Gen/Policy/a:b.csv', 'Gen/Policy/2026:01.csv',
           'Gen/Odd/zeil\ne.csv', 'Gen/Odd/\x1b[31mred.csv', 'Gen/Odd/%41{a}[b]*.csv', 'Gen/Odd/back\\slash.csv',
           'Gen/O`ps/a.csv', 'Gen/sp ace/a.csv', "G'en/Policy/a.csv", 'Gen/Policy#1/a.csv', 'Gen/a=b/a.csv']
    for key in [*odd, 'Zen/Last/ok.csv']:
        lake.land(key, ROWS)
    os.rename(lake.folders.collect / 'Gen/Odd/%41{a}[b]*.csv', os.fsencode(lake.folders.collect) + b'/Gen/Odd/\xff.csv')
    status = watch.run(lake.folders, argparse.Namespace(once=True))
    said = capsys.readouterr().out
    assert lake.rows('SELECT id FROM zen.last') == [(1,)]
    assert len(lake.recorded()) == len(odd) + 1
    failed = [reason for state, reason in lake.recorded() if state != 'SUCCEEDED']
    assert status == (1 if failed else 0)
    assert "not valid UTF-8" in said and '\x1b' not in said
    assert sum('colon' in reason for reason in failed) == 2, failed
    assert len(failed) == 3, failed
    print_tables(lake.folders, argparse.Namespace())
    assert "o'brien" in capsys.readouterr().out
