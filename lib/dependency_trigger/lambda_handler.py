"""The Lambda function `etl-dependency-trigger`: starts executions that waited for a success."""
from __future__ import annotations

import json
import logging
import os
from functools import cache
from typing import Any

import boto3

from lake_etl.reasons.failure import reason_of
from lib.executions.audit_table import AuditTable
from lib.executions.record import QUEUED, STARTED, RecordError
from lib.executions.starting import Starter

LOG = logging.getLogger(__name__)


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Start the executions that waited only for the reported successes; return their ids.

    Raises ValueError for a notification without a source_key. When an execution cannot be started, the others are, and
    then its error is raised, so that the call is repeated; a record that lacks an attribute is only logged.
    """
    started: list[str] = []
    failures: list[Exception] = []
    for record in event['Records']:
        source_key = _source_key(record['Sns']['Message'])
        waiting = list(_audit().ids_with_status(QUEUED, source_key))
        begun = [execution_id for execution_id in waiting if _is_started(execution_id, failures)]
        LOG.info('The success of %s found %d executions waiting and started %d.', source_key, len(waiting), len(begun),
                 extra={'started': begun})
        started += begun
    if failures:
        raise failures[0]
    return {'started': started}


def _is_started(execution_id: str, failures: list[Exception]) -> bool:
    """Start an execution if it is due and tell whether it was; a failure that a repetition may mend is added."""
    try:
        return _starter().start_recorded(execution_id) == STARTED
    except Exception as error:
        LOG.error('A waiting execution could not be started. %s', reason_of(error),
                  extra={'execution_id': execution_id})
        if not isinstance(error, RecordError):
            failures.append(error)
        return False


def _source_key(message: str) -> str:
    try:
        source_key = json.loads(message)['source_key']
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f'The notification names no source_key ({type(error).__name__}), so that nothing that waits '
                         'can be found by it.') from None
    return str(source_key)


@cache
def _audit() -> AuditTable:
    return AuditTable(boto3.resource('dynamodb').meta.client, os.environ['DYNAMODB_TABLE_NAME'])


@cache
def _starter() -> Starter:
    return Starter(_audit(), boto3.client('stepfunctions'))
