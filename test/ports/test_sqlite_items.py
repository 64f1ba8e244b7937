"""A SQLite file of items supports many writers, atomic writes, plain content and clear errors."""
from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from itertools import count

import pytest

from lake_etl.adapters.local.sqlite_items import BATCH, SqliteItems
from lake_etl.errors import ItemStoreError

ENVIRONMENT = {**os.environ, 'PYTHONPATH': os.pathsep.join(sys.path)}


@pytest.fixture
def table(tmp_path) -> str:
    return f'sqlite://{tmp_path}/lake.db#dev-insurancelake-etl-hash-values'


def test_of_many_threads_that_create_an_item_exactly_one_does(table, in_threads):
    for round_number in range(20):
        created = []
        in_threads(lambda thread: created.append(SqliteItems().put_if_absent(
            table, {'hash_key': f'{round_number}', 'raw_data': f'{thread}'})), 4)
        assert sorted(created) == [False, False, False, True]


def test_updates_of_one_item_by_many_threads_lose_nothing(table, in_threads):
    SqliteItems().put(table, {'hash_key': 'k'})
    in_threads(lambda thread: [
        SqliteItems().update(table, {'hash_key': 'k'}, {f'{thread}-{number}': number}) for number in range(10)], 4)
    assert len(SqliteItems().get(table, {'hash_key': 'k'})) == 41


def test_processes_that_begin_at_once_on_a_new_file_lose_nothing(table):
    program = (
        'import sys; from lake_etl.adapters.local.sqlite_items import SqliteItems\n'
        'for number in range(40): SqliteItems().put(sys.argv[1], {"hash_key": f"{sys.argv[2]}-{number}"})')
    writers = [subprocess.Popen([sys.executable, '-c', program, table, str(number)], env=ENVIRONMENT)
               for number in range(3)]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    assert sum(1 for _ in SqliteItems().scan(table)) == 120


def test_threads_that_begin_at_once_on_a_new_file_wait_for_each_other(tmp_path, in_threads):
    created = []
    for number in range(60):
        table = f'sqlite://{tmp_path}/{number}.db#hash-values'
        in_threads(lambda thread: created.append(SqliteItems().put_if_absent(table, {'hash_key': 'k'})), 4)
    assert (len(created), created.count(True)) == (240, 60)


def test_a_reader_sees_the_table_of_one_instant(table):
    SqliteItems().put_all(table, [{'hash_key': f'{number}'} for number in range(1000)])
    reading = SqliteItems().scan(table)
    next(reading)
    SqliteItems().put_all(table, [{'hash_key': f'{number}', 'raw_data': 'new'} for number in range(2000)])
    assert [item for item in reading if 'raw_data' in item] == []


def test_a_source_that_never_ends_is_written_as_it_comes(table):
    def numbers() -> Iterator[dict[str, str]]:
        for number in count():
            if number == BATCH + 200:
                assert sum(1 for _ in SqliteItems().scan(table)) == BATCH
                raise EOFError
            yield {'hash_key': f'{number}'}

    with pytest.raises(EOFError):
        SqliteItems().put_all(table, numbers())


def test_no_file_stays_open(table, tmp_path):
    SqliteItems().put_all(table, [{'hash_key': f'{number}'} for number in range(10)])
    abandoned = SqliteItems().scan(table)
    next(abandoned)
    del abandoned
    assert [path.name for path in tmp_path.iterdir()] == ['lake.db']


def test_the_table_is_plain_json_for_other_tools(table, tmp_path):
    SqliteItems().put(table, {'hash_key': 'k', 'amount': Decimal('1.10'), 'days': [1.0]})
    with closing(sqlite3.connect(tmp_path / 'lake.db')) as connection:
        rows = connection.execute('SELECT * FROM "dev-insurancelake-etl-hash-values"').fetchall()
    assert rows == [('k', '', '{"hash_key":"k","amount":1.1,"days":[1]}')]


@pytest.mark.parametrize(('address', 'message'), [
    ('sqlite:///no/such/folder/lake.db#hash-values',
     '/no/such/folder/lake.db cannot be used: the file cannot be opened .SQLITE_CANTOPEN'),
    ('sqlite://lake.db#hash-values', 'sqlite:///folder/lake.db#table was expected'),
    ('sqlite:///folder/lake-hash-values', 'sqlite:///folder/lake.db#table was expected'),
    ('dev-insurancelake-etl-hash-values', 'sqlite:///folder/lake.db#table was expected')])
def test_a_wrong_address_is_explained(address, message):
    with pytest.raises(ItemStoreError, match=message):
        SqliteItems().get(address, {'hash_key': 'k'})


def test_a_file_that_is_no_database_is_left_alone(table, tmp_path):
    (tmp_path / 'lake.db').write_bytes(b'policies' * 1000)
    with pytest.raises(ItemStoreError, match='lake.db cannot be used: the file is not a SQLite database'):
        SqliteItems().put(table, {'hash_key': 'k'})
    assert (tmp_path / 'lake.db').read_bytes() == b'policies' * 1000
