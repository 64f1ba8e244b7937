"""Finds which files of Collect fill the partitions of a table, as the catalog and the records of runs tell."""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from lake_etl.config.configuration_files import folded
from lake_etl.config.dependencies import utc_time
from lake_etl.errors import LakeError
from lake_etl.ports import Partition
from lake_etl.publish.sources import sources_of
from lib.local_lake.running.loaded_configuration import CONFIGURATION

SUCCEEDED = 'SUCCEEDED'


@dataclass(frozen=True, kw_only=True)
class RecordedFile:
    """A file of Collect that fills rows of a partition.

    file           its path below Collect, database and table as the configuration spells them
    partition      year, month and day
    rows           that the table has of it
    started, ended of its last successful load in ISO 8601; empty if no run is on record
    seconds        that this load took
    configuration  digest of the configuration of this load; empty if it is not on record
    """

    workflow: str
    file: str
    partition: tuple[str, str, str]
    rows: int
    started: str = ''
    ended: str = ''
    seconds: Decimal | None = None
    configuration: str = ''

    @property
    def day(self) -> str:
        """Return the partition as it is written for people."""
        return '/'.join(self.partition)


def recorded_files(workflow: str, partitions: Iterable[Partition], runs: Iterable[Mapping[str, Any]]
                   ) -> list[RecordedFile]:
    """Return the files that fill partitions of a Cleanse table, in the order in which they were loaded.

    runs  records of executions; those of other workflows are ignored
    """
    latest: dict[str, Mapping[str, Any]] = {}
    for run in runs:
        if run.get('job_latest_status') == SUCCEEDED and folded(str(run.get('source_key', ''))) == folded(workflow):
            key = folded(str(run.get('file', '')))
            if key not in latest or str(latest[key]['job_start_date']) < str(run['job_start_date']):
                latest[key] = run
    found = list(_files(workflow, partitions, latest))
    return sorted(found, key=lambda item: (item.started, item.partition, item.file))


def _files(workflow: str, partitions: Iterable[Partition], latest: Mapping[str, Mapping[str, Any]]
           ) -> Iterator[RecordedFile]:
    for partition in partitions:
        year, month, day = partition.values
        for source in sources_of(partition.parameters):
            run = latest.get(folded(source.file), {})
            seconds = [Decimal(str(value)) for value in run.get('seconds', {}).values()]
            yield RecordedFile(
                workflow=workflow, file=source.file, partition=(year, month, day), rows=source.rows,
                started=_moment(run, 'job_start_date'), ended=_moment(run, 'job_last_updated_timestamp'),
                seconds=sum(seconds, Decimal()) if seconds else None, configuration=str(run.get(CONFIGURATION, '')))


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
