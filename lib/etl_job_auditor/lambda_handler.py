"""The Lambda function `etl-status-update`: records that an execution began, and how it ended."""
from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

import boto3

from lib.etl_job_auditor.ending import ending_of
from lib.executions.audit_table import AuditTable
from lib.executions.record import NO_DEPENDENCY, STARTED, started_at

LOG = logging.getLogger(__name__)


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Record how the execution whose state is `Input` ended, or its begin where `Began` names it; return its status.

    Raises ValueError for a state without execution_id, which has no record.
    """
    state = event.get('Input')
    execution_id = state.get('execution_id') if isinstance(state, dict) else None
    if not isinstance(state, dict) or not execution_id:
        raise ValueError('The event has no Input with an execution_id, so there is no record to change. Start the '
                         'execution with the input of one that the trigger started.')
    began = event.get('Began')
    if began:
        status, values = STARTED, _beginning(state, began)
    else:
        ending = ending_of(state)
        status, values = ending.status, {'error_message': ending.reason}
    _audit().put_status(execution_id, status, values)
    LOG.info('The status of the execution is %s.', status, extra={'execution_id': execution_id})
    said = f'{status} {values["error_message"]}'.strip()
    return {'statusCode': 200, 'body': f'Recorded the status {said}', 'execution_id': execution_id,
            'status': status}


def _beginning(state: Mapping[str, Any], began: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attributes of the record when an execution begins, also again or by hand."""
    now = datetime.now(UTC)
    return {
        **started_at(now), 'landed_at': state.get('landed_at') or now.isoformat(), 'error_message': '',
        'sfn_execution_name': began['Execution']['Name'], 'sfn_arn': began['StateMachine']['Id'],
        'sfn_input': json.dumps(state), 'source_key': str(state.get('source_key') or NO_DEPENDENCY),
        'dependency_key': NO_DEPENDENCY}


@cache
def _audit() -> AuditTable:
    return AuditTable(boto3.resource('dynamodb').meta.client, os.environ['DYNAMODB_TABLE_NAME'])
