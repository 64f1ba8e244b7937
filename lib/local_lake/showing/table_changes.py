"""Prints the history of a table, a correction of it, and how two of its states differ."""
from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from lake_etl.adapters.local.duckdb_diff import TableDiff
from lake_etl.ports import Partition, Table, TableChange
from lake_etl.publish.match_undo import is_of_match, match_names
from lake_etl.publish.restoring import RecordedTable
from lake_etl.publish.sources import ROW_COUNT
from lake_etl.publish.undo import Correction
from lib.local_lake.showing.output import print_rows
from lib.local_lake.showing.text_table import Count

HISTORY = ('time (UTC)', 'run', 'kind', 'file', 'partitions', 'rows before', 'rows after', 'earlier files until (UTC)')
MATCHES = ('time (UTC)', 'run', 'kind', 'file', 'rows before', 'rows after', 'keys before', 'keys after')
SHORT, LENGTH_OF_EXECUTIONS = 8, 36


def print_history(recorded: RecordedTable, last: int, style: str, retention: timedelta) -> None:
    """Print the latest changes of a table; in a table, ids of runs are as short as they can be given to undo."""
    changes, now = recorded.changes[:last], datetime.now(UTC)
    beginnings = Counter(run[:SHORT] for run in {change.cause.run for change in recorded.changes})
    rows = []
    for change in changes:
        before, after = (_rows(partitions) for partitions in zip(*change.switches.values(), strict=True))
        run = change.cause.run
        if is_of_match(recorded.table):
            rows.append((_shown(change.time), _short(run, beginnings) if style == 'table' else run, change.cause.kind,
                         change.cause.file or None, *_rows_and_keys(recorded.table, change)))
            continue
        kept = change.time + retention if any(earlier for earlier, _ in change.switches.values()) else None
        rows.append((_shown(change.time), _short(run, beginnings) if style == 'table' else run,
                     change.cause.kind, change.cause.file, _partitions(change), before, after,
                     _shown(kept) if kept and kept > now else None))
    print_rows(MATCHES if is_of_match(recorded.table) else HISTORY, rows, style)


def print_correction(correction: Correction, done: bool, retention: timedelta) -> None:
    """Print what a correction has changed, or would change."""
    publication, name = correction.publication, correction.recorded.name
    state, put = correction.recorded.state, {item.values: item for item in publication.put}
    switched = [*put, *publication.drop]
    if is_of_match(correction.recorded.table):
        _print_match_correction(correction, done)
        return
    before, after = _rows([state.get(values) for values in switched]), _rows([put.get(values) for values in switched])
    counts = f': {before:,} rows before, {after:,} rows now' if before is not None and after is not None else ''
    places = '/'.join(switched[0]) if len(switched) == 1 else f'{len(switched)} partitions'
    print(f'{"Took" if done else "Would take"} back {correction.what} in {name}, {places}{counts}.')
    if done:
        print(f'This is run {publication.cause.run}. For {retention.total_seconds() / 3600:g} hours undo can take it '
              'back, too.')


def _print_match_correction(correction: Correction, done: bool) -> None:
    publication, table = correction.publication, correction.recorded.table
    state, put = correction.recorded.state, {item.values: item for item in publication.put}
    print(f'{"Took" if done else "Would take"} back {correction.what} in both tables of the match:')
    for name in match_names(table):
        if (name,) not in publication.expected:
            print(f'  {table.database}.{name} does not change')
            continue
        before, after = (_rows([found.get((name,))]) for found in (state, put))
        counts = '' if before is None or after is None else f': {before:,} rows before, {after:,} rows now'
        print(f'  {table.database}.{name}{counts}')
    if done:
        print(f'This is run {publication.cause.run}. Undo can take it back, too.')


def _rows_and_keys(table: Table, change: TableChange) -> list[Count | None]:
    """Return the rows of the primary table before and after a change, and those of the cross-reference."""
    return [_rows([partition]) if (name,) in change.switches else None
            for name in match_names(table) for partition in change.switches.get((name,), (None, None))]


def print_diff(name: str, diff: TableDiff, key: Sequence[str], style: str) -> None:
    """Print the number of rows that differ, the changes of each column, and totals; no values of rows."""
    added, removed = Count(diff.added), Count(diff.removed)
    rows: list[tuple[object, ...]] = [('rows', '', *map(Count, diff.rows), Count(diff.rows[1] - diff.rows[0])),
                                      ('added', '', None, added, added),
                                      ('removed', '', removed, None, Count(-removed))]
    if diff.changed is not None:
        changed = {'': diff.changed, **diff.columns}
        rows += [('changed', column, Count(count), Count(count), None) for column, count in changed.items()]
    rows += [('added column', column, None, None, None) for column in diff.added_columns]
    rows += [('removed column', column, None, None, None) for column in diff.removed_columns]
    rows += [('total', item.column, item.before, item.after,
              None if item.before is None or item.after is None else item.after - item.before)
             for item in diff.totals]
    if style == 'table':
        print(f'{name}, rows compared {"by " + ", ".join(key) if key else "as a whole"}:')
    print_rows(('what', 'column', 'earlier', 'later', 'difference'), rows, style)


def _short(run: str, beginnings: Mapping[str, int]) -> str:
    """Return the beginning of an execution's id, if no other id of the history begins so."""
    return run[:SHORT] if len(run) == LENGTH_OF_EXECUTIONS and beginnings[run[:SHORT]] == 1 else run


def _rows(partitions: Sequence[Partition | None]) -> Count | None:
    """Return the rows of partitions in all; None if the lake does not know them."""
    counts = [item.parameters.get(ROW_COUNT, '') if item else '0' for item in partitions]
    return Count(sum(map(int, counts))) if all(count.isdigit() for count in counts) else None


def _partitions(change: TableChange) -> str:
    values = list(change.switches)
    return '/'.join(values[0]) if len(values) == 1 else f'{len(values)} partitions'


def _shown(moment: datetime) -> str:
    return f'{moment:%Y-%m-%d %H:%M:%S}'
