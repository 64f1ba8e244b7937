"""Records that AWS InsuranceLake has written are read, and one bad record never stops others."""
from __future__ import annotations

import json
import logging
from datetime import UTC, datetime, timedelta

import pytest
from test_dependencies import landed, record_of, told
from test_trigger import deliver, event, message

from lib.dependency_trigger.lambda_handler import lambda_handler as dependency_trigger
from lib.etl_job_auditor.lambda_handler import lambda_handler as auditor
from lib.execution_repair.lambda_handler import lambda_handler as repair
from lib.executions.record import RecordError, execution_of, time_in
from lib.table_lock.lambda_handler import order_of

NOW = datetime.now(UTC)
LONG_AGO = NOW - timedelta(days=2)


def their_time(moment):
    return moment.strftime('%Y-%m-%d %H:%M:%S.%f')


def their_record(account, execution_id='old', **values):
    """Put a record into the audit table as AWS InsuranceLake 4.2 writes it; None leaves an attribute out."""
    name = f'{execution_id}-20240102030405000000'
    moment = values.pop('moment', NOW - timedelta(hours=2))
    item = {
        'execution_id': execution_id, 'sfn_execution_name': name, 'sfn_arn': account.machine,
        'sfn_input': json.dumps({
            'target_database_name': 'Db', 'source_bucketname': 'collect', 'source_key': 'Db/Tbl',
            'source_path': 'Db/Tbl', 'base_file_name': 'a.csv', 'p_year': '2024', 'p_month': '01', 'p_day': '02',
            'table_name': 'Tbl', 'execution_id': execution_id, 'entity_match': False}),
        'source_key': 'Db/Tbl', 'job_latest_status': 'STARTED', 'job_start_date': their_time(moment),
        'job_start_date_int': int(moment.timestamp()), 'job_last_updated_timestamp': their_time(moment),
        'principal_id': 'AWS:1', 'source_ipaddress': '192.0.2.1', 'dependency_key': 'None'} | values
    account.audit.put_item(Item={key: value for key, value in item.items() if value is not None})
    return name


def sweep():
    return repair({}, None)['moved']


def status(account, execution_id='old'):
    return account.audit.get_item(Key={'execution_id': execution_id})['Item']['job_latest_status']


@pytest.mark.parametrize(('ago', 'started'), [(timedelta(hours=1), True), (timedelta(days=2), False)])
def test_their_success_counts_within_the_lookback(account, ago, started):
    their_record(account, source_key='A/B', job_latest_status='SUCCEEDED', moment=NOW - ago)
    account.configure('Db-Tbl-dependent.json', {'depends_on': {'A/B': 1}, 'lookback': {'days': 1}})
    landed('Db/Tbl/a.csv', NOW)
    assert record_of(account, 'Db/Tbl')['job_latest_status'] == ('STARTED' if started else 'QUEUED')


@pytest.mark.parametrize('damage', [
    {'job_last_updated_timestamp': 'yesterday', 'job_start_date': ''},
    {'job_last_updated_timestamp': None, 'job_start_date': None},
    {'job_last_updated_timestamp': 7, 'job_start_date': '2024-13-01'}])
def test_a_success_without_a_time_is_named_and_stops_no_file(account, caplog, damage):
    their_record(account, source_key='A/B', job_latest_status='SUCCEEDED', **damage)
    account.configure('Db-Tbl-dependent.json', {'depends_on': {'A/B': 1}, 'lookback': {'days': 1}})
    assert landed('Db/Tbl/a.csv', NOW) == []
    assert record_of(account, 'Db/Tbl')['job_latest_status'] == 'QUEUED'
    assert 'execution old has no time' in caplog.text


def test_their_queued_file_starts_when_its_dependency_succeeds(account):
    name = their_record(account, job_latest_status='QUEUED', dependency_key='A/B')
    landed('A/B/a.csv', NOW)
    auditor({'Input': {'execution_id': record_of(account, 'A/B')['execution_id'],
                       'taskresult': {'JobRunState': 'SUCCEEDED'}}}, None)
    assert dependency_trigger(told('A/B'), None) == {'started': ['old']}
    assert (status(account), name in account.started()) == ('STARTED', True)


