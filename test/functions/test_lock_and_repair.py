"""A table has one holder at a time, the oldest waiting one is next, and leftovers of dead executions are repaired."""
from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from test_trigger import deliver, event, message

from lib.etl_job_auditor.lambda_handler import lambda_handler as auditor
from lib.execution_repair.lambda_handler import _repair
from lib.execution_repair.lambda_handler import lambda_handler as repair
from lib.table_lock.lambda_handler import _locks
from lib.table_lock.lambda_handler import lambda_handler as lock
from lib.table_lock.turn import Order

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)


def request(action, name, account, landed='2026-03-04T05:00:00Z', resources=('Db/Tbl',)):
    return {'action': action, 'resources': list(resources), 'Input': {'landed_at': landed, 'execution_id': 'any'},
            'execution': {'Id': account.arn(name), 'StartTime': '2026-03-04T06:00:00Z'}}


def order(number):
    """Return the order of a file that landed so many seconds after a moment long ago."""
    return Order(NOW - timedelta(days=1, seconds=-number), NOW)


def running(account, *names):
    """Start executions of these names."""
    for name in names:
        account.step_functions.start_execution(stateMachineArn=account.machine, name=name, input='{}')


def test_the_holder_keeps_a_table_until_it_is_given_back_and_the_oldest_file_is_next(account):
    running(account, 'one', 'two', 'three')
    assert lock(request('acquire', 'one', account, '2026-03-04T09:00:00Z'), None)['granted']
    assert lock(request('acquire', 'one', account, '2026-03-04T09:00:00Z'), None)['granted'], 'asked again'
    assert not lock(request('acquire', 'two', account, '2026-03-04T08:00:00Z'), None)['granted']
    answer = lock(request('acquire', 'three', account, '2026-03-04T07:00:00Z', ['DB/TBL']), None)
    assert answer == {'granted': False, 'wait_seconds': 20}
    lock(request('release', 'one', account), None)
    assert not lock(request('acquire', 'two', account, '2026-03-04T08:00:00Z'), None)['granted']
    assert lock(request('acquire', 'three', account, '2026-03-04T07:00:00Z'), None)['granted']
    lock(request('release', 'three', account), None)
    assert lock(request('acquire', 'two', account, '2026-03-04T08:00:00Z'), None)['granted']
    lock(request('release', 'two', account), None)
    assert account.locks.scan()['Items'] == []


def test_of_many_that_ask_at_once_one_holds_the_table(account):
    names = [f'e{number}' for number in range(12)]
    running(account, *names)
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda name: lock(request('acquire', name, account), None)['granted'], names))
    assert sum(answers) <= 1
    again = [lock(request('acquire', name, account), None)['granted'] for name in names]
    assert sum(again) == 1


def test_other_tables_are_free(account):
    running(account, 'one', 'two')
    assert lock(request('acquire', 'one', account), None)['granted']
    assert lock(request('acquire', 'two', account, resources=['Db/Other']), None)['granted']


@pytest.mark.parametrize('action', ['acquire', 'renew'])
def test_a_request_that_makes_no_sense_is_refused(account, action):
    with pytest.raises(ValueError, match='unknown'):
        lock(request(action, 'one', account, resources=['a', 'b']), None)


@pytest.mark.parametrize(('alive', 'granted'), [(True, False), (False, True)])
def test_a_silent_holder_keeps_the_table_while_it_runs_and_loses_it_when_it_has_ended(account, alive, granted):
    running(account, 'one', 'two')
    assert _locks().acquire('db/tbl', account.arn('one'), order(1), NOW) is None
    if not alive:
        account.step_functions.stop_execution(executionArn=account.arn('one'))
    wait = _locks().acquire('db/tbl', account.arn('two'), order(2), NOW + timedelta(hours=3))
    assert (wait is None) == granted


def test_one_that_died_while_it_waited_holds_nobody_up(account):
    running(account, 'one', 'dead', 'two')
    assert _locks().acquire('db/tbl', account.arn('one'), order(1), NOW) is None
    assert _locks().acquire('db/tbl', account.arn('dead'), order(2), NOW) is not None
    account.step_functions.stop_execution(executionArn=account.arn('dead'))
    _locks().release('db/tbl', account.arn('one'))
    soon, later = NOW + timedelta(minutes=1), NOW + timedelta(hours=1)
    assert _locks().acquire('db/tbl', account.arn('two'), order(3), soon) is not None, 'it is not silent yet'
    assert _locks().acquire('db/tbl', account.arn('two'), order(3), later) is None


def ended(account, record, status):
    return {'detail-type': 'Step Functions Execution Status Change', 'detail': {
        'executionArn': account.arn(record['sfn_execution_name']), 'status': status, 'input': record['sfn_input']}}


@pytest.mark.parametrize(('status', 'reason'), [('ABORTED', 'stopped by hand'), ('TIMED_OUT', 'longer than it may')])
def test_an_execution_that_was_stopped_is_recorded_told_of_and_holds_nothing(account, status, reason):
    deliver(message(event()))
    (record,) = account.records()
    name = record['sfn_execution_name']
    assert lock(request('acquire', name, account), None)['granted']
    assert repair(ended(account, record, status), None) == {'closed': True}
    (record,) = account.records()
    assert (record['job_latest_status'], reason in record['error_message']) == ('FAILED', True)
    (told,) = account.told()
    assert (told['subject'], told['message']['source_key']) == ('Job Failed', 'Db/Tbl')
    assert account.locks.scan()['Items'] == []
    assert repair(ended(account, record, status), None) == {'closed': False}, 'the event comes again'
    assert account.told() == []


