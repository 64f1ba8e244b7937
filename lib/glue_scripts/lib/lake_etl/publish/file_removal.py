"""Takes the rows of one source file out of a table: its share of a partition, or the load that published it."""
from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from lake_etl.errors import LakeError
from lake_etl.ports import Cause, Partition, Publication
from lake_etl.publish.layout import load_folder, load_name, partition_of_load
from lake_etl.publish.match_history import MATCH
from lake_etl.publish.restoring import (
    UNCHANGED, RecordedTable, change_of_state, latest_change, restoration, state_before)
from lake_etl.publish.sources import PROPERTY, SourceFile, belongs_to, partition_properties, sources_of
from lake_etl.publish.undo import Correction, data_files_of, new_run, protected, shown_cause

SHOWN = 5


@dataclass(frozen=True)
class FoundFile:
    """A source file and the partition that holds its rows."""

    partition: Partition
    source: SourceFile

    @property
    def others(self) -> tuple[SourceFile, ...]:
        """Return the other source files of the partition."""
        return tuple(item for item in sources_of(self.partition.parameters) if item != self.source)


def find_file(recorded: RecordedTable, file: str) -> FoundFile:
    """Return the source file of that name, or of that path below Collect; letter case does not matter.

    Raises LakeError when the table holds rows of none, or of several.
    """
    wanted, known = file.strip('/').casefold(), list(_files(recorded))
    found = [item for item in known if f'/{item.source.file.casefold()}'.endswith(f'/{wanted}')]
    if len(found) == 1:
        return found[0]
    shown = ', '.join(item.source.file for item in (found or known)[-SHOWN:]) or '(none that the lake knows)'
    reason = f'holds rows of {len(found)} files named {file}' if found else f'holds no rows of a file {file}'
    raise LakeError(f'Table {recorded.name} {reason}. Give one of: {shown}. {UNCHANGED}')


def _files(recorded: RecordedTable) -> Iterator[FoundFile]:
    return (FoundFile(partition, source) for partition in recorded.partitions
            for source in sources_of(partition.parameters))


def plan_removal(recorded: RecordedTable, file: str, by_file: bool, allow_unprotected: bool) -> Correction:
    """Return what takes a file's rows out of a table.

    by_file  whether the workflow is known to keep the rows of each file; a partition with rows of several files shows
             it as well

    Where it does, the partition loses the rows of the file. Otherwise the load that published the file is taken back.
    Raises LakeError when the file is not in the table, or when its load cannot be taken back.
    """
    found, run = find_file(recorded, file), new_run('remove')
    cause, what = Cause('remove', run, found.source.file), f'the rows of {found.source.file}'
    if not (by_file or found.others or _was_by_file(recorded, found.partition)):
        change = change_of_state(recorded, found.partition.values)
        publication = restoration(recorded, state_before(change), change.columns[0], cause)
        return Correction(recorded, protected(recorded, publication, allow_unprotected), what, change.cause.run)
    values, expected = found.partition.values, {found.partition.values: found.partition.location}
    table = replace(recorded.table, parameters={})
    if not found.others:
        return Correction(recorded, Publication(table, drop=(values,), expected=expected, cause=cause), what)
    place = partition_of_load(found.partition.location)
    folder = load_folder(place, load_name(run, datetime.now(UTC), secrets.token_hex(3)))
    rest = {key: value for key, value in found.partition.parameters.items() if not key.startswith(PROPERTY)}
    left = Partition(values, folder, found.partition.columns, rest | partition_properties(found.others))
    copies = {entry.uri: f'{folder}/{name}' for entry in data_files_of(found.partition.location)
              if not belongs_to(name := entry.uri.rpartition('/')[2], found.source)}
    return Correction(recorded, Publication(table, (left,), expected=expected, cause=cause), what, copies=copies)


def plan_match_removal(recorded: RecordedTable, file: str, allow_unprotected: bool) -> Correction:
    """Return what takes the match of a file back if it is the latest change of an entity match.

    A match merges the rows of a file into those of others. Raises LakeError when later changes are there.
    """
    latest, wanted = latest_change(recorded), file.strip('/').casefold()
    if latest.cause.kind != MATCH or not f'/{latest.cause.file.casefold()}'.endswith(f'/{wanted}'):
        raise LakeError(
            f'The match merges rows of all files into {recorded.name}, so those of {file} cannot be taken out. Only '
            f'the latest change can be taken back: {shown_cause(latest.cause)}. Look at the history of the table and '
            f'go back to the run before the match of the file with undo and --to. {UNCHANGED}')
    cause = Cause('remove', new_run('remove'), latest.cause.file)
    publication = restoration(recorded, state_before(latest), latest.columns[0], cause)
    return Correction(recorded, protected(recorded, publication, allow_unprotected), f'the rows of {latest.cause.file}',
                      latest.cause.run)


def _was_by_file(recorded: RecordedTable, partition: Partition) -> bool:
    return any(change.cause.by_file for change in recorded.changes if partition.values in change.switches
               and change.switches[partition.values][1] == partition)