def test_their_queued_file_is_swept_up_when_its_dependency_has_succeeded(account):
    their_record(account, job_latest_status='QUEUED', dependency_key='A/B')
    assert sweep()['QUEUED'] == 0
    their_record(account, 'other', source_key='A/B', job_latest_status='SUCCEEDED', moment=NOW)
    assert sweep()['QUEUED'] == 1
    assert status(account) == 'STARTED'


@pytest.mark.parametrize('missing', ['sfn_arn', 'sfn_execution_name', 'sfn_input', 'job_start_date'])
def test_a_record_that_lacks_an_attribute_is_named_and_the_others_start(account, caplog, missing):
    their_record(account, 'a-bad', job_latest_status='QUEUED', dependency_key='A/B', **{missing: None})
    names = [their_record(account, good, job_latest_status='QUEUED', dependency_key='A/B') for good in ('b', 'c')]
    their_record(account, 'done', source_key='A/B', job_latest_status='SUCCEEDED', moment=NOW)
    assert sorted(dependency_trigger(told('A/B'), None)['started']) == ['b', 'c']
    assert set(names) <= set(account.started())
    assert missing in caplog.text
    assert 'a-bad' in [record.__dict__.get('execution_id') for record in caplog.records]


def test_one_that_cannot_be_started_fails_the_call_after_the_others_have_started(account):
    their_record(account, 'a', job_latest_status='QUEUED', dependency_key='A/B', sfn_arn='arn:aws:states:::nowhere')
    name = their_record(account, 'b', job_latest_status='QUEUED', dependency_key='A/B')
    their_record(account, 'done', source_key='A/B', job_latest_status='SUCCEEDED', moment=NOW)
    with pytest.raises(Exception, match='nowhere|StateMachine'):
        dependency_trigger(told('A/B'), None)
    assert name in account.started()


def test_the_sweep_closes_their_record_of_an_execution_that_is_gone(account, caplog):
    caplog.set_level(logging.ERROR)
    their_record(account, moment=LONG_AGO)
    their_record(account, 'bad', moment=LONG_AGO, job_last_updated_timestamp='', job_start_date='')
    assert sweep() == {'QUEUED': 0, 'STARTING': 0, 'STARTED': 1}
    assert (status(account), status(account, 'bad')) == ('FAILED', 'STARTED')
    assert len(caplog.records) == 1, 'the bad record is named once'


def test_the_end_of_their_execution_is_recorded(account):
    deliver(message(event()))
    their_record(account)
    auditor({'Input': {'execution_id': 'old', 'taskresult': {'JobRunState': 'SUCCEEDED'}}}, None)
    assert status(account) == 'SUCCEEDED'


@pytest.mark.parametrize(('text', 'moment'), [
    ('2024-01-02 03:04:05.000006', datetime(2024, 1, 2, 3, 4, 5, 6, UTC)),
    ('2024-01-02 03:04:05', datetime(2024, 1, 2, 3, 4, 5, 0, UTC)),
    ('2024-01-02T03:04:05.006+00:00', datetime(2024, 1, 2, 3, 4, 5, 6000, UTC)),
    ('2024-01-02T05:04:05+02:00', datetime(2024, 1, 2, 3, 4, 5, 0, UTC))])
def test_times_of_both_forms_are_read(text, moment):
    assert time_in({'execution_id': 'x', 'landed_at': text}, 'landed_at') == moment
    assert order_of({'landed_at': text}, {'StartTime': '2024-02-03T04:05:06Z'}).landed == moment


def test_the_time_of_the_event_counts_where_no_landing_is_recorded():
    item = {'execution_id': 'x', 'sfn_execution_name': 'n', 'sfn_arn': 'arn', 'source_key': 'Db/Tbl', 'sfn_input': '{}',
            'job_start_date': '2024-01-02 03:04:05.000006', 'job_latest_status': 'QUEUED', 'dependency_key': 'A/B'}
    execution = execution_of(item)
    assert execution.landed == datetime(2024, 1, 2, 3, 4, 5, 6, UTC)
    assert execution.dependencies is not None
    assert execution.dependencies.depends_on == (('A', 'B'),)
    with pytest.raises(RecordError, match='no time in landed_at or job_start_date'):
        execution_of(item | {'job_start_date': None})
