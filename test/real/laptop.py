"""Runs the scenario in this process on a laptop's lake, to compare the cluster with."""
from __future__ import annotations

from pathlib import Path

from scenario import configuration, landed, lookups, records, starts

from lake_etl.adapters.local.sqlite_items import SqliteItems
from lake_etl.landing.location import read_key
from lib.local_lake.running.glue_job import ensure_glue_library, job_arguments, run_script
from small_lake import LANDED, SmallLake


class Laptop(SmallLake):
    """A lake that has run the scenario; `executions` has the id of each landed file's execution by its key."""

    def __init__(self, root: Path):
        super().__init__(root)
        self.folders.root.mkdir()
        for name, content in configuration().items():
            self.configure(name, content)
        for table, items in lookups().items():
            SqliteItems().put_all(self.folders.items(table), items)
        self.executions = {key: self.land(key, content) for key, content in landed().items()}
        SqliteItems().put_all(self.folders.items('job-audit'), records(self.executions))
        ensure_glue_library()
        for start in starts():
            landing = read_key(start.key, LANDED)
            run_script(start.job, job_arguments(start.job, self.folders, landing, self.executions[start.key]))
