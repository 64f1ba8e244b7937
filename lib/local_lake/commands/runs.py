"""`./lake runs`: prints the history of runs, the latest first."""
from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from lake_etl.adapters.local.sqlite_items import SqliteItems
from lake_etl.controls.control_statement import CONTROLS
from lake_etl.controls.run_records import FAILED_CONVERSIONS, NOTICES, QUARANTINE_OPERATION, ROW_COUNTS
from lib.local_lake.folders import LakeFolders
from lib.local_lake.running.collected_files import AUDIT
from lib.local_lake.showing.output import print_json, print_rows
from lib.local_lake.showing.text_table import Count


@dataclass(frozen=True)
class RecordedRun:
    """A run as the lake has recorded it.

    outcomes     `Passed` or `Failed` for each of its quality rules
    quarantined  rows that its rules quarantined; None for a run without quarantine rules
    """

    item: Mapping[str, Any]
    outcomes: tuple[str, ...]
    quarantined: int | None

    @property
    def file(self) -> str:
        """Return the path of the loaded file below Collect."""
        return str(self.item.get('file', self.item['source_key']))

    @property
    def seconds(self) -> Decimal:
        """Return how long its jobs took together."""
        return sum((Decimal(str(value)) for value in self.item.get('seconds', {}).values()), Decimal('0.0'))

    @property
    def passed(self) -> int:
        """Return how many of its rules passed."""
        return self.outcomes.count('Passed')

    @property
    def details(self) -> list[str]:
        """Return the reason of a failure and everything else that the owner of the data should know."""
        texts = (self.item.get('error_message'), *self.item.get(FAILED_CONVERSIONS, ()), *self.item.get(NOTICES, ()))
        return [str(text) for text in texts if text]


def run(folders: LakeFolders, options: argparse.Namespace) -> int:
    """Print the latest runs, then the reason of each failure and the failed conversions in full."""
    folders.require_lake()
    items = sorted(SqliteItems().scan(folders.items(AUDIT)), key=lambda item: str(item['job_start_date']), reverse=True)
    latest = [_recorded(folders, item) for item in items[:options.last]]
    style = getattr(options, 'format', 'table')
    if getattr(options, 'controls', False):
        _print_controls(latest, style)
        return 0
    if style == 'json':
        print_json([_document(found) for found in latest])
        return 0
    print_rows(('started (UTC)', 'file', 'partition', 'status', 'rules passed', 'quarantined', 'seconds', 'execution'),
               [_row(found) for found in latest], style)
    if style == 'table':
        for found in latest:
            if found.details:
                print(f'\n{found.file}: ' + '\n  '.join(found.details))
    return 0


def _print_controls(latest: Sequence[RecordedRun], style: str) -> None:
    """Print the statement of control totals of each run that has one, line by line."""
    stated = [found for found in latest if found.item.get(CONTROLS)]
    if style == 'json':
        print_json([{'execution_id': found.item['execution_id'], 'file': found.file,
                     'status': found.item['job_latest_status'], 'controls': list(found.item[CONTROLS])}
                    for found in stated])
        return
    print_rows(('file', 'status', 'stage', 'by', 'total of', 'group', 'amount', 'difference', 'execution'),
               [(found.file, found.item['job_latest_status'], line['stage'], line['by'], line['column'], line['group'],
                 line['amount'], line['difference'], found.item['execution_id'])
                for found in stated for line in found.item[CONTROLS]], style)


def _row(found: RecordedRun) -> tuple[object, ...]:
    item = found.item
    return (str(item['job_start_date'])[:19].replace('T', ' '), found.file, item.get('partition', ''),
            item['job_latest_status'], f'{found.passed} of {len(found.outcomes)}' if found.outcomes else '',
            None if found.quarantined is None else Count(found.quarantined), found.seconds, item['execution_id'])


def _document(found: RecordedRun) -> dict[str, object]:
    """Return a run for a program: every key is always there."""
    item = found.item
    return {'execution_id': item['execution_id'], 'started': item['job_start_date'], 'workflow': item['source_key'],
            'file': found.file, 'partition': item.get('partition'), 'status': item['job_latest_status'],
            'rows': [dict(counts) for counts in item.get(ROW_COUNTS, ())],
            'rules': len(found.outcomes), 'rules_passed': found.passed, 'quarantined': found.quarantined,
            'seconds': {job: Decimal(str(value)) for job, value in item.get('seconds', {}).items()},
            'error_message': item.get('error_message') or None,
            'failed_conversions': list(item.get(FAILED_CONVERSIONS, ())), 'notices': list(item.get(NOTICES, ()))}


def _recorded(folders: LakeFolders, item: Mapping[str, Any]) -> RecordedRun:
    execution = item['execution_id']
    outcomes = tuple(str(found['Outcome']) for found in SqliteItems().query(folders.items('dq-results'), execution))
    counts = [json.loads(record['info'])['quarantined']
              for record in SqliteItems().query(folders.items('data-lineage'), execution)
              if record['dataset_operation'] == QUARANTINE_OPERATION]
    return RecordedRun(item, outcomes, sum(counts) if counts else None)
