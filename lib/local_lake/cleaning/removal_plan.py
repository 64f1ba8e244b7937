"""Decides which files of loads `./lake clean` removes, and which stay for what reason."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from lake_etl.errors import LakeError
from lake_etl.publish.layout import LOOSE, is_load_folder, key_folders, load_of_location, started_at
from lib.local_lake.cleaning.contents import Contents, Load
from lib.local_lake.cleaning.load_records import KnownTable, LakeRecords

REMOVE, LIVE, FOREIGN = 'can be removed', 'readers see it', 'belongs to no known table'
VERDICTS = (REMOVE, LIVE, FOREIGN)
KEPT_FOR_UNDO = './lake undo can bring them back; ./lake clean --superseded removes them now'


@dataclass(frozen=True)
class CleaningPlan:
    """What `clean` does: files to delete, the number of files that stay for each reason, and foreign files.

    All paths are relative to the lake.
    """

    delete: tuple[str, ...]
    kept: tuple[tuple[str, int], ...]
    foreign: tuple[str, ...]


def plan_cleaning(contents: Contents, records: LakeRecords, marked_place: Callable[[str], str], now: datetime,
                  retention: timedelta, keep_history: bool = True) -> CleaningPlan:
    """Decide about every load that was found.

    A load is removed when no table refers to it and lake.db, or its marker, shows that it was superseded or never
    published. Everything else stays.

    marked_place  returns the partition that a marker names, by the path of the marker
    retention     minimum age of the marker of a table's last loads, and of what the history of a table names
    keep_history  whether loads stay that an undo can bring back

    Raises LakeError when lake.db has no table although there are loads that a table must have referred to.
    """
    judge = _Judge(contents, records, marked_place, now - retention, keep_history)
    verdicts = {load: judge.verdict(load) for load in contents.loads}
    stay = [load for load, verdict in verdicts.items() if verdict != REMOVE]
    if stay and not records.tables:
        raise LakeError(f'lake.db in {records.root} has no tables, but there are {len(stay)} loads in the folders of '
                        'the lake. It was emptied, or it belongs to another lake. Nothing was removed. Restore lake.db '
                        'from a backup, or load the files in Collect again and remove the old folders yourself.')
    delete = [path for load, verdict in verdicts.items() if verdict == REMOVE for path in contents.loads[load]]
    delete += [marker.path for load, marker in contents.markers.items()
               if verdicts.get(load, REMOVE) == REMOVE and load.name != LOOSE and records.table_at(load.place)]
    kept: dict[str, int] = {}
    for load, verdict in verdicts.items():
        if verdict not in VERDICTS:
            kept[verdict] = kept.get(verdict, 0) + len(contents.loads[load])
    foreign = [path for load, verdict in verdicts.items() if verdict == FOREIGN for path in contents.loads[load]]
    return CleaningPlan(tuple(delete), tuple(sorted(kept.items())), tuple(sorted([*foreign, *contents.foreign])))


class _Judge:
    """Decides about each load: REMOVE, LIVE, FOREIGN, or the reason why it stays."""

    def __init__(self, contents: Contents, records: LakeRecords, marked_place: Callable[[str], str],
                 settled: datetime, keep_history: bool):
        self._contents = contents
        self._records = records
        self._marked_place = marked_place
        self._settled = settled
        self._live = records.live_loads()
        self._superseded = records.superseded_loads()
        self._keep_history = keep_history
        self._filled = {path.rpartition('/')[0] for files in (contents.tables, *contents.loads.values())
                        for path in files}
        self._current = _current_loads(records)
        self._refusals = {table.name: self._refusal(table) for table in records.tables}

    def verdict(self, load: Load) -> str:
        if load.folder in self._live:
            return LIVE
        table = self._records.table_at(load.place)
        if table is None:
            return REMOVE if self._records.is_unpublished(load.place, load.name) else FOREIGN
        if refusal := self._refusals[table.name]:
            return refusal
        if (moment := self._superseded.get(load.folder)) is not None and self._keep_history and moment > self._settled:
            return KEPT_FOR_UNDO
        if not table.current:
            return self._verdict_on_last_loads(load, table)
        current = self._current.get((table.name, load.place))
        if current:
            return self._verdict_next_to_current(load, table, current)
        if self._is_marked(load) or self._records.is_unpublished(load.place, load.name):
            return REMOVE
        return f'{table.name} has no such partition, and lake.db does not say that the files were superseded'

    def _refusal(self, table: KnownTable) -> str:
        """Return why nothing of a table may be removed, or an empty text."""
        for location in (table.location, *sorted(table.current)):
            below = self._records.below(location)
            if below is None:
                return f'{table.name} is outside this lake, in {location}'
            if location in table.current and below not in self._filled:
                return f'lake.db says that {table.name} is in {below}, but there are no files'
        return ''

    def _verdict_on_last_loads(self, load: Load, table: KnownTable) -> str:
        marker = self._contents.markers.get(load)
        if marker and marker.modified <= self._settled and self._is_marked(load):
            return REMOVE
        return (f'{table.name} is empty, and these files were its last; superseded files are removed after the '
                'retention period')

    def _verdict_next_to_current(self, load: Load, table: KnownTable, current: list[str]) -> str:
        """Judge a load whose partition readers see in another load's folder."""
        older = all(is_load_folder(name) and started_at(load.name) <= started_at(name) for name in current)
        superseded = load.folder in self._superseded or load in self._contents.markers
        if older or superseded or self._records.is_unpublished(load.place, load.name):
            return REMOVE
        return f'{table.name} shows older files, and lake.db does not know these'

    def _is_marked(self, load: Load) -> bool:
        """Return whether a load has a marker that was written for this partition and not copied from another."""
        marker = self._contents.markers.get(load)
        return marker is not None and self._marked_place(marker.path) == key_folders(load.place)


def _current_loads(records: LakeRecords) -> dict[tuple[str, str], list[str]]:
    """Return the names of the loads that readers see, by the table's name and the partition folder."""
    found: dict[tuple[str, str], list[str]] = {}
    for table in records.tables:
        for location in table.current:
            below = records.below(load_of_location(location))
            if below is not None:
                place, _, name = below.rpartition('/')
                found.setdefault((table.name, place), []).append(name)
    return found
