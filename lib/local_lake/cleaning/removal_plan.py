"""Decides which files of loads `./lake clean` removes, and which stay for what reason."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from lake_etl.errors import LakeError
from lake_etl.publish.layout import LOOSE, is_load_folder, key_folders, load_of_location, started_at
from lib.local_lake.cleaning.contents import Contents, Load
from lib.local_lake.cleaning.load_records import KnownTable, LakeRecords

GO, LIVE, FOREIGN = 'may go', 'readers see it', 'belongs to nothing that is known'
VERDICTS = (GO, LIVE, FOREIGN)


@dataclass(frozen=True)
class CleaningPlan:
    """What `clean` does: files that it deletes, reasons why others stay with their number, and what is not the lake's.

    All paths are relative to the lake.
    """

    delete: tuple[str, ...]
    kept: tuple[tuple[str, int], ...]
    foreign: tuple[str, ...]


def plan_cleaning(contents: Contents, records: LakeRecords, marked_place: Callable[[str], str], now: datetime,
                  retention: timedelta) -> CleaningPlan:
    """Decide about every load that was found.

    A load goes when no table refers to it and lake.db, or its marker, says why: it was superseded, or it never was
    published. Everything else stays.

    marked_place  gives what a marker says about the partition it was written for, by its path
    retention     how old the marker of a table's last loads must be

    Raises LakeError when lake.db names no table although there are loads that some table must have referred to.
    """
    judge = _Judge(contents, records, marked_place, now - retention)
    verdicts = {load: judge.verdict(load) for load in contents.loads}
    stay = [load for load, verdict in verdicts.items() if verdict != GO]
    if stay and not records.tables:
        raise LakeError(f'lake.db in {records.root} names no tables, but {len(stay)} loads lie in the folders of the '
                        'lake. It was emptied, or it belongs to another lake. Nothing was removed. Bring lake.db back '
                        'from a backup, or load the files in Collect again and remove the old folders yourself.')
    delete = [path for load, verdict in verdicts.items() if verdict == GO for path in contents.loads[load]]
    delete += [marker.path for load, marker in contents.markers.items()
               if verdicts.get(load, GO) == GO and load.name != LOOSE and records.table_at(load.place)]
    kept: dict[str, int] = {}
    for load, verdict in verdicts.items():
        if verdict not in VERDICTS:
            kept[verdict] = kept.get(verdict, 0) + len(contents.loads[load])
    foreign = [path for load, verdict in verdicts.items() if verdict == FOREIGN for path in contents.loads[load]]
    return CleaningPlan(tuple(delete), tuple(sorted(kept.items())), tuple(sorted([*foreign, *contents.foreign])))


class _Judge:
    """Gives the verdict on each load: GO, LIVE, FOREIGN, or the reason why it stays."""

    def __init__(self, contents: Contents, records: LakeRecords, marked_place: Callable[[str], str],
                 settled: datetime):
        self._contents = contents
        self._records = records
        self._marked_place = marked_place
        self._settled = settled
        self._live = records.live_loads()
        self._filled = {path.rpartition('/')[0] for files in (contents.tables, *contents.loads.values())
                        for path in files}
        self._current = _current_loads(records)
        self._refusals = {table.name: self._refusal(table) for table in records.tables}

    def verdict(self, load: Load) -> str:
        if load.folder in self._live:
            return LIVE
        table = self._records.table_at(load.place)
        if table is None:
            return GO if self._records.is_unpublished(load.place, load.name) else FOREIGN
        if refusal := self._refusals[table.name]:
            return refusal
        if not table.current:
            return self._verdict_on_last_loads(load, table)
        current = self._current.get((table.name, load.place))
        if current:
            return self._verdict_beside(load, table, current)
        if self._is_marked(load) or self._records.is_unpublished(load.place, load.name):
            return GO
        return f'{table.name} has no such partition, and lake.db does not say that the files were superseded'

    def _refusal(self, table: KnownTable) -> str:
        """Return why nothing of a table may be removed, or an empty text."""
        for location in (table.location, *sorted(table.current)):
            below = self._records.below(location)
            if below is None:
                return f'{table.name} lies outside this lake, in {location}'
            if location in table.current and below not in self._filled:
                return f'lake.db says that {table.name} lies in {below}, where no files are'
        return ''

    def _verdict_on_last_loads(self, load: Load, table: KnownTable) -> str:
        marker = self._contents.markers.get(load)
        if marker and marker.modified <= self._settled and self._is_marked(load):
            return GO
        return (f'{table.name} is empty, and these files were its last; what was superseded goes after the retention '
                'period')

    def _verdict_beside(self, load: Load, table: KnownTable, current: list[str]) -> str:
        """Judge a load whose partition readers see in another load's folder."""
        older = all(is_load_folder(name) and started_at(load.name) <= started_at(name) for name in current)
        if older or load in self._contents.markers or self._records.is_unpublished(load.place, load.name):
            return GO
        return f'{table.name} has older files in their place, and lake.db does not know these'

    def _is_marked(self, load: Load) -> bool:
        """Tell whether a load has a marker that was written for this very partition and not copied here."""
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
