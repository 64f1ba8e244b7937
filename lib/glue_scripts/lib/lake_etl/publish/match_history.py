"""Reads the history of an entity match from the snapshots of its primary table and its cross-reference.

Each merge writes into its snapshot which run made it, and each correction into the tables what it switched, in the same
commit. So there is no record that a killed program could leave behind or lack. The history has the form of that of a
table of files: the two tables stand for partitions, and their snapshots for locations.
"""
from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from lake_etl.errors import LakeError
from lake_etl.ports import Cause, Partition, Table, TableChange
from lake_etl.publish.protected_state import PROTECTION, ProtectedColumns, protection_of, protection_property
from lake_etl.publish.restoring import UNCHANGED, RecordedTable
from lake_etl.publish.sources import ROW_COUNT
from lake_etl.snapshots import SnapshotTable

SUFFIX, REFERENCE_KEY = '_xref', 'match_key'
RUN, KIND, FILE, MERGE_KEY = 'lake_etl.run', 'lake_etl.kind', 'lake_etl.file', 'lake_etl.key'
CORRECTIONS, REMEMBERED = 'lake_etl.corrections', 50
MATCH, CHANGE = 'match', 'change'
UNKNOWN = '(unknown)'   # in place of a snapshot that is gone with its id
GONE = 'lake_etl.gone'   # parameter of a state whose snapshot is gone


@dataclass(frozen=True)
class MatchTables:
    """The tables of an entity match at one instant; one is None if a run was killed before it made it."""

    primary: SnapshotTable | None
    reference: SnapshotTable | None

    @property
    def all(self) -> tuple[SnapshotTable, ...]:
        """Return the tables that there are, the cross-reference first, as merges write them."""
        return tuple(table for table in (self.reference, self.primary) if table is not None)


@dataclass(frozen=True)
class SnapshotCorrection:
    """A correction as the tables remember it.

    before, after  id of the snapshot by name of the table, for each that is switched; after: None for one without rows
    """

    run: str
    kind: str
    file: str
    time: str
    before: Mapping[str, str | None]
    after: Mapping[str, str | None]

    def has_switched(self, table: SnapshotTable) -> bool:
        """Tell whether the table is where this correction has put it."""
        target = self.after[table.name]
        current = table.snapshots.get(table.current or '')
        return table.current == target if target is not None else bool(current and
                                                                       current.properties.get(RUN) == self.run)


@dataclass(frozen=True)
class _Entry:
    """A switch of one of the tables to another snapshot.

    order  its time, or that of an earlier switch of the table by a machine whose clock was ahead
    """

    time: datetime
    order: datetime
    table: str
    before: Partition | None
    after: Partition
    cause: Cause
    is_reference: bool


def merge_properties(cause: Cause, key: str, before: Mapping[str, str] | None,
                     protection: ProtectedColumns | None) -> dict[str, str]:
    """Return the properties of the snapshot that a merge makes.

    key         column whose values identify rows
    before      properties of the snapshot that the merge changes; None if there is none
    protection  which columns the new rows protect, by table; None if that is not known
    """
    joined = protection if before is None else _joined(protection_of(before), protection)
    return {RUN: cause.run, KIND: cause.kind, FILE: cause.file, MERGE_KEY: key, **protection_property(joined)}


def _joined(before: ProtectedColumns | None, new: ProtectedColumns | None) -> ProtectedColumns | None:
    """Return which columns earlier and new rows protect, by the table that they come from."""
    if before is None or new is None:
        return None
    return {table: tuple(set(before.get(table, columns)) & set(columns))
            for table, columns in {**before, **new}.items()}


def recorded_match(asked: Table, tables: MatchTables) -> RecordedTable:
    """Return the history of a match in the form of that of a table; `asked` is one of its tables."""
    now = tuple(_state(table, table.current) for table in tables.all if table.current is not None)
    entries = [entry for table in tables.all for entry in _entries(table, table is tables.reference)]
    entries.sort(key=lambda entry: (entry.order, not entry.is_reference))
    changes = [_change(group, asked) for group in _groups(entries)]
    return RecordedTable(asked, now, tuple(reversed(changes)))


def require_kept(asked: Table, partitions: Iterable[Partition | None]) -> None:
    """Raise LakeError when one of these states of a match has no snapshot any more."""
    for partition in partitions:
        if partition is not None and GONE in partition.parameters:
            raise LakeError(f'The earlier state of {asked.database}.{partition.values[0]} is gone: its snapshot has '
                            f'expired. Load the files of that time again. {UNCHANGED}')


