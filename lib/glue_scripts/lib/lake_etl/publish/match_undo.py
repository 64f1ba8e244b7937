"""Takes matches back: switches the primary table and the cross-reference to earlier snapshots, only together."""
from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

from lake_etl import runtime
from lake_etl.errors import LakeError
from lake_etl.ports import Publication, Table
from lake_etl.publish.match_history import (
    FILE, KIND, MERGE_KEY, REFERENCE_KEY, RUN, SUFFIX, MatchTables, SnapshotCorrection, corrections_of, is_ancestor,
    recorded_match, unfinished_correction, with_correction)
from lake_etl.publish.ownership import remembered_of
from lake_etl.publish.restoring import UNCHANGED, RecordedTable
from lake_etl.snapshots import SnapshotSwitch, SnapshotTable, SnapshotTables

LOG = logging.getLogger(__name__)
PRIMARY = 'lake_etl.match_primary'   # parameter of a table that is one of an entity match: name of its primary table
CONSUME = '_consume'


def find_match_table(name: str) -> Table | None:
    """Return the table of an entity match with that name, or None; the database may be left out where it is unique.

    Raises LakeError for an Iceberg table that is not one of an entity match.
    """
    snapshots = runtime.snapshot_tables()
    names = snapshots.names()
    found = [item for item in names if name.lower() in (item[1], '.'.join(item))]
    if len(found) != 1:
        return None
    database, short = found[0]
    primary = short if (database, short + SUFFIX) in names else short.removesuffix(SUFFIX)
    reference = snapshots.read(database, primary + SUFFIX) if (database, primary + SUFFIX) in names else None
    table = snapshots.read(database, short) if reference and short == primary else reference
    if table is None or reference is None or REFERENCE_KEY not in {column.name for column in reference.columns}:
        raise LakeError(f'{database}.{short} is an Iceberg table, and not one of an entity match, so the lake does not '
                        'know its history. Go back with the tools of the program that fills it: its snapshots are its '
                        f'history. {UNCHANGED}')
    return Table(database, short, table.columns, (), table.location, parameters={PRIMARY: primary})


def is_of_match(table: Table) -> bool:
    """Tell whether a table is one of an entity match."""
    return PRIMARY in table.parameters


def match_names(table: Table) -> tuple[str, str]:
    """Return the names of the primary table and of the cross-reference."""
    primary = table.parameters[PRIMARY]
    return primary, primary + SUFFIX


def match_lock(table: Table) -> str:
    """Return the name of the lock that entity matches of a database take on AWS."""
    return f'{table.database.removesuffix(CONSUME)}#entity-match'


def read_match_tables(table: Table, snapshots: SnapshotTables) -> MatchTables:
    """Return both tables of the match as they are now."""
    primary, reference = match_names(table)
    return MatchTables(snapshots.read(table.database, primary), snapshots.read(table.database, reference))


def read_match(table: Table) -> RecordedTable:
    """Return the history of a match."""
    return recorded_match(table, read_match_tables(table, runtime.snapshot_tables()))


def matches_of(database: str) -> Iterator[RecordedTable]:
    """Yield the history of each entity match that may have rows of a Cleanse or Consume database."""
    consume = f'{database.removesuffix(CONSUME)}{CONSUME}'
    names = runtime.snapshot_tables().names()
    for owner, name in names:
        if owner == consume and (owner, name + SUFFIX) in names and (table := find_match_table(f'{owner}.{name}')):
            yield read_match(table)


def merge_key(table: Table) -> list[str]:
    """Return the column by whose values matches merge rows into a table; none if that is not on record."""
    found = runtime.snapshot_tables().read(table.database, table.name)
    snapshot = found.snapshots.get(found.current or '') if found else None
    key = snapshot.properties.get(MERGE_KEY) if snapshot else None
    return [key.lower()] if key else []


def source_tables(table: Table) -> tuple[str, ...]:
    """Return the names of all tables from which rows of a match may come."""
    databases = {table.database, table.database.removesuffix(CONSUME)}
    return tuple(f'{item.database}.{item.name}' for database in sorted(databases)
                 for item in runtime.catalog().tables(database))


