"""`./lake run FILE --workflow DATABASE/TABLE`: lands and loads one file, or a folder of files."""
from __future__ import annotations

import argparse
import sys
from datetime import date, datetime
from pathlib import Path

from lake_etl.config.input import InputSpec
from lake_etl.config.reader import configuration_below
from lake_etl.errors import LakeError
from lake_etl.landing.arrival import as_configured, landing_spec
from lake_etl.landing.location import Landing, read_key
from lib.local_lake.cleaning.contents import shown
from lib.local_lake.folders import LakeFolders
from lib.local_lake.progress import doing
from lib.local_lake.running.before_load import warnings_before
from lib.local_lake.running.laptop_session import is_small
from lib.local_lake.running.orchestration import Orchestrator, RunResult, land
from lib.local_lake.showing.report import published_tables

FAILED = 1


def run(folders: LakeFolders, options: argparse.Namespace) -> int:
    """Copy the file or folder into the Collect folder, load it, and print what was published."""
    landing, parts = uploads(folders, Path(options.file), options.workflow, options.date)
    if not agreed(warnings_of(folders, landing), options.yes):
        print('Nothing was loaded.')
        return FAILED
    with folders.writing():
        size = sum(part.stat().st_size for part in parts.values() if part)
        orchestrator = Orchestrator(folders, small_data=is_small(folders, size))
        orchestrator.close_interrupted_runs()
        with doing('Copying to Collect', len(parts), 'files') as copied:
            for key, part in copied.each(parts.items()):
                execution = land(folders, key, part.read_bytes() if part else b'')
        result = orchestrator.run(landing, execution, lambda job: print(f'{landing.key}: {job} …', flush=True))
    return report(folders, landing, result)


def warnings_of(folders: LakeFolders, landing: Landing) -> list[str]:
    """Return what the user should know before the load."""
    read = configuration_below(str(folders.configuration))
    return warnings_before(folders, landing, landing_spec(landing.database, landing.table, read))


def agreed(warnings: list[str], yes: bool) -> bool:
    """Print the warnings, and ask whether to go on where somebody can answer; `yes` answers beforehand."""
    for warning in warnings:
        print(f'Warning: {warning}', file=sys.stderr, flush=True)
    if yes or not warnings or not sys.stdin.isatty():
        return True
    return input('Load the file all the same? [y/N] ').strip().lower() in ('y', 'yes')


def uploads(folders: LakeFolders, file: Path, workflow: str, day: str | None) -> tuple[Landing, dict[str, Path | None]]:
    """Return what starts the load, and the file to land under each key, in order; None is an empty file.

    Raises LakeError for a missing file, a folder where the workflow loads single files, and the reverse.
    """
    if not file.exists():
        raise LakeError(f'{file}: there is no such file.')
    read = configuration_below(str(folders.configuration))
    landing = as_configured(landing_of(workflow, file.name, day), read)
    spec = landing_spec(landing.database, landing.table, read)
    if spec.files is None:
        if file.is_dir():
            raise LakeError(f'{file} is a folder, and {landing.workflow} loads single files. Give one, or set "files": '
                            '"folder" in the input_spec.')
        return landing, {**_side_file(landing, spec, file), landing.key: file}
    if not file.is_dir():
        raise LakeError(f'{file} is a file, and {landing.workflow} loads whole folders, as "files" in the input_spec '
                        'says. Give the folder.')
    trigger = as_configured(landing_of(workflow, f'{file.name}/{spec.trigger_name}', day), read)
    parts: dict[str, Path | None] = {f'{trigger.source_path}/{part.name}': part for part in sorted(file.iterdir())
                                     if part.is_file() and part.name != spec.trigger_name}
    return trigger, {**parts, trigger.key: None}


def _side_file(landing: Landing, spec: InputSpec, file: Path) -> dict[str, Path | None]:
    """Return the side file with the control totals of a file, by the key under which it lands before the file."""
    section = spec.controls.side_file if spec.controls else None
    beside = file.parent / section.file_for(file.name) if section else None
    return {f'{landing.source_path}/{beside.name}': beside} if beside and beside.is_file() else {}


def landing_of(workflow: str, file_name: str, day: str | None) -> Landing:
    """Return where a file of a workflow lands; raises LakeError for an invalid workflow or date."""
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
    """Print the published tables of a run; raises LakeError with the reason when the run failed."""
    if result.status != 'SUCCEEDED':
        raise LakeError(f'{landing.key} was not loaded. {result.reason}')
    seconds = sum(result.seconds.values())
    print(f'{landing.key} was loaded in {seconds:.1f} s.')
    for text in result.told:
        print(f'  {shown(text)}')
    for table in published_tables(folders):
        if table.filled_by(result.execution):
            print(f'  {table.name}: {table.rows:,} rows, {table.columns} columns, {table.partitions} partitions')
    return 0
