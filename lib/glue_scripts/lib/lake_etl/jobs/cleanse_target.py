"""The source file of a collect-to-cleanse run, and the Cleanse table that it fills."""
from __future__ import annotations

from dataclasses import replace

from lake_etl import runtime
from lake_etl.arguments import CollectToCleanseArguments
from lake_etl.config.configuration_files import folded
from lake_etl.config.workflow import Workflow
from lake_etl.jobs.job_run import JobRun
from lake_etl.jobs.table_ownership import cleanse_ownership
from lake_etl.publish.target import Target

CleanseRun = JobRun[CollectToCleanseArguments]


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
