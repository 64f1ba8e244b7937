"""The answer to a query can be written to a file of several formats, batch by batch."""
from __future__ import annotations

import csv
import errno
import os
import subprocess
import sys
import time
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lake_etl.adapters.local.duckdb_queries import answering
from lake_etl.adapters.local.file_replacement import not_written
from lake_etl.adapters.local.sqlite_catalog import SqliteCatalog
from lake_etl.errors import LakeError, QueryError
from lib.local_lake.cli import main
from lib.local_lake.showing.result_files import write_answer

MANY = 250_000
NUMBERS = ('(SELECT a.n * 500 + b.n AS n FROM UNNEST(sequence(0, 499)) AS a(n) '
           'CROSS JOIN UNNEST(sequence(0, 499)) AS b(n))')
VALUES = 'SELECT \'a"b\' AS text, 1.50 AS amount, date \'2026-01-31\' AS day, 2 AS amount, NULL AS nothing'


@pytest.fixture(scope='module')
def address(tmp_path_factory):
    """A lake without tables."""
    address = f'sqlite://{tmp_path_factory.mktemp("lake")}/lake.db'
    SqliteCatalog(address).create_database('gen', '/nowhere')
    return address


def write(address, sql, file, told=None):
    with answering(address, sql) as answer:
        return write_answer(answer, file, ([] if told is None else told).append)


@pytest.mark.parametrize('ending', ['parquet', 'PARQUET', 'arrow', 'csv'])
def test_every_row_is_written_once_however_many_there_are(address, tmp_path, ending):
    file, told = tmp_path / f'many.{ending}', []
    assert write(address, f'SELECT n, n * 2 AS twice FROM {NUMBERS} ORDER BY n', file, told) == MANY
    assert len(told) > 1 and sum(told) == MANY
    if ending == 'csv':
        header, *rows = csv.reader(file.open(newline=''))
        assert header == ['n', 'twice'] and [int(n) for n, _ in rows] == list(range(MANY))
        return
    table = pq.read_table(file) if ending.lower() == 'parquet' else pa.ipc.open_file(file).read_all()
    assert table.column('n').to_pylist() == list(range(MANY))
    assert table.column('twice').to_pylist()[-1] == 2 * (MANY - 1)


def test_types_stay_and_a_name_that_occurs_twice_gets_a_number(address, tmp_path):
    for file in (tmp_path / 'a.parquet', tmp_path / 'a.arrow'):
        assert write(address, VALUES, file) == 1
        table = pq.read_table(file) if file.suffix == '.parquet' else pa.ipc.open_file(file).read_all()
        assert table.to_pylist() == [{'text': 'a"b', 'amount': Decimal('1.50'), 'day': date(2026, 1, 31),
                                      'amount_2': 2, 'nothing': None}]


def test_a_failing_query_leaves_the_file_as_it_was(address, tmp_path):
    file = tmp_path / 'a.parquet'
    write(address, 'SELECT 1 AS n', file)
    with pytest.raises(QueryError, match='while rows were computed'):
        write(address, f"SELECT CAST(CASE WHEN n = {MANY - 9} THEN 'x' ELSE '1' END AS int) AS n FROM {NUMBERS}",
              file)
    assert pq.read_table(file).to_pylist() == [{'n': 1}]
    assert [path.name for path in tmp_path.iterdir()] == ['a.parquet']


@pytest.mark.parametrize(('name', 'message'), [
    ('a.xlsx', "the ending is '.xlsx', expected .parquet, .arrow, .csv"), ('a', "the ending is ''"),
    ('missing/a.csv', 'does not exist')])
def test_a_file_that_cannot_be_written_is_refused_by_name(address, tmp_path, name, message):
    with pytest.raises(LakeError, match=message):
        write(address, VALUES, tmp_path / name)


@pytest.mark.parametrize('ending', ['parquet', 'arrow', 'csv'])
def test_a_folder_in_the_place_of_the_file_is_the_reason_that_is_given(address, tmp_path, ending):
    file = tmp_path / f'a.{ending}'
    file.mkdir()
    with pytest.raises(LakeError) as raised:
        write(address, VALUES, file)
    assert str(raised.value) == (f'{file} was not written, because there is a folder of that name. Name another file. '
                                 'Nothing was changed.')
    assert list(tmp_path.iterdir()) == [file]


def test_each_reason_of_the_system_becomes_a_sentence():
    file = Path('rows.csv')
    assert not_written(file, errno.ENOSPC) == ('rows.csv was not written, because the disk is full. Free some space '
                                               'there, or name a file on another disk. Nothing was changed.')
    for number in (errno.EMFILE, None):
        assert not_written(file, number).startswith('rows.csv was not written, because the system does not permit it (')


def test_what_a_killed_command_left_goes_with_the_next_one_to_the_same_folder(address, tmp_path):
    """The rows that it had written would otherwise stay in a hidden folder next to the file."""
    lake, file = address.removeprefix('sqlite://').removesuffix('/lake.db'), tmp_path / 'a.csv'
    endless = f'SELECT a.n FROM {NUMBERS} AS a CROSS JOIN {NUMBERS} AS b'
    command = [sys.executable, '-m', 'lib.local_lake', '--lake', lake, 'query', endless, '--out', str(file)]
    with subprocess.Popen(command, env={**os.environ, 'PYTHONPATH': os.pathsep.join(sys.path)}) as process:
        while not list(tmp_path.glob('.*/unfinished')):
            assert process.poll() is None
            time.sleep(0.02)
        process.kill()
    assert len(list(tmp_path.iterdir())) == 2 and not file.exists()
    write(address, VALUES, tmp_path / 'b.parquet')
    assert [path.name for path in tmp_path.iterdir()] == ['b.parquet']


def test_the_command_writes_a_file_and_says_how_many_rows(address, tmp_path, capsys):
    lake = address.removeprefix('sqlite://').removesuffix('/lake.db')
    assert main(['--lake', lake, 'query', VALUES, '--out', str(tmp_path / 'a.csv')]) == 0
    assert capsys.readouterr().err == f'Wrote 1 rows to {tmp_path}/a.csv.\n'
    assert (tmp_path / 'a.csv').read_text() == 'text,amount,day,amount,nothing\n"a""b",1.50,2026-01-31,2,\n'
    assert main(['--lake', lake, 'query', VALUES, '--format', 'csv']) == 0
    assert capsys.readouterr().out == (tmp_path / 'a.csv').read_text()
