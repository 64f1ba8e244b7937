"""Both catalogs store tables and partitions alike: the laptop's SQLite file, and AWS Glue on moto."""
from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

from lake_etl.adapters.aws.glue_catalog import GlueCatalog
from lake_etl.adapters.local.catalog_file import reading
from lake_etl.adapters.local.snapshot import read_names, with_partitions
from lake_etl.adapters.local.sqlite_catalog import SqliteCatalog
from lake_etl.errors import LakeError, PublicationConflict, PublicationError
from lake_etl.ports import Cause, Column, Partition, Publication, Table

KEYS = tuple(Column(name, 'string') for name in ('year', 'month', 'day'))
COLUMNS = (Column('policy_number', 'string'), Column('premium', 'decimal(16,2)'))
ROOT = '/lake/gen/policy'
TABLE = Table('gen', 'policy', COLUMNS, KEYS, ROOT)


@pytest.fixture(params=['SQLite', 'Glue'])
def catalog(request, tmp_path):
    """Each catalog in turn, with a database `gen`."""
    if request.param == 'Glue':
        request.getfixturevalue('aws')
        catalog = GlueCatalog()
    else:
        catalog = SqliteCatalog(f'sqlite://{tmp_path}/lake #1 100%.db')
    catalog.create_database('Gen', '/lake/gen', 'General insurance')
    return catalog


def partition(day, load='a', columns=COLUMNS, **parameters):
    values = ('2026', '11', f'{day:02}')
    return Partition(values, f'{ROOT}/{"-".join(values)}/{load}', columns, parameters)


def days(*numbers):
    return tuple(('2026', '11', f'{day:02}') for day in numbers)


def state(catalog):
    """What readers see of the table."""
    return catalog.table('gen', 'policy'), catalog.partitions('gen', 'policy')


def test_a_published_table_is_found_without_case(catalog):
    upper = (Column('Policy_Number', 'string'), Column('PREMIUM', 'decimal(16,2)'))
    catalog.publish(Publication(Table('Gen', 'Policy', upper, KEYS, f'{ROOT}/', 'Policies'),
                                (replace(partition(1, columns=upper), location=f'{partition(1).location}/'),)))
    table = catalog.table('GEN', 'POLICY')
    assert (table.database, table.name, table.columns, table.partition_keys, table.location, table.description) == (
        'gen', 'policy', COLUMNS, KEYS, ROOT, 'Policies')
    assert catalog.partitions('gEN', 'pOLICY') == (partition(1),)


@pytest.mark.parametrize('database, name', [('gen', 'claim'), ('life', 'policy')])
def test_what_does_not_exist_is_not_there(catalog, database, name):
    assert catalog.table(database, name) is None
    assert catalog.partitions(database, name) == ()
    assert list(catalog.tables(database)) == []


def test_tables_come_in_order_of_one_database_or_of_all(catalog):
    catalog.create_database('auto', '/lake/auto')
    for database, name in (('gen', 'policy'), ('gen', 'claim'), ('auto', 'vehicle')):
        catalog.publish(Publication(Table(database, name, COLUMNS, KEYS, f'/lake/{database}/{name}')))
    assert [table.name for table in catalog.tables('GEN')] == ['claim', 'policy']
    assert [(table.database, table.name) for table in catalog.tables()] == [
        ('auto', 'vehicle'), ('gen', 'claim'), ('gen', 'policy')]


def test_creating_a_database_again_leaves_its_tables(catalog):
    catalog.publish(Publication(TABLE))
    catalog.create_database('gen', '/elsewhere')
    assert catalog.table('gen', 'policy').location == ROOT


def test_partitions_are_added_replaced_and_dropped(catalog):
    catalog.publish(Publication(TABLE, (partition(2), partition(1))))
    assert catalog.partitions('gen', 'policy') == (partition(1), partition(2))
    catalog.publish(Publication(TABLE, (partition(2, 'b', recordCount='7'), partition(3, 'b')), days(1, 9)))
    assert catalog.partitions('gen', 'policy') == (partition(2, 'b', recordCount='7'), partition(3, 'b'))
    catalog.publish(Publication(TABLE, (partition(2, 'c'),)))
    assert catalog.partitions('gen', 'policy') == (partition(2, 'c'), partition(3, 'b'))


