"""Takes publications of a table back, as a publication of its own, which can be taken back too."""
from __future__ import annotations

import logging
import secrets
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from lake_etl import runtime
from lake_etl.errors import LakeError
from lake_etl.ports import Cause, FileEntry, Partition, Publication, Table
from lake_etl.publish.layout import LOAD_KEY, SUPERSEDED_FOLDER, load_of_location, partition_of_load, superseded_marker
from lake_etl.publish.match_history import require_kept
from lake_etl.publish.match_undo import (
    find_match_table, is_of_match, match_lock, publish_match, read_match, require_snapshots, source_tables)
from lake_etl.publish.ownership import WORKFLOW, remembered_of
from lake_etl.publish.parquet_footer import rows_of_files
from lake_etl.publish.protected_state import protection_of
from lake_etl.publish.restoring import (
    UNCHANGED, RecordedTable, find_run, find_values, latest_change, require_protection, restoration, state_after,
    state_before)
from lake_etl.publish.sources import ROW_COUNT
from lake_etl.publish.sweep import sweep_partition

LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Correction:
    """A publication that corrects a table, and what it takes back.

    what    in words, such as `the load of Gen/Policy/a.csv`
    taken   id of the run that is taken back; empty if there is no single one
    copies  files that must be copied before, to the addresses that they get
    """

    recorded: RecordedTable
    publication: Publication
    what: str
    taken: str = ''
    copies: Mapping[str, str] = field(default_factory=dict)


def find_table(name: str) -> Table:
    """Return the published table of that name, also one of an entity match.

    The database may be left out where the name is unique. Raises LakeError for an unknown name, and for an Iceberg
    table that is not one of an entity match.
    """
    catalog, wanted = runtime.catalog(), name.lower()
    database, dot, short = wanted.rpartition('.')
    if dot and (found := catalog.table(database, short)):
        return found
    tables = tuple(catalog.tables())
    same = [table for table in tables if not dot and table.name == wanted]
    if len(same) == 1:
        return same[0]
    if not same and (matched := find_match_table(wanted)):
        return matched
    known = ', '.join([*(f'{table.database}.{table.name}' for table in same or tables),
                       *(() if same else map('.'.join, runtime.snapshot_tables().names()))])
    reason = f"'{name}' names {len(same)} tables" if same else f"There is no table '{name}'"
    raise LakeError(f'{reason}. Choose one of: {known or "(the lake has no tables)"}.')


def read_recorded(table: Table) -> RecordedTable:
    """Return a table with its partitions and its history; of an entity match both tables with their snapshots."""
    if is_of_match(table):
        return read_match(table)
    catalog = runtime.catalog()
    return RecordedTable(table, catalog.partitions(table.database, table.name),
                         catalog.history(table.database, table.name))


def lock_name(table: Table) -> str:
    """Return the name of the lock that loads of a table take on AWS: that of its workflow, or of the match."""
    if is_of_match(table):
        return match_lock(table)
    return table.parameters.get(WORKFLOW, f'{table.database}/{table.name}').lower()


def plan_undo(recorded: RecordedTable, partition: str | None, to: str | None, allow_unprotected: bool) -> Correction:
    """Return what takes back the latest change of a table or partition, or returns to the state after a run.

    Raises LakeError when there is nothing to undo, when types do not fit, or when personal data would come back.
    """
    if partition and is_of_match(recorded.table):
        raise LakeError(f'{recorded.name} belongs to an entity match, whose tables go back as a whole. Leave out '
                        f"'{partition}'. {UNCHANGED}")
    values = find_values(recorded, partition) if partition else None
    if to is None:
        change = latest_change(recorded, values)
        wanted, columns = state_before(change, values), change.columns[0]
        what, taken, file = shown_cause(change.cause), change.cause.run, change.cause.file
    else:
        change = find_run(recorded, to)
        found = state_after(recorded, change)
        wanted = found if values is None else {values: found.get(values)}
        columns, what = change.columns[1], f'everything after {shown_cause(change.cause)}'
        taken = file = ''
    publication = restoration(recorded, wanted, columns, Cause('undo', new_run('undo'), file))
    return Correction(recorded, protected(recorded, publication, allow_unprotected), what, taken)


def protected(recorded: RecordedTable, publication: Publication, allowed: bool) -> Publication:
    """Return the publication unless it brings back personal data in clear; see `require_protection`.

    Raises LakeError for a state of an entity match whose snapshot is gone, too.
    """
    catalog = runtime.catalog()
    if is_of_match(recorded.table):
        require_kept(recorded.table, publication.put)
    known = (protection_of(item.parameters) or {} for item in (*recorded.partitions, *publication.put))
    owners = (source_tables(recorded.table) if is_of_match(recorded.table)
              else (lock_name(recorded.table).replace('/', '.'),))
    names = {recorded.name, *owners, *(name for item in known for name in item)}
    required = {name: tuple(remembered_of(catalog.table(*name.partition('.')[::2])).protected) for name in names}
    return require_protection(publication, required, allowed)


