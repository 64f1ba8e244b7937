"""An undo or a removal that is killed at any moment leaves the old state or the new one, and can be run again."""
from __future__ import annotations

import contextlib
import os
import sys
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

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