def test_any_number_of_partitions_is_switched(catalog):
    catalog.publish(Publication(TABLE, tuple(partition(day) for day in range(230))))
    assert len(catalog.partitions('gen', 'policy')) == 230
    catalog.publish(Publication(TABLE, tuple(partition(day, 'b') for day in range(120)), days(*range(120, 230))))
    assert {item.location.rpartition('/')[2] for item in catalog.partitions('gen', 'policy')} == {'b'}
    assert len(catalog.partitions('gen', 'policy')) == 120


def test_columns_change_together_with_partitions_that_keep_their_own(catalog):
    catalog.publish(Publication(TABLE, (partition(1), partition(2))))
    wider = (Column('policy_number', 'string'), Column('term', 'int'), Column('premium', 'decimal(18,2)'))
    catalog.publish(Publication(replace(TABLE, columns=wider), (partition(2, 'b', columns=wider),)))
    assert catalog.table('gen', 'policy').columns == wider
    assert catalog.partitions('gen', 'policy') == (partition(1), partition(2, 'b', columns=wider))


def test_descriptions_comments_and_parameters_survive_what_does_not_set_them(catalog):
    told = replace(TABLE, description='Policies', parameters={'owner_team': 'actuarial', 'load': '1'}, columns=(
        Column('policy_number', 'string', 'Key'), Column('premium', 'decimal(16,2)', 'In USD')))
    catalog.publish(Publication(told))
    catalog.publish(Publication(replace(TABLE, parameters={'load': '2'}, columns=(
        Column('premium', 'decimal(18,2)', 'In EUR'), Column('POLICY_NUMBER', 'string'), Column('term', 'int')))))
    table = catalog.table('gen', 'policy')
    assert table.description == 'Policies'
    assert table.parameters['owner_team'] == 'actuarial'
    assert table.parameters['load'] == '2'
    assert table.columns == (Column('premium', 'decimal(18,2)', 'In EUR'), Column('policy_number', 'string', 'Key'),
                             Column('term', 'int'))


@pytest.mark.parametrize('expected', [
    {days(1)[0]: None},
    {days(1)[0]: partition(1, 'z').location},
    {days(3)[0]: partition(3).location},
    {days(1)[0]: partition(1).location, days(2)[0]: None},
], ids=['exists', 'lies elsewhere', 'is gone', 'one of two'])
def test_a_conflict_changes_nothing(catalog, expected):
    catalog.publish(Publication(TABLE, (partition(1), partition(2))))
    before = state(catalog)
    with pytest.raises(PublicationConflict, match=r'gen\.policy was changed by another execution'):
        catalog.publish(Publication(replace(TABLE, columns=COLUMNS[:1], description='New'),
                                    (partition(1, 'b'), partition(4, 'b')), days(2), expected))
    assert state(catalog) == before


def test_expectations_that_are_met_do_not_hinder(catalog):
    catalog.publish(Publication(TABLE, (partition(1),), expected={days(1)[0]: None}))
    catalog.publish(Publication(TABLE, (partition(1, 'b'),), expected={
        days(1)[0]: f'{partition(1).location}/', days(2)[0]: None}))
    assert catalog.partitions('gen', 'policy') == (partition(1, 'b'),)


def test_a_missing_database_is_named(catalog):
    with pytest.raises(PublicationError, match='life'):
        catalog.publish(Publication(replace(TABLE, database='life'), (partition(1),)))
    assert catalog.table('life', 'policy') is None


@pytest.mark.parametrize('publication, reason', [
    (Publication(TABLE, (Partition(('2026', '11'), ROOT, COLUMNS),)), 'one value for each'),
    (Publication(TABLE, (partition(1), partition(1, 'b'))), 'more than once'),
    (Publication(TABLE, (partition(1),), days(1)), 'more than once'),
])
def test_a_publication_that_contradicts_itself_is_refused(catalog, publication, reason):
    with pytest.raises(PublicationError, match=reason):
        catalog.publish(publication)
    assert catalog.table('gen', 'policy') is None


def test_readers_never_see_a_mix_of_two_publications(tmp_path, in_threads):
    address = f'sqlite://{tmp_path}/lake.db'
    catalog = SqliteCatalog(address)
    catalog.create_database('gen', '/lake/gen')
    publish_generation(catalog, 0)
    seen = []

    def act(thread):
        if thread == 0:
            for generation in range(1, 60):
                publish_generation(catalog, generation)
        else:
            while not seen or max(seen[-1]) < 59:
                with reading(address) as connection:
                    found, = with_partitions(connection, read_names(connection).tables.values())
                seen.append({int(found.table.columns[-1].name.removeprefix('generation_')),
                             *(int(item.location.rpartition('/')[2]) for item in found.partitions)})

    in_threads(act, 3)
    assert all(len(generations) == 1 for generations in seen)


