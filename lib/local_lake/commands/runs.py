"""`./lake runs`: prints the history of runs, the latest first."""
from __future__ import annotations

import argparse
import json

from lake_etl.adapters.local.sqlite_items import SqliteItems
from lake_etl.jobs.conversion_report import FAILED_CONVERSIONS
from lake_etl.jobs.notices import NOTICES
from lib.local_lake.folders import LakeFolders
from lib.local_lake.running.orchestration import AUDIT
from lib.local_lake.showing.output import print_rows

# The operation that the lineage records for a stage with quarantine rules.
QUARANTINE = 'dataqualityquarantine'


def run(folders: LakeFolders, options: argparse.Namespace) -> int:
    """Print the latest runs, then the reason of each failure and the failed conversions in full."""
    folders.require_lake()
    items = sorted(SqliteItems().scan(folders.items(AUDIT)), key=lambda item: str(item['job_start_date']), reverse=True)
    latest = items[:options.last]
    print_rows(('started (UTC)', 'file', 'partition', 'status', 'rules passed', 'quarantined', 'seconds'), [
        (str(item['job_start_date'])[:19].replace('T', ' '), item.get('file', item['source_key']),
         item.get('partition', ''), item['job_latest_status'], _passed_rules(folders, item['execution_id']),
         _quarantined_rows(folders, item['execution_id']),
         f'{sum(float(value) for value in item.get("seconds", {}).values()):.1f}') for item in latest])
    for item in latest:
        details = [text for text in (item.get('error_message'), *item.get(FAILED_CONVERSIONS, ()),
                                     *item.get(NOTICES, ())) if text]
        if details:
            print(f'\n{item.get("file", item["source_key"])}: ' + '\n  '.join(details))
    return 0


def _passed_rules(folders: LakeFolders, execution: str) -> str:
    """Return how many rules passed, such as `11 of 12`; an empty text for a run without rules."""
    outcomes = [item['Outcome'] for item in SqliteItems().query(folders.items('dq-results'), execution)]
    return f'{outcomes.count("Passed")} of {len(outcomes)}' if outcomes else ''


def _quarantined_rows(folders: LakeFolders, execution: str) -> int | None:
    """Return how many rows the stages of a run quarantined; None for a run without quarantine rules."""
    records = SqliteItems().query(folders.items('data-lineage'), execution)
    counts = [json.loads(record['info'])['quarantined'] for record in records
              if record['dataset_operation'] == QUARANTINE]
    return sum(counts) if counts else None
