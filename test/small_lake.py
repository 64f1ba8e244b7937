"""A lake in a temporary folder: write its configuration, run the jobs for a file, and look at what readers see."""
from __future__ import annotations

import json
import os
import uuid
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from lake_etl.adapters.local.duckdb_queries import query
from lake_etl.adapters.local.folder_files import FolderFiles
from lake_etl.adapters.local.sqlite_catalog import SqliteCatalog
from lake_etl.adapters.local.sqlite_items import SqliteItems
from lake_etl.arguments import PARTITION_KEYS
from lake_etl.landing.location import execution_id, read_key
from lake_etl.ports import Column, Partition, Publication, Table
from lake_etl.publish.layout import SUPERSEDED_FOLDER
from lib.job_table import CLEANSE_TO_CONSUME, COLLECT_TO_CLEANSE, ENTITY_MATCH, LakeJob
from lib.local_lake.folders import LakeFolders
from lib.local_lake.running.collected_files import AUDIT
from lib.local_lake.running.glue_job import ensure_glue_library, job_arguments, run_script
from lib.local_lake.running.orchestration import Orchestrator, RunResult, land

LANDED = datetime(2026, 3, 4)
DAY = ('2026', '03', '04')


class SmallLake:
    """A lake below a folder, with a configuration folder beside it that is empty at first."""

    def __init__(self, root: Path):
        self.configuration = root / 'configuration'
        self.configuration.mkdir(parents=True, exist_ok=True)
        self.folders = LakeFolders.of(str(root / 'lake'), str(self.configuration))
        self.catalog = SqliteCatalog(self.folders.catalog)

    def configure(self, name: str, content: str | bytes | dict[str, Any]) -> None:
        """Write a configuration file such as `transformation-spec/Gen-Policy.json`; a dictionary becomes JSON."""
        file = self.configuration / name
        file.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(content) if isinstance(content, dict) else content
        file.write_bytes(text if isinstance(text, bytes) else text.encode())

    def land(self, key: str, content: str | bytes) -> str:
        """Put a file into the Collect folder and return the id of its execution."""
        return land(self.folders, key, content.encode() if isinstance(content, str) else content)

    def run(self, key: str, content: str | bytes) -> RunResult:
        """Land a file and run both jobs for it as `./lake run` does; a failure is on record and is not raised."""
        execution = self.land(key, content)
        return Orchestrator(self.folders).run(read_key(key, LANDED), execution)

    def load(self, key: str, content: str | bytes, recorded: bool = False, **arguments: str) -> str:
        """Land a file, run collect-to-cleanse with further or other arguments, and return its execution's id.

        recorded  whether the execution is on record first, as the trigger records it

        A failure is raised.
        """
        execution = self.land(key, content)
        if recorded:
            Orchestrator(self.folders).record_waiting(read_key(key, LANDED), execution)
        self._start(COLLECT_TO_CLEANSE, key, execution, {'retention_hours': '72', **arguments})
        return execution

    def consume(self, key: str, **arguments: str) -> str:
        """Run cleanse-to-consume for the workflow of a key and return its execution's id; a failure is raised."""
        execution = execution_id(key, 'consume')
        self._start(CLEANSE_TO_CONSUME, key, execution, arguments)
        return execution

    def match(self, key: str, execution: str = 'match', **arguments: str) -> None:
        """Run the entity match job for the workflow and partition of a key; a failure is raised."""
        self._start(ENTITY_MATCH, key, execution, arguments)

    def _start(self, job: LakeJob, key: str, execution: str, further: dict[str, str]) -> None:
        ensure_glue_library()
        run_script(job, job_arguments(job, self.folders, read_key(key, LANDED), execution) | further)

    def publish(self, database: str, table: str, columns: dict[str, str],
                partitions: dict[tuple[str, ...], list[tuple[Any, ...]]]) -> None:
        """Make these rows by partition the whole of a Cleanse table, without a job; columns are `string` or `int`."""
        kinds = {'string': pa.string(), 'int': pa.int32()}
        schema = pa.schema([(name, kinds[kind]) for name, kind in columns.items()])
        described = tuple(Column(name, kind) for name, kind in columns.items())
        location = self.folders.cleanse / database / table
        put = []
        for values, rows in partitions.items():
            folder = location / '-'.join(values) / uuid.uuid4().hex
            folder.mkdir(parents=True)
            records = [dict(zip(columns, row, strict=True)) for row in rows]
            pq.write_table(pa.Table.from_pylist(records, schema), folder / 'part-0.parquet')
            put.append(Partition(values, str(folder), described))
        self.catalog.create_database(database, str(self.folders.cleanse / database))
        drop = [values for values in self.partitions(database, table) if values not in partitions]
        self.catalog.publish(Publication(Table(database, table, described, PARTITION_KEYS, str(location)), tuple(put),
                                         tuple(drop)))

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the answer to a query as readers of the lake get it."""
        return query(self.folders.catalog, sql).rows

    def types(self, database: str, table: str) -> dict[str, str]:
        """Return the type of each column in the order that the catalog has."""
        found = self.catalog.table(database, table)
        return {column.name: column.type for column in found.columns} if found else {}

    def partitions(self, database: str, table: str) -> list[tuple[str, ...]]:
        """Return the values of the table's partitions."""
        return [partition.values for partition in self.catalog.partitions(database, table)]

    def lineage(self, execution: str, job: str = 'collect-to-cleanse') -> list[dict[str, Any]]:
        """Return the lineage records of a job in the order of the operations, their information parsed."""
        records = sorted(SqliteItems().query(self.folders.items('data-lineage'), execution),
                         key=lambda record: int(record['operation_seq']))
        return [record | {'info': json.loads(record['info'])} for record in records if record['job_name'] == job]

    def recorded(self) -> list[tuple[str, str]]:
        """Return status and error message of all runs on record."""
        items = SqliteItems().scan(self.folders.items(AUDIT))
        return [(item['job_latest_status'], item.get('error_message', '')) for item in items]

    def unreferenced_files(self) -> list[str]:
        """Return the files of Cleanse and Consume that no partition of the catalog points at, hidden ones included."""
        locations = {partition.location for table in self.catalog.tables()
                     for partition in self.catalog.partitions(table.database, table.name)}
        found = [path for root in (self.folders.cleanse, self.folders.consume) for path in root.rglob('*')
                 if path.is_file() and not path.name.startswith('.')]
        return sorted(str(path) for path in found
                      if str(path.parent) not in locations and path.parent.name != SUPERSEDED_FOLDER)

    def markers(self) -> list[str]:
        """Return the names of the loads that wait for the end of the retention period."""
        entries = FolderFiles().list(str(self.folders.root))
        return sorted(os.path.basename(entry.uri) for entry in entries if f'/{SUPERSEDED_FOLDER}/' in entry.uri)
