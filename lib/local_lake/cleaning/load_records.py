"""Reads what lake.db records of tables and runs, from which the owner of each file follows."""
from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from lake_etl.adapters.local.catalog_file import reading
from lake_etl.adapters.local.catalog_rows import read_changes, read_databases, read_partitions, read_tables
from lake_etl.adapters.local.lake_paths import relative
from lake_etl.adapters.local.sqlite_items import SqliteItems
from lake_etl.arguments import PARTITION_KEYS
from lake_etl.errors import LakeError
from lake_etl.ports import TableChange
from lake_etl.publish.layout import execution_mark, load_of_location, partition_of_load
from lib.job_table import CLEANSE_TO_CONSUME, COLLECT_TO_CLEANSE
from lib.local_lake.folders import LakeFolders

BUCKETS = ('cleanse', 'consume')
KEYS = tuple(key.name for key in PARTITION_KEYS)
QUARANTINE = 'quarantine(_clear)?/[a-z_]+/'
# Which job publishes to a bucket.
JOBS = {'cleanse': COLLECT_TO_CLEANSE.name, 'consume': CLEANSE_TO_CONSUME.name}


@dataclass(frozen=True)
class KnownTable:
    """A table of the catalog: the folder that holds it and those of its partitions, as full paths.

    superseded  for each location that its history names, when it was last superseded
    """

    name: str
    location: str
    keys: tuple[str, ...]
    current: frozenset[str]
    superseded: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True)
class RunRecord:
    """A run on record: its workflow, whether it succeeded, and which of its jobs have finished."""

    execution: str
    workflow: str
    succeeded: bool
    finished: frozenset[str]

    @property
    def mark(self) -> str:
        """Return the part of a load's name that identifies the run."""
        return execution_mark(self.execution)

    def fills(self, folder: str) -> bool:
        """Return whether its jobs write a table to that folder, which is relative to the lake."""
        database, _, table = self.workflow.lower().partition('/')
        bucket, _, below = folder.partition('/')
        name = f'{database}_consume' if bucket == 'consume' else database
        return bucket in BUCKETS and bool(table) and re.fullmatch(
            f'({QUARANTINE})?{re.escape(name)}/{re.escape(table)}', below) is not None

    def may_have_published(self, bucket: str) -> bool:
        """Return whether its job for a bucket is known to have finished."""
        return self.succeeded or JOBS.get(bucket) in self.finished


@dataclass(frozen=True)
class LakeRecords:
    """The tables and runs of a lake at one instant; `root` is its full path."""

    root: str
    tables: tuple[KnownTable, ...]
    databases: frozenset[str]
    runs: tuple[RunRecord, ...]

    @property
    def executions(self) -> frozenset[str]:
        """Return the ids of all runs."""
        return frozenset(run.execution for run in self.runs)

    def below(self, location: str) -> str | None:
        """Return a location relative to the lake, or None when it lies outside."""
        return relative(location, self.root)

    def live_loads(self) -> set[str]:
        """Return the folders, relative to the lake, of loads that tables refer to."""
        found = (self.below(load_of_location(location)) for table in self.tables for location in table.current)
        return {place for place in found if place is not None}

    def superseded_loads(self) -> dict[str, datetime]:
        """Return when the loads in the histories of the tables were superseded, by folders relative to the lake."""
        found = ((self.below(load_of_location(location)), moment) for table in self.tables
                 for location, moment in table.superseded.items())
        return {place: moment for place, moment in found if place is not None}

    def table_at(self, place: str) -> KnownTable | None:
        """Return the table to which a partition folder belongs, by its partitions, its location or its name."""
        if place in self.partition_folders:
            return self.partition_folders[place]
        return next((table for table in self.tables
                     if any(_is_partition(place, folder, table.keys) for folder in self.table_folders(table))), None)

    @cached_property
    def partition_folders(self) -> Mapping[str, KnownTable]:
        """Return the tables by the folders of their partitions, relative to the lake."""
        return {place: table for table in self.tables for location in table.current
                if (place := self.below(partition_of_load(location))) is not None}

    def table_folders(self, table: KnownTable) -> Iterator[str]:
        """Yield the folders, relative to the lake, of the table: by its location and by its name."""
        location = self.below(table.location)
        if location is not None:
            yield location
        for bucket in BUCKETS:
            yield f'{bucket}/{table.name.replace(".", "/", 1)}'

    def runs_of(self, load: str) -> list[RunRecord]:
        """Return the runs that the name of a load identifies."""
        return [run for run in self.runs if run.mark in load]

    def is_unpublished(self, place: str, load: str) -> bool:
        """Return whether a recorded run began a load of that name in a partition folder and did not publish it."""
        folder = table_folder(place, KEYS)
        runs = self.runs_of(load)
        return bool(runs) and folder is not None and all(
            run.fills(folder) and not run.may_have_published(place.partition('/')[0]) for run in runs)

    def is_filled_by_runs(self, place: str) -> bool:
        """Return whether a recorded run fills the table of a partition folder."""
        folder = table_folder(place, KEYS)
        return folder is not None and any(run.fills(folder) for run in self.runs)


def table_folder(place: str, keys: tuple[str, ...]) -> str | None:
    """Return the folder of the table of a partition folder, or None when it does not end in a folder for each key."""
    folders = place.split('/')
    table = '/'.join(folders[:len(folders) - len(keys)])
    return table if _is_partition(place, table, keys) else None


def read_records(folders: LakeFolders) -> LakeRecords:
    """Return the records of a lake; raises LakeError when lake.db cannot be read."""
    runs = tuple(map(_run, SqliteItems().scan(folders.items('job-audit'))))
    try:
        with reading(folders.catalog) as connection:
            tables = tuple(
                KnownTable(f'{table.database}.{table.name}', table.location,
                           tuple(key.name for key in table.partition_keys),
                           frozenset(item.location for item in read_partitions(connection, table.database, table.name)),
                           _superseded(read_changes(connection, table.database, table.name)))
                for table in read_tables(connection))
            return LakeRecords(str(folders.root), tables, frozenset(read_databases(connection)), runs)
    except (ValueError, TypeError) as error:
        raise LakeError(f'The catalog in {folders.database_file} is damaged: a row does not have the form that '
                        'the lake writes. Nothing was removed. Restore lake.db from a backup.') from error


def _superseded(changes: Iterable[TableChange]) -> dict[str, datetime]:
    """Return when each earlier location of a partition was last superseded; the latest change comes first."""
    found: dict[str, datetime] = {}
    for change in changes:
        for before, _ in change.switches.values():
            if before is not None:
                found.setdefault(before.location, change.time)
    return found


def _run(item: Mapping[str, Any]) -> RunRecord:
    return RunRecord(str(item['execution_id']), str(item.get('source_key', '')),
                     item.get('job_latest_status') == 'SUCCEEDED', frozenset(item.get('seconds') or ()))


def _is_partition(place: str, table: str, keys: tuple[str, ...]) -> bool:
    """Return whether a folder is that of a partition of a table."""
    if not place.startswith(f'{table}/'):
        return False
    pairs = [folder.partition('=') for folder in place.removeprefix(f'{table}/').split('/')]
    return [pair[0] for pair in pairs] == list(keys) and all(pair[1] for pair in pairs)
