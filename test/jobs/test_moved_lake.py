"""A lake that is moved, copied or spelled differently is complete, and one of the old format is converted."""
from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from lake_of_all_kinds import PEOPLE, copied, lake, load, make_lake, tables, tree

from lake_etl.adapters.local import catalog_file
from lake_etl.adapters.local.catalog_file import reading
from lake_etl.adapters.local.lake_paths import LakePaths, former_roots

LOCATIONS = catalog_file.LOCATIONS
GOLDEN = Path(__file__).resolve().parents[1] / 'golden' / 'lake-format-0.zip'


@pytest.fixture(scope='module')
def made(tmp_path_factory, small_data):
    """The folder of a lake of all kinds, which tests copy."""
    root = tmp_path_factory.mktemp('made') / 'lake'
    make_lake(root)
    return root


def ids(root: Path) -> dict[str, str]:
    """Return the global ids by source key."""
    status, text = lake(root, 'query', '--format', 'json',
                        'SELECT source_key, globalid FROM customer_consume.persons_xref')
    assert status == 0, text
    return {row['source_key']: row['globalid'] for row in json.loads(text)}


def go_on(root: Path, day: str) -> None:
    """Load into every kind of table of a lake, match again, and clean; global ids stay."""
    before, known = tables(root), ids(root)
    load(root, 'Gen/Policy', '2026-03-05', 'b.csv', 'policy\n5\n')
    load(root, 'Gen/Claim', '2026-03-04', 'c.csv', 'claim\n3\n')
    load(root, 'Customer/People', f'2026-03-{day}', 'c.csv', f'{PEOPLE}\n9,C,Annie,Smith,10115,{day}\n')
    now = tables(root)
    assert {row[0] for row in now['gen.claim']} == {1, 2, 3}
    assert [row for row in now['gen.policy'] if row[-1] == '04'] == [
        row for row in before['gen.policy'] if row[-1] == '04']
    assert {key: value for key, value in ids(root).items() if key in known} == known
    assert ids(root)['9'] == known['1'] == known['7']
    status, text = lake(root, 'clean', '--superseded')
    assert status == 0 and 'not touched' not in text and 'Kept' not in text, text
    assert tables(root) == now


def test_no_full_path_is_kept_in_the_catalog_or_in_iceberg(made):
    folder = os.fsencode(made.resolve())
    with sqlite3.connect(made / 'lake.db') as connection:
        kept = [value for table, field in LOCATIONS for value, in connection.execute(f'SELECT {field} FROM {table}')]
    assert kept and all((made / value).exists() for value in kept if value)
    assert not any(os.path.isabs(value) for value in kept if value)
    files = [path for path in (made / 'consume' / 'iceberg').rglob('*') if path.parent.name == 'metadata']
    assert len(files) > 5
    assert not [path for path in files if folder in path.read_bytes()]


def test_a_copy_is_whole_without_its_original_leaves_it_alone_and_can_take_its_place(made, tmp_path):
    original, elsewhere = copied(made, tmp_path / 'first'), tmp_path / 'first' / 'elsewhere'
    before = tables(original)
    assert before == tables(made) and len(before) == 9
    copy = copied(original, tmp_path / 'second #1 100% [a]').rename(tmp_path / 'second #1 100% [a]' / "lake's")
    assert tables(copy) == before
    original.rename(elsewhere)
    go_on(copy, '06')
    assert not original.exists(), 'nothing is written to, or sought at, the place where it was made'
    assert tables(elsewhere) == before
    assert lake(elsewhere, 'clean')[0] == 0
    assert tables(elsewhere) == before
    now = tables(copy)
    copy.rename(original)
    assert tables(original) == now != before


def test_a_lake_seen_through_a_link_without_resolving_it_keeps_relative_places(made, tmp_path):
    root = copied(made, tmp_path / 'real')
    link = tmp_path / 'link'
    link.symlink_to(root)
    places = LakePaths(str(link))
    for location in (f'{link}/cleanse/gen', f'{root}/cleanse/gen', f'file://{root}/cleanse/gen',
                     f'{link}/consume/../cleanse/gen'):
        assert places.stored(location) == 'cleanse/gen'
        assert places.full(places.stored(location)) == f'{link}/cleanse/gen'
    for location in ('s3://bucket/cleanse/gen', f'{root}-old/cleanse/gen', '/elsewhere'):
        assert places.full(places.stored(location)) == location


def made_old(root: Path, former: Path) -> None:
    """Give the catalog of a lake the form before: full paths below a folder."""
    with sqlite3.connect(root / 'lake.db') as connection:
        for table, field in LOCATIONS:
            connection.execute(f"UPDATE {table} SET {field} = ? || '/' || {field} WHERE {field} IS NOT NULL",
                               (str(former),))
        connection.execute('DROP TABLE catalog_former_roots')
        connection.execute('PRAGMA user_version = 0')
    connection.close()


@pytest.fixture
def earlier(tmp_path):
    """The folder of a lake that an earlier version made in /tmp/earlier/lake: all its paths are full ones."""
    shutil.unpack_archive(GOLDEN, tmp_path / 'unpacked')
    root = tmp_path / 'unpacked' / 'lake'
    metadata = next((root / 'consume' / 'iceberg').rglob('*.metadata.json')).read_text()
    assert '"location":"/tmp/earlier/lake/consume/iceberg/' in metadata and version(root) == 0
    return root


