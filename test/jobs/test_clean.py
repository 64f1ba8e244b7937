"""`./lake clean` touches only what loads of the lake wrote, and `--all` removes lakes only."""
from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from lake_of_all_kinds import copied, lake, load, make_lake, tables, tree

from lake_etl.adapters.local.sqlite_catalog import SqliteCatalog
from lake_etl.adapters.local.sqlite_items import SqliteItems
from lake_etl.ports import Publication
from lib.local_lake.cleaning.contents import shown
from lib.local_lake.folders import LakeFolders

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope='module')
def made(tmp_path_factory, small_data):
    """The folder of a lake of all kinds, which tests copy."""
    root = tmp_path_factory.mktemp('made') / 'lake'
    make_lake(root)
    return root


@pytest.fixture(scope='module')
def rows_of_tables(made):
    """The rows of all tables of that lake."""
    return tables(made)


@pytest.fixture
def root(made, tmp_path):
    """The folder of a copy of that lake."""
    return copied(made, tmp_path)


def loads(root: Path, table: str) -> list[Path]:
    return sorted(path for path in (root / table).rglob('lake_load=*') if path.parent.name != '_superseded')


def change(root: Path, *statements: str) -> None:
    with sqlite3.connect(root / 'lake.db') as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


def refuses(root: Path, *words: str) -> str:
    """Assert that `clean` fails with these words and leaves every file as it was."""
    before = files(root)
    status, text = lake(root, 'clean', '--superseded')
    assert status == 1 and all(word in text for word in words), text
    assert files(root) == before
    return text


def files(root: Path) -> dict[bytes, object]:
    """Return what lies in the lake without what SQLite and the lock need."""
    return {path: content for path, content in tree(root).items()
            if not path.startswith((b'lake.db', b'writing.lock'))}


def test_superseded_loads_go_and_readers_see_the_same(root):
    before = tables(root)
    assert len(loads(root, 'cleanse/gen/policy')) == 3 and len(loads(root, 'cleanse/gen/claim')) == 2
    status, text = lake(root, 'clean', '--superseded')
    assert status == 0 and 'not touched' not in text and 'Kept' not in text, text
    assert len(loads(root, 'cleanse/gen/policy')) == 2 and len(loads(root, 'cleanse/gen/claim')) == 1
    assert tables(root) == before
    assert lake(root, 'clean', '--superseded') == (0, 'Removed 0 files that no table refers to any more.\n')


FOREIGN_NAMES = st.sampled_from([
    'notes.txt', '_SUCCESS', '.hidden', 'a\nb', "it's", 'a"b', '100%', '%2e%2e', 'part-0.parquet.bak', '.part-0.crc',
    'year=2026', 'lake_load=mine', '_superseded', '_temporary', 'iceberg', 'gen', 'policy', os.fsdecode(b'\xff\xfe'),
    'lake_load=20260101T000000Z-x-0a1b2c.bak', '\u202egpj.exe', 'data', 'metadata', 'quarantine', 'spark-scratch',
    'reading', 'files-without-load', 'x' * 200]) | st.text(
        st.characters(exclude_characters='/\0', exclude_categories=['Cs']), min_size=1, max_size=12).filter(
            lambda name: name not in ('.', '..') and not name.endswith('.parquet'))
KINDS = st.sampled_from(['file', 'folder', 'link', 'link to itself', 'link to a lake', 'copy of a load', 'pipe'])
THROWS = st.lists(st.tuples(st.integers(0, 10_000), st.lists(FOREIGN_NAMES, min_size=1, max_size=2), KINDS),
                  min_size=1, max_size=12)


def throw(root: Path, made: Path, place: Path, names: list[str], kind: str) -> Path | None:
    """Put something into a folder of the lake; return what must be there ever after, None when there is no room."""
    target = place.joinpath(*names)
    if os.path.lexists(target) or any(part.is_symlink() or (os.path.lexists(part) and not part.is_dir())
                                      for part in target.parents if root in part.parents):
        return None
    target.parent.mkdir(parents=True, exist_ok=True)
    if kind == 'file':
        target.write_bytes(b'thrown')
    elif kind == 'folder':
        target.mkdir()
        (target / 'inside').write_bytes(b'thrown')
    elif kind == 'link':
        target.symlink_to(root.parent / 'outside')
    elif kind == 'link to itself':
        target.symlink_to(target.name)
    elif kind == 'link to a lake':
        target.symlink_to(root / 'cleanse')
    elif kind == 'pipe':
        os.mkfifo(target)
    else:
        shutil.copytree(loads(made, 'cleanse/gen/policy')[0].parents[2], target)
    return target