def protected_columns(table: Table) -> set[str]:
    """Return the columns that any table protects from which rows of a match may come."""
    tables = (runtime.catalog().table(*name.split('.', 1)) for name in source_tables(table))
    return {column for found in tables for column in remembered_of(found).protected}


def require_snapshots(table: Table, publication: Publication) -> None:
    """Raise LakeError unless all files of the snapshots that a publication brings back are there."""
    snapshots = runtime.snapshot_tables()
    _require_files(snapshots, read_match_tables(table, snapshots), publication)


def _require_files(snapshots: SnapshotTables, match: MatchTables, publication: Publication) -> None:
    tables = {found.name: found for found in match.all}
    for partition in publication.put:
        found = tables[partition.values[0]]
        files = snapshots.files(found.database, found.name, partition.location)
        there = {entry.uri: entry.size for entry in runtime.files(found.location).list(f'{found.location}/data')}
        # Other programs may have put files elsewhere.
        missing = [file for file in files if there.get(file.uri) != file.size
                   and (file.uri in there or runtime.files(file.uri).size(file.uri) != file.size)]
        if missing:
            raise LakeError(f'{len(missing)} of {len(files)} files of the earlier state of {found.database}.'
                            f'{found.name} are gone, such as {missing[0].uri}. Restore them from a backup. {UNCHANGED}')


def publish_match(table: Table, publication: Publication) -> None:
    """Switch both tables; the caller holds the lock that matches take.

    On a laptop that happens at one instant. Glue switches one after the other, in an order in which the cross-reference
    never lacks keys of the primary table where one state was made from the other. Both remember the whole correction
    with their switch, so `finish_correction` can complete one that was killed. Raises PublicationConflict when a match
    was published meanwhile.
    """
    snapshots = runtime.snapshot_tables()
    tables = read_match_tables(table, snapshots)
    _require_files(snapshots, tables, publication)
    targets = {partition.values[0]: partition.location for partition in publication.put}
    before = {values[0]: location for values, location in publication.expected.items()}
    after = {name: targets.get(name) for name in before}
    cause = publication.cause
    # Iceberg counts milliseconds.
    now = datetime.now(UTC).isoformat(timespec='milliseconds')
    correction = SnapshotCorrection(cause.run, cause.kind, cause.file, now, before, after)
    _switch(snapshots, tables, correction, before)
    LOG.info('Switched %s to earlier snapshots.', ' and '.join(sorted(before)))


def finish_correction(table: Table) -> str:
    """Finish a correction of a match that was killed between its two switches, and say so; empty if there is none.

    The caller holds the lock that matches take.
    """
    snapshots = runtime.snapshot_tables()
    tables = read_match_tables(table, snapshots)
    correction = unfinished_correction(tables)
    if correction is None:
        return ''
    left = [found.name for found in tables.all
            if found.name in correction.after and correction.run not in {item.run for item in corrections_of(found)}]
    _switch(snapshots, tables, correction, left)
    return (f'Run {correction.run} was interrupted after it had switched one of two tables. It is finished now: '
            f'{table.database}.{" and ".join(left)} was switched, too. Nothing else was done.')


def _switch(snapshots: SnapshotTables, tables: MatchTables, correction: SnapshotCorrection,
            names: Iterable[str]) -> None:
    found: Mapping[str, SnapshotTable] = {table.name: table for table in tables.all}
    summary = {RUN: correction.run, KIND: correction.kind, FILE: correction.file}
    switches = [SnapshotSwitch(found[name].database, name, correction.before[name], correction.after[name],
                               with_correction(found[name], correction), summary) for name in names]
    snapshots.switch(sorted(switches, key=lambda item: _place(tables, correction, item.name)))


def _place(tables: MatchTables, correction: SnapshotCorrection, name: str) -> int:
    """Return the place of a table among the switches: the cross-reference first, or last where it goes back."""
    reference = tables.reference
    if reference is None or name != reference.name:
        return 1
    back = is_ancestor(reference, correction.after[name], correction.before[name])
    return 2 if back else 0
