"""With load_mode by_file a partition keeps the rows of all files of a day, even if their loads race."""
from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from lake_etl.adapters.local.sqlite_catalog import SqliteCatalog
from lake_etl.arguments import PARTITION_KEYS
from lake_etl.errors import PublicationConflict
from lake_etl.publish.layout import load_name
from lake_etl.publish.partition import stage_partition
from lake_etl.publish.target import Target

BY_FILE = {'input_spec': {'load_mode': 'by_file'}}
DAY = 'Gen/Policy/2026/03/04'


@pytest.fixture
def by_file(lake):
    """A lake whose workflow Gen/Policy joins the files of a day."""
    lake.configure('transformation-spec/Gen-Policy.json', BY_FILE)
    return lake


def ids(lake):
    return [row[0] for row in lake.rows('SELECT id FROM gen.policy ORDER BY id')]


def test_two_files_of_one_day_both_stay_and_landing_one_again_replaces_its_rows_only(by_file):
    by_file.load(f'{DAY}/north.csv', 'id,amount\nN1,1\nN2,2\n')
    by_file.load(f'{DAY}/south.csv', 'id,amount\nS1,3\n')
    assert ids(by_file) == ['N1', 'N2', 'S1']
    execution = by_file.load(f'{DAY}/north.csv', 'id,amount\nN3,4\n')
    assert ids(by_file) == ['N3', 'S1']
    by_file.load(f'{DAY}/north.csv', 'id,amount\nN3,4\n')
    assert ids(by_file) == ['N3', 'S1']
    assert by_file.rows(f"SELECT * FROM gen.policy WHERE execution_id = '{execution}'") == []
    assert by_file.partitions('gen', 'policy') == [('2026', '03', '04')]
    assert by_file.catalog.partitions('gen', 'policy')[0].parameters['recordCount'] == '2'


def test_files_of_the_same_name_in_other_folders_are_other_files(by_file):
    by_file.load(f'{DAY}/north/a.csv', 'id\nN1\n')
    by_file.load(f'{DAY}/south/a.csv', 'id\nS1\n')
    assert ids(by_file) == ['N1', 'S1']


def test_a_file_with_wider_types_or_more_columns_rewrites_what_is_there(by_file):
    by_file.load(f'{DAY}/a.csv', 'id,amount,kind\nA1,1,x\n')
    by_file.load(f'{DAY}/b.csv', 'id,amount,since\nB1,2.5,2026-01-31\n')
    by_file.load(f'{DAY}/c.csv', 'id,amount,since\nC1,3.5,\n')
    assert by_file.types('gen', 'policy')['amount'] == 'double'
    assert by_file.rows('SELECT id, amount, CAST(since AS VARCHAR) FROM gen.policy ORDER BY id') == [
        ('A1', 1.0, None), ('B1', 2.5, '2026-01-31'), ('C1', 3.5, None)]


def test_a_file_with_fewer_columns_keeps_the_others_of_the_table(by_file):
    by_file.load(f'{DAY}/a.csv', 'id,amount\nA1,1\n')
    by_file.load(f'{DAY}/b.csv', 'id\nB1\n')
    assert by_file.rows('SELECT id, amount FROM gen.policy ORDER BY id') == [('A1', 1), ('B1', None)]
    by_file.load(f'{DAY}/a.csv', 'id,amount\nA2,2\n')
    assert by_file.rows('SELECT id, amount FROM gen.policy ORDER BY id') == [('A2', 2), ('B1', None)]


def test_replace_mode_warns_of_the_other_files_that_it_replaces(lake, caplog):
    caplog.set_level(logging.WARNING)
    lake.load(f'{DAY}/north.csv', 'id\nN1\nN2\n')
    lake.load(f'{DAY}/south.csv', 'id\nS1\n')
    assert ids(lake) == ['S1']
    assert ('Partition 2026/03/04 of gen.policy held 2 rows of 1 other source files, which this load replaces. '
            "Set load_mode to 'by_file'") in caplog.text
    caplog.clear()
    lake.load(f'{DAY}/south.csv', 'id\nS2\n')
    assert caplog.text == ''


