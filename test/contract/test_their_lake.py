"""A lake that AWS InsuranceLake has made, its folders, catalog and records, is continued by the jobs of this one."""
from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lake_etl.adapters.local.sqlite_items import SqliteItems
from lake_etl.ports import Column, Partition, Publication, Table
from lib.local_lake.cli import main

COLUMNS = (Column('policyno', 'string'), Column('premium', 'decimal(16,2)'), Column('execution_id', 'string'))
PARAMETERS = {'classification': 'Parquet', 'SourceType': 's3', 'SourceTableName': 'Policy', 'TableVersion': '0'}
TEXT, NUMBERS = 'string', 'int'
DAYS = {TEXT: (('2024', '01', '02'), ('2024', '01', '03')), NUMBERS: (('2024', '1', '2'), ('2024', '1', '3'))}


def their_table(lake, kind):
    """Make a Cleanse table as theirs are: upper case in the folder, files directly in the partitions, no properties."""
    location = lake.folders.cleanse / 'Gen' / 'Policy'
    partitions = []
    for number, values in enumerate(DAYS[kind]):
        folder = location / '/'.join(f'{key}={value}' for key, value in zip(('year', 'month', 'day'), values))
        folder.mkdir(parents=True)
        rows = pa.table({'policyno': [f'OLD-{number}'], 'premium': pa.array([number + 0.5]).cast(pa.decimal128(16, 2)),
                         'execution_id': ['theirs']})
        pq.write_table(rows, folder / f'part-0000{number}-0f8fad5b-d9cb-469f-a165-70867728950e.c000.snappy.parquet')
        (folder / '_SUCCESS').touch()
        partitions.append(Partition(values, str(folder), COLUMNS))
    lake.catalog.create_database('gen', str(lake.folders.cleanse / 'gen'))
    keys = tuple(Column(key, kind) for key in ('year', 'month', 'day'))
    lake.catalog.publish(Publication(Table('gen', 'policy', COLUMNS, keys, str(location), parameters=PARAMETERS),
                                     tuple(partitions)))
    return location


@pytest.fixture(params=[TEXT, NUMBERS])
def kind(request):
    return request.param


def test_a_partition_of_theirs_is_replaced_and_the_others_stay(lake, kind):
    location = their_table(lake, kind)
    lake.configure('transformation-spec/Gen-Policy.json', {
        'input_spec': {'allow_schema_change': 'strict'},
        'transform_spec': {'currency': [{'field': 'premium'}]}})
    execution = lake.load('Gen/Policy/2024/01/02/a.csv', 'PolicyNo,Premium\nNEW,7.25\n')
    assert lake.rows('SELECT policyno, CAST(premium AS varchar), execution_id FROM gen.policy ORDER BY 1') == [
        ('NEW', '7.25', execution), ('OLD-1', '1.50', 'theirs')]
    assert lake.partitions('gen', 'policy') == sorted(DAYS[kind])
    table = lake.catalog.table('gen', 'policy')
    assert (table.location, table.partition_keys[0].type) == (str(location), kind)
    assert table.parameters | PARAMETERS == table.parameters
    lake.load('Gen/Policy/2024/02/09/b.csv', 'PolicyNo,Premium\nLATER,1\n')
    assert sorted(row[0] for row in lake.rows('SELECT policyno FROM gen.policy')) == ['LATER', 'NEW', 'OLD-1']


def test_a_consume_table_is_filled_from_both(lake, kind):
    their_table(lake, kind)
    lake.configure('transformation-spec/Gen-Policy.json', {'transform_spec': {'currency': [{'field': 'premium'}]}})
    lake.configure('transformation-sql/spark-Gen-Policy.sql',
                   'SELECT policyno, premium / 0 AS nothing, year, month, day FROM gen.policy')
    lake.load('Gen/Policy/2024/02/09/b.csv', 'PolicyNo,Premium\nNEW,1\n')
    lake.consume('Gen/Policy/2024/02/09/b.csv')
    assert lake.rows('SELECT policyno, nothing FROM gen_consume.policy ORDER BY 1') == [
        ('NEW', None), ('OLD-0', None), ('OLD-1', None)]


def test_their_records_are_read_beside_those_of_this_lake(lake, capsys):
    now = datetime.now(UTC) - timedelta(minutes=5)
    moment = now.strftime('%Y-%m-%d %H:%M:%S.%f')
    lake.land('Gen/Policy/a.csv', 'policyno\nP-1\n')
    landed = now.timestamp() + 60
    os.utime(lake.folders.collect / 'Gen' / 'Policy' / 'a.csv', (landed, landed))
    SqliteItems().put(lake.folders.items('job-audit'), {
        'execution_id': 'theirs', 'source_key': 'Gen/Claim', 'job_latest_status': 'SUCCEEDED',
        'job_start_date': moment, 'job_start_date_int': int(now.timestamp()), 'job_last_updated_timestamp': moment,
        'sfn_execution_name': 'claims-20240102030405000000', 'sfn_arn': 'arn', 'sfn_input': json.dumps({}),
        'principal_id': 'AWS:1', 'source_ipaddress': '192.0.2.1', 'dependency_key': 'None'})
    lake.configure('transformation-spec/Gen-Policy-dependent.json', {
        'depends_on': {'Gen/Claim': 1}, 'lookback': {'hours': 1}})
    arguments = ['--lake', str(lake.folders.root), '--config', str(lake.configuration)]
    assert main([*arguments, 'watch', '--once']) == 0
    assert lake.rows('SELECT policyno FROM gen.policy') == [('P-1',)]
    capsys.readouterr()
    assert main([*arguments, 'runs']) == 0
    assert 'Gen/Claim' in capsys.readouterr().out
