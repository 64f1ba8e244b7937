"""A lake on a disk that takes nothing more can be read, and what cannot be written says why in one paragraph."""
from __future__ import annotations

import os
import resource
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from lake_etl.adapters.local.catalog_file import CatalogFileError, reading
from lake_etl.adapters.local.sqlite_catalog import SqliteCatalog
from lake_etl.adapters.local.sqlite_items import SqliteItems
from lake_etl.ports import Column, Publication, Table
from spark_environment import skip_without_spark

REPOSITORY = Path(__file__).resolve().parents[2]
TABLE = Table('gen', 'policy', (Column('id', 'int'),), (Column('year', 'string'),), '/lake/gen/policy')


@pytest.fixture
def filled(tmp_path):
    """A lake with one table without rows and one run on record."""
    address = f'sqlite://{tmp_path}/lake.db'
    catalog = SqliteCatalog(address)
    catalog.create_database('gen', str(tmp_path))
    catalog.publish(Publication(TABLE))
    SqliteItems().put(f'{address}#job-audit', {
        'execution_id': 'e', 'source_key': 'Gen/Policy', 'job_start_date': '2026', 'job_latest_status': 'SUCCEEDED'})
    return tmp_path


def command(lake, *arguments):
    """Run a command in a process that can write no byte to any file, as on a full disk."""
    return command_with_room(lake, *arguments,
                             preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)))


def command_with_room(lake, *arguments, **options):
    """Run a command in a process of its own, which needs the packages of the lake."""
    skip_without_spark()
    path = os.pathsep.join([str(REPOSITORY / 'lib' / 'glue_scripts' / 'lib'), str(REPOSITORY)])
    # A process that cannot write cannot keep which lines it ran.
    unmeasured = {name: value for name, value in os.environ.items() if not name.startswith('COVERAGE_')}
    return subprocess.run(
        [sys.executable, '-m', 'lib.local_lake', '--lake', str(lake), *arguments], capture_output=True, text=True,
        timeout=60, env=unmeasured | {'PYTHONPATH': path, 'PYTHONDONTWRITEBYTECODE': '1'}, **options)


@pytest.mark.parametrize(('arguments', 'said'), [
    (['tables'], 'policy'), (['query', 'SELECT count(*) AS n FROM gen.policy', '--format', 'csv'], 'n\n0'),
    (['runs'], 'Gen/Policy')])
def test_a_lake_on_a_full_disk_can_be_read(filled, arguments, said):
    done = command(filled, *arguments)
    assert (done.returncode, said in done.stdout, done.stderr) == (0, True, '')


def test_a_command_that_cannot_write_says_that_the_disk_is_full(filled, tmp_path):
    (tmp_path / 'values.json').write_text('{"a": {"b": "c"}}')
    done = command(filled, 'lookup', 'load', 'Gen', str(tmp_path / 'values.json'))
    assert (done.returncode, done.stdout) == (1, '')
    assert 'the disk is full' in done.stderr and len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(('name', 'arguments'), [
    ('a.duckdb', ['attach']), *((f'a.{ending}', ['query', 'SELECT 1 AS n', '--out']) for ending in ('csv', 'parquet'))])
def test_a_file_that_the_system_does_not_take_is_named_with_the_reason_and_the_old_one_stays(
        filled, tmp_path, name, arguments):
    """A limit on the size of files is a disk that is full: what fits is written, and the rest is refused."""
    assert command_with_room(filled, *arguments, str(tmp_path / name)).returncode == 0
    before = (tmp_path / name).read_bytes()
    done = command(filled, *arguments, str(tmp_path / name))
    assert (done.returncode, done.stdout, done.stderr) == (
        1, '', f'lake: {tmp_path}/{name} was not written, because it would be larger than a limit on the size of files '
        'permits. Raise the limit (ulimit -f), or name a file on another disk. Nothing was changed.\n')
    assert (tmp_path / name).read_bytes() == before
    assert {path.name for path in tmp_path.iterdir() if not path.name.startswith('lake.db')} == {name}


def test_what_a_killed_command_left_in_the_log_is_read_too(filled, tmp_path):
    copy = tmp_path / 'copy'
    copy.mkdir()
    writer = sqlite3.connect(filled / 'lake.db')
    writer.execute("UPDATE catalog_tables SET description = 'late'")
    writer.commit()
    for name in ('lake.db', 'lake.db-wal'):
        shutil.copy(filled / name, copy)
    writer.close()
    (copy / 'lake.db-shm').mkdir()   # SQLite cannot make the file that it needs to read the log
    done = command_with_room(copy, 'tables')
    assert (done.returncode, 'late' in done.stdout) == (0, True), done.stderr


@pytest.mark.parametrize(('statement', 'cause'), [
    ('ALTER TABLE catalog_tables DROP COLUMN description', 'a table or a column that this version'),
    ('DROP TABLE catalog_partitions', None)])
def test_a_missing_column_is_called_one(filled, statement, cause):
    connection = sqlite3.connect(filled / 'lake.db')
    connection.execute(statement)
    connection.commit()
    connection.close()
    catalog = SqliteCatalog(f'sqlite://{filled}/lake.db')
    if cause is None:
        assert catalog.partitions('gen', 'policy') == (), 'missing tables are made again'
        return
    with pytest.raises(CatalogFileError, match=cause):
        catalog.table('gen', 'policy')


def test_a_held_file_is_called_one(filled, monkeypatch):
    monkeypatch.setattr('lake_etl.adapters.local.database.PATIENCE_SECONDS', 0.1)
    holder = sqlite3.connect(filled / 'lake.db', isolation_level=None)
    holder.execute('BEGIN IMMEDIATE')
    with pytest.raises(CatalogFileError, match='another program holds the file'):
        SqliteCatalog(f'sqlite://{filled}/lake.db').create_database('life', '/lake/life')
    with reading(f'sqlite://{filled}/lake.db') as connection:
        assert connection.execute('SELECT count(*) FROM catalog_databases').fetchone() == (1,)
    holder.close()
