"""The trigger starts each version of a file once, however its events arrive, and loses none."""
from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from lib.executions.starting import Starter
from lib.state_machine_trigger.lambda_handler import lambda_handler


def event(key='Db/Tbl/a.csv', version='v1', time='2026-03-04T05:06:07Z'):
    return {'version': '0', 'detail-type': 'Object Created', 'source': 'aws.s3', 'time': time, 'detail': {
        'bucket': {'name': 'collect'}, 'requester': '111', 'source-ip-address': '192.0.2.1', 'object': {
            'key': key, 'size': 1, 'etag': 'e', 'version-id': version, 'sequencer': '00A1'}}}


def message(body, identity='m1'):
    return {'messageId': identity, 'body': body if isinstance(body, str) else json.dumps(body),
            'eventSource': 'aws:sqs'}


def deliver(*messages):
    """Return the ids of the messages that failed."""
    answer = lambda_handler({'Records': list(messages)}, None)
    return [failure['itemIdentifier'] for failure in answer['batchItemFailures']]


def statuses(account):
    return sorted(item['job_latest_status'] for item in account.records())


def test_an_event_becomes_a_record_and_an_execution(account):
    assert deliver(message(event())) == []
    (record,) = account.records()
    assert account.started() == [record['sfn_execution_name']]
    assert {name: record[name] for name in ('source_key', 'job_latest_status', 'sfn_arn', 'principal_id',
                                            'source_ipaddress', 'dependency_key', 'landed_at')} == {
        'source_key': 'Db/Tbl', 'job_latest_status': 'STARTED', 'sfn_arn': account.machine, 'principal_id': '111',
        'source_ipaddress': '192.0.2.1', 'dependency_key': 'None', 'landed_at': '2026-03-04T05:06:07+00:00'}
    given = account.step_functions.describe_execution(executionArn=account.arn(record['sfn_execution_name']))['input']
    assert given == record['sfn_input']
    assert json.loads(given)['execution_id'] == record['execution_id']


def test_the_same_event_in_one_batch_in_another_and_in_parallel_starts_one_execution(account):
    deliver(message(event()), message(event(), 'm2'))
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda number: deliver(message(event('Db/Tbl/b.csv'), str(number))), range(16))) == [
            []] * 16
    deliver(message(event()))
    assert len(account.records()) == len(account.started()) == 2


def test_the_event_again_after_the_end_changes_no_record(account):
    deliver(message(event()))
    (record,) = account.records()
    account.change(record['execution_id'], job_latest_status='SUCCEEDED')
    before = account.records()
    assert deliver(message(event())) == []
    assert (account.records(), len(account.started())) == (before, 1)


def test_another_version_of_a_file_is_another_execution(account):
    deliver(message(event()), message(event(version='v2')))
    assert len(account.started()) == 2


@pytest.mark.parametrize('after_start', [False, True])
def test_a_crash_around_the_start_is_repaired_by_the_next_delivery(account, monkeypatch, after_start):
    start = Starter._start

    def crash(self, execution):
        if after_start:
            start(self, execution)
            account.change(execution.execution_id, job_latest_status='STARTING')
        raise ConnectionError('The function was stopped.')

    with monkeypatch.context() as patch:
        patch.setattr(Starter, '_start', crash)
        assert deliver(message(event())) == ['m1']
    assert (statuses(account), len(account.started())) == (['STARTING'], after_start)
    assert deliver(message(event())) == []
    assert (statuses(account), len(account.started())) == (['STARTED'], 1)


@pytest.mark.parametrize('body', ['{', '', '[]', '{}', {'detail-type': 'Object Created'}, {'Records': [{}]}])
def test_a_message_that_nobody_understands_fails_alone_and_so_comes_to_the_dead_letters(account, body):
    assert deliver(message(event()), message(body, 'bad'), message(event('Db/Tbl/b.csv'), 'm3')) == ['bad']
    assert len(account.started()) == 2


def test_a_batch_of_notifications_of_any_length_starts_each_file(account):
    records = [{'eventTime': '2026-03-04T05:06:07.000Z', 's3': {'bucket': {'name': 'collect'}, 'object': {
        'key': f'Db/Tbl/{number}+%2B.csv', 'eTag': 'e', 'sequencer': '1'}}} for number in range(12)]
    assert deliver(message({'Records': records})) == []
    names = {json.loads(record['sfn_input'])['base_file_name'] for record in account.records()}
    assert names == {f'{number} +.csv' for number in range(12)}


@pytest.mark.parametrize('key', ['Db/Tbl/a%2Bb c.csv', 'Db/Tbl/Prämien 保険.csv', 'Db/Tbl/' + 'x' * 1017,
                                 'D' * 500 + '/' + 'T' * 500 + '/a'])
def test_any_key_starts_its_execution(account, key):
    assert deliver(message(event(key))) == []
    (record,) = account.records()
    state = json.loads(record['sfn_input'])
    assert f'{state["source_path"]}/{state["base_file_name"]}' == key


@pytest.mark.parametrize('key', ['Db/', 'Db/Tbl/', 'Db/Tbl/2026/03/'])
def test_a_folder_marker_is_answered_with_400_and_starts_nothing(account, key):
    assert lambda_handler(event(key), None)['statusCode'] == 400
    assert deliver(message(event(key))) == []
    assert (account.records(), account.started()) == ([], [])


@pytest.mark.parametrize('key', ['a.csv', 'Db/a.csv', 'Db/Tbl/2026/13/a.csv'])
def test_a_file_in_the_wrong_place_is_answered_with_400_recorded_and_told_of_once(account, key):
    answer = lambda_handler(event(key), None)
    assert (answer['statusCode'], 'Nothing was started' in answer['body']) == (400, True)
    assert deliver(message(event(key))) == []
    (record,) = account.records()
    assert (record['source_key'], record['job_latest_status']) == (key, 'FAILED')
    (told,) = account.told()
    assert (told['status'], told['message']['source_key']) == ('FAILED', key)
    assert told['message']['execution_id'] == record['execution_id']
    assert account.started() == []


def test_an_event_given_by_hand_is_answered_with_200(account):
    answer = lambda_handler(event(), None)
    assert (answer['statusCode'], 'STARTED' in answer['body']) == (200, True)
    for wrong in ({'detail-type': 'Other'}, {}, {'Records': [None]}, {'Records': []}):
        assert lambda_handler(wrong, None)['statusCode'] == 400


def test_parts_of_a_folder_wait_for_its_trigger(account):
    account.configure('Db-Tbl.json', {'input_spec': {'files': 'folder'}})
    assert lambda_handler(event('Db/Tbl/day/a.csv'), None)['statusCode'] == 200
    assert account.started() == []
    deliver(message(event('Db/Tbl/day/_SUCCESS')))
    assert len(account.started()) == 1