def shown_cause(cause: Cause) -> str:
    """Return in words what has changed a table."""
    kind = {'load': 'the load', 'undo': 'the undo', 'remove': 'the removal', 'clear': 'the clearing',
            'match': 'the match', 'change': 'the change without a recorded run,'}.get(cause.kind, cause.kind)
    return f'{kind} of {cause.file}' if cause.file else f'{kind} {cause.run}'.rstrip()


def new_run(kind: str) -> str:
    """Return an id for a run that corrects a table."""
    return f'{kind}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}'


def publish_correction(correction: Correction, retention: timedelta) -> None:
    """Switch readers to the earlier files; the caller holds the lock that loads of the table take.

    Raises LakeError, and changes nothing, if the files are no longer complete; PublicationConflict if a load was
    published meanwhile. If the process is killed, readers see the state before or the state after the correction; of
    an entity match on AWS see `publish_match`.
    """
    publication, now = correction.publication, datetime.now(UTC)
    if is_of_match(correction.recorded.table):
        publish_match(correction.recorded.table, publication)
        return
    before = {item.values: item for item in correction.recorded.partitions}
    switched = [*(item.values for item in publication.put), *publication.drop]
    try:
        for source, target in correction.copies.items():
            runtime.files(target).copy(source, target)
        require_files(correction.recorded.name, publication.put, retention, now)
    except Exception:
        _remove(correction.copies.values())
        raise
    for partition in publication.put:
        # A marker that tells how long these files were superseded must not count again when they are superseded anew.
        runtime.files(partition.location).delete([superseded_marker(load_of_location(partition.location))])
    runtime.catalog().publish(publication)
    LOG.info('Took back %s in %s: %d partitions put, %d dropped.', correction.what, correction.recorded.name,
             len(publication.put), len(publication.drop))
    after = {item.values: item for item in publication.put}
    for values in switched:
        _sweep(before.get(values), after.get(values), now, retention)


def require_earlier_files(correction: Correction, retention: timedelta) -> None:
    """Raise LakeError unless the files that a correction brings back are complete and will stay."""
    if is_of_match(correction.recorded.table):
        require_snapshots(correction.recorded.table, correction.publication)
    elif not correction.copies:
        require_files(correction.recorded.name, correction.publication.put, retention, datetime.now(UTC))


def require_files(name: str, partitions: Collection[Partition], retention: timedelta, now: datetime) -> None:
    """Raise LakeError unless the files of these partitions are complete and will stay."""
    for partition in partitions:
        label, files = f'Partition {"/".join(partition.values)} of {name}', runtime.files(partition.location)
        entries = list(files.list(partition.location))
        if any(f'/{LOAD_KEY}=' in entry.uri.removeprefix(partition.location) for entry in entries):
            raise LakeError(f'{label} was in a folder that now contains folders of later loads, so engines would read '
                            f'all of them. Load the file of that time again. {UNCHANGED}')
        if not entries or _expired(files.list(f'{partition_of_load(partition.location)}/{SUPERSEDED_FOLDER}'),
                                   partition.location, retention, now):
            raise LakeError(
                f'{label}: the files of the earlier state are gone. Superseded files stay for '
                f'{retention.total_seconds() / 3600:g} hours, unless they are cleaned up before. Load the file of that '
                f'time again. {UNCHANGED}')
        rows = partition.parameters.get(ROW_COUNT)
        data = data_files_of(partition.location)
        if rows is not None and (found := sum(rows_of_files(data).values())) != int(rows):
            raise LakeError(f'{label} had {int(rows):,} rows in its earlier state, and the files have {found:,}: some '
                            f'were removed. Load the file of that time again. {UNCHANGED}')


def data_files_of(location: str) -> list[FileEntry]:
    """Return the Parquet files directly in the folder of a partition, which are all that readers see."""
    below = ((entry, entry.uri.removeprefix(location).strip('/')) for entry in runtime.files(location).list(location))
    return [entry for entry, name in below
            if '/' not in name and name.endswith('.parquet') and not name.startswith(('_', '.'))]


def _remove(uris: Collection[str]) -> None:
    """Remove unpublished files; if that fails, a later load removes them."""
    try:
        for uri in uris:
            runtime.files(uri).delete([uri])
    except Exception:
        LOG.warning('Could not remove %d unfinished files; a later load of the partition will.', len(uris))


def _expired(markers: Iterable[FileEntry], location: str, retention: timedelta, now: datetime) -> bool:
    """Tell whether a sweep may already have begun to remove the files of a location."""
    marker = superseded_marker(load_of_location(location))
    return any(entry.uri == marker and now - entry.modified >= retention for entry in markers)


def _sweep(before: Partition | None, after: Partition | None, now: datetime, retention: timedelta) -> None:
    """Mark the files that readers no longer see; the next load does so if this fails."""
    for place in {partition_of_load(item.location) for item in (before, after) if item}:
        locations = [item.location if item and partition_of_load(item.location) == place else None
                     for item in (after, before)]
        current, replaced = ([location] if location else [] for location in locations)
        try:
            sweep_partition(runtime.files(place), place, current, replaced, now, retention)
        except LakeError as error:
            LOG.warning('The superseded files in %s were not marked; the next load marks them. %s', place, error)