def overtaken_once(lake, content):
    """Return a `publish` during whose first call another load runs from its beginning to its end."""
    publish, overtaken = SqliteCatalog.publish, []

    def publish_late(catalog, publication):
        if not overtaken:
            overtaken.append(True)
            lake.load(f'{DAY}/quick.csv', content)
        publish(catalog, publication)
    return publish_late


def test_a_load_that_is_overtaken_before_its_switch_joins_what_was_published(by_file, monkeypatch, caplog):
    caplog.set_level(logging.INFO, 'lake_etl')
    by_file.load(f'{DAY}/first.csv', 'id,amount\nF1,1\n')
    monkeypatch.setattr(SqliteCatalog, 'publish', overtaken_once(by_file, 'id,amount\nQ1,2\n'))
    by_file.load(f'{DAY}/slow.csv', 'id,amount\nS1,3.25\n')
    assert by_file.rows('SELECT id, amount FROM gen.policy ORDER BY id') == [('F1', 1.0), ('Q1', 2.0), ('S1', 3.25)]
    assert 'Another load of partition 2026/03/04 of gen.policy was published first' in caplog.text


def test_a_load_that_is_overtaken_by_one_with_wider_types_fails_and_loses_nothing(by_file, monkeypatch):
    by_file.load(f'{DAY}/first.csv', 'id,amount\nF1,1\n')
    with monkeypatch.context() as patched:
        patched.setattr(SqliteCatalog, 'publish', overtaken_once(by_file, 'id,amount\nQ1,2.5\n'))
        with pytest.raises(PublicationConflict, match='changed the types of amount in gen.policy.*run this one again'):
            by_file.load(f'{DAY}/slow.csv', 'id,amount\nS1,3\n')
    assert by_file.rows('SELECT id, amount FROM gen.policy ORDER BY id') == [('F1', 1.0), ('Q1', 2.5)]
    by_file.load(f'{DAY}/slow.csv', 'id,amount\nS1,3\n')
    assert by_file.rows('SELECT id, amount FROM gen.policy ORDER BY id') == [('F1', 1.0), ('Q1', 2.5), ('S1', 3.0)]


def test_a_load_that_is_always_overtaken_gives_up_and_says_so(by_file, monkeypatch):
    by_file.load(f'{DAY}/first.csv', 'id\nF1\n')

    def refuse(catalog, publication):
        raise PublicationConflict('changed')
    with monkeypatch.context() as patched:
        patched.setattr(SqliteCatalog, 'publish', refuse)
        with pytest.raises(PublicationConflict, match='was changed by other loads 10 times.*run this one again'):
            by_file.load(f'{DAY}/slow.csv', 'id\nS1\n')
    assert ids(by_file) == ['F1']


def test_loads_of_many_files_that_switch_at_once_lose_none(by_file, spark):
    by_file.load(f'{DAY}/first.csv', 'id,amount\nF1,1\n')
    with ThreadPoolExecutor(4) as pool:
        published = list(pool.map(lambda number: publish_alone(by_file, spark, number), range(4)))
    assert [item.audit.rows for item in published] == [1] * 4
    assert by_file.rows('SELECT id, amount FROM gen.policy ORDER BY id') == [
        ('F1', 1), ('T0', 0), ('T1', 1), ('T2', 2), ('T3', 3)]


def publish_alone(lake, spark, number):
    """Publish one row as that of a file of its own, without a job around it, and return what was published."""
    target = Target(
        database='gen', table='policy', folder=str(lake.folders.cleanse), keys=PARTITION_KEYS,
        load=load_name(f'e{number}', datetime.now(UTC), f'{number:06}'), source_file=f'{number}.csv',
        allow_schema_change='permissive', retention=timedelta(hours=1))
    df = spark.sql(f"SELECT 'T{number}' AS id, {number} AS amount, 'e{number}' AS execution_id")
    with stage_partition(df, target, ('2026', '03', '04'), by_file=True) as written:
        return written.publish()
