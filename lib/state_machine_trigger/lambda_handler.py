"""The Lambda function `etl-trigger`: events of created objects, from the queue or given by hand."""
from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from functools import cache
from typing import Any

import boto3

from lake_etl.reasons.failure import reason_of
from lib.executions.audit_table import AuditTable
from lib.executions.notification import Notifier
from lib.executions.starting import Starter
from lib.state_machine_trigger.events import MalformedEvent, body_of, created_objects
from lib.state_machine_trigger.scripts_bucket import configuration_in
from lib.state_machine_trigger.trigger import Trigger

LOG = logging.getLogger(__name__)


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Process a batch of the queue and name the messages that failed, or one event, and answer with a status code."""
    messages = event.get('Records')
    if isinstance(messages, list) and any(isinstance(message, dict) and 'body' in message for message in messages):
        return {'batchItemFailures': [{'itemIdentifier': message['messageId']} for message in messages
                                      if not _processed(message)]}
    try:
        outcomes = [_trigger().process(created) for created in created_objects(event)]
    except MalformedEvent as error:
        return {'statusCode': 400, 'body': str(error)}
    accepted = any(outcome.accepted for outcome in outcomes)
    return {'statusCode': 200 if accepted else 400, 'body': ' '.join(outcome.text for outcome in outcomes)}


def _processed(message: Mapping[str, Any]) -> bool:
    """Return whether a message was processed; otherwise it comes again and ends in the dead-letter queue."""
    try:
        for created in created_objects(body_of(message)):
            _trigger().process(created)
    except Exception as error:
        LOG.error('A message failed and will come again. %s', reason_of(error),
                  extra={'message_id': message['messageId']})
        return False
    return True


@cache
def _trigger() -> Trigger:
    """Return the trigger of this environment; its clients are reused between calls."""
    audit = AuditTable(boto3.resource('dynamodb').meta.client, os.environ['DYNAMODB_TABLE_NAME'])
    scripts, bucket = boto3.client('s3'), os.environ['GLUE_SCRIPTS_BUCKET_NAME']
    starter = Starter(audit, boto3.client('stepfunctions'))
    notifier = Notifier(boto3.client('sns'), os.environ['SNS_TOPIC_ARN'])
    return Trigger(audit, starter, notifier, os.environ['SFN_STATE_MACHINE_ARN'],
                   lambda: configuration_in(scripts, bucket))