def test_a_recorded_end_stays_when_the_execution_is_reported_as_failed(account):
    deliver(message(event()))
    (record,) = account.records()
    auditor({'Input': {'execution_id': record['execution_id'], 'taskresult': {'Cause': 'why'}}}, None)
    assert repair(ended(account, record, 'FAILED'), None) == {'closed': False}
    assert account.records()[0]['error_message'] == 'why'


@pytest.mark.parametrize('given', [None, '', '{', '[]', '{"execution_id": "no such"}'])
def test_a_stopped_execution_without_a_usable_input_harms_nothing(account, given):
    detail = {'executionArn': account.arn('by-hand'), 'status': 'ABORTED', 'input': given}
    assert repair({'detail-type': 'Step Functions Execution Status Change', 'detail': detail}, None) == {
        'closed': False}


def grow_old(account):
    """Let all records look as if nobody had touched them for an hour."""
    for record in account.records():
        account.change(record['execution_id'], job_last_updated_timestamp=(
            datetime.now(UTC) - timedelta(hours=1)).isoformat())


def test_the_sweep_leaves_alone_what_is_new(account):
    deliver(message(event()))
    account.change(account.records()[0]['execution_id'], job_latest_status='STARTING')
    assert repair({'source': 'aws.events'}, None) == {'moved': {'QUEUED': 0, 'STARTING': 0, 'STARTED': 0}}


def test_the_sweep_starts_what_was_recorded_and_never_started(account):
    deliver(message(event()))
    (record,) = account.records()
    account.change(record['execution_id'], job_latest_status='STARTING', sfn_execution_name='another')
    grow_old(account)
    assert repair({}, None)['moved']['STARTING'] == 1
    assert (account.records()[0]['job_latest_status'], 'another' in account.started()) == ('STARTED', True)


def test_the_sweep_starts_what_waits_for_a_success_that_nobody_told_of(account):
    account.configure('Db-Tbl-dependent.json', {'depends_on': {'A/B': 1}})
    deliver(message(event()))
    (waiting,) = account.records()
    deliver(message(event('A/B/a.csv')))
    done = next(item for item in account.records() if item['source_key'] == 'A/B')
    auditor({'Input': {'execution_id': done['execution_id'], 'taskresult': {'JobRunState': 'SUCCEEDED'}}}, None)
    account.change(waiting['execution_id'], job_last_updated_timestamp='2026-03-04T00:00:00+00:00')
    assert repair({}, None)['moved']['QUEUED'] == 1
    assert waiting['sfn_execution_name'] in account.started()


def test_the_sweep_closes_records_of_executions_that_ended_unrecorded_and_no_others(account):
    deliver(message(event()), message(event('Db/Tbl/b.csv'), 'm2'), message(event('Db/Tbl/c.csv'), 'm3'))
    gone, stopped, running = sorted(account.records(), key=lambda item: item['sfn_execution_name'])
    account.change(gone['execution_id'], sfn_execution_name='never-was')
    account.step_functions.stop_execution(executionArn=account.arn(stopped['sfn_execution_name']))
    grow_old(account)
    assert repair({}, None)['moved'] == {'QUEUED': 0, 'STARTING': 0, 'STARTED': 2}
    status = {item['execution_id']: item['job_latest_status'] for item in account.records()}
    assert status == {gone['execution_id']: 'FAILED', stopped['execution_id']: 'FAILED',
                      running['execution_id']: 'STARTED'}
    assert len(account.told()) == 2


def test_one_record_that_cannot_be_read_keeps_no_other_from_being_looked_after(account):
    deliver(message(event()), message(event('Db/Tbl/b.csv'), 'm2'))
    broken, good = account.records()
    grow_old(account)
    account.change(broken['execution_id'], landed_at='yesterday')
    account.step_functions.stop_execution(executionArn=account.arn(good['sfn_execution_name']))
    assert _repair().sweep(datetime.now(UTC))['STARTED'] == 1


def test_the_begin_of_an_execution_by_hand_makes_a_record_that_says_all(account):
    state = {'execution_id': 'by-hand', 'source_key': 'Db/Tbl', 'p_year': 2026}
    began = {'Execution': {'Name': 'again'}, 'StateMachine': {'Id': account.machine}}
    assert auditor({'Input': state, 'Began': began}, None) == {
        'statusCode': 200, 'body': 'Recorded the status STARTED', 'execution_id': 'by-hand', 'status': 'STARTED'}
    (record,) = account.records()
    assert (record['job_latest_status'], record['sfn_execution_name'], record['source_key']) == (
        'STARTED', 'again', 'Db/Tbl')
    assert json.loads(record['sfn_input']) == state
    grow_old(account)
    assert repair({}, None)['moved']['STARTED'] == 1, 'and the sweep closes it, as Step Functions knows no such name'


@pytest.mark.parametrize('wrong', [{}, {'Input': {}}, {'Input': None}, {'Input': 'text'}])
def test_a_state_without_an_execution_id_is_refused(account, wrong):
    with pytest.raises(ValueError, match='no Input with an execution_id'):
        auditor(wrong, None)


def test_a_table_that_does_not_exist_is_an_error_and_the_message_comes_again(account):
    account.audit.delete()
    assert deliver(message(event())) == ['m1']
    assert account.started() == []
    with pytest.raises(Exception, match='ResourceNotFound'):
        auditor({'Input': {'execution_id': 'any', 'taskresult': {}}}, None)
