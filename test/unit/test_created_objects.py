"""Events of created objects are read in each form that AWS writes; other events are refused."""
from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from lib.state_machine_trigger.events import CreatedObject, MalformedEvent, body_of, created_objects

LANDED = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


def event(key='Db/Tbl/a.csv', **created):
    """Return an event as EventBridge sends it."""
    return {'version': '0', 'detail-type': 'Object Created', 'source': 'aws.s3', 'time': '2026-03-04T05:06:07Z',
            'detail': {'bucket': {'name': 'collect'}, 'requester': '111', 'source-ip-address': '192.0.2.1',
                       'object': {
                           'key': key, 'size': 1, 'etag': 'e', 'version-id': 'v1', 'sequencer': '00A1'} | created}}


def notification(*keys):
    """Return a notification as S3 sends it."""
    return {'Records': [{
        'eventSource': 'aws:s3', 'eventTime': '2026-03-04T05:06:07.000Z', 'userIdentity': {'principalId': '111'},
        'requestParameters': {'sourceIPAddress': '192.0.2.1'}, 's3': {
            'bucket': {'name': 'collect'}, 'object': {
                'key': key, 'eTag': 'e', 'versionId': 'v1', 'sequencer': '00A1'}}} for key in keys]}


@pytest.mark.parametrize('key', [
    'Db/Tbl/a.csv', 'Db/Tbl/a b+c.csv', 'Db/Tbl/a%2Bc.csv', 'Db/Tbl/Prämien 保険.csv', 'Db/Tbl/' + 'x' * 1017])
def test_eventbridge_writes_keys_as_they_are(key):
    assert created_objects(event(key)) == [CreatedObject('collect', key, 'v1', LANDED, '111', '192.0.2.1')]


@pytest.mark.parametrize(('written', 'key'), [
    ('Db/Tbl/a.csv', 'Db/Tbl/a.csv'), ('Db/Tbl/a+b%2Bc.csv', 'Db/Tbl/a b+c.csv'), ('Db/Tbl/a%252Bc', 'Db/Tbl/a%2Bc'),
    ('Db/Tbl/Pr%C3%A4mien+%E4%BF%9D%E9%99%BA.csv', 'Db/Tbl/Prämien 保険.csv')])
def test_keys_of_a_notification_are_decoded(written, key):
    assert created_objects(notification(written)) == [CreatedObject('collect', key, 'v1', LANDED, '111', '192.0.2.1')]


def test_a_notification_of_any_length_is_read_to_its_end():
    keys = [f'Db/Tbl/{number}.csv' for number in range(250)]
    assert [item.key for item in created_objects(notification(*keys))] == keys


@pytest.mark.parametrize(('created', 'version'), [
    ({'version-id': 'v2'}, 'v2'), ({'version-id': 'null'}, '00A1|e'), ({'version-id': None}, '00A1|e'),
    ({'version-id': '', 'sequencer': '00B2'}, '00B2|e'),
    ({'version-id': None, 'sequencer': None}, '2026-03-04T05:06:07Z|e')])
def test_without_a_version_id_the_order_and_content_tell_versions_apart(created, version):
    assert created_objects(event(**created))[0].version == version


def test_the_test_event_of_s3_is_about_no_object():
    assert created_objects({'Service': 'Amazon S3', 'Event': 's3:TestEvent', 'Bucket': 'collect'}) == []


@pytest.mark.parametrize(('wrong', 'named'), [
    ({}, 'nothing'), ({'Records': []}, 'Records'), ({'Records': [{}]}, 's3'), ({'Records': [None]}, 'subscriptable'),
    ({'Records': 'all'}, 'Records'), ({'detail-type': 'Object Deleted', 'detail': {}}, 'detail-type'),
    ({'detail-type': 'Object Created'}, 'detail'), (event(key=''), 'name'), (event(key=7), '7'),
    (event() | {'time': 'yesterday'}, 'yesterday'), (event() | {'time': None}, 'fromisoformat'),
    (notification('Db/Tbl/%FF.csv'), 'utf-8')])
def test_a_malformed_event_is_refused_by_what_it_lacks(wrong, named):
    with pytest.raises(MalformedEvent, match=named):
        created_objects(wrong)


@pytest.mark.parametrize('message', [{}, {'body': '{'}, {'body': ''}, {'body': None}, {'body': '[]'}, {'body': '"a"'}])
def test_a_message_without_an_event_is_refused(message):
    with pytest.raises(MalformedEvent):
        body_of(message)


def test_a_message_holds_an_event():
    assert body_of({'body': json.dumps(event())}) == event()
