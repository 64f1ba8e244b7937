"""The runs of a collect-to-cleanse job, one for each table that its file fills."""
from __future__ import annotations

from dataclasses import replace

from lake_etl.arguments import CollectToCleanseArguments
from lake_etl.config.workflow import Workflow
from lake_etl.controls.control_points import ControlPoints
from lake_etl.jobs.job_run import JobRun
from lake_etl.transform.conversion_watch import ConversionWatch

CleanseRun = JobRun[CollectToCleanseArguments]


def table_runs(run: CleanseRun, workflow: Workflow) -> list[tuple[CleanseRun, Workflow]]:
    """Return the run and the configuration of each table that the file fills, the workflow's own table first."""
    return [(run, workflow), *((_run_of_table(run, name), found) for name, found in workflow.further_tables.items())]


def _run_of_table(run: CleanseRun, table: str) -> CleanseRun:
    """Return the run of a further table: of the same file and session, with figures and notices of its own."""
    source_key = f'{run.load.source_key.rpartition("/")[0] or run.load.database}/{table}'
    folder = run.arguments.source_path.strip('/') or run.load.source_key
    return replace(
        run, args={**run.args, 'table_name': table, 'source_key': source_key}, further_table=table,
        load=replace(run.load, table=table, source_key=source_key),
        arguments=replace(run.arguments, source_path=folder), watch=ConversionWatch(), notices=[],
        controls=ControlPoints())