# Without shrinking: each example copies a lake and cleans it.
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck),
          phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(throws=THROWS)
def test_whatever_is_thrown_into_a_lake_stays_and_so_do_the_tables(made, rows_of_tables, tmp_path_factory, throws):
    root = copied(made, tmp_path_factory.mktemp('thrown'))
    (root.parent / 'outside').mkdir()
    (root.parent / 'outside' / 'precious').write_text('kept')
    folders = [root, *sorted(path for path in root.rglob('*') if path.is_dir())]
    superseded, = set(loads(root, 'cleanse/gen/claim')) - live(root)
    thrown = [item for number, names, kind in throws
              if (item := throw(root, made, folders[number % len(folders)], names, kind))]
    contents = {os.fsencode(path): tree(path) if path.is_dir() and not path.is_symlink() else os.lstat(path).st_mode
                for path in thrown}
    status, text = lake(root, 'clean', '--superseded')
    assert status == 0, text
    assert all(line.isprintable() for line in text.split('\n'))
    assert tables(root) == rows_of_tables
    assert {os.fsencode(path): tree(path) if path.is_dir() and not path.is_symlink() else os.lstat(path).st_mode
            for path in thrown} == contents
    assert (root.parent / 'outside' / 'precious').read_text() == 'kept'
    assert not list(superseded.glob('*.parquet')), 'and what was superseded is gone'


def live(root: Path) -> set[Path]:
    """Return the folders that tables refer to."""
    catalog = SqliteCatalog(LakeFolders.of(str(root), None).catalog)
    return {Path(item.location) for table in catalog.tables()
            for item in catalog.partitions(table.database, table.name)}


@pytest.mark.parametrize('place', ['cleanse/notes.txt', 'consume/notes.txt', 'cleanse/gen/policy/_SUCCESS',
                                   'cleanse/gen/notes.txt', 'consume/iceberg/notes.txt'])
def test_one_stray_file_costs_no_table_and_is_named(root, place):
    before = tables(root)
    (root / place).write_text('mine')
    status, text = lake(root, 'clean', '--superseded')
    assert status == 0 and '1 files are not from loads of this lake' in text and f'\n  {place}\n' in text
    assert tables(root) == before and (root / place).read_text() == 'mine'


def test_names_are_shown_in_printable_characters(root):
    for number in range(7):
        (root / 'cleanse' / f'{number}\x1b[31m\n\u202e').write_text('')
    text = lake(root, 'clean', '--superseded')[1]
    assert '\x1b' not in text and '\u202e' not in text
    assert '  cleanse/0\\x1b[31m\\n\\u202e\n' in text and 'and 2 more' in text
    assert shown(os.fsdecode(b'\xff')) == '\\udcff'


def test_copies_that_people_made_stay(root):
    superseded, = set(loads(root, 'cleanse/gen/claim')) - live(root)
    day = superseded.parent
    assert lake(root, 'run', *run_again(root))[0] == 0, 'the superseded load has a marker'
    copies = [day.with_name('day=04 old'), day.with_name('day=99'), day.parents[2] / 'backup', day / 'backup',
              root / 'cleanse' / 'gen' / 'claim-old', root / 'cleanse' / 'quarantine' / 'mine']
    for copy in copies:
        shutil.copytree(day if copy.name.startswith('day=') else day.parents[1], copy,
                        ignore=lambda folder, names: [name for name in names if name == 'backup'])
    shutil.copytree(superseded, superseded.with_name(f'{superseded.name} copy'))
    contents = [tree(copy) for copy in copies]
    before = tables(root)
    status, text = lake(root, 'clean', '--superseded')
    assert status == 0 and not superseded.exists(), text
    assert [tree(copy) for copy in copies] == contents and tables(root) == before
    assert superseded.with_name(f'{superseded.name} copy').exists()


def run_again(root: Path) -> list[str]:
    file = root.parent / 'again.csv'
    file.write_text('claim\n9\n')
    return [str(file), '--workflow', 'Gen/Claim', '--date', '2026-03-04']


def test_a_link_in_place_of_a_folder_is_not_followed(root, tmp_path):
    elsewhere = tmp_path / 'elsewhere'
    (root / 'cleanse').rename(elsewhere)
    (root / 'cleanse').symlink_to(elsewhere)
    before, content = tables(root), tree(elsewhere)
    status, text = lake(root, 'clean', '--superseded')
    assert status == 0 and '\n  cleanse\n' in text
    assert tree(elsewhere) == content and tables(root) == before


