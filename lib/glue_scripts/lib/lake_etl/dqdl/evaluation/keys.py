"""Counts how often keys occur: one grouping for each different set of key columns, all in one action."""
from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lake_etl.dqdl.evaluation.comparison import any_of
from lake_etl.dqdl.evaluation.plan import GroupCounts, Grouping, Subject, in_scope
from lake_etl.session import planned_once
from lake_etl.transform.columns import column


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
    """Return the counts of all groupings, computed by one action.

    The groups of every set of columns are branches of one union, and one aggregation at its end counts them all.
    """
    wheres: dict[tuple[str, ...], list[str | None]] = defaultdict(list)
    asked = tuple(dict.fromkeys(groupings))
    for grouping in asked:
        if grouping.where not in wheres[grouping.columns]:
            wheres[grouping.columns].append(grouping.where)
    if not asked:
        return {}
    with_quartiles = {grouping.columns for grouping in asked if grouping.quartiles}
    most = max(map(len, wheres.values()))
    branches = [_branch(subject, index, columns, members, most, columns in with_quartiles)
                for index, (columns, members) in enumerate(wheres.items())]
    numbers = [number.alias(f'{name}_{index}') for index in range(most)
               for name, number in _numbers(f'rows_{index}', bool(with_quartiles)).items()]
    with planned_once(subject.df.sparkSession):
        found = reduce(DataFrame.unionAll, branches).groupBy('columns').agg(*numbers).collect()
    rows = {row['columns']: row.asDict() for row in found}
    places = {columns: index for index, columns in enumerate(wheres)}
    return {grouping: _group_counts(rows.get(places[grouping.columns], {}),
                                    wheres[grouping.columns].index(grouping.where)) for grouping in asked}


def _branch(subject: Subject, index: int, columns: tuple[str, ...], wheres: Sequence[str | None], most: int,
            quartiles: bool) -> DataFrame:
    """Return the groups of some columns in a form that those of others have too."""
    grouped = group_rows(subject, columns, wheres)
    rows = [column(name) for name in grouped.rows.values()]
    padded = rows + [F.lit(None).cast('bigint')] * (most - len(rows))
    value = column(grouped.keys[0]) if quartiles else F.lit(None)
    return grouped.frame.select(
        F.lit(index).alias('columns'), grouped.has_values().alias('present'), value.cast('double').alias('value'),
        *(count.alias(f'rows_{number}') for number, count in enumerate(padded)))


def _numbers(rows_name: str, quartiles: bool) -> dict[str, Column]:
    """Return the aggregates over the groups of one `where`."""
    rows, present = column(rows_name), column('present')
    numbers = {
        'keys': F.count(F.when(present & (rows > 0), rows)),
        'unique_keys': F.count(F.when(present & (rows == 1), rows)),
        'key_rows': F.sum(F.when(present, rows)),
        'distinct': F.count(F.when(rows > 0, rows)),
        'repeated_rows': F.sum(F.when(rows > 1, rows)),
        'sum_of_logarithms': F.sum(F.when(present & (rows > 0), rows * F.log(rows))),
    }
    if quartiles:
        numbers['quartiles'] = F.expr(f'percentile(value, array(0.25D, 0.75D), {rows_name})')
    return numbers


def _group_counts(found: Mapping[str, Any], where: int) -> GroupCounts:
    """Return the counts of one `where`; without any group there is nothing to be found."""
    def number(name: str) -> float:
        return float(found.get(f'{name}_{where}') or 0)
    rows, quartiles = number('key_rows'), found.get(f'quartiles_{where}')
    return GroupCounts(
        keys=number('keys'), unique_keys=number('unique_keys'), key_rows=rows, distinct=number('distinct'),
        repeated_rows=number('repeated_rows'),
        # The sum of -p ln p with p = n / N, in a form that needs N only at the end.
        entropy=math.log(rows) - number('sum_of_logarithms') / rows if rows else 0.0,
        quartile_range=quartiles[1] - quartiles[0] if quartiles else None)
