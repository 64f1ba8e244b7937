"""Holds the results of a stage, decides whether the load may continue, and lists results as items."""
from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lake_etl.errors import QualityError
from lake_etl.quality.evaluation.outcomes import RuleOutcome

QUARANTINE, HALT = 'quarantine', 'halt'
# What happens when a rule fails, by its key in rules files, in the order of evaluation.
ACTIONS: Mapping[str, str] = {'warn_rules': 'warn', 'quarantine_rules': QUARANTINE, 'halt_rules': HALT}
# Amazon DynamoDB takes no longer sort keys.
LONGEST_KEY_BYTES = 1024
DIGEST_DIGITS = 16


@dataclass(frozen=True)
class RuleResult:
    """The outcome of one rule, and what happens when it fails: warn, quarantine or halt."""

    action: str
    outcome: RuleOutcome


@dataclass(frozen=True)
class StageResult:
    """What was found at one stage.

    rows    how many there were
    failed  how many of them fail a rule of quarantine
    """

    stage: str
    rows: int
    failed: int
    rule_results: tuple[RuleResult, ...]

    @property
    def failures(self) -> tuple[RuleResult, ...]:
        """Return the rules that failed."""
        return tuple(item for item in self.rule_results if not item.outcome.passed)

    @property
    def metrics(self) -> dict[str, float]:
        """Return all that was measured, by name."""
        return {name: value for item in self.rule_results for name, value in item.outcome.metrics.items()}


def refuse_bad_data(dataset: str, results: Iterable[StageResult]) -> None:
    """Raise QualityError when a halt rule failed, or when all rows of a stage failed a rule of quarantine."""
    reasons = [reason for result in results for reason in _reasons(result)]
    if reasons:
        raise QualityError(
            f"The rows of {dataset} are not good enough: {' '.join(reasons)} The table was not changed. "
            'Correct the source and land it again, or change the rules in dq-rules.')


def _reasons(result: StageResult) -> Sequence[str]:
    reasons = [f"the halt rule '{item.outcome.rule}' failed at {result.stage}: {item.outcome.reason}"
               for item in result.failures if item.action == HALT]
    if result.rows and result.failed == result.rows:
        rules = ', '.join(f"'{item.outcome.rule}'" for item in result.rule_results if item.action == QUARANTINE)
        reasons.append(f'all {result.rows} rows failed at {result.stage}, where failing rows are quarantined; the '
                       f'rules are {rules}.')
    return reasons


def require_complete(result: StageResult, passed: int, quarantined: int) -> None:
    """Raise QualityError unless every row either continued or was quarantined."""
    if passed + quarantined != result.rows:
        raise QualityError(
            f'{result.rows} rows were checked at {result.stage}, but {passed} continued and {quarantined} were '
            'quarantined. The rows differed between two reads. The table was not changed; make sure that nobody '
            'changes the source during a load, that no rule or transform depends on chance, and run it again.')


def result_items(result: StageResult, execution_id: str, args: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return one item for each rule of the stage.

    The sort key holds the stage as well: a job checks several stages, and a rule may appear in each.
    """
    job_id = str(args.get('JOB_RUN_ID') or execution_id)
    return [{
        'execution_id': execution_id,
        'job_id_action_rule': result_key(job_id, result.stage, item),
        'Rule': str(item.outcome.rule),
        'Outcome': 'Passed' if item.outcome.passed else 'Failed',
        'FailureReason': item.outcome.reason,
        'EvaluatedMetrics': dict(item.outcome.metrics),
        'rule_action': stored_action(item),
        'ruleset_name': result.stage,
        'job_id': job_id,
        'job_name': str(args.get('JOB_NAME', '')),
        'step_function_name': str(args.get('state_machine_name', '')),
    } for item in result.rule_results]


def stored_action(item: RuleResult) -> str:
    """Return the action of a rule as the results table holds it, such as `halt-on-failure`."""
    return f'{item.action}-on-failure'


def result_key(job_id: str, stage: str, item: RuleResult) -> str:
    """Return the sort key of a result; a rule that is too long is cut and gets a digest, so that keys stay distinct."""
    key = f'{job_id}-{stored_action(item)}-{stage}-{item.outcome.rule}'
    content = key.encode()
    if len(content) <= LONGEST_KEY_BYTES:
        return key
    digest = hashlib.sha256(content).hexdigest()[:DIGEST_DIGITS]
    return f"{content[:LONGEST_KEY_BYTES - DIGEST_DIGITS - 1].decode(errors='ignore')}_{digest}"
