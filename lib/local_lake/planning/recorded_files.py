"""Finds which files of Collect fill the partitions of a table, as the catalog and the records of runs tell."""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from lake_etl.config.configuration_files import folded
from lake_etl.config.dependencies import utc_time
from lake_etl.errors import LakeError
from lake_etl.landing.location import read_key
from lake_etl.ports import Partition
from lake_etl.publish.layout import execution_mark, load_time
from lake_etl.publish.sources import sources_of
from lib.local_lake.running.loaded_configuration import CONFIGURATION

SUCCEEDED = 'SUCCEEDED'
ANY_DAY = ('',)    # of runs whose record names no partition
SECOND = timedelta(seconds=1)    # to which names of folders tell the time


@dataclass(frozen=True, kw_only=True)
class RecordedFile:
    """A file of Collect that fills rows of a partition.

    file           its path below Collect, database and table as the configuration spells them
    partition      year, month and day
    rows           that the table has of it
    started, ended of the load that the rows are of, in ISO 8601; empty if neither a run nor its folder tells it
    seconds        that this load took
    configuration  digest of the configuration of this load; empty if it is not on record
    came_again     whether a file of the same path has filled another partition later
    """

    workflow: str
    file: str
    partition: tuple[str, str, str]
    rows: int
    started: str = ''
    ended: str = ''
    seconds: Decimal | None = None
    configuration: str = ''
    came_again: bool = False

    @property
    def day(self) -> str:
        """Return the partition as it is written for people."""
        return '/'.join(self.partition)

    def is_as_loaded(self, key: str, landed: datetime) -> bool:
        """Tell whether the file that lies in Collect under a key is the one that fills the partition.

        A file without a date in its path that has come again since belongs to the partition of another day.
        """
        if self.came_again:
            return False
        same_day = _plain(map(str, read_key(key, landed).partition)) == _plain(self.partition)
        return same_day or not self.started or landed.astimezone(UTC) <= datetime.fromisoformat(self.started)


def recorded_files(workflow: str, partitions: Iterable[Partition], runs: Iterable[Mapping[str, Any]]
                   ) -> list[RecordedFile]:
    """Return the files that fill partitions of a Cleanse table, in the order in which they were loaded.

    runs  records of executions; those of other workflows are ignored
    """
    own: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    for run in runs:
        if run.get('job_latest_status') == SUCCEEDED and folded(str(run.get('source_key', ''))) == folded(workflow):
            own.setdefault(_plain(str(run.get('partition', '')).split('/')), []).append(run)
    found = sorted((item for partition in partitions for item in _files(workflow, partition, [
        *own.get(ANY_DAY, ()), *own.get(_plain(partition.values), ())])),
                   key=lambda item: (item.started, item.partition, item.file))
    # Of several partitions with one path, the last has the rows of the file that lies there now.
    last = {folded(item.file): item for item in found}
    return [replace(item, came_again=last[folded(item.file)] is not item) for item in found]


def _files(workflow: str, partition: Partition, runs: Iterable[Mapping[str, Any]]) -> Iterator[RecordedFile]:
    year, month, day = partition.values
    latest = {folded(str(run.get('file', ''))): run for run in _runs_of(partition, runs)}
    folder_made = load_time(partition.location)
    for source in sources_of(partition.parameters):
        run = latest.get(folded(source.file), {})
        seconds = [Decimal(str(value)) for value in run.get('seconds', {}).values()]
        yield RecordedFile(
            workflow=workflow, file=source.file, partition=(year, month, day), rows=source.rows,
            started=_moment(run, 'job_start_date') or (folder_made.isoformat() if folder_made else ''),
            ended=_moment(run, 'job_last_updated_timestamp'),
            seconds=sum(seconds, Decimal()) if seconds else None, configuration=str(run.get(CONFIGURATION, '')))


def _runs_of(partition: Partition, runs: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the runs that may have filled a partition as it is now, in order: an undo takes back the later ones.

    runs  that loaded files into the partition, or of which the record does not tell it
    """
    own = sorted(runs, key=lambda run: str(run['job_start_date']))
    made = [number for number, run in enumerate(own, 1)
            if execution_mark(str(run['execution_id'])) in partition.location]
    if made:
        return own[:made[-1]]
    # A removal has made the folder, or what has is not on record.
    began = load_time(partition.location)
    return [run for run in own if began is None or utc_time(str(run['job_start_date'])) < began + SECOND]


def _plain(values: Iterable[str]) -> tuple[str, ...]:
    """Return parts of a date without leading zeros."""
    return tuple(value.lstrip('0') for value in values)


def _moment(run: Mapping[str, Any], name: str) -> str:
    return utc_time(str(run[name])).isoformat() if run.get(name) else ''


def parse_day(option: str, text: str) -> date:
    """Return the date of an option such as `--from 2026-03-04`; raises LakeError for another text."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise LakeError(f"{option} '{text}': expected a date such as 2026-11-24. Nothing was loaded.") from None


def in_range(files: Iterable[RecordedFile], first: date, last: date) -> list[RecordedFile]:
    """Return the files of partitions from one day to another, both included; raises LakeError for a reversed range."""
    if first > last:
        raise LakeError(f'--from {first} is later than --to {last}. Nothing was loaded.')
    bounds = tuple(f'{day:%Y/%m/%d}' if day.year > 999 else f'{day.year:04d}/{day:%m/%d}' for day in (first, last))
    return [item for item in files if bounds[0] <= item.day <= bounds[1]]
