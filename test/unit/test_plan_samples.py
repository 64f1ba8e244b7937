"""The sample of a plan: the first lines of the last file in Collect, or whole files, or those of test cases."""
from __future__ import annotations

import gzip
import os
import time

import pytest

from lake_etl import runtime
from lake_etl.adapters.local.sqlite_catalog import SqliteCatalog
from lake_etl.ports import Column, Partition, Publication, Table
from lake_etl.publish.sources import SourceFile, partition_properties
from lib.local_lake.planning.lake_plan import opened_plan
from lib.local_lake.planning.sample_runs import sample_files, without_sums
from small_lake import SmallLake

LINES = 'policy\n' + ''.join(f'{number}\n' for number in range(9))
KEYS = tuple(Column(name, 'string') for name in ('year', 'month', 'day'))


@pytest.fixture
def lake(tmp_path):
    """A lake whose policies came from two files, as the catalog tells."""
    found = SmallLake(tmp_path)
    runtime.open_catalog(found.folders.catalog)
    found.configure('transformation-spec/Gen-Policy.json', {})
    return found


def publish(lake, *files):
    """Put files into Collect and into the catalog, as a load of each would; return the sample of three lines."""
    catalog = SqliteCatalog(lake.folders.catalog)
    catalog.create_database('gen', str(lake.folders.cleanse / 'gen'))
    place = str(lake.folders.cleanse / 'gen' / 'policy')
    table = Table('gen', 'policy', (Column('policy', 'string'),), KEYS, place)
    catalog.publish(Publication(table, tuple(
        Partition(('2026', '03', f'{day:02d}'), f'{place}/{day}', table.columns,
                  partition_properties([SourceFile(f'Gen/Policy/{name}', 9, '')]))
        for day, (name, _) in enumerate(files, 1))))
    for name, content in files:
        path = lake.folders.collect / 'Gen' / 'Policy' / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        os.utime(path, (time.time() - 60,) * 2)
    return sample(lake)


def sample(lake):
    empty = lake.configuration.parent / 'before' / 'dq-rules'
    empty.mkdir(parents=True, exist_ok=True)
    with opened_plan(lake.folders, str(empty.parent)) as plan:
        return list(sample_files(lake.folders, plan, 'Gen/Policy', 3))


def test_the_first_lines_of_the_last_file_are_loaded_into_its_partition(lake):
    found, = publish(lake, ('a.csv', LINES), ('b.csv', LINES))
    assert found.key == 'Gen/Policy/2026/03/02/b.csv'
    assert found.parts == (('Gen/Policy/2026/03/02/b.csv', b'policy\n0\n1\n2\n'),)


@pytest.mark.parametrize(('name', 'content', 'spec'), [
    ('a.csv.gz', gzip.compress(LINES.encode()), {}), ('a.parquet', b'PAR1\n\n\n\n\nPAR1', {}),
    ('a.csv', LINES, {'input_spec': {'skip_footer': 1}}),
    ('a.csv', LINES.encode('utf-16'), {'input_spec': {'encoding': 'utf-16'}})],
    ids=['gz', 'binary', 'footer', 'utf-16'])
def test_a_file_without_lines_or_with_totals_is_taken_whole(lake, name, content, spec):
    lake.configure('transformation-spec/Gen-Policy.json', spec)
    found, = publish(lake, (name, content))
    assert found.parts[0][1] == (content if isinstance(content, bytes) else content.encode())


def test_the_parts_of_a_folder_come_before_the_file_that_completes_it(lake):
    lake.configure('transformation-spec/Gen-Policy.json', {'input_spec': {'files': 'folder'}})
    (lake.folders.collect / 'Gen' / 'Policy' / 'one').mkdir(parents=True)
    (lake.folders.collect / 'Gen' / 'Policy' / 'one' / 'part.csv').write_text(LINES)
    found, = publish(lake, ('one/_SUCCESS', ''))
    assert found.parts == (('Gen/Policy/2026/03/01/part.csv', b'policy\n0\n1\n2\n'),
                           ('Gen/Policy/2026/03/01/_SUCCESS', b''))


def test_sums_of_what_looks_personal_stay_hidden():
    table = Table('gen', 'policy', tuple(Column(name, 'bigint') for name in ('paid', 'SSN', 'Holder_Phone')), KEYS, '')
    assert without_sums([table]) == {'ssn', 'holder_phone'}


def test_a_workflow_without_a_file_takes_that_of_a_test_case(lake):
    assert sample(lake) == []
    lake.configure('tests/Gen-Policy/plain/given/p.csv', LINES)
    found, = sample(lake)
    assert (found.key, found.parts) == ('Gen/Policy/p.csv', (('Gen/Policy/p.csv', b'policy\n0\n1\n2\n'),))