# What may have happened to lake.db, and words of the reason for which nothing is removed.
LOST = {
    'missing': (lambda root: (root / 'lake.db').unlink(), ('There is no lake', 'restore lake.db')),
    'empty': (lambda root: (root / 'lake.db').write_bytes(b''), ('empty or belongs to another program',)),
    'of another program': (lambda root: other_program(root), ('empty or belongs to another program',)),
    'no database': (lambda root: (root / 'lake.db').write_bytes(b'text' * 999), ('cannot be read',)),
    'cut short': (lambda root: os.truncate(root / 'lake.db', 40_000), ('cannot be read', 'backup')),
    'without tables': (lambda root: change(root, 'DELETE FROM catalog_partitions', 'DELETE FROM catalog_tables'),
                       ('has no tables', 'Nothing was removed')),
    'damaged rows': (lambda root: change(root, "UPDATE catalog_partitions SET columns = '['"),
                     ('is damaged', 'Nothing was removed')),
    'of a later version': (lambda root: change(root, 'PRAGMA user_version = 7'), ('has format 7',)),
}


def other_program(root: Path) -> None:
    (root / 'lake.db').unlink()
    change(root, 'CREATE TABLE bookmarks (url TEXT)')


@pytest.mark.parametrize('case', LOST)
def test_a_lake_db_that_cannot_be_relied_on_removes_nothing(root, case):
    assert lake(root, 'tables')[0] == 0
    for ending in ('-wal', '-shm'):
        (root / f'lake.db{ending}').unlink(missing_ok=True)
    damage, words = LOST[case]
    damage(root)
    refuses(root, *words)


def test_a_lake_db_of_another_lake_removes_nothing_of_value(root, tmp_path, made):
    other = copied(made, tmp_path / 'other')
    lake(other, 'run', *run_again(other))
    load(other, 'Gen/Policy', '2026-03-05', 'b.csv', 'policy\n7\n')
    expected = {path: content for path, content in files(root).items() if path.endswith(b'.parquet')}
    saved = (root / 'lake.db').read_bytes()
    for ending in ('', '-wal', '-shm'):
        (root / f'lake.db{ending}').unlink(missing_ok=True)
    shutil.copy(other / 'lake.db', root / 'lake.db')
    status, text = lake(root, 'clean', '--superseded')
    assert status == 0 and 'Kept' in text and 'but there are no files' in text
    (root / 'lake.db').write_bytes(saved)
    assert tables(root) == tables(made)
    assert expected


def test_files_newer_than_a_lake_db_from_a_backup_stay(root):
    saved = root.parent / 'saved.db'
    with sqlite3.connect(root / 'lake.db') as connection, sqlite3.connect(saved) as target:
        connection.backup(target)
    connection.close()
    time.sleep(1.1)
    load(root, 'Gen/Policy', '2026-03-05', 'b.csv', 'policy\n7\n')
    newest = max(loads(root, 'cleanse/gen/policy/year=2026/month=03/day=05'))
    for ending in ('', '-wal', '-shm'):
        (root / f'lake.db{ending}').unlink(missing_ok=True)
    shutil.copy(saved, root / 'lake.db')
    status, text = lake(root, 'clean', '--superseded')
    assert status == 0 and 'lake.db does not know these' in text
    assert list(newest.glob('*.parquet'))


@pytest.mark.parametrize('statement', [
    "DELETE FROM catalog_partitions WHERE table_name = 'claim'",
    "DELETE FROM catalog_partitions WHERE table_name = 'policy' AND partition_values LIKE '%04%'",
    "UPDATE catalog_tables SET location = '/elsewhere/' || name",
    "UPDATE catalog_tables SET location = '../../' || location",
    "UPDATE catalog_partitions SET location = '/elsewhere/' || location",
    "UPDATE catalog_partitions SET location = location || 'x'",
])
def test_a_table_whose_folders_are_in_doubt_keeps_its_files_with_the_reason(root, statement):
    needed = {path: list(path.glob('*.parquet')) for path in live(root)}
    change(root, statement)
    status, text = lake(root, 'clean', '--superseded')
    assert status == 0 and 'Kept' in text, text
    assert {path: list(path.glob('*.parquet')) for path in needed} == needed


