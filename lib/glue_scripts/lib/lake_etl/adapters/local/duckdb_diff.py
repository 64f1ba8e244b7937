"""Compares two states of a table in DuckDB: counts rows by key, and sums amounts; it returns no values of rows."""
from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import duckdb

from lake_etl.adapters.local.athena.python_functions import PythonFunctions
from lake_etl.adapters.local.duckdb_engine import engine, view_name
from lake_etl.adapters.local.duckdb_types import identifier
from lake_etl.adapters.local.snapshot import PublishedTable
from lake_etl.errors import LakeError
from lake_etl.ports import Column, Partition, Table

NUMBER = re.compile(r'decimal\((?P<precision>\d+),(?P<scale>\d+)\)|double|float|tinyint|smallint|int|bigint')
WIDEST_SUMMED_DECIMAL = 28   # DuckDB sums up to 38 digits
CENT = Decimal('0.01')
EARLIER, LATER, EARLIER_ROWS, LATER_ROWS = 'earlier', 'later', 'earlier_rows', 'later_rows'
PRESENT = '"present in this state"'   # unlikely as a name of the table's own columns
Amount = int | Decimal | None


@dataclass(frozen=True)
class Total:
    """The sum of a column in the earlier and in the later state; None when all values are null."""

    column: str
    before: Amount
    after: Amount


@dataclass(frozen=True)
class TableDiff:
    """How two states of a table differ.

    rows             number of rows in the earlier and in the later state
    added            number of rows, or of keys, only in the later state; `removed` only in the earlier one
    changed          number of keys whose rows differ; None without a key
    columns          for each column, how many of these keys have another value in it
    totals           of the columns with numbers
    added_columns    that only the later state has
    removed_columns  that only the earlier state has
    """

    rows: tuple[int, int]
    added: int
    removed: int
    changed: int | None
    columns: dict[str, int]
    totals: tuple[Total, ...]
    added_columns: tuple[str, ...] = ()
    removed_columns: tuple[str, ...] = ()


def compare(table: Table, earlier: Sequence[Partition], later: Sequence[Partition], key: Sequence[str],
            left_out: Collection[str], without_totals: Collection[str]) -> TableDiff:
    """Compare two states of a table, whose files are on this machine.

    table           with the columns of the later state, to whose types the earlier rows are converted
    key             columns that identify a row; none to compare whole rows
    left_out        columns that are not compared
    without_totals  columns whose sums are not shown

    Raises LakeError if the table has no such column, or if several rows of a state have one key.
    """
    same = {partition.location for partition in earlier} & {partition.location for partition in later}
    views = [PublishedTable(replace(table, database='states', name=name), tuple(partitions)) for name, partitions in (
        (EARLIER, earlier), (LATER, later),
        (EARLIER_ROWS, [item for item in earlier if item.location not in same]),
        (LATER_ROWS, [item for item in later if item.location not in same]))]
    return _compare(table, views, key, left_out, without_totals)


def compare_files(table: Table, earlier: Collection[str], later: Collection[str], key: Sequence[str],
                  left_out: Collection[str], without_totals: Collection[str]) -> TableDiff:
    """Compare two states of a table without partitions, given by the paths of their files; see `compare`."""
    same = {*earlier} & {*later}
    views = [PublishedTable(replace(table, database='states', name=name), (), tuple(sorted(files)))
             for name, files in ((EARLIER, earlier), (LATER, later), (EARLIER_ROWS, {*earlier} - same),
                                 (LATER_ROWS, {*later} - same))]
    return _compare(table, views, key, left_out, without_totals)


