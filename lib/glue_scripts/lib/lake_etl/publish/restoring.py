"""Decides how a table goes back to an earlier state: which change is taken back, and what is published for that."""
from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from lake_etl.errors import LakeError
from lake_etl.ports import Cause, Column, Partition, Publication, Table, TableChange
from lake_etl.publish.protected_state import ProtectedColumns, missing_protection, protection_of, protection_property
from lake_etl.publish.schema_evolution import same_partition
from lake_etl.syntax.type_text import TypeText, TypeTextError, parse_type

Values = tuple[str, ...]
State = Mapping[Values, Partition | None]
UNCHANGED = 'Readers see what they saw before.'
SHOWN = 5


@dataclass(frozen=True)
class RecordedTable:
    """A table, its partitions, and its history, the latest change first, at one instant."""

    table: Table
    partitions: tuple[Partition, ...]
    changes: tuple[TableChange, ...]

    @property
    def name(self) -> str:
        """Return the table's name as queries write it."""
        return f'{self.table.database}.{self.table.name}'

    @property
    def state(self) -> dict[Values, Partition | None]:
        """Return the partitions by their values."""
        return {partition.values: partition for partition in self.partitions}


def state_after(recorded: RecordedTable, change: TableChange) -> dict[Values, Partition | None]:
    """Return the partitions as they were right after a change; None for those that exist now and did not then."""
    state = recorded.state
    for later in recorded.changes:
        if later.id == change.id:
            return state
        state.update((values, before) for values, (before, _) in later.switches.items())
    raise ValueError(f'{change.id} is not a change of {recorded.name}')


def state_before(change: TableChange, values: Values | None = None) -> dict[Values, Partition | None]:
    """Return the partitions that a change has switched, or the one with these values, as they were before it."""
    return {item: before for item, (before, _) in change.switches.items() if values in (None, item)}


def find_run(recorded: RecordedTable, run: str) -> TableChange:
    """Return the latest change of a run, named by its id or by the beginning of it.

    Raises LakeError when no run, or several, have such an id.
    """
    found = [change for change in recorded.changes if run and change.cause.run.startswith(run)]
    runs = dict.fromkeys(change.cause.run for change in found)
    if len(runs) == 1 or run in runs:
        return next(change for change in found if change.cause.run == run or len(runs) == 1)
    shown = ', '.join(list(runs or dict.fromkeys(change.cause.run for change in recorded.changes))[:SHOWN])
    reason = f"'{run}' is the beginning of {len(runs)} runs" if runs else f"No run '{run}' is on record"
    raise LakeError(f'{reason} for table {recorded.name}. Give one of: {shown or "(the history is empty)"}. '
                    f'{UNCHANGED}')


def find_values(recorded: RecordedTable, text: str) -> Values:
    """Return the partition that a text such as `2026/03/04`, `2026-03-04` or `year=2026/month=3/day=4` names.

    Raises LakeError when neither the table nor its history has it.
    """
    parts = re.split('/' if '=' in text else '[/-]', text.strip('/'))
    given = tuple(part.partition('=')[2] or part for part in parts)
    keys = tuple(replace(key, type='int') for key in recorded.table.partition_keys)
    known = dict.fromkeys([*recorded.state, *(values for change in recorded.changes for values in change.switches)])
    for values in known:
        if same_partition(values, given, keys):
            return values
    shown = ', '.join('/'.join(values) for values in list(known)[-SHOWN:])
    raise LakeError(f"Table {recorded.name} has no partition '{text}'. Expected one such as {shown or '2026/03/04'}. "
                    f'{UNCHANGED}')


def latest_change(recorded: RecordedTable, values: Values | None = None) -> TableChange:
    """Return the latest change of a table or of one of its partitions; raises LakeError when none is on record."""
    for change in recorded.changes:
        if values is None or values in change.switches:
            return change
    what = recorded.name if values is None else f'partition {"/".join(values)} of {recorded.name}'
    raise LakeError(f'The history has no change of {what}, so there is nothing to undo. {UNCHANGED}')


def change_of_state(recorded: RecordedTable, values: Values) -> TableChange:
    """Return the load that has made the present content of a partition.

    Raises LakeError when it is not on record, or when later runs have changed other partitions that it has filled.
    """
    state, label = recorded.state, '/'.join(values)
    now = state.get(values)
    change = next((item for item in recorded.changes if item.cause.kind == 'load' and values in item.switches
                   and _same_place(item.switches[values][1], now)), None)
    if change is None:
        raise LakeError(f'The history does not have the load that filled partition {label} of {recorded.name}, so it '
                        f'cannot be taken back. Load a corrected file for this partition. {UNCHANGED}')
    changed = [item for item, (_, after) in change.switches.items() if not _same_place(after, state.get(item))]
    if changed:
        raise LakeError(
            f'The load that filled partition {label} of {recorded.name} has also switched partition '
            f'{"/".join(changed[0])}, which later runs have changed. Undo these first: history lists them. {UNCHANGED}')
    return change


