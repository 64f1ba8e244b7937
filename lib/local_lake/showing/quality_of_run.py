"""What quality rules found in a run: how many failed, and how many rows were set aside."""
from __future__ import annotations

import json

from lake_etl.adapters.local.sqlite_items import SqliteItems
from lib.local_lake.folders import LakeFolders

# The lineage's name for what a stage with rules of quarantine did.
SET_ASIDE = 'dataqualityquarantine'


def rules_of_run(folders: LakeFolders, execution: str) -> str:
    """Return how many rules passed, such as `11 of 12`; an empty text for a run without rules."""
    outcomes = [item['Outcome'] for item in SqliteItems().query(folders.items('dq-results'), execution)]
    return f'{outcomes.count("Passed")} of {len(outcomes)}' if outcomes else ''


def rows_set_aside(folders: LakeFolders, execution: str) -> int | None:
    """Return how many rows the stages of a run have set aside; None for a run without rules of quarantine."""
    records = SqliteItems().query(folders.items('data-lineage'), execution)
    counts = [json.loads(record['info'])['quarantined'] for record in records
              if record['dataset_operation'] == SET_ASIDE]
    return sum(counts) if counts else None
