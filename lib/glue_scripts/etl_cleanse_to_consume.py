"""Fills a Consume table from Cleanse tables by SQL and renews the views on it."""
from __future__ import annotations

import sys
from pathlib import Path

# An editor or a test may start the script without an import path; AWS Glue has one.
if (SHARED_MODULES := str(Path(__file__).resolve().parent / 'lib')) not in sys.path:
    sys.path.append(SHARED_MODULES)

from lake_etl.arguments import CleanseToConsumeArguments, required_names
from lake_etl.jobs.consume import (
    ConsumeRun, open_gate, publish_to_consume, query_cleanse, read_configuration, renew_views)
from lake_etl.jobs.job_run import job_run
from lake_etl.jobs.resolved_options import get_redshift_connection_parameter

__all__ = ['expected_arguments', 'get_redshift_connection_parameter', 'main']
# The names of the arguments that a run must give, for code that starts or tests the job.
expected_arguments = list(required_names(CleanseToConsumeArguments))


def main() -> None:
    """Run the job with the arguments of this process."""
    with job_run(CleanseToConsumeArguments) as run:
        cleanse_to_consume(run)


def cleanse_to_consume(run: ConsumeRun) -> None:
    """Query, check and publish in one pass, then renew the views; each part only where it is configured."""
    workflow = read_configuration(run)
    gate = open_gate(run, workflow)

    if workflow.spark_sql:
        queried = query_cleanse(run, workflow)
        passed = gate.check(queried, 'after_sparksql')
        publish_to_consume(run, workflow, passed, gate)
        gate.remember()
    renew_views(run, workflow)


if __name__ == '__main__':
    main()
