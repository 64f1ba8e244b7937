"""Finds the table of a workflow, and compares two states of a table that are on record."""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from lake_etl import runtime
from lake_etl.adapters.local.duckdb_diff import TableDiff, compare, compare_files
from lake_etl.adapters.local.locked_folders import locked_folder, temporary_place
from lake_etl.arguments import EXECUTION_COLUMN
from lake_etl.errors import LakeError
from lake_etl.ports import Column, Partition, Table
from lake_etl.publish.match_history import require_kept
from lake_etl.publish.match_undo import find_match_table, is_of_match, protected_columns
from lake_etl.publish.ownership import remembered_of
from lake_etl.publish.restoring import RecordedTable, find_run, latest_change, state_after, state_before
from lake_etl.publish.undo import data_files_of, require_files

State = tuple[tuple[Column, ...], tuple[Partition, ...]]


def compare_runs(recorded: RecordedTable, earlier: str | None, later: str | None, key: Sequence[str],
                 retention: timedelta) -> TableDiff:
    """Compare a table as one run has left it with the same as another one has left it.

    earlier  beginning of a run's id; None for the state before the latest change
    later    likewise; None for the present state

    Raises LakeError for a run that is not on record, and if files of a state are gone.
    """
    if is_of_match(recorded.table):
        return _compare_snapshots(recorded, earlier, later, key)
    (columns_before, before), (columns, after) = _earlier(recorded, earlier), _later(recorded, later)
    now = {partition.location for partition in recorded.partitions}
    for state in (before, after):
        require_files(recorded.name, [item for item in state if item.location not in now], retention, datetime.now(UTC))
    protected = remembered_of(recorded.table).protected
    with ExitStack() as stack:
        earlier_rows, later_rows = (stack.enter_context(_on_this_machine(state)) for state in (before, after))
        diff = compare(replace(recorded.table, columns=columns), earlier_rows, later_rows,
                       [name.lower() for name in key], {EXECUTION_COLUMN}, protected)
    return _with_columns(diff, columns_before, columns)


def _compare_snapshots(recorded: RecordedTable, earlier: str | None, later: str | None,
                       key: Sequence[str]) -> TableDiff:
    """Compare a table of an entity match at two of its snapshots."""
    table, values = recorded.table, (recorded.table.name,)
    found = runtime.snapshot_tables().read(table.database, table.name)
    partitions = [next((item for item in partitions if item.values == values), None)
                  for _, partitions in (_earlier(recorded, earlier), _later(recorded, later))]
    require_kept(table, partitions)
    states = [partition.location if partition else '' for partition in partitions]
    before, after = (found.snapshots[state].columns if found and state in found.snapshots else ()
                     for state in states)
    files = [[file.uri for file in runtime.snapshot_tables().files(table.database, table.name, state)] if state else []
             for state in states]
    with _files_on_this_machine(files) as (earlier_files, later_files):
        diff = compare_files(replace(table, columns=after or table.columns), earlier_files, later_files,
                             [name.lower() for name in key], {EXECUTION_COLUMN}, protected_columns(table))
    return _with_columns(diff, before, after)


def _with_columns(diff: TableDiff, before: tuple[Column, ...], after: tuple[Column, ...]) -> TableDiff:
    names, former = ([column.name for column in found] for found in (after, before))
    return replace(diff, added_columns=tuple(name for name in names if name not in former),
                   removed_columns=tuple(name for name in former if name not in names))


@contextmanager
def _files_on_this_machine(states: Sequence[Sequence[str]]) -> Iterator[list[list[str]]]:
    """Give the paths of files on this machine; those in Amazon S3 are copied for the time of the block, each once."""
    with locked_folder(temporary_place()) as folder:
        copies: dict[str, str] = {}
        for uri in {uri for state in states for uri in state if runtime.is_s3(uri)}:
            copies[uri] = f'{folder}/{len(copies)}.parquet'
            runtime.files(copies[uri]).write(copies[uri], runtime.files(uri).read(uri) or b'')
        yield [[copies.get(uri, uri) for uri in state] for state in states]


def table_of_workflow(workflow: str) -> Table:
    """Return the Cleanse table of a workflow, given as `Database/Table` or `Database-Table`; raises LakeError.

    A table of an entity match is found by its own database and name.
    """
    parts = workflow.split('/') if '/' in workflow else workflow.split('-')
    sign = '/' if '/' in workflow else '-'
    for number in range(1, len(parts)):
        names = sign.join(parts[:number]), sign.join(parts[number:])
        if table := runtime.catalog().table(*names) or find_match_table('.'.join(names)):
            return table
    known = ', '.join(f'{table.database}/{table.name}' for table in runtime.catalog().tables())
    raise LakeError(f"--workflow '{workflow}': the lake has no Cleanse table of such a workflow. Expected "
                    f'DATABASE/TABLE. The tables are: {known or "none"}.')


def _earlier(recorded: RecordedTable, run: str | None) -> State:
    if run is not None:
        return _later(recorded, run)
    change = latest_change(recorded)
    return change.columns[0], _present({**recorded.state, **state_before(change)}.values())


def _later(recorded: RecordedTable, run: str | None) -> State:
    if run is None:
        return recorded.table.columns, recorded.partitions
    change = find_run(recorded, run)
    return change.columns[1], _present(state_after(recorded, change).values())


def _present(partitions: Iterable[Partition | None]) -> tuple[Partition, ...]:
    return tuple(partition for partition in partitions if partition is not None)


@contextmanager
def _on_this_machine(partitions: Sequence[Partition]) -> Iterator[tuple[Partition, ...]]:
    """Give the partitions with folders on this machine; files in Amazon S3 are copied for the time of the block."""
    with locked_folder(temporary_place()) as folder:
        yield tuple(_copied(partition, str(folder / str(number))) if runtime.is_s3(partition.location)
                    else partition for number, partition in enumerate(partitions))


def _copied(partition: Partition, folder: str) -> Partition:
    for entry in data_files_of(partition.location):
        content = runtime.files(entry.uri).read(entry.uri) or b''
        runtime.files(folder).write(f'{folder}/{entry.uri.rpartition("/")[2]}', content)
    return replace(partition, location=folder)
