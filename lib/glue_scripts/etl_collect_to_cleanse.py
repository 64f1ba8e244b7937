"""Loads one collected file into its Cleanse table."""
from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path

# An editor or a test may start the script without an import path; AWS Glue has one.
if (SHARED_MODULES := str(Path(__file__).resolve().parent / 'lib')) not in sys.path:
    sys.path.append(SHARED_MODULES)

from lake_etl.arguments import CollectToCleanseArguments, required_names
from lake_etl.config.workflow import Workflow
from lake_etl.jobs.cleanse import (
    add_load_columns, apply_transforms, divide_source, map_columns, open_gate, read_configuration, read_source)
from lake_etl.jobs.cleanse_publication import StagedCleanseTable, check_table, publish_table, stage_table
from lake_etl.jobs.cleanse_target import CleanseRun, table_runs
from lake_etl.jobs.job_run import job_run
from lake_etl.read.record_files import DividedFiles

# The names of the arguments that a run must give, for code that starts or tests the job.
expected_arguments = list(required_names(CollectToCleanseArguments))


def main() -> None:
    """Run the job with the arguments of this process."""
    with job_run(CollectToCleanseArguments) as run:
        collect_to_cleanse(run)


def collect_to_cleanse(run: CleanseRun) -> None:
    """Load each table that the file fills; all are staged and checked before readers see the first."""
    workflow = read_configuration(run)
    divided = divide_source(run, workflow)
    with ExitStack() as staged:
        tables = [table for item in table_runs(run, workflow) if (table := load_table(*item, divided, staged))]
        for table in tables:
            check_table(table)
        for table in tables:
            publish_table(table)


def load_table(run: CleanseRun, workflow: Workflow, divided: DividedFiles | None, staged: ExitStack
               ) -> StagedCleanseTable | None:
    """Read, map, check, transform, check again, and stage, in one pass from the file to the table.

    Returns None if the file has no rows for a table that does not exist yet.
    """
    gate = open_gate(run, workflow)

    collected = read_source(run, workflow, divided)
    if collected is None:
        return None
    gate.track(collected)
    mapped = map_columns(run, workflow, collected)
    accepted = gate.check(mapped, 'before_transform')
    transformed = apply_transforms(run, workflow, accepted)
    stamped = add_load_columns(run, transformed)
    passed = gate.check(stamped, 'after_transform')
    return stage_table(run, workflow, passed, gate, staged)


if __name__ == '__main__':
    main()
