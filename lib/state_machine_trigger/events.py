"""Reads the created objects from an event of S3 or EventBridge."""
from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote_plus

from lake_etl.config.dependencies import utc_time

CREATED = 'Object Created'
TEST_EVENT = 's3:TestEvent'


class MalformedEvent(ValueError):
    """An event that does not report the creation of an object; its message says what is missing."""


@dataclass(frozen=True)
class CreatedObject:
    """One version of an object in a bucket.

    key      as the object is named, decoded
    version  what tells this version from every other one of the key
    landed   when it was created, with time zone
    """

    bucket: str
    key: str
    version: str
    landed: datetime
    principal: str = ''
    source_address: str = ''


def body_of(message: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the event in a message of a queue; raises MalformedEvent when there is none."""
    try:
        body = json.loads(message['body'])
    except (KeyError, TypeError, ValueError) as error:
        raise MalformedEvent(f'The message has no JSON body ({type(error).__name__}).') from None
    if not isinstance(body, dict):
        raise MalformedEvent(f'The message holds a {type(body).__name__}, expected an object.')
    return body


def created_objects(event: Mapping[str, Any]) -> list[CreatedObject]:
    """Return the objects that an event says were created; none for the test event that S3 sends on its own.

    Raises MalformedEvent.
    """
    if event.get('Event') == TEST_EVENT:
        return []
    try:
        if event.get('detail-type') == CREATED:
            return [_from_event_bridge(event)]
        if isinstance(event.get('Records'), list) and event['Records']:
            return [_from_notification(record) for record in event['Records']]
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise MalformedEvent(f'The event lacks or misspells {error}, which the creation of an object has.') from None
    raise MalformedEvent(f"The event is neither '{CREATED}' of EventBridge nor a notification of S3; it has "
                         f'{", ".join(sorted(map(str, event))) or "nothing"}.')


def _from_event_bridge(event: Mapping[str, Any]) -> CreatedObject:
    """EventBridge writes keys as they are."""
    detail = event['detail']
    created = detail['object']
    return CreatedObject(
        _text(detail['bucket']['name']), _text(created['key']),
        _version(created.get('version-id'), created.get('sequencer'), created.get('etag'), event['time']),
        utc_time(event['time']), str(detail.get('requester') or ''), str(detail.get('source-ip-address') or ''))


def _from_notification(record: Mapping[str, Any]) -> CreatedObject:
    """S3 encodes keys as in a query string."""
    created = record['s3']['object']
    return CreatedObject(
        _text(record['s3']['bucket']['name']), unquote_plus(_text(created['key']), errors='strict'),
        _version(created.get('versionId'), created.get('sequencer'), created.get('eTag'), record['eventTime']),
        utc_time(record['eventTime']), str(record.get('userIdentity', {}).get('principalId') or ''),
        str(record.get('requestParameters', {}).get('sourceIPAddress') or ''))


def _version(version: str | None, sequencer: str | None, tag: str | None, time: str) -> str:
    """Return the version's id, or what comes nearest in a bucket without versions."""
    if version and version != 'null':
        return version
    return f'{sequencer}|{tag}' if sequencer else f'{time}|{tag}'


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f'a name in place of {value!r}')
    return value
