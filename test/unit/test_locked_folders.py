"""A temporary folder goes when its process was killed, and stays for as long as the process lives."""
from __future__ import annotations

import fcntl
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from lake_etl.adapters.local.locked_folders import locked_folder, remove_abandoned, temporary_place
from lib.local_lake.cli import main
from lib.local_lake.folders import LakeFolders

# Makes a folder with a row, says so, and then waits for its end.
HOLDER = '''
import sys, time
from pathlib import Path
from lake_etl.adapters.local.locked_folders import locked_folder
with locked_folder(Path(sys.argv[1]), hidden=len(sys.argv) > 2) as folder:
    (folder / 'rows').write_text('in clear')
    print(folder, flush=True)
    time.sleep(60)
'''


@pytest.fixture
def holder():
    """Start processes that have a folder in a place; they are ended with the test."""
    started = []

    def start(place: Path, *hidden: str) -> tuple[subprocess.Popen[str], Path]:
        process = subprocess.Popen([sys.executable, '-c', HOLDER, str(place), *hidden], stdout=subprocess.PIPE,
                                   text=True, env={**os.environ, 'PYTHONPATH': os.pathsep.join(sys.path)})
        started.append(process)
        return process, Path(process.stdout.readline().strip())
    yield start
    for process in started:
        process.kill()
        process.communicate()


def killed(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()


def test_what_a_killed_process_left_goes_and_what_a_living_one_has_stays(tmp_path, holder):
    (dead, left), (_, kept) = holder(tmp_path), holder(tmp_path, 'hidden')
    killed(dead)
    assert left.is_dir()
    (tmp_path / 'lake-work-mine').mkdir()
    (tmp_path / f'lake-work-{"0" * 16}.lock').write_text('the notes of somebody else')
    with locked_folder(tmp_path) as own:
        names = {path.name for path in tmp_path.iterdir() if not path.name.endswith('.lock')}
        assert names == {kept.name, own.name, 'lake-work-mine'} and kept.name.startswith('.')
        assert stat.S_IMODE(own.stat().st_mode) == 0o700
        remove_abandoned(tmp_path)
        assert own.is_dir() and (kept / 'rows').read_text() == 'in clear'
    assert {path.name for path in tmp_path.iterdir()} == {
        kept.name, f'{kept.name}.lock', 'lake-work-mine', f'lake-work-{"0" * 16}.lock'}


def test_the_number_of_a_process_does_not_matter(tmp_path, holder):
    """A process that lives under the number of the killed one keeps nothing alive."""
    dead, left = holder(tmp_path)
    killed(dead)
    lock = left.with_name(f'{left.name}.lock')
    assert lock.read_bytes() == b'' and str(dead.pid) not in lock.name
    remove_abandoned(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize('given', ['link', 'lock that is a link'])
def test_links_are_not_followed(tmp_path, given):
    target, place = tmp_path / 'target', tmp_path / 'place'
    target.mkdir()
    place.mkdir()
    (target / 'mine').write_text('mine')
    folder = place / f'lake-work-{"a" * 16}'
    if given == 'link':
        folder.symlink_to(target)
        folder.with_name(f'{folder.name}.lock').touch()
    else:
        folder.mkdir()
        folder.with_name(f'{folder.name}.lock').symlink_to(target / 'mine')
    remove_abandoned(place)
    assert (target / 'mine').read_text() == 'mine' and os.path.lexists(folder)


def test_a_lock_that_another_process_has_removed_is_not_trusted(tmp_path, monkeypatch):
    """Another process may take the file for abandoned between its creation and its lock."""
    lock, removed = fcntl.flock, []

    def removed_first(number: int, how: int) -> None:
        if not removed:
            removed.extend(tmp_path.iterdir())
            removed[0].unlink()
        lock(number, how)
    monkeypatch.setattr(fcntl, 'flock', removed_first)
    with locked_folder(tmp_path) as folder:
        present = folder.with_name(f'{folder.name}.lock')
        assert present.exists() and present != removed[0]


def test_any_command_removes_what_killed_ones_left_in_the_lake_and_in_the_system(tmp_path, monkeypatch, capsys, holder):
    folders = LakeFolders.of(str(tmp_path / 'lake'), None)
    system = tmp_path / 'system'
    for place in (folders.temporary, system):
        place.mkdir(parents=True)
    monkeypatch.setattr('tempfile.tempdir', str(system))
    held = [holder(folders.temporary), holder(system), holder(system)]
    for process, _ in held[:2]:
        killed(process)
    main(['--lake', str(folders.root), 'completion', 'bash'])
    assert [folder.exists() for _, folder in held] == [False, False, True]
    assert capsys.readouterr().out


def test_a_command_works_below_the_lake_if_there_is_one_that_can_be_written(tmp_path, monkeypatch):
    monkeypatch.setattr('tempfile.tempdir', str(tmp_path))
    folders = LakeFolders.of(str(tmp_path / 'lake'), None)
    with folders.working_folder() as folder:
        assert folder.parent == tmp_path and not folders.root.exists()
    folders.root.mkdir()
    with folders.working_folder() as folder:
        assert folder.parent == folders.temporary
    assert temporary_place(tmp_path / 'missing') == tmp_path
