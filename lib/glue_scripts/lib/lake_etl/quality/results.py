"""Turns what rules found into items of the results table, for rules that passed, too."""
from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from lake_etl.quality.stage_result import Judgement, StageResult

# Amazon DynamoDB takes no longer sort keys.
LONGEST_KEY_BYTES = 1024
DIGEST_DIGITS = 16


def result_items(result: StageResult, execution_id: str, args: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return one item for each rule of the stage.

    The sort key holds the stage as well: a job checks more than one, and a rule may stand in each.
    """
    job_id = str(args.get('JOB_RUN_ID') or execution_id)
    return [{
        'execution_id': execution_id,
        'job_id_action_rule': result_key(job_id, result.stage, item),
        'Rule': str(item.outcome.rule),
        'Outcome': 'Passed' if item.outcome.passed else 'Failed',
        'FailureReason': item.outcome.reason,
        'EvaluatedMetrics': dict(item.outcome.metrics),
        'rule_action': item.action,
        'ruleset_name': result.stage,
        'job_id': job_id,
        'job_name': str(args.get('JOB_NAME', '')),
        'step_function_name': str(args.get('state_machine_name', '')),
    } for item in result.judgements]


def result_key(job_id: str, stage: str, item: Judgement) -> str:
    """Return the sort key of a result; a rule too long for it is cut, and its digest tells it from others."""
    key = f'{job_id}_{stage}_{item.action}_{item.outcome.rule}'
    content = key.encode()
    if len(content) <= LONGEST_KEY_BYTES:
        return key
    digest = hashlib.sha256(content).hexdigest()[:DIGEST_DIGITS]
    return f"{content[:LONGEST_KEY_BYTES - DIGEST_DIGITS - 1].decode(errors='ignore')}_{digest}"