def publish_generation(catalog, generation):
    """Publish five partitions; the last two are other ones in every generation."""
    numbers = [1, 2, 3, 10 + generation % 7, 20 + generation % 5]
    columns = (*COLUMNS, Column(f'generation_{generation}', 'int'))
    before = {item.values for item in catalog.partitions('gen', 'policy')}
    catalog.publish(Publication(replace(TABLE, columns=columns),
                                tuple(partition(number, str(generation)) for number in numbers),
                                tuple(before - set(days(*numbers)))))


WRITER = """
import sys
sys.path[:0] = {path!r}
from lake_etl.adapters.local.sqlite_catalog import SqliteCatalog
from lake_etl.ports import Cause, Column, Partition, Publication, Table
name, keys = sys.argv[1], tuple(Column(key, 'string') for key in ('year', 'month', 'day'))
catalog = SqliteCatalog({address!r})
catalog.create_database('gen', '/lake/gen')
for day in range(20):
    table = Table('gen', name, (Column('a', 'int'),), keys, '/lake')
    catalog.publish(Publication(table, (Partition(('2026', '11', str(day)), '/lake', table.columns),)))
"""


def test_several_processes_write_one_new_file_at_once(tmp_path):
    address = f'sqlite://{tmp_path}/new/lake.db'
    code = WRITER.format(path=sys.path, address=address)
    writers = [subprocess.Popen([sys.executable, '-c', code, f'table_{number}']) for number in range(3)]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    catalog = SqliteCatalog(address)
    assert [len(catalog.partitions('gen', table.name)) for table in catalog.tables()] == [20, 20, 20]


@pytest.mark.parametrize('address', ['sqlite://relative/lake.db', 'lake.db', 'glue'])
def test_an_address_that_is_none_is_refused(address):
    with pytest.raises(LakeError, match='full path'):
        SqliteCatalog(address).table('gen', 'policy')


def test_a_file_that_is_no_catalog_is_named(tmp_path):
    (tmp_path / 'lake.db').write_bytes(b'something else entirely' * 100)
    with pytest.raises(PublicationError, match=r'gen\.policy was not published.*lake\.db'):
        SqliteCatalog(f'sqlite://{tmp_path}/lake.db').publish(Publication(TABLE))


def test_the_history_has_each_switch_with_what_was_before(catalog, tmp_path):
    table = replace(TABLE, location=str(tmp_path / 'policy'))
    wider = replace(table, columns=(*COLUMNS, Column('state', 'string')))
    first, second = Cause('load', 'run-1', 'a.csv', True), Cause('undo', 'run-2')
    catalog.publish(Publication(table, (partition(1), partition(2)), cause=first))
    catalog.publish(Publication(wider, (partition(2, 'b', wider.columns),), days(1), cause=second))
    catalog.publish(Publication(wider, (partition(2, 'b', wider.columns, recordCount='7'),), cause=first))
    later, earlier = catalog.history('GEN', 'Policy')
    assert (earlier.cause, later.cause) == (first, second) and earlier.id < later.id
    assert earlier.switches == {days(day)[0]: (None, partition(day)) for day in (1, 2)}
    assert later.switches == {days(2)[0]: (partition(2), partition(2, 'b', wider.columns)),
                              days(1)[0]: (partition(1), None)}
    assert later.columns == (COLUMNS, wider.columns) and earlier.columns[1] == COLUMNS
    assert catalog.history('gen', 'claim') == ()


def test_a_publication_that_was_refused_is_not_in_the_history(catalog, tmp_path):
    table, cause = replace(TABLE, location=str(tmp_path / 'policy')), Cause('load', 'run-1')
    catalog.publish(Publication(table, (partition(1),), cause=cause))
    with pytest.raises(PublicationConflict):
        catalog.publish(Publication(table, (partition(1, 'b'),), expected={days(1)[0]: None}, cause=cause))
    change, = catalog.history('gen', 'policy')
    assert change.switches == {days(1)[0]: (None, partition(1))}
