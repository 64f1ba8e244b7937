"""Removes the files of loads that no reader needs any more, a retention period after they were superseded."""
from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from lake_etl.ports import FileEntry, Files
from lake_etl.publish.layout import (
    LOAD_KEY, SUPERSEDED_FOLDER, load_of_file, load_of_location, place_of_file, superseded_marker)

LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class SweepPlan:
    """What a sweep of one partition folder does: markers to write, markers to take back, files to delete."""

    mark: tuple[str, ...]
    unmark: tuple[str, ...]
    delete: tuple[str, ...]


def plan_sweep(entries: Iterable[FileEntry], partition: str, current: Collection[str], now: datetime,
               retention: timedelta, at_once: bool = False) -> SweepPlan:
    """Decide what happens to each load below a partition folder.

    A load that no location in `current` belongs to gets a marker; once the marker is as old as the retention period
    the load's files and the marker go. What a killed job left behind is unreferenced too and goes the same way.
    `at_once` deletes without the waiting time; it is safe only while nobody writes to the table.
    """
    loads: dict[str, list[str]] = defaultdict(list)
    markers: dict[str, datetime] = {}
    for entry in entries:
        if f'/{SUPERSEDED_FOLDER}/' in entry.uri.removeprefix(partition):
            markers[entry.uri] = entry.modified
        else:
            loads[load_of_file(entry.uri, partition)].append(entry.uri)
    mark, delete = [], []
    current = {load_of_location(location) for location in current}
    unmark = [superseded_marker(load) for load in current if superseded_marker(load) in markers]
    for load, uris in loads.items():
        marker = superseded_marker(load)
        if load in current:
            continue
        if at_once or (marker in markers and now - markers[marker] >= retention):
            delete.extend(uris)
        elif marker not in markers:
            mark.append(marker)
    kept = {superseded_marker(load) for load, uris in loads.items() if uris[0] not in delete}
    delete.extend(marker for marker in markers if marker not in kept)
    return SweepPlan(tuple(mark), tuple(unmark), tuple(delete))


def sweep_partition(files: Files, partition: str, current: Collection[str], now: datetime, retention: timedelta,
                    at_once: bool = False) -> int:
    """Carry out the sweep of one partition folder and return how many files it deleted.

    `current` holds the locations below this folder that the catalog refers to.
    """
    return _carry_out(files, partition, plan_sweep(files.list(partition), partition, current, now, retention, at_once))


def sweep_table(files: Files, location: str, keys: Sequence[str], current: Collection[str],
                switched: Collection[str], now: datetime, retention: timedelta) -> int:
    """Carry out the sweep of every partition folder below a table and return how many files it deleted.

    `current` holds the locations of all partitions of the table, `switched` the folders of those that the publication
    has put or dropped. In other folders only what a load wrote is swept: that of partitions dropped earlier, and of
    killed jobs. Files that came there in another way are not ours to judge.
    """
    places: dict[str, list[FileEntry]] = defaultdict(list)
    for entry in files.list(location):
        place = place_of_file(entry.uri, location, keys)
        if place is not None and (place in switched or f'/{LOAD_KEY}=' in entry.uri.removeprefix(place)):
            places[place].append(entry)
    return sum(_carry_out(files, place, plan_sweep(entries, place, current, now, retention))
               for place, entries in places.items())


def _carry_out(files: Files, partition: str, plan: SweepPlan) -> int:
    for marker in plan.mark:
        files.write(marker, b'')
    files.delete((*plan.unmark, *plan.delete))
    if plan.delete:
        LOG.info('Removed %d files of superseded loads below %s.', len(plan.delete), partition)
    return len(plan.delete)
