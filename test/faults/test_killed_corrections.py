"""An undo or a removal that is killed at any moment leaves the old state or the new one, and can be run again."""
from __future__ import annotations

import contextlib
import os
import sqlite3
import sys
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from iceberg_match import DATABASE, PRIMARY, merge, numbers_in
from lake_etl.adapters.local.iceberg_catalog import iceberg_catalog
from lake_etl.arguments import PARTITION_KEYS
from lake_etl.ports import Cause, Column, Partition, Publication, Table
from lake_etl.publish.layout import load_folder, partition_folder
from lake_etl.publish.sources import SourceFile, partition_properties
from lib.local_lake.cli import main
from small_lake import SmallLake

DAY, KEYS = ('2026', '03', '04'), tuple(key.name for key in PARTITION_KEYS)
COLUMNS = (Column('number', 'int'), Column('amount', 'decimal(16,2)'))
WRITES = [f'{number:08d}-0000-4000-8000-000000000000' for number in range(3)]
# What changes files of the lake: before the catalog is switched, and after it.
EVENTS = ('os.remove', 'os.rename', 'os.link', 'os.rmdir')


def load(lake: SmallLake, number: int, *files: int) -> None:
    """Publish a load whose rows are these numbers, each from a file of its own, as a job leaves it."""
    location = str(lake.folders.cleanse / 'gen' / 'policy')
    folder = load_folder(partition_folder(location, KEYS, DAY), f'2026030{number}T000000Z-run{number}-0a1b2c')
    os.makedirs(folder)
    for file in files:
        rows = pa.table({'number': pa.array([file], pa.int32()),
                         'amount': pa.array([Decimal(file)], pa.decimal128(16, 2))})
        pq.write_table(rows, f'{folder}/part-00000-{WRITES[file]}-c000.snappy.parquet')
    sources = [SourceFile(f'Gen/Policy/{file}.csv', 1, WRITES[file]) for file in files]
    lake.catalog.create_database('gen', str(lake.folders.cleanse / 'gen'))
    lake.catalog.publish(Publication(
        Table('gen', 'policy', COLUMNS, PARTITION_KEYS, location),
        (Partition(DAY, folder, COLUMNS, partition_properties(sources)),),
        cause=Cause('load', f'run{number}', f'Gen/Policy/{files[-1]}.csv', True)))


def killed(lake: SmallLake, arguments: list[str], moment: int) -> bool:
    """Run a command in a process that is killed at a moment, counted in what it does to files; tell if it was."""
    child = os.fork()
    if child == 0:
        count, root = [0], str(lake.folders.root)

        def watch(event: str, details: tuple[object, ...]) -> None:
            if event in EVENTS and str(details[0]).startswith(root):
                count[0] += 1
                if count[0] == moment:
                    os._exit(9)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.addaudithook(watch)
        with contextlib.suppress(BaseException):
            os._exit(main(arguments))
        os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


@pytest.mark.parametrize('command', [['undo', 'gen.policy'], ['remove', '1.csv', '--workflow', 'Gen/Policy']])
def test_a_killed_correction_leaves_the_old_state_or_the_new_one(command, tmp_path):
    states, moment, was_killed = set(), 0, True
    while was_killed:
        moment += 1
        lake = SmallLake(tmp_path / str(moment))
        load(lake, 1, 0)
        load(lake, 2, 0, 1)
        arguments = ['--lake', str(lake.folders.root), '--config', str(lake.configuration), *command]
        was_killed = killed(lake, arguments, moment)
        state = tuple(row[0] for row in lake.rows('SELECT number FROM gen.policy ORDER BY 1'))
        assert len(lake.catalog.history('gen', 'policy')) == (2 if state == (0, 1) else 3)
        if state == (0, 1):
            assert main(arguments) == 0, 'it can be run again'
        assert lake.rows('SELECT number, amount FROM gen.policy') == [(0, Decimal('0.00'))]
        assert main([*arguments[:4], 'undo', 'gen.policy']) == 0, 'and be taken back'
        assert lake.rows('SELECT sum(number) FROM gen.policy') == [(1,)]
        states.add(state)
    assert states == {(0, 1), (0,)} and moment > 2


def killed_in_transaction(arguments: list[str], moment: int) -> bool:
    """Run a command in a process that is killed before a statement of the transaction that switches Iceberg tables."""
    child = os.fork()
    if child == 0:
        switched = [0]

        def before_statement(statement: str) -> None:
            switched[0] += statement.startswith('UPDATE iceberg_tables') or statement == 'COMMIT' and switched[0] > 0
            if switched[0] == moment:
                os._exit(9)

        def watched(*args: Any, connect: Any = sqlite3.connect, **options: Any) -> sqlite3.Connection:
            connection: sqlite3.Connection = connect(*args, **options)
            connection.set_trace_callback(before_statement)
            return connection
        sqlite3.connect = watched
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        with contextlib.suppress(BaseException):
            os._exit(main(arguments))
        os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


def test_on_a_laptop_both_tables_of_a_match_go_back_at_one_instant(tmp_path):
    lake = SmallLake(tmp_path)
    lake.catalog.create_database('gen', str(lake.folders.cleanse / 'gen'))
    with iceberg_catalog(lake.folders.catalog, '') as catalog:
        merge(catalog, 'consume/iceberg', 'run-one', 1, 2)
        merge(catalog, 'consume/iceberg', '', 3)
        arguments = ['--lake', str(lake.folders.root), '--config', str(lake.configuration), 'undo', 'people']
        for moment in (1, 2, 3):
            assert killed_in_transaction(arguments, moment)
            assert numbers_in(catalog) == ([1, 2, 3], [1, 2, 3]), 'none of the two was switched'
        assert not killed_in_transaction(arguments, 4)
        assert numbers_in(catalog) == ([1, 2], [1, 2])
        assert main(arguments) == 0 and numbers_in(catalog) == ([1, 2, 3], [1, 2, 3])
        # A run from before runs were recorded is called by its snapshot.
        state = catalog.load_table((DATABASE, PRIMARY)).metadata.current_snapshot_id
        assert main([*arguments, '--to', 'run-one']) == main([*arguments, '--to', f'snapshot-{state}']) == 0
        assert numbers_in(catalog) == ([1, 2, 3], [1, 2, 3])