def restoration(recorded: RecordedTable, wanted: State, columns: tuple[Column, ...], cause: Cause) -> Publication:
    """Return the publication that gives partitions an earlier state.

    wanted   partitions as they shall be, None for those that disappear; partitions that it does not name stay
    columns  of the table in that state; empty if the table did not exist

    Raises LakeError when the partitions are in that state, or when not all partitions could be read together then.
    """
    state = recorded.state
    changed = {values: partition for values, partition in wanted.items()
               if not _same_place(partition, state.get(values))}
    if not changed:
        raise LakeError(f'Table {recorded.name} is in this state already. {UNCHANGED}')
    state.update(changed)
    left = [partition for partition in state.values() if partition is not None]
    table = replace(recorded.table, columns=_common_columns(recorded, columns, left), parameters={})
    now = recorded.state
    expected = {values: partition.location if (partition := now.get(values)) else None for values in changed}
    return Publication(table, tuple(partition for partition in changed.values() if partition is not None),
                       tuple(values for values, partition in changed.items() if partition is None), expected, cause)


def require_protection(publication: Publication, required: ProtectedColumns, allowed: bool) -> Publication:
    """Return the publication if its partitions protect all that must be protected; with `allowed` also if not.

    A partition that does not is marked as such, so that it remains known. Raises LakeError that names the columns.
    """
    name, put = f'{publication.table.database}.{publication.table.name}', []
    for partition in publication.put:
        missing = missing_protection(partition, name, required)
        if missing and not allowed:
            columns = '; '.join(f'{", ".join(columns)} of {table}' for table, columns in missing.items())
            place = '/'.join(partition.values)
            what = (f'Partition {place} of {name}' if publication.table.partition_keys
                    else f'The earlier state of {publication.table.database}.{place}')
            raise LakeError(
                f'{what} was loaded before these columns were protected, or the lake does not know that they were: '
                f'{columns}. It may hold personal data in clear, so it was not brought back. Load the file again, or '
                f'add --allow-unprotected if readers may see these data. {UNCHANGED}')
        if missing:
            known = {**dict.fromkeys(missing, ()), **(protection_of(partition.parameters) or {})}
            partition = replace(partition, parameters={**partition.parameters, **protection_property(known)})
        put.append(partition)
    return replace(publication, put=tuple(put))


def _common_columns(recorded: RecordedTable, columns: tuple[Column, ...],
                    partitions: Sequence[Partition]) -> tuple[Column, ...]:
    """Return columns with which all partitions can be read: those of the earlier state, or else of the table."""
    conflicts: list[str] = []
    for candidate in (columns, recorded.table.columns):
        names = {column.name for column in candidate}
        extra = {column.name: column for partition in partitions for column in partition.columns
                 if column.name not in names}
        known = {column.name: column for column in recorded.table.columns}
        joined = (*candidate, *(known.get(name, column) for name, column in extra.items()))
        conflicts = list(_conflicts(joined, partitions))
        if candidate and not conflicts:
            return joined
    raise LakeError(
        f'The earlier files of {recorded.name} have other types than the table: {"; ".join(conflicts[:SHOWN])}. '
        'Queries could not read them together with the other partitions. Undo the whole run that changed the types, '
        f'without naming a partition, or load the file again. {UNCHANGED}')


def _conflicts(columns: Iterable[Column], partitions: Iterable[Partition]) -> Iterable[str]:
    types = {column.name: column.type for column in columns}
    found = {(column.name, column.type) for partition in partitions for column in partition.columns
             if column.name in types and not can_be_read_as(column.type, types[column.name])}
    return (f'{name} is {kind}, and {types[name]} in the table' for name, kind in sorted(found))


def can_be_read_as(stored: str, wanted: str) -> bool:
    """Tell whether every engine reads files with a column of one type in a table where it has another.

    Members of structs may come and go; all else must agree (decision 051).
    """
    if stored.lower() == wanted.lower():
        return True
    try:
        return _agree(parse_type(stored), parse_type(wanted))
    except TypeTextError:
        return False


def _agree(stored: TypeText, wanted: TypeText) -> bool:
    if stored.name != wanted.name or stored.numbers != wanted.numbers:
        return False
    members = {name.lower(): kind for name, kind in wanted.members}
    return all(_agree(kind, members.get(name.lower(), kind)) for name, kind in stored.members)


def _same_place(one: Partition | None, other: Partition | None) -> bool:
    return (one.location.rstrip('/') if one else None) == (other.location.rstrip('/') if other else None)
