"""Runs test cases one after another in one Spark session, each in a lake of its own that is removed afterwards."""
from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pyspark.sql import SparkSession

from lake_etl import runtime
from lake_etl.arguments import KNOWN_PLACEHOLDERS
from lake_etl.config.reader import configuration_below
from lake_etl.config.workflow import read_workflow
from lake_etl.config.written_tables import CONSUME, QUARANTINE, workflow_tables
from lake_etl.errors import LakeError
from lake_etl.transform.discovery import known_transforms
from lib.local_lake.checks.case_files import WorkflowCase
from lib.local_lake.checks.case_outcome import CaseOutcome, collect_outcome
from lib.local_lake.checks.given_data import load_lookups, publish_tables
from lib.local_lake.commands.run import uploads
from lib.local_lake.folders import LakeFolders
from lib.local_lake.running.laptop_session import start_session
from lib.local_lake.running.orchestration import Orchestrator, land

SUCCEEDED = 'SUCCEEDED'


class CaseRunner:
    """Runs cases with the configuration of a folder; `opened_runner` makes one and removes what it leaves."""

    def __init__(self, folder: Path):
        self._folder = folder
        self._number = 0

    def run(self, case: WorkflowCase, configuration: Path) -> CaseOutcome:
        """Load the source files of a case as `./lake run` does, and return what was published.

        The load of a file that fails ends the run, and its reason is part of the outcome. Raises LakeError when the
        case itself is wrong.
        """
        self._number += 1
        folders = LakeFolders.of(str(self._folder / f'lake-{self._number}'), str(configuration))
        try:
            with folders.writing():
                return self._run(folders, case)
        finally:
            shutil.rmtree(folders.root, ignore_errors=True)

    def _run(self, folders: LakeFolders, case: WorkflowCase) -> CaseOutcome:
        runtime.open_catalog(folders.catalog)
        forget_session_tables()
        cleanse, consume = _own_tables(folders, case.workflow)
        load_lookups(folders, case)
        given = publish_tables(folders, case, [name for name in (cleanse, consume) if name])
        orchestrator = Orchestrator(folders, small_data=True)
        loads: dict[str, str] = {}
        failure = ''
        for source in case.sources:
            landing, parts = uploads(folders, source, case.workflow, case.date_of(source))
            for key, part in parts.items():
                execution = land(folders, key, part.read_bytes() if part else b'')
            loads[execution] = source.name
            result = orchestrator.run(landing, execution)
            if result.status != SUCCEEDED:
                # The folder of the case has another name in each run.
                failure = ' '.join(result.reason.replace(str(folders.root), '.lake').split())
                break
        return collect_outcome(folders, loads, failure, (cleanse, consume), given)


@contextmanager
def opened_runner(folders: LakeFolders) -> Iterator[CaseRunner]:
    """Give a runner with a Spark session for small data; its folder is removed at the end."""
    with folders.working_folder() as folder:
        start_session(folder, small_data=True)
        yield CaseRunner(folder)


def forget_session_tables() -> None:
    """Remove the tables that an earlier case has made readable in the session, so that no later case reads them."""
    spark = SparkSession.getActiveSession()
    # The list of `spark.catalog` takes as long as a sixth of a small load.
    for (database,) in spark.sql('SHOW DATABASES').collect() if spark else ():
        if spark and database != 'default':
            spark.sql(f'DROP DATABASE `{database}` CASCADE')


def _own_tables(folders: LakeFolders, workflow: str) -> tuple[str, str | None]:
    """Return the names of the Cleanse table and the Consume table that a workflow fills."""
    database, _, table = workflow.partition('/')
    read = configuration_below(str(folders.configuration))
    try:
        configured = read_workflow(database, table, read, known_transforms(), 'Prod', KNOWN_PLACEHOLDERS)
    except LakeError:
        # The load will fail for the same reason.
        return f'{database}.{table}'.lower(), None
    names = [item.table for item in workflow_tables(database, table, configured) if QUARANTINE not in item.table]
    consume = [name for name in names if name.partition('.')[0].endswith(CONSUME)]
    return names[0], consume[0] if consume else None
