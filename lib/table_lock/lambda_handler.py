"""The Lambda function `etl-table-lock`: acquires or releases locks for an execution."""
from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

import boto3

from lake_etl.config.dependencies import utc_time
from lib.executions.running import RunningExecutions
from lib.table_lock.lock_table import LockTable
from lib.table_lock.turn import Order

LOG = logging.getLogger(__name__)


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answer `acquire` with whether the resource is granted and else the seconds to wait; `release` gives back.

    event  {action, resources, execution: {Id, StartTime}, Input: <state>}; one resource to acquire, any to release
    """
    execution = event['execution']
    names = [str(name).lower() for name in event['resources']]
    identity = {'execution_id': event['Input'].get('execution_id'), 'sfn_execution_arn': execution['Id']}
    if event['action'] == 'release':
        for name in names:
            _locks().release(name, execution['Id'])
        return {'granted': False, 'wait_seconds': 0}
    if event['action'] != 'acquire' or len(names) != 1:
        raise ValueError(f"The action '{event['action']}' of {len(names)} resources is unknown; expected the release "
                         'of any, or to acquire one.')
    wait = _locks().acquire(names[0], execution['Id'], order_of(event['Input'], execution), datetime.now(UTC))
    LOG.info('The lock of %s was %s.', names[0], 'granted' if wait is None else f'asked for, {wait.seconds} s to wait',
             extra=identity)
    return {'granted': wait is None, 'wait_seconds': 0 if wait is None else wait.seconds}


def order_of(state: Mapping[str, Any], execution: Mapping[str, Any]) -> Order:
    """Return the order of an execution; one that was started by hand may have an input without a landing."""
    started = utc_time(execution['StartTime'])
    return Order(utc_time(state['landed_at']) if state.get('landed_at') else started, started)


@cache
def _locks() -> LockTable:
    return LockTable(boto3.resource('dynamodb').meta.client, os.environ['LOCK_TABLE_NAME'],
                     RunningExecutions(boto3.client('stepfunctions')).is_running)