def test_the_last_files_of_an_emptied_table_stay_for_the_retention_period(root):
    catalog = SqliteCatalog(LakeFolders.of(str(root), None).catalog)
    table = catalog.table('gen', 'claim')
    last, = {Path(item.location) for item in catalog.partitions('gen', 'claim')}
    catalog.publish(Publication(table, drop=tuple(item.values for item in catalog.partitions('gen', 'claim'))))
    marker = last.parent / '_superseded' / last.name
    marker.parent.mkdir(exist_ok=True)
    marker.write_text('year=2026/month=03/day=04')
    for age, there in ((timedelta(0), True), (timedelta(hours=71), True), (timedelta(hours=73), False)):
        moment = time.time() - age.total_seconds()
        for beside in marker.parent.iterdir():
            os.utime(beside, (moment, moment))
        status, text = lake(root, 'clean', '--superseded')
        assert status == 0 and last.exists() == there
        assert ('gen.claim is empty' in text) == there


def test_what_a_killed_first_load_of_a_table_left_goes_by_its_record(root):
    run = f"INSERT INTO \"job-audit\" VALUES ('{'k' * 32}', '', '{{\"execution_id\": \"{'k' * 32}\", " \
          "\"source_key\": \"Gen/New\", \"job_latest_status\": \"FAILED\"}')"
    change(root, run)
    data = next(loads(root, 'cleanse/gen/claim')[0].glob('*.parquet'))
    name = f'lake_load=20260304T000000Z-{"k" * 32}-0a1b2c'
    killed = [root / 'cleanse/gen/new/year=2026/month=03/day=04' / name / data.name,
              root / 'cleanse/gen/new/year=2026/month=03/day=04' / name / '_temporary/0/x' / data.name,
              root / 'consume/gen_consume/new/_temporary/0/_temporary/a/year=2026/month=03/day=04' / name / data.name,
              root / 'cleanse/quarantine/before_transform/gen/new/year=2026/month=03/day=04' / name / data.name]
    others = [root / 'cleanse/gen/other/year=2026/month=03/day=04' / name / data.name,
              root / 'cleanse/gen/new/year=2026/month=03/day=04' / name.replace('k', 'x') / data.name,
              root / 'cleanse/gen/new/year=2026/month=03/day=04' / name / 'notes.txt',
              root / 'cleanse/deeper/gen/new/year=2026/month=03/day=04' / name / data.name]
    for file in (*killed, *others):
        file.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(data, file)
    status, text = lake(root, 'clean', '--superseded')
    assert status == 0 and '4 files are not from loads of this lake' in text, text
    assert [file.exists() for file in killed] == [False] * 4 and all(file.exists() for file in others)


def test_a_reader_in_another_process_sees_the_same_rows_while_clean_runs(root):
    code = ("import sys; from lib.local_lake.cli import main\nfor _ in range(8):\n"
            "    assert main(['--lake', sys.argv[1], 'query', '--format', 'csv', "
            "'SELECT sum(claim), count(*) FROM gen.claim']) == 0")
    environment = {**os.environ, 'PYTHONPATH': f'{REPOSITORY}/lib/glue_scripts/lib:{REPOSITORY}'}
    reader = subprocess.Popen([sys.executable, '-c', code, str(root)], env=environment, stdout=subprocess.PIPE,
                              text=True)
    while reader.poll() is None:
        lake(root, 'clean', '--superseded')
    answers = reader.communicate()[0].split('\n')[1::2]
    assert reader.returncode == 0 and set(filter(None, answers)) == {'3,2'}


def test_all_removes_the_lake_after_a_question_only(root, monkeypatch):
    before = tree(root / 'collect')
    status, text = lake(root, 'clean', '--all')
    assert status == 2 and 'Add --yes' in text and 'Nothing was removed' in text
    monkeypatch.setattr('sys.stdin', Terminal())
    for answer in ('', 'no', 'y e s'):
        monkeypatch.setattr('builtins.input', lambda question, answer=answer: answer)
        assert lake(root, 'clean', '--all')[0] == 1
    assert tree(root / 'collect') == before and tables(root)
    monkeypatch.setattr('builtins.input', lambda question: 'yes')
    status, text = lake(root, 'clean', '--all')
    assert status == 0 and not root.exists(), text


class Terminal:
    """Stands for the standard input of someone who sits before the screen."""

    def isatty(self) -> bool:
        return True


def test_all_leaves_what_the_lake_did_not_make_and_names_it(root, tmp_path):
    outside = tmp_path / 'outside'
    outside.mkdir()
    (outside / 'precious').write_text('kept')
    mine = [root / name for name in ('notes.txt', 'cleanse/gen/policy/notes.txt', 'temp/plan.txt',
                                     'temp/spark-scratch/mine/x', 'consume/iceberg/mine', 'photos/2026/a.jpg')]
    for file in mine:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text('mine')
    for link in (root / 'collect' / 'link', root / 'cleanse' / 'link'):
        link.symlink_to(outside)
    status, text = lake(root, 'clean', '--all', '--yes')
    assert status == 0 and '7 files are not from loads' in text and '  notes.txt' in text, text
    assert {path for path in root.rglob('*') if path.is_file() and outside not in path.resolve().parents} == set(mine)
    assert (root / 'cleanse' / 'link').is_symlink() and (outside / 'precious').read_text() == 'kept'
    assert not (root / 'lake.db').exists()


