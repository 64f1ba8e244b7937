"""A file whose workflow depends on others starts when all of them have succeeded, in any order of arrival."""
from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from test_trigger import deliver, event, message

from lib.dependency_trigger.lambda_handler import lambda_handler
from lib.etl_job_auditor.lambda_handler import lambda_handler as auditor
from lib.executions.audit_table import AuditTable
from lib.executions.starting import Starter

NOW = datetime.now(UTC).replace(microsecond=0)
BOTH = {'depends_on': {'A/B': 1, 'C/D': 1}}


def landed(key, at=NOW):
    return deliver(message(event(key, time=at.isoformat())))


def record_of(account, source_key):
    (found,) = [item for item in account.records() if item['source_key'] == source_key]
    return found


def succeed(account, source_key, tell=True):
    """Have a file of that workflow land and its execution succeed."""
    landed(f'{source_key}/{len(account.records())}.csv')
    latest = max((item for item in account.records() if item['source_key'] == source_key),
                 key=lambda item: item['sfn_input'])
    auditor({'Input': {'execution_id': latest['execution_id'], 'taskresult': {'JobRunState': 'SUCCEEDED'}}}, None)
    return lambda_handler(told(source_key), None)['started'] if tell else None


def told(source_key):
    return {'Records': [{'Sns': {'Message': json.dumps({'source_key': source_key, 'execution_id': 'any'})}}]}


@pytest.mark.parametrize('order', [('A/B', 'C/D'), ('C/D', 'A/B')])
def test_a_file_is_queued_and_started_when_the_last_dependency_has_succeeded(account, order):
    account.configure('Db-Tbl-dependent.json', BOTH)
    landed('Db/Tbl/a.csv')
    assert record_of(account, 'Db/Tbl')['job_latest_status'] == 'QUEUED'
    assert succeed(account, order[0]) == []
    assert record_of(account, 'Db/Tbl')['job_latest_status'] == 'QUEUED'
    assert succeed(account, order[1]) == [record_of(account, 'Db/Tbl')['execution_id']]
    assert record_of(account, 'Db/Tbl')['job_latest_status'] == 'STARTED'
    assert record_of(account, 'Db/Tbl')['sfn_execution_name'] in account.started()


def test_a_success_that_is_told_again_starts_nothing_again(account):
    account.configure('Db-Tbl-dependent.json', {'depends_on': {'A/B': 1}})
    landed('Db/Tbl/a.csv')
    assert len(succeed(account, 'A/B')) == 1
    assert lambda_handler(told('A/B'), None) == {'started': []}
    assert len(account.started()) == 2


def test_a_file_starts_although_the_answer_that_it_left_the_queue_was_lost(account):
    account.configure('Db-Tbl-dependent.json', {'depends_on': {'A/B': 1}})
    landed('Db/Tbl/a.csv')
    waiting = record_of(account, 'Db/Tbl')
    succeed(account, 'A/B', tell=False)
    database = boto3.resource('dynamodb').meta.client
    attempts = [lambda **_: account.change(waiting['execution_id'], job_latest_status='STARTING')]
    # The client sends a request again whose first attempt was done, and is told that its condition does not hold.
    database.meta.events.register('before-call.dynamodb.UpdateItem', lambda **_: attempts.pop()() if attempts else None)
    starter = Starter(AuditTable(database, account.audit.name), account.step_functions)
    assert starter.start_recorded(waiting['execution_id']) == 'STARTED' and attempts == []
    assert waiting['sfn_execution_name'] in account.started()


@pytest.mark.parametrize(('lookback', 'status'), [
    (None, 'QUEUED'), ({'hours': 1}, 'STARTED'), ({'microseconds': 1}, 'QUEUED')])
def test_an_earlier_success_counts_within_the_lookback(account, lookback, status):
    succeed(account, 'A/B', tell=False)
    account.configure('Db-Tbl-dependent.json', {'depends_on': {'A/B': 1}} | (
        {'lookback': lookback} if lookback else {}))
    landed('Db/Tbl/a.csv', datetime.now(UTC) + timedelta(seconds=2))
    assert record_of(account, 'Db/Tbl')['job_latest_status'] == status


def test_a_success_that_fell_between_landing_and_record_starts_the_file_at_once(account):
    account.configure('Db-Tbl-dependent.json', {'depends_on': {'A/B': 1}})
    succeed(account, 'A/B')
    landed('Db/Tbl/a.csv', NOW - timedelta(minutes=5))
    assert record_of(account, 'Db/Tbl')['job_latest_status'] == 'STARTED'


def test_a_failure_is_no_success(account):
    account.configure('Db-Tbl-dependent.json', {'depends_on': {'A/B': 1}, 'lookback': {'days': 1}})
    landed('A/B/a.csv')
    auditor({'Input': {'execution_id': record_of(account, 'A/B')['execution_id'], 'taskresult': {'Cause': 'no'}}}, None)
    landed('Db/Tbl/a.csv')
    assert record_of(account, 'Db/Tbl')['job_latest_status'] == 'QUEUED'


def test_all_files_that_wait_for_one_success_are_started(account):
    account.configure('Db-Tbl-dependent.json', {'depends_on': {'A/B': 1}})
    for number in range(4):
        landed(f'Db/Tbl/{number}.csv')
    assert len(succeed(account, 'A/B')) == 4
    assert len(account.started()) == 5


@pytest.mark.parametrize('text', ['{', '[]', '{}', '""'])
def test_a_notification_that_names_no_workflow_fails_to_be_seen(account, text):
    with pytest.raises(ValueError, match='names no source_key'):
        lambda_handler({'Records': [{'Sns': {'Message': text}}]}, None)