def corrections_of(table: SnapshotTable) -> tuple[SnapshotCorrection, ...]:
    """Return the corrections that a table remembers, the earliest first."""
    return tuple(SnapshotCorrection(**item) for item in json.loads(table.properties.get(CORRECTIONS, '[]')))


def with_correction(table: SnapshotTable, correction: SnapshotCorrection) -> dict[str, str]:
    """Return the property with which the table remembers one more correction."""
    known = (*corrections_of(table), correction)[-REMEMBERED:]
    return {CORRECTIONS: json.dumps([asdict(item) for item in known], ensure_ascii=False)}


def unfinished_correction(tables: MatchTables) -> SnapshotCorrection | None:
    """Return the correction that has switched one of two tables and not yet the other, which has not changed since."""
    if len(tables.all) < 2:
        return None
    for done, left in (tables.all, reversed(tables.all)):
        latest = next(reversed(corrections_of(done)), None)
        if latest is None or left.name not in latest.after or latest.run in {item.run for item in corrections_of(left)}:
            continue
        if latest.has_switched(done) and left.current == latest.before[left.name]:
            return latest
    return None


def is_ancestor(table: SnapshotTable, earlier: str | None, later: str | None) -> bool:
    """Tell whether one snapshot was made from the other, directly or through others; the state without rows always."""
    seen: set[str] = set()
    while later is not None and later not in seen:
        if earlier in (None, later):
            return True
        seen.add(later)
        found = table.snapshots.get(later)
        later = found.parent if found else None
    return earlier is None


def _entries(table: SnapshotTable, is_reference: bool) -> Iterable[_Entry]:
    """Yield the switches of a table in order; one that was not the birth of a snapshot was a correction."""
    waiting = list(corrections_of(table))
    previous: str | None = None
    order = datetime.min.replace(tzinfo=UTC)
    for time, identity in table.log:
        found = table.snapshots.get(identity)
        if found is not None and found.time == time:
            before = found.parent or (None if found.first else UNKNOWN)
            run = found.properties.get(RUN, '')
            cause = (Cause(found.properties.get(KIND, MATCH), run, found.properties.get(FILE, '')) if run
                     else Cause(CHANGE, f'snapshot-{identity}'))
        else:
            record = next((item for item in waiting if item.after.get(table.name) == identity
                           and datetime.fromisoformat(item.time) <= time), None)
            if record is not None:
                waiting = waiting[waiting.index(record) + 1:]
            before = record.before[table.name] if record else previous or UNKNOWN
            cause = (Cause(record.kind, record.run, record.file) if record
                     else Cause(CHANGE, f'snapshot-{identity}'))
        order = max(order, time)
        yield _Entry(time, order, table.name, None if before is None else _state(table, before),
                     _state(table, identity), cause, is_reference)
        previous = identity


def _groups(entries: Sequence[_Entry]) -> list[list[_Entry]]:
    """Put the two switches of one run together: those of a merge follow each other, the reference first."""
    groups: list[list[_Entry]] = []
    corrections = {(entry.cause.run, entry.is_reference): entry for entry in entries if _is_correction(entry)}
    for entry in entries:
        last = groups[-1] if groups else []
        other = corrections.get((entry.cause.run, not entry.is_reference)) if _is_correction(entry) else None
        if other is not None:
            groups += [] if entry.is_reference else [[other, entry]]
        elif len(last) == 1 and last[0].is_reference and not entry.is_reference and _is_one_merge(last[0], entry):
            last.append(entry)
        else:
            groups.append([entry])
    return groups


def _is_correction(entry: _Entry) -> bool:
    return entry.cause.kind not in (MATCH, CHANGE)


def _is_one_merge(first: _Entry, second: _Entry) -> bool:
    kinds = first.cause.kind, second.cause.kind
    return kinds == (CHANGE, CHANGE) or kinds == (MATCH, MATCH) and first.cause.run == second.cause.run


def _change(group: Sequence[_Entry], asked: Table) -> TableChange:
    latest = group[-1]
    switches: dict[tuple[str, ...], tuple[Partition | None, Partition | None]] = {
        (entry.table,): (entry.before, entry.after) for entry in group}
    return TableChange(f'{latest.time:%Y%m%dT%H%M%S.%fZ}-{latest.after.location}', latest.time, latest.cause,
                       (asked.columns, asked.columns), switches)


def _state(table: SnapshotTable, identity: str) -> Partition:
    """Return a snapshot in the form of a partition."""
    found = table.snapshots.get(identity)
    rows = {} if found is None or found.rows is None else {ROW_COUNT: str(found.rows)}
    kept = {key: value for key, value in found.properties.items() if key == PROTECTION} if found else {GONE: 'true'}
    return Partition((table.name,), identity, (), rows | kept)
