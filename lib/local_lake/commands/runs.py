"""`./lake runs`: the history of runs, the latest first."""
from __future__ import annotations

import argparse

from lake_etl.adapters.local.sqlite_items import SqliteItems
from lake_etl.jobs.conversion_report import FAILED_CONVERSIONS
from lake_etl.jobs.notices import NOTICES
from lib.local_lake.folders import LakeFolders
from lib.local_lake.running.orchestration import AUDIT
from lib.local_lake.showing.output import print_rows
from lib.local_lake.showing.quality_of_run import rows_set_aside, rules_of_run


def run(folders: LakeFolders, options: argparse.Namespace) -> int:
    """Print the latest runs; the reason of each failed one, and what did not convert, follow in full."""
    folders.require_lake()
    items = sorted(SqliteItems().scan(folders.items(AUDIT)), key=lambda item: str(item['job_start_date']), reverse=True)
    latest = items[:options.last]
    print_rows(('started (UTC)', 'file', 'partition', 'status', 'rules passed', 'set aside', 'seconds'), [
        (str(item['job_start_date'])[:19].replace('T', ' '), item.get('file', item['source_key']),
         item.get('partition', ''), item['job_latest_status'], rules_of_run(folders, item['execution_id']),
         rows_set_aside(folders, item['execution_id']),
         f'{sum(float(value) for value in item.get("seconds", {}).values()):.1f}') for item in latest])
    for item in latest:
        told = [text for text in (item.get('error_message'), *item.get(FAILED_CONVERSIONS, ()), *item.get(NOTICES, ()))
                if text]
        if told:
            print(f'\n{item.get("file", item["source_key"])}: ' + '\n  '.join(told))
    return 0