def _compare(table: Table, views: Sequence[PublishedTable], key: Sequence[str], left_out: Collection[str],
             without_totals: Collection[str]) -> TableDiff:
    """Compare the views, of which the last two lack what both states have in the same files."""
    names = [column.name for column in (*table.columns, *table.partition_keys) if column.name not in left_out]
    if unknown := [name for name in key if name not in names]:
        raise LakeError(f'{table.database}.{table.name} has no column {", ".join(unknown)} to compare rows by. Its '
                        f'columns are {", ".join(names)}.')
    numbers = [column for column in table.columns if NUMBER.fullmatch(column.type.lower())
               and column.name not in {*left_out, *without_totals, *key}]
    with engine(views, (), PythonFunctions()) as connection:
        before, after = (_totals(connection, name, numbers) for name in (EARLIER, LATER))
        totals = tuple(Total(column.name, *pair) for column, *pair in zip(numbers, before[1:], after[1:], strict=True))
        rows = int(before[0] or 0), int(after[0] or 0)
        if not key:
            return TableDiff(rows, _only_in(connection, LATER_ROWS, EARLIER_ROWS, names),
                             _only_in(connection, EARLIER_ROWS, LATER_ROWS, names), None, {}, totals)
        for name in (EARLIER_ROWS, LATER_ROWS):
            _require_unique(connection, name, key)
        return TableDiff(rows, *_by_key(connection, key, [name for name in names if name not in key]), totals)


def _totals(connection: duckdb.DuckDBPyConnection, view: str, numbers: Sequence[Column]) -> list[Amount]:
    """Return the number of rows of a view, and the sums of its columns, to the cent where values are no decimals."""
    sums = ', '.join(['count(*)', *map(_sum, numbers)])
    row = connection.execute(f'SELECT {sums} FROM {view_name("states", view)}').fetchone() or ()
    return [Decimal(repr(value)).quantize(CENT) if isinstance(value, float) else value for value in row]


def _sum(column: Column) -> str:
    name, found = identifier(column.name), NUMBER.fullmatch(column.type.lower())
    wide = found is not None and found['precision'] and int(found['precision']) > WIDEST_SUMMED_DECIMAL
    if wide or column.type.lower() in ('double', 'float'):
        return f'fsum({name}::DOUBLE) FILTER (isfinite({name}::DOUBLE))'
    return f'sum({name})'


def _only_in(connection: duckdb.DuckDBPyConnection, view: str, other: str, names: Sequence[str]) -> int:
    """Return how many rows of a view the other one does not have; equal rows count one by one."""
    columns = ', '.join(map(identifier, names))
    return _number(connection, f'SELECT count(*) FROM (SELECT {columns} FROM {view_name("states", view)} '
                               f'EXCEPT ALL SELECT {columns} FROM {view_name("states", other)})')


def _require_unique(connection: duckdb.DuckDBPyConnection, view: str, key: Sequence[str]) -> None:
    columns = ', '.join(map(identifier, key))
    repeated = _number(connection, f'SELECT count(*) FROM (SELECT {columns} FROM {view_name("states", view)} '
                                   f'GROUP BY ALL HAVING count(*) > 1)')
    if repeated:
        state = 'earlier' if view == EARLIER_ROWS else 'later'
        raise LakeError(f'{repeated:,} keys ({", ".join(key)}) have several rows in the {state} state. Give all '
                        'columns that identify a row with --key, or --key "" to compare whole rows.')


def _by_key(connection: duckdb.DuckDBPyConnection, key: Sequence[str],
            names: Sequence[str]) -> tuple[int, int, int, dict[str, int]]:
    """Return how many keys were added, removed and changed, and how many of these changed in each column."""
    on = ' AND '.join(f'e.{identifier(name)} IS NOT DISTINCT FROM l.{identifier(name)}' for name in key)
    differs = [f'e.{identifier(name)} IS DISTINCT FROM l.{identifier(name)}' for name in names]
    pair = f'e.{PRESENT} AND l.{PRESENT}'
    counts = [f'count(*) FILTER (e.{PRESENT} IS NULL)', f'count(*) FILTER (l.{PRESENT} IS NULL)',
              f'count(*) FILTER ({pair} AND ({" OR ".join(differs) or "false"}))',
              *(f'count(*) FILTER ({pair} AND {each})' for each in differs)]
    states = [f'(SELECT *, true AS {PRESENT} FROM {view_name("states", view)})'
              for view in (EARLIER_ROWS, LATER_ROWS)]
    row = connection.execute(f'SELECT {", ".join(counts)} FROM {states[0]} AS e FULL JOIN {states[1]} AS l '
                             f'ON {on}').fetchone() or ()
    return row[0], row[1], row[2], {name: count for name, count in zip(names, row[3:], strict=True) if count}


def _number(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    return int((connection.execute(sql).fetchone() or (0,))[0])
