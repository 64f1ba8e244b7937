"""`./lake run FILE --workflow DATABASE/TABLE`: land one file and load it."""
from __future__ import annotations

import argparse
from datetime import date, datetime
from pathlib import Path

from lake_etl.errors import LakeError
from lib.local_lake.folders import LakeFolders
from lib.local_lake.landing import Landing, read_key
from lib.local_lake.orchestration import Orchestrator, RunResult, land
from lib.local_lake.report import published_tables


def run(folders: LakeFolders, options: argparse.Namespace) -> int:
    """Copy the file into the Collect folder, load it, and say what was published."""
    file = Path(options.file)
    if not file.is_file():
        raise LakeError(f'{options.file}: there is no such file.')
    landing = landing_of(options.workflow, file.name, options.date)
    with folders.writing():
        orchestrator = Orchestrator(folders)
        orchestrator.close_interrupted_runs()
        execution = land(folders, landing.key, file.read_bytes())
        result = orchestrator.run(landing, execution, lambda job: print(f'{landing.key}: {job} …', flush=True))
    return report(folders, landing, result)


def landing_of(workflow: str, file_name: str, day: str | None) -> Landing:
    """Return where a file of a workflow lands; raises LakeError for a workflow or date that cannot be."""
    if workflow.count('/') != 1:
        raise LakeError(f"--workflow '{workflow}': expected DATABASE/TABLE, such as SyntheticGeneralData/PolicyData.")
    folder = ''
    if day:
        try:
            folder = f'{date.fromisoformat(day):%Y/%m/%d}/'
        except ValueError:
            raise LakeError(f"--date '{day}': expected a date such as 2026-11-24.") from None
    return read_key(f'{workflow}/{folder}{file_name}', datetime.now())


def report(folders: LakeFolders, landing: Landing, result: RunResult) -> int:
    """Print how a run ended and return the exit status for it."""
    if result.status != 'SUCCEEDED':
        raise LakeError(f'{landing.key} was not loaded. {result.reason}')
    seconds = sum(result.seconds.values())
    print(f'{landing.key} was loaded in {seconds:.1f} s.')
    for table in published_tables(folders):
        if table.filled_by(result.execution):
            print(f'  {table.name}: {table.rows:,} rows, {table.columns} columns, {table.partitions} partitions')
    return 0
