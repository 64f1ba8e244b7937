"""Collects what the pages show of each run and rule: rows, quarantine, control totals and metrics over time."""
from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from lake_etl.config.quality_rules import ACTIONS, STAGES
from lake_etl.config.workflow import Workflow
from lake_etl.controls.control_statement import CONTROLS, FILTERED, READ
from lake_etl.controls.run_records import FAILED_CONVERSIONS, NOTICES, QUARANTINE_OPERATION, ROW_COUNTS, WRITE_OPERATION
from lib.local_lake.showing.job_usage import JobUsage, added, rounded

# Shares and counts. Other metrics, such as Minimum and Sum, may be a value of one row.
SHARES_AND_COUNTS = re.compile(r'\.(Completeness|Uniqueness|UniqueValueRatio|DistinctValuesCount|RowCount|ColumnCount'
                               r'|Compliance|LengthCompliance|ColumnNamesPatternMatchRatio|ReferentialIntegrity'
                               r'|RowCountMatch|DatasetMatch|SchemaMatch|DataFreshness)(?: \(where: .*\))?$', re.DOTALL)
THRESHOLD = re.compile(r'(>=|<=|=|>|<)\s*(\d+(?:\.\d+)?)\s*$')
ROWS, ROW_STAGES = 'rows', ('read', 'filtered', 'quarantined', 'published')


def run_summary(item: Mapping[str, Any], operations: Sequence[Mapping[str, Any]],
                results: Sequence[Mapping[str, Any]], usage: Mapping[str, JobUsage]) -> dict[str, object]:
    """Return what the pages show of a run.

    item        its record
    operations  of its lineage
    results     of its rules
    usage       of AWS Glue by its jobs, if that is known
    """
    controls, tables = [dict(line) for line in item.get(CONTROLS, ())], list(item.get(ROW_COUNTS, ()))
    stated = _control_rows(controls, READ)
    return {'id': str(item['execution_id']), 'workflow': str(item['source_key']),
            'file': str(item.get('file', '')).rpartition('/')[2],
            'started': str(item['job_start_date'])[:19].replace('T', ' '), 'partition': str(item.get('partition', '')),
            'status': str(item['job_latest_status']), 'error': str(item.get('error_message') or ''),
            'seconds': {**{name: float(value) for name, value in item.get('seconds', {}).items()},
                        **{name: used.seconds for name, used in usage.items()}},
            'usage': {name: _usage([used]) for name, used in usage.items()}, 'total': _usage(usage.values()),
            'written': [[str(found['table']), int(found['rows'])]
                        for found in _information(operations, WRITE_OPERATION)],
            'quarantined': [[str(found['stage']), str(found['table']), int(found['rows']), int(found['quarantined'])]
                            for found in _information(operations, QUARANTINE_OPERATION)],
            'rows': [[counts['table'], *(counts[name] for name in ROW_STAGES)] for counts in tables],
            'read': _total(tables, 'read') if stated is None else stated,
            'filtered': _total(tables, 'filtered') if stated is None else _control_rows(controls, FILTERED),
            'controls': [[line['stage'], line['by'], line['column'], line['group'], line['amount'], line['difference']]
                         for line in controls],
            'rules': [[str(found['ruleset_name']), _action(found), str(found['Rule']), int(_passed(found))]
                      for found in sorted(results, key=lambda found: STAGES.index(str(found['ruleset_name']))
                                          if found['ruleset_name'] in STAGES else len(STAGES))],
            'told': [str(text) for text in (*item.get(FAILED_CONVERSIONS, ()), *item.get(NOTICES, ()))]}


def _usage(parts: Collection[JobUsage]) -> list[object]:
    """Return the kinds of runs, their DPU-hours and costs; empty for nothing."""
    if not parts:
        return []
    total = added(parts)
    return [', '.join(sorted(total.kinds)), rounded(total.dpu_hours), rounded(total.cost)]


def rule_summaries(workflows: Mapping[tuple[str, str], Workflow], runs: Iterable[Mapping[str, Any]],
                   results: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[dict[str, object]]:
    """Return each rule with its outcomes and metrics, the oldest first; rules that only earlier loads had are left out.

    runs     records of runs, the latest first
    results  of the rules of a run, by the id of its execution
    """
    found: dict[tuple[str, str, str, str], list[tuple[str, Mapping[str, Any]]]] = {}
    for run in reversed(list(runs)):
        for item in results.get(str(run['execution_id']), ()):
            key = (str(run['source_key']).lower(), str(item['ruleset_name']), _action(item), str(item['Rule']))
            found.setdefault(key, []).append((str(run['job_start_date'])[:16], item))
    rules: list[dict[str, object]] = []
    for (database, table), workflow in workflows.items():
        for stage in STAGES if workflow.quality else ():
            for kind in ACTIONS:
                action = kind.removesuffix('_rules')
                for rule in getattr(getattr(workflow.quality, stage), kind):
                    outcomes = found.get((f'{database}/{table}'.lower(), stage, action, str(rule)), [])
                    rules.append({
                        'workflow': f'{database}/{table}', 'stage': stage, 'action': action, 'rule': str(rule),
                        'results': [(when, int(_passed(item))) for when, item in outcomes],
                        'metrics': _metrics(outcomes), 'threshold': _threshold(str(rule))})
    return rules


def _metrics(outcomes: Iterable[tuple[str, Mapping[str, Any]]]) -> dict[str, list[tuple[str, float]]]:
    """Return the shares and counts that rules measured, by their names, the oldest first."""
    found: dict[str, list[tuple[str, float]]] = {}
    for when, item in outcomes:
        for name, value in (item.get('EvaluatedMetrics') or {}).items():
            if SHARES_AND_COUNTS.search(name):
                found.setdefault(name, []).append((when, float(value)))
    return found


def _threshold(rule: str) -> float | None:
    """Return the number with which a rule compares its metric; None if it is not a plain number at its end."""
    match = THRESHOLD.search(rule)
    return float(match[2]) if match and not rule.startswith(('ColumnValues', 'ColumnLength', '(')) else None


def _information(operations: Iterable[Mapping[str, Any]], operation: str) -> list[Mapping[str, Any]]:
    chosen = [record for record in operations if record['dataset_operation'] == operation]
    in_order = sorted(chosen, key=lambda record: str(record['time_of_operation']))
    return [json.loads(record['info']) for record in in_order]


def _control_rows(controls: Iterable[Mapping[str, str]], stage: str) -> int | None:
    """Return the rows that control totals have counted at a stage, or as a reason; None if they have not."""
    amounts = [line['amount'] for line in controls if line['column'] == ROWS and not line['group']
               and stage in (line['stage'], line['by'])]
    return int(float(amounts[0])) if amounts else None


def _total(tables: Sequence[Mapping[str, Any]], stage: str) -> int | None:
    """Return the rows of all tables of a load at a stage; None if they are not known of each."""
    rows = [counts[stage] for counts in tables]
    return sum(map(int, rows)) if rows and None not in rows else None


def _action(item: Mapping[str, Any]) -> str:
    return str(item['rule_action']).removesuffix('-on-failure')


def _passed(item: Mapping[str, Any]) -> bool:
    return bool(item['Outcome'] == 'Passed')
