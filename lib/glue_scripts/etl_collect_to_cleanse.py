"""Loads one collected file into its Cleanse table."""
from __future__ import annotations

import sys
from pathlib import Path

# An editor or a test may start the script without an import path; AWS Glue has one.
if (SHARED_MODULES := str(Path(__file__).resolve().parent / 'lib')) not in sys.path:
    sys.path.append(SHARED_MODULES)

from lake_etl.arguments import CollectToCleanseArguments, required_names
from lake_etl.jobs.cleanse import (
    CleanseRun, add_load_columns, apply_transforms, map_columns, open_gate, publish_to_cleanse, read_configuration,
    read_source)
from lake_etl.jobs.job_run import job_run

# The names of the arguments that a run must give, for code that starts or tests the job.
expected_arguments = list(required_names(CollectToCleanseArguments))


def main() -> None:
    """Run the job with the arguments of this process."""
    with job_run(CollectToCleanseArguments) as run:
        collect_to_cleanse(run)


def collect_to_cleanse(run: CleanseRun) -> None:
    """Read, map, check, transform, check again, and publish, in one pass from the file to the table."""
    workflow = read_configuration(run)
    gate = open_gate(run, workflow)

    collected = read_source(run, workflow)
    gate.track(collected)
    mapped = map_columns(run, workflow, collected)
    accepted = gate.check(mapped, 'before_transform')
    transformed = apply_transforms(run, workflow, accepted)
    stamped = add_load_columns(run, transformed)
    passed = gate.check(stamped, 'after_transform')

    publish_to_cleanse(run, workflow, passed, gate)
    gate.remember()


if __name__ == '__main__':
    main()