@pytest.mark.parametrize('kind', ['empty', 'like a lake', 'lake.db of another program', 'lake.db without content'])
def test_all_never_touches_a_folder_that_is_no_lake(tmp_path, kind):
    root = tmp_path / 'project'
    root.mkdir()
    if kind != 'empty':
        for name in ('collect/a/b/c.csv', 'temp/x', 'cleanse/x', 'consume/iceberg/x', 'writing.lock'):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text('mine')
    if kind == 'lake.db of another program':
        change(root, 'CREATE TABLE bookmarks (url TEXT)')
    if kind == 'lake.db without content':
        (root / 'lake.db').write_bytes(b'')
    before = tree(root)
    status, text = lake(root, 'clean', '--all', '--yes')
    assert status == 1 and 'There is no lake' in text and tree(root) == before
    assert lake(tmp_path / 'nowhere', 'clean', '--all', '--yes')[0] == 1 and not (tmp_path / 'nowhere').exists()


def test_a_file_in_place_of_a_lake_is_named(tmp_path):
    (tmp_path / 'lake').write_text('a file')
    for command in (['clean'], ['clean', '--all', '--yes'], ['tables'], ['watch', '--once']):
        status, text = lake(tmp_path / 'lake', *command)
        assert status == 1 and str(tmp_path / 'lake') in text and 'Traceback' not in text, text
    assert (tmp_path / 'lake').read_text() == 'a file'


def test_a_running_writer_blocks_removal(root):
    before = files(root)
    with open(root / 'writing.lock', 'a') as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        for command in (['clean'], ['clean', '--all', '--yes']):
            status, text = lake(root, *command)
            assert status == 1 and 'Another ./lake command is writing' in text
    assert files(root) == before


@pytest.mark.parametrize('calls', [1, 3, 8, 20, 'before lake.db', 'after lake.db'])
def test_a_removal_that_is_killed_is_finished_by_the_next(root, calls):
    code = f"""
import os, sys
sys.path[:0] = {[str(REPOSITORY / 'lib/glue_scripts/lib'), str(REPOSITORY)]!r}
from lib.local_lake.cli import main
count, at, root = [0], {calls!r}, {str(root)!r}
def watch(event, arguments):
    if event not in ('os.remove', 'os.rmdir') or not str(arguments[0]).startswith(root):
        return
    count[0] += 1
    name = os.path.basename(str(arguments[0]))
    if count[0] == at or (at, name) in (('before lake.db', 'lake.db'), ('after lake.db', 'writing.lock')):
        os._exit(9)
sys.addaudithook(watch)
main(['--lake', root, 'clean', '--all', '--yes'])
"""
    assert subprocess.run([sys.executable, '-c', code]).returncode == 9
    status, text = lake(root, 'clean', '--all', '--yes')
    assert status == 0 and not root.exists(), text


def test_the_next_command_that_loads_removes_the_scratch_of_a_killed_run_and_nothing_else(tmp_path):
    root = tmp_path / 'lake'
    folders = LakeFolders.of(str(root), None)
    root.mkdir()
    SqliteItems().put(folders.items('job-audit'), {
        'execution_id': 'killed', 'source_key': 'Gen/Policy', 'job_latest_status': 'STARTED'})
    own = [root / 'temp' / 'reading' / 'killed' / 'rows.parquet',
           root / 'temp' / 'spark-scratch' / f'spark-{UUID(int=1)}' / 'shuffle']
    foreign = [root / 'temp' / 'reading' / 'mine' / 'notes.txt', root / 'temp' / 'spark-scratch' / 'notes.txt']
    for file in (*own, *foreign):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text('Jane')
    # In a process of its own, as Spark runs in this one.
    done = subprocess.run([sys.executable, '-m', 'lib.local_lake', '--lake', str(root), 'watch', '--once'],
                          cwd=REPOSITORY, env=os.environ | {'PYTHONPATH': os.pathsep.join(sys.path)}, check=False)
    assert done.returncode == 0
    assert [file.exists() for file in (*own, *foreign)] == [False, False, True, True]
