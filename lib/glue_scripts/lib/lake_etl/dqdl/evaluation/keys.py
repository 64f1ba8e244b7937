"""Counts how often keys occur: one grouping for each different set of key columns, all in one action."""
from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lake_etl.dqdl.evaluation.comparison import any_of
from lake_etl.dqdl.evaluation.plan import GroupCounts, Grouping, Subject, in_scope
from lake_etl.transform.columns import column

NUMBERS = ('keys', 'unique_keys', 'key_rows', 'distinct', 'repeated_rows', 'sum_of_logarithms', 'quartile_range')


@dataclass(frozen=True)
class GroupedRows:
    """The groups of rows that are equal in some columns.

    frame  one row for each group: its values in columns `key_0` and on, the rows in each scope in `rows_0` and on
    rows   name of the column that counts the rows for which a `where` holds
    """

    frame: DataFrame
    keys: tuple[str, ...]
    rows: Mapping[str | None, str]

    def has_values(self) -> Column:
        """Build whether a column of the group's key is not null."""
        return any_of(column(name).isNotNull() for name in self.keys)


def group_rows(subject: Subject, columns: Sequence[str], wheres: Iterable[str | None]) -> GroupedRows:
    """Group the rows by columns and count, for each `where`, the rows of a group for which it holds."""
    keys = {f'key_{index}': column(name) for index, name in enumerate(columns)}
    rows: dict[str | None, str] = {where: f'rows_{index}' for index, where in enumerate(dict.fromkeys(wheres))}
    scopes = {name: in_scope(F.lit(1), subject.scope(where)) for where, name in rows.items()}
    selected = subject.df.select(*(value.alias(name) for name, value in {**keys, **scopes}.items()))
    frame = selected.groupBy(*keys).agg(*(F.count(column(name)).alias(name) for name in scopes))
    return GroupedRows(frame, tuple(keys), rows)


def count_groups(subject: Subject, groupings: Iterable[Grouping]) -> dict[Grouping, GroupCounts]:
    """Return the counts of all groupings, computed by one action: each set of columns is a branch of one union."""
    by_columns: dict[tuple[str, ...], list[Grouping]] = defaultdict(list)
    for grouping in dict.fromkeys(groupings):
        by_columns[grouping.columns].append(grouping)
    if not by_columns:
        return {}
    branches = [_counted(subject, columns, members, index)
                for index, (columns, members) in enumerate(by_columns.items())]
    found = {row[0]: row[1] for row in reduce(DataFrame.unionAll, branches).collect()}
    return {grouping: _group_counts(numbers)
            for index, members in enumerate(by_columns.values())
            for grouping, numbers in zip(members, found[index], strict=True)}


def _counted(subject: Subject, columns: tuple[str, ...], groupings: Sequence[Grouping], index: int) -> DataFrame:
    """Return one row: the index, and for each grouping the list of its numbers."""
    grouped = group_rows(subject, columns, (grouping.where for grouping in groupings))
    numbers = [F.array(*(number.cast('double') for number in _numbers(grouped, grouping))) for grouping in groupings]
    return grouped.frame.agg(F.lit(index), F.array(*numbers))


def _numbers(grouped: GroupedRows, grouping: Grouping) -> Iterable[Column]:
    """Yield the aggregates over the groups, in the order of NUMBERS."""
    rows = column(grouped.rows[grouping.where])
    present = grouped.has_values() & (rows > 0)
    yield F.count(F.when(present, rows))
    yield F.count(F.when(present & (rows == 1), rows))
    yield F.coalesce(F.sum(F.when(present, rows)), F.lit(0))
    yield F.count(F.when(rows > 0, rows))
    yield F.coalesce(F.sum(F.when(rows > 1, rows)), F.lit(0))
    yield F.coalesce(F.sum(F.when(present, rows * F.log(rows))), F.lit(0))
    if grouping.quartiles:
        quartiles = F.expr(f'percentile({grouped.keys[0]}, array(0.25D, 0.75D), {grouped.rows[grouping.where]})')
        yield quartiles[1] - quartiles[0]
    else:
        yield F.lit(None)


def _group_counts(found: Sequence[float | None]) -> GroupCounts:
    numbers = dict(zip(NUMBERS, found, strict=True))
    rows, logarithms = numbers['key_rows'] or 0.0, numbers['sum_of_logarithms'] or 0.0
    return GroupCounts(
        keys=numbers['keys'] or 0.0, unique_keys=numbers['unique_keys'] or 0.0, key_rows=rows,
        distinct=numbers['distinct'] or 0.0, repeated_rows=numbers['repeated_rows'] or 0.0,
        # The sum of -p ln p with p = n / N, in a form that needs N only at the end.
        entropy=math.log(rows) - logarithms / rows if rows else 0.0, quartile_range=numbers['quartile_range'])
