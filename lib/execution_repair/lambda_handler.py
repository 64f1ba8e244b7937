"""The Lambda function `etl-execution-repair`: called when an execution failed, and every few minutes."""
from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

import boto3

from lib.execution_repair.repair import Repair
from lib.executions.audit_table import AuditTable
from lib.executions.notification import Notifier
from lib.executions.running import RunningExecutions
from lib.executions.starting import Starter
from lib.table_lock.lock_table import LockTable

STATUS_CHANGE = 'Step Functions Execution Status Change'
LOG = logging.getLogger(__name__)


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Close the record of the execution of the event; without one, check all open records."""
    if event.get('detail-type') == STATUS_CHANGE:
        detail = event['detail']
        return {'closed': _repair().execution_ended(detail['executionArn'], detail['status'], _input_of(detail))}
    moved = _repair().sweep(datetime.now(UTC))
    LOG.info('The sweep moved %d records on.', sum(moved.values()), extra={'moved': moved})
    return {'moved': moved}


def _input_of(detail: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the input of the execution; empty when it was too long for the event, or is not an object."""
    try:
        state = json.loads(detail.get('input') or '{}')
    except ValueError:
        return {}
    return state if isinstance(state, dict) else {}


@cache
def _repair() -> Repair:
    database, step_functions = boto3.resource('dynamodb').meta.client, boto3.client('stepfunctions')
    audit, running = AuditTable(database, os.environ['DYNAMODB_TABLE_NAME']), RunningExecutions(step_functions)
    return Repair(audit, Starter(audit, step_functions), running,
                  LockTable(database, os.environ['LOCK_TABLE_NAME'], running.is_running),
                  Notifier(boto3.client('sns'), os.environ['SNS_TOPIC_ARN']))
