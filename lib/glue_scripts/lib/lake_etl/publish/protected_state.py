"""Remembers with each partition which columns its rows protect, so that nothing brings back personal data in clear."""
from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from lake_etl.ports import Partition, Table
from lake_etl.publish.ownership import remembered_of

PROTECTION = 'lake_etl.protection'
# Protected columns by the tables to which they belong: the table itself, or those that a query has read.
ProtectedColumns = Mapping[str, tuple[str, ...]]


def protection_property(protected: ProtectedColumns | None) -> dict[str, str]:
    """Return the property of a partition whose rows protect these columns; nothing if that is not known."""
    if protected is None:
        return {}
    return {PROTECTION: json.dumps({table: sorted(columns) for table, columns in sorted(protected.items())},
                                   ensure_ascii=False)}


def protection_of(parameters: Mapping[str, str]) -> ProtectedColumns | None:
    """Return which columns the rows of a partition protect; None if its load has not recorded it."""
    text = parameters.get(PROTECTION)
    return None if text is None else {table: tuple(columns) for table, columns in json.loads(text).items()}


def joined_protection(before: Mapping[str, str], new: ProtectedColumns | None) -> ProtectedColumns | None:
    """Return what rows of two loads protect together: what both protect; None if that of one is not known."""
    known = protection_of(before)
    if known is None or new is None:
        return None
    return {table: tuple(set(columns) & set(known.get(table, ()))) for table, columns in new.items()}


def protection_of_rows(table: Table, partitions: Iterable[Partition]) -> ProtectedColumns:
    """Return which columns all rows of a table protect, by the tables from which the rows come.

    A partition that has not recorded its protection counts as protected as the table says.
    """
    name = f'{table.database}.{table.name}'
    found = {name: set(remembered_of(table).protected)}
    for known in filter(None, (protection_of(partition.parameters) for partition in partitions)):
        for source in {name, *known}:
            columns = set(known.get(source, ()))
            found[source] = found.get(source, columns) & columns
    return {source: tuple(sorted(columns)) for source, columns in found.items()}


def missing_protection(partition: Partition, name: str, required: ProtectedColumns) -> dict[str, tuple[str, ...]]:
    """Return which columns must be protected and are not in the rows of a partition of an earlier state.

    name      of the table to which the partition belongs
    required  protected columns of this table, and of all tables from which its rows may come

    A partition that has not recorded its protection counts as protecting nothing. Whether it has such a column does not
    matter: the same personal data may have had another name then.
    """
    known = protection_of(partition.parameters)
    tables = required if known is None else {name, *known}
    missing = {table: tuple(sorted(set(required.get(table, ())) - set((known or {}).get(table, ()))))
               for table in tables}
    return {table: columns for table, columns in sorted(missing.items()) if columns}
