"""PendingCounts how often keys occur: one reading of the rows and one action for all sets of key columns."""
from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from pyspark import InheritableThread
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lake_etl.quality.evaluation.evaluation_plan import GroupCounts, Grouping, RuleInput, in_scope
from lake_etl.quality.evaluation.sql_expressions import Sql, any_of
from lake_etl.spark.columns import quoted
from lake_etl.spark.session import plan_upfront

# The rows of each set of columns carry the columns of all sets that are read together, mostly as nulls.
MOST_COLUMNS_TOGETHER = 12
PendingCounts = Callable[[], Mapping[Grouping, GroupCounts]]


@dataclass(frozen=True)
class GroupedRows:
    """The groups of rows that are equal in some columns.

    frame  one row for each group: its values in columns `key_0` and on, the rows in each scope in `rows_0` and on
    rows   name of the column that counts the rows for which a `where` holds
    """

    frame: DataFrame
    keys: tuple[str, ...]
    rows: Mapping[str | None, str]

    def has_values(self) -> Sql:
        """Build whether a column of the group's key is not null."""
        return any_of(f'{name} IS NOT NULL' for name in self.keys)


def group_rows(data: RuleInput, columns: Sequence[str], wheres: Iterable[str | None]) -> GroupedRows:
    """Group the rows by columns and count, for each `where`, the rows of a group for which it holds."""
    selected, keys, rows = _keys_and_scopes(data, columns, tuple(dict.fromkeys(wheres)))
    return GroupedRows(selected.groupBy(*keys).agg(*(F.count(name).alias(name) for name in rows.values())), keys, rows)


def _keys_and_scopes(data: RuleInput, columns: Sequence[str],
                     wheres: Sequence[str | None]) -> tuple[DataFrame, tuple[str, ...], dict[str | None, str]]:
    """Return the values of columns as `key_0` and on, their names, and by `where` the columns that are not null in it.
    """
    keys = {_key_name(index): quoted(name) for index, name in enumerate(columns)}
    rows = {where: _rows_name(index) for index, where in enumerate(wheres)}
    scopes = {name: in_scope('1', data.scope(where)) for where, name in rows.items()}
    selected = data.df.selectExpr(*(f'{value} AS {name}' for name, value in {**keys, **scopes}.items()))
    return selected, tuple(keys), rows


def _key_name(index: int) -> str:
    return f'key_{index}'


def _rows_name(index: int) -> str:
    return f'rows_{index}'