def places(root: Path) -> list[list[tuple[str | None]]]:
    """Return all locations that the catalog of a lake holds."""
    with sqlite3.connect(root / 'lake.db') as connection:
        return [sorted(connection.execute(f'SELECT {field} FROM {table}'), key=str) for table, field in LOCATIONS]


def version(root: Path) -> int:
    with sqlite3.connect(root / 'lake.db') as connection:
        return connection.execute('PRAGMA user_version').fetchone()[0]


def test_a_lake_of_an_earlier_version_that_was_moved_is_repaired_and_goes_on(earlier, made, tmp_path):
    status, text = lake(earlier, 'clean')
    assert status == 0 and 'not touched' not in text, text
    assert version(earlier) == 1
    found = tables(earlier)
    assert found.keys() == tables(made).keys()
    assert [row[:-1] for row in found['gen.policy']] and found['gen_consume.policies'] == [(4,)]
    moved = tmp_path / 'again' / 'lake'
    moved.parent.mkdir()
    shutil.copytree(earlier.parent / 'configuration', moved.parent / 'configuration')
    earlier.rename(moved)
    go_on(moved, '07')


def test_a_copy_of_a_lake_of_the_form_before_leaves_its_original_alone_and_goes_on_by_all_its_names(
        made, tmp_path, monkeypatch):
    original = copied(made, tmp_path / 'original')
    made_old(original, original.resolve())
    before = tree(original)
    root = copied(original, tmp_path / 'copy')
    link = tmp_path / 'link'
    link.symlink_to(root.parent)
    assert tables(root) == tables(made)
    assert lake(root, 'clean', '--superseded')[0] == 0
    go_on(link / 'lake', '06')
    assert version(root) == 1 and tree(original) == before
    names = tables(root).keys()
    monkeypatch.chdir(root.parent)
    for name in ('lake/', './lake/../lake', f'{link}/lake//'):
        status, text = lake(Path(name), 'clean')
        assert (status, 'Removed 0 files' in text) == (0, True), text
    assert tables(root).keys() == names


def test_a_lake_of_the_form_before_becomes_in_its_place_the_same_as_a_new_one(made, tmp_path):
    root = copied(made, tmp_path)
    before = tables(root)
    made_old(root, root.resolve())
    assert places(root) != places(made)
    assert tables(root) == before and version(root) == 1
    assert places(root) == places(made)


def test_lake_db_alone_in_another_place_is_refused_and_stays_as_it_was(made, tmp_path):
    root = copied(made, tmp_path / 'whole')
    made_old(root, root.resolve())
    alone = tmp_path / 'alone' / 'lake'
    alone.mkdir(parents=True)
    shutil.copy(root / 'lake.db', alone / 'lake.db')
    content = (alone / 'lake.db').read_bytes()
    for command in (['tables'], ['clean'], ['clean', '--all', '--yes'], ['query', 'SELECT 1']):
        status, text = lake(alone, *command)
        assert status == 1 and 'names' in text and 'Bring the whole folder of the lake here' in text, text
    assert version(alone) == 0
    shutil.rmtree(alone / 'cleanse', ignore_errors=True)
    assert (alone / 'lake.db').read_bytes() == content
    assert tables(root)


def test_bringing_a_lake_up_to_date_can_be_killed_at_any_statement(made, tmp_path):
    root = copied(made, tmp_path)
    before = tables(root)
    made_old(root, root.resolve())
    address = f'sqlite://{root}/lake.db'
    code = f"""
import os, sqlite3, sys
sys.path[:0] = {sys.path!r}
from lake_etl.adapters.local import catalog_file
count = [0]
def kill(statement):
    count[0] += 1
    if count[0] == int(sys.argv[1]):
        os._exit(9)
connection = sqlite3.connect({str(root / 'lake.db')!r}, isolation_level=None)
connection.set_trace_callback(kill)
catalog_file.bring_up_to_date(connection, {str(root)!r})
"""
    ends = [subprocess.run([sys.executable, '-c', code, str(number)]).returncode for number in (5, 12, 20, 30)]
    assert ends == [9, 9, 9, 9] and version(root) == 0
    with reading(address):
        pass
    assert version(root) == 1 and tables(root) == before


def test_a_lake_of_a_later_form_is_refused(made, tmp_path):
    root = copied(made, tmp_path)
    with sqlite3.connect(root / 'lake.db') as connection:
        connection.execute('PRAGMA user_version = 99')
    status, text = lake(root, 'tables')
    assert status == 1 and 'has format 99' in text and 'Nothing was changed' in text


@pytest.mark.parametrize(('databases', 'metadata', 'expected'), [
    ([('gen', '/a/cleanse/gen'), ('gen_consume', '/a/consume/gen_consume')], [], ('/a',)),
    ([('gen', 'file:///a%20b/cleanse/gen')], [], ('/a b',)),
    ([('gen', '/cleanse/cleanse/gen')], ['/a/b/consume/iceberg/g/t/metadata/1.metadata.json'], ('/cleanse', '/a/b')),
    ([('gen', '/a/other/gen'), ('gen', 's3://a/cleanse/gen'), ('gen', '/a/cleanse/life')], ['s3://x'], ()),
])
def test_the_folders_in_which_a_lake_lay_are_read_from_its_paths(databases, metadata, expected):
    assert former_roots(databases, metadata) == expected
