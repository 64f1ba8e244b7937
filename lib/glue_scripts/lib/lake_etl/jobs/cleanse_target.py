"""The runs of a collect-to-cleanse job, one for each table that its file fills; the source and the table of each."""
from __future__ import annotations

from dataclasses import replace

from lake_etl import runtime
from lake_etl.arguments import CollectToCleanseArguments
from lake_etl.config.configuration_files import folded
from lake_etl.config.workflow import Workflow
from lake_etl.controls.control_points import ControlPoints
from lake_etl.jobs.job_run import JobRun
from lake_etl.jobs.table_ownership import cleanse_ownership
from lake_etl.publish.target import Target
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


def source_file(run: CleanseRun) -> str:
    """Return the path of the source file in its bucket; it lies in the workflow's own folder unless told otherwise."""
    folder = run.arguments.source_path.strip('/') or run.load.source_key
    return f'{folder}/{run.arguments.base_file_name}'


def source_address(run: CleanseRun) -> str:
    """Return the address of the source file."""
    return f'{runtime.bucket_address(run.arguments.source_bucket)}/{source_file(run)}'


def cleanse_target(run: CleanseRun, workflow: Workflow, allow_schema_change: str | None = None) -> Target:
    """Return the table that a load fills, and the rules by which it does.

    allow_schema_change  which changes of columns the load may make; when left out, those of the workflow
    """
    target = run.target(allow_schema_change or workflow.allow_schema_change, _source_name(run, workflow),
                        workflow.input.table_description)
    ownership = cleanse_ownership(run, workflow)
    return replace(target, ownership=ownership, file_key=workflow.input.file_key,
                   protection={target.name: tuple(ownership.protected)})


def _source_name(run: CleanseRun, workflow: Workflow) -> str:
    """Return the path by which the source file is known when it comes again, in whichever case its folders are then."""
    folders, given = source_file(run).split('/'), (run.load.database, run.load.table)
    database, table = workflow.filled_by.split('/', 1) if workflow.filled_by else workflow.name(*given)
    if list(map(folded, folders[:2])) == list(map(folded, (database, table))):
        folders[:2] = database, table
    return '/'.join(folders)