@dataclass(frozen=True)
class _Reading:
    """Sets of columns whose groups come from one reading of the rows, and the scopes in which their rows count."""

    sets: tuple[tuple[str, ...], ...]
    wheres: tuple[str | None, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of all sets."""
        return tuple(dict.fromkeys(name for names in self.sets for name in names))

    def number(self, names: tuple[str, ...]) -> int:
        """Return what grouping_id() is in the groups of a set: a bit for each column that is not its, the last lowest.
        """
        return sum(1 << place for place, name in enumerate(reversed(self.columns)) if name not in names)


def count_groups(data: RuleInput, groupings: Iterable[Grouping]) -> dict[Grouping, GroupCounts]:
    """Compute the counts of all groupings in one action.

    The rows are read once for all groupings of few columns. The groups of all readings are united, and one
    aggregation at the end counts them.
    """
    asked = tuple(dict.fromkeys(groupings))
    readings = _readings(asked)
    with_quartiles = {grouping.columns for grouping in asked if grouping.quartiles}
    most = max(len(reading.wheres) for reading in readings)
    frames: dict[str, Any] = {f'frame_{place}': _keys_and_scopes(data, reading.columns, reading.wheres)[0]
                              for place, reading in enumerate(readings)}
    groups = ' UNION ALL '.join(_groups(place, reading, most, with_quartiles) for place, reading in enumerate(readings))
    numbers = ', '.join(f'{number} AS {name}_{index}' for index in range(most)
                        for name, number in _numbers(_rows_name(index), bool(with_quartiles)).items())
    # The views that this makes of the frames are gone again at once, and with them what has been cached of their plans;
    # so they are frames of renamed columns, which nobody else has.
    counted = data.df.sparkSession.sql(
        f'SELECT reading, number, {numbers} FROM ({groups}) GROUP BY reading, number', **frames)
    found = {(row['reading'], row['number']): row.asDict() for row in plan_upfront(counted).collect()}
    return {grouping: _group_counts(found.get((place, reading.number(grouping.columns)), {}),
                                    reading.wheres.index(grouping.where))
            for place, reading in enumerate(readings) for grouping in asked if grouping.columns in reading.sets}


def _readings(groupings: Sequence[Grouping]) -> list[_Reading]:
    """Share out the sets of columns to as few readings as their number of columns allows."""
    shares: list[list[tuple[str, ...]]] = []
    for names in dict.fromkeys(grouping.columns for grouping in groupings):
        with_room = [share for share in shares if len(set(names).union(*share)) <= MOST_COLUMNS_TOGETHER]
        if with_room:
            with_room[0].append(names)
        else:
            shares.append([names])
    return [_Reading(tuple(sets), tuple(dict.fromkeys(item.where for item in groupings if item.columns in sets)))
            for sets in shares]


def _groups(place: int, reading: _Reading, most: int, with_quartiles: Collection[tuple[str, ...]]) -> str:
    """Return SQL for the groups of all sets of a reading of `frame_0` and on, in a form that those of others have too.
    """
    keys = {name: _key_name(index) for index, name in enumerate(reading.columns)}
    listed, number = ', '.join(keys.values()), '0L'
    if len(reading.sets) > 1:
        sets = ', '.join(f"({', '.join(keys[name] for name in names)})" for names in reading.sets)
        listed, number = f'{listed} GROUPING SETS ({sets})', 'grouping_id()'
    present = ' OR '.join(f'{key} IS NOT NULL' for key in keys.values())
    values = ''.join(f' WHEN {number} = {reading.number(names)} THEN CAST({keys[names[0]]} AS double)'
                     for names in reading.sets if names in with_quartiles)
    value = f'CASE{values} END' if values else 'CAST(NULL AS double)'
    counts = ', '.join(f'count({name}) AS {name}' if index < len(reading.wheres) else f'CAST(NULL AS bigint) AS {name}'
                       for index, name in enumerate(map(_rows_name, range(most))))
    return (f'SELECT {place} AS reading, {number} AS number, {present} AS present, '
            f'{value} AS value, {counts} '
            f'FROM {{frame_{place}}} GROUP BY {listed}')


def _numbers(rows: str, quartiles: bool) -> dict[str, str]:
    """Return SQL for the aggregates over the groups of one `where`."""
    numbers = {
        'keys': f'count_if(present AND {rows} > 0)',
        'unique_keys': f'count_if(present AND {rows} = 1)',
        'key_rows': f'sum(CASE WHEN present THEN {rows} END)',
        'distinct': f'count_if({rows} > 0)',
        'repeated_rows': f'sum(CASE WHEN {rows} > 1 THEN {rows} END)',
        'sum_of_logarithms': f'sum(CASE WHEN present AND {rows} > 0 THEN {rows} * ln({rows}) END)',
    }
    if quartiles:
        numbers['quartiles'] = f'percentile(value, array(0.25D, 0.75D), {rows})'
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


def start_counting(data: RuleInput, groupings: Iterable[Grouping]) -> PendingCounts:
    """Start to count in a thread, in the Spark job group of this one; return what waits for the counts.

    What is returned raises what counting raised.
    """
    asked = tuple(groupings)
    if not asked:
        return lambda: {}
    counts: Future[Mapping[Grouping, GroupCounts]] = Future()

    def count() -> None:
        try:
            counts.set_result(count_groups(data, asked))
        except BaseException as failure:
            counts.set_exception(failure)
    InheritableThread(target=count, daemon=True).start()
    return counts.result
