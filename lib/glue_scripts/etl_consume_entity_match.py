"""Gives every row of a Consume partition the global id of its entity, and merges the rows into the primary table."""
from __future__ import annotations

import sys
from pathlib import Path

# An editor or a test may start the script without an import path; AWS Glue has one.
if (SHARED_MODULES := str(Path(__file__).resolve().parent / 'lib')) not in sys.path:
    sys.path.append(SHARED_MODULES)

from lake_etl.arguments import EntityMatchArguments, required_names
from lake_etl.jobs.entity_match import EntityMatchRun, match_and_merge, read_configuration, read_incoming
from lake_etl.jobs.job_run import job_run
from lake_etl.match.match_steps import entitymatch_exact, entitymatch_recordlinkage, fill_global_id, split_dataframe

# Beside the job itself, the steps that users' own jobs call.
__all__ = ['entitymatch_exact', 'entitymatch_recordlinkage', 'expected_arguments', 'fill_global_id', 'main',
           'split_dataframe']

# The names of the arguments that a run must give, for code that starts or tests the job.
expected_arguments = list(required_names(EntityMatchArguments))


def main() -> None:
    """Run the job with the arguments of this process."""
    with job_run(EntityMatchArguments) as run:
        consume_entity_match(run)


def consume_entity_match(run: EntityMatchRun) -> None:
    """Match and merge one partition; a partition that is merged already changes nothing."""
    spec = read_configuration(run)
    incoming = read_incoming(run, spec)
    match_and_merge(run, spec, incoming)


if __name__ == '__main__':
    main()
