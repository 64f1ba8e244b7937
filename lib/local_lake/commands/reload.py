"""`./lake reload WORKFLOW --from DAY --to DAY`: loads the files of a range of partitions again."""
from __future__ import annotations

import argparse

from lake_etl.config.configuration_files import folded
from lake_etl.errors import LakeError
from lib.local_lake.folders import LakeFolders
from lib.local_lake.planning.collected_again import find_collected, why_missing
from lib.local_lake.planning.configured_lake import ConfiguredLake, read_configured_lake
from lib.local_lake.planning.lake_plan import collected_files, lake_files
from lib.local_lake.planning.plan_report import print_lines, reload_summary
from lib.local_lake.planning.recorded_files import RecordedFile, in_range, parse_day
from lib.local_lake.planning.reloading import ReloadCounts, reload_files
from lib.local_lake.progress import Amount, doing
from lib.local_lake.running.orchestration import Orchestrator
from lib.local_lake.running.transform_code import present_code

FAILED = 1


def run(folders: LakeFolders, options: argparse.Namespace) -> int:
    """Load the files that fill these partitions, in the order of their loads; return 1 if one is not loaded.

    Raises LakeError for a wrong date, an unknown workflow, and a range without files.
    """
    first, last = parse_day('--from', options.first), parse_day('--to', options.last)
    folders.require_lake()
    if options.dry_run:
        configured = read_configured_lake(folders.configuration, present_code())
        files = _chosen(lake_files(folders, configured), configured, options.workflow)
        chosen, collected = in_range(files, first, last), collected_files(folders, configured)
        _require(chosen, options)
        print(f'{chosen[0].workflow}: {reload_summary(chosen)}')
        print_lines(f'{item.day}  {item.file}' + (
            '' if find_collected(item, collected) else f' ({why_missing(item, collected)})') for item in chosen)
        print('Nothing was loaded. Leave out --dry-run to load these files again.')
        return 0
    with folders.writing():
        orchestrator = Orchestrator(folders)
        orchestrator.close_interrupted_runs()
        configured = read_configured_lake(folders.configuration, present_code())
        chosen = in_range(_chosen(lake_files(folders, configured), configured, options.workflow), first, last)
        _require(chosen, options)
        counts = ReloadCounts()
        with doing('Loading files again', measure=lambda: Amount(counts.done, len(chosen), 'files')):
            reload_files(orchestrator, chosen, collected_files(folders, configured), counts)
    left = len(chosen) - counts.done
    print(f'{counts.loaded:,} of {len(chosen):,} files were loaded again.'
          + (f' After the failure {left:,} were not started.' if left else ''))
    return 0 if counts.complete else FAILED


def _chosen(files: dict[str, list[RecordedFile]], configured: ConfiguredLake, workflow: str) -> list[RecordedFile]:
    """Return the files of a workflow in any letter case; raises LakeError for one without a table."""
    for name, group in files.items():
        if folded(name) == folded(workflow):
            return group
    if (filler := configured.filler(workflow)) != workflow:
        raise LakeError(f"'{workflow}': files of the workflow {filler} fill this table. Load those again.")
    known = ', '.join(sorted(files))
    raise LakeError(f"'{workflow}': the lake has no Cleanse table of such a workflow. Expected DATABASE/TABLE. Loaded "
                    f'are: {known or "none"}.')


def _require(chosen: list[RecordedFile], options: argparse.Namespace) -> None:
    if not chosen:
        raise LakeError(f'{options.workflow} has no rows in the partitions from {options.first} to {options.last}. '
                        'Nothing was loaded.')
