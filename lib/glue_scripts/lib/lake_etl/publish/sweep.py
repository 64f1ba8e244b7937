"""Removes the files of loads that no reader needs any more, a retention period after they were superseded."""
from __future__ import annotations

import logging
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from lake_etl.ports import FileEntry, Files
from lake_etl.publish.layout import (
    SUPERSEDED_FOLDER, is_load_folder, is_marker, key_folders, load_of_location, load_that_wrote, partition_of_load,
    place_of_file, superseded_marker)

LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class SweepPlan:
    """What a sweep of one partition folder does: markers to write, markers to take back, files to delete."""

    mark: tuple[str, ...]
    unmark: tuple[str, ...]
    delete: tuple[str, ...]


def plan_sweep(entries: Iterable[FileEntry], partition: str, current: Collection[str], replaced: Collection[str],
               now: datetime, retention: timedelta) -> SweepPlan:
    """Decide what happens to each load below a partition folder.

    A load that no location in `current` belongs to gets a marker; once the marker is as old as the retention period
    the load's files and the marker go. Files of a killed job are unreferenced too and are removed the same way. Files
    directly in the partition folder are treated so only if it is one of the `replaced` locations, or has a marker.
    Files that no load or engine has written stay. Loads are compared by the names of their folders, which no other
    load has, so that it does not matter how the locations are spelled.
    """
    loads: dict[str, list[str]] = defaultdict(list)
    markers: dict[str, datetime] = {}
    for entry in entries:
        below = entry.uri.removeprefix(partition).strip('/').split('/')
        if below[0] == SUPERSEDED_FOLDER:
            if len(below) == 2 and is_marker(below[1]):
                markers[entry.uri] = entry.modified
        elif load := load_that_wrote(entry.uri, partition):
            loads[load].append(entry.uri)
    needed = _needed(loads, partition, current)
    mark, delete = [], []
    for load in sorted(loads.keys() - needed):
        marker = superseded_marker(load)
        if marker in markers and now - markers[marker] >= retention:
            delete.extend(loads[load])
        elif marker not in markers and (load != partition or _is_among(partition, replaced)):
            mark.append(marker)
    unmark = [superseded_marker(load) for load in needed if superseded_marker(load) in markers]
    kept = {superseded_marker(load) for load, uris in loads.items() if uris[0] not in delete}
    delete.extend(marker for marker in markers if marker not in kept)
    return SweepPlan(tuple(mark), tuple(unmark), tuple(delete))


def _needed(loads: Iterable[str], partition: str, current: Collection[str]) -> set[str]:
    """Return the loads that readers may be pointed at: a location that is no load's folder may need loose files."""
    names = {load_of_location(location).rstrip('/').rpartition('/')[2] for location in current}
    loose = any(not is_load_folder(name) for name in names)
    return {load for load in loads if load.rpartition('/')[2] in names or (load == partition and loose)}


def _is_among(partition: str, locations: Iterable[str]) -> bool:
    return partition in {location.rstrip('/') for location in locations}


def sweep_partition(files: Files, partition: str, current: Collection[str], replaced: Collection[str], now: datetime,
                    retention: timedelta) -> int:
    """Carry out the sweep of one partition folder and return how many files it deleted.

    `current` holds the locations below this folder that the catalog refers to, `replaced` those that it referred to
    until now.
    """
    return _carry_out(files, partition,
                      plan_sweep(files.list(partition), partition, current, replaced, now, retention))


def sweep_table(files: Files, location: str, keys: Sequence[str], current: Collection[str],
                replaced: Collection[str], now: datetime, retention: timedelta) -> int:
    """Carry out the sweep of every partition folder below a table and return how many files it deleted.

    `current` holds the locations of all partitions of the table, `replaced` those of the partitions that the
    publication has put or dropped, as they were before. In folders that neither names, a killed job or a partition
    dropped earlier may have left loads: such a folder is swept if all its values are numbers, or if a marker in it
    names this very partition. So a copy called `day=24 old` stays, with the markers that were copied.
    """
    known = {partition_of_load(place.rstrip('/')) for place in (*current, *replaced)}
    places: dict[str, list[FileEntry]] = defaultdict(list)
    for entry in files.list(location):
        place = place_of_file(entry.uri, location, keys)
        if place is not None:
            places[place].append(entry)
    return sum(_carry_out(files, place, plan_sweep(entries, place, current, replaced, now, retention))
               for place, entries in places.items()
               if place in known or _has_numbers(place, len(keys)) or _has_own_marker(files, place, entries))


def _has_numbers(place: str, keys: int) -> bool:
    return all(re.fullmatch('[^=]+=[0-9]+', folder) for folder in place.rsplit('/', keys)[1:])


def _has_own_marker(files: Files, place: str, entries: Iterable[FileEntry]) -> bool:
    """Tell whether a marker in a partition folder was written for it, and not copied with files of another one."""
    markers = (entry.uri for entry in entries if entry.uri.startswith(f'{place}/{SUPERSEDED_FOLDER}/'))
    return any(files.read(marker) == key_folders(place).encode() for marker in markers)


def _carry_out(files: Files, partition: str, plan: SweepPlan) -> int:
    for marker in plan.mark:
        files.write(marker, key_folders(partition).encode())
    files.delete((*plan.unmark, *plan.delete))
    if plan.delete:
        LOG.info('Removed %d files of superseded loads below %s.', len(plan.delete), partition)
    return len(plan.delete)
