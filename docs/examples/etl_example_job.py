"""Counts the rows of a published table by partition, as an example of a job of one's own."""
from __future__ import annotations

import logging
from dataclasses import dataclass

from lake_etl import runtime
from lake_etl.jobs.job_run import JobRun, job_run

LOG = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class CountRowsArguments:
    """The arguments of the job besides those of every job; a field with a default is optional."""

    target_database_name: str
    target_bucket: str


def main() -> None:
    """Run the job with the arguments of this process."""
    with job_run(CountRowsArguments) as run:
        count_rows(run)


def count_rows(run: JobRun[CountRowsArguments]) -> dict[str, int]:
    """Log and return the number of rows of each partition of the table that the arguments name."""
    query = f'SELECT year, month, day, count(*) AS rows FROM {run.load.database}.{run.load.table} GROUP BY 1, 2, 3'
    runtime.catalog().attach(run.spark, query)
    counted = run.spark.sql(query)
    run.lineage.update_lineage(counted, run.load.source_key, 'sparksql', query=query)
    rows = {f'{row.year}/{row.month}/{row.day}': row.rows for row in counted.collect()}
    for partition, count in sorted(rows.items()):
        LOG.info('Partition %s of %s has %d rows.', partition, run.load.table, count)
    return rows


if __name__ == '__main__':
    main()
