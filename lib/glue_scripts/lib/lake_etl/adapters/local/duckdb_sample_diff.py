"""Compares a table of two sample lakes cell by cell and by amount; it returns counts and sums, no values of rows."""
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
from lake_etl.ports import Column, Partition, Table

NUMBER = re.compile(r'(?:decimal\(\d+,\d+\)|double|float|tinyint|smallint|int|bigint)', re.IGNORECASE)
CENT = Decimal('0.01')
DIGITS = 15    # of a floating-point number that tell something
BEFORE, AFTER, DATABASE = 'before', 'after', 'sample'
PRESENT, PLACE = '"present on this side"', '"place among equal rows"'


@dataclass(frozen=True)
class ColumnDiff:
    """How a column differs: cells of paired rows, and sums of a column with numbers that is not protected.

    sums  before and after; None for another column
    """

    column: str
    cells: int
    sums: tuple[Decimal | int | None, Decimal | int | None] | None = None


@dataclass(frozen=True)
class SampleDiff:
    """How a table of a sample differs.

    rows            before and after
    added, removed  rows that have no partner on the other side
    """

    table: str
    rows: tuple[int, int]
    added: int
    removed: int
    columns: tuple[ColumnDiff, ...]
    added_columns: tuple[str, ...] = ()
    removed_columns: tuple[str, ...] = ()

    @property
    def differs(self) -> bool:
        """Tell whether there is any difference."""
        return bool(self.added or self.removed or self.added_columns or self.removed_columns
                    or any(item.cells or (item.sums and item.sums[0] != item.sums[1]) for item in self.columns))


def compare_samples(before: tuple[Table, Sequence[Partition]], after: tuple[Table, Sequence[Partition]],
                    changing: Collection[str], protected: Collection[str], left_out: Collection[str]) -> SampleDiff:
    """Compare a table on both sides.

    changing   columns in lower case that may differ; rows are paired by all others
    protected  columns whose sums are not shown
    left_out   columns that differ in every run
    """
    names = [{column.name.lower(): column for column in (*table.columns, *table.partition_keys)
              if column.name.lower() not in left_out} for table, _ in (before, after)]
    common = [name for name in names[1] if name in names[0]]
    cells = [name for name in common if name in changing]
    views = [PublishedTable(replace(table, database=DATABASE, name=side), tuple(partitions))
             for side, (table, partitions) in ((BEFORE, before), (AFTER, after))]
    summed = [name for name in common if name not in protected
              and all(NUMBER.fullmatch(side[name].type) for side in names)]
    with engine(views, (), PythonFunctions()) as connection:
        rows, sums = zip(*(_totals(connection, side, summed) for side in (BEFORE, AFTER)), strict=True)
        added, removed, changed = _paired(connection, [name for name in common if name not in cells], cells, names)
    totals = dict(zip(summed, zip(*sums, strict=True), strict=True))
    shown = [name for name in common if name in cells or name in totals and totals[name][0] != totals[name][1]]
    return SampleDiff(
        f'{after[0].database}.{after[0].name}', (rows[0], rows[1]), added, removed,
        tuple(ColumnDiff(name, changed.get(name, 0), totals.get(name)) for name in shown),
        tuple(name for name in names[1] if name not in names[0]),
        tuple(name for name in names[0] if name not in names[1]))


def _totals(connection: duckdb.DuckDBPyConnection, side: str, names: Sequence[str]
            ) -> tuple[int, list[Decimal | int | None]]:
    sums = ', '.join(['count(*)', *(f'sum({identifier(name)})' for name in names)])
    row = connection.execute(f'SELECT {sums} FROM {view_name(DATABASE, side)}').fetchone() or (0,)
    return int(row[0]), [_rounded(value) if isinstance(value, float) else value for value in row[1:]]


def _rounded(value: float) -> Decimal | None:
    """Return a sum in cents, as far as it has so many digits; None for infinity and NaN, which are no amounts."""
    exact = Decimal(repr(value))
    if not exact.is_finite():
        return None
    return exact.quantize(CENT) if exact.adjusted() < DIGITS else exact


def _paired(connection: duckdb.DuckDBPyConnection, key: Sequence[str], cells: Sequence[str],
            names: Sequence[dict[str, Column]]) -> tuple[int, int, dict[str, int]]:
    """Return how many rows were added and removed, and how many cells of each column differ in pairs of rows."""
    def side(name: str) -> str:
        by, order = ', '.join(map(identifier, key)), ', '.join(f'{identifier(cell)}::VARCHAR' for cell in cells)
        window = ' '.join(filter(None, (f'PARTITION BY {by}' if by else '', f'ORDER BY {order}' if order else '')))
        return (f'(SELECT *, true AS {PRESENT}, row_number() OVER ({window}) AS {PLACE} '
                f'FROM {view_name(DATABASE, name)})')

    def differs(name: str) -> str:
        number = all(NUMBER.fullmatch(found[name].type) for found in names)
        kind = '' if number or names[0][name].type == names[1][name].type else '::VARCHAR'
        return f'e.{identifier(name)}{kind} IS DISTINCT FROM l.{identifier(name)}{kind}'
    on = ' AND '.join([f'e.{PLACE} = l.{PLACE}', *(
        f'e.{identifier(name)} IS NOT DISTINCT FROM l.{identifier(name)}' for name in key)])
    counts = [f'count(*) FILTER (e.{PRESENT} IS NULL)', f'count(*) FILTER (l.{PRESENT} IS NULL)',
              *(f'count(*) FILTER (e.{PRESENT} AND l.{PRESENT} AND {differs(name)})' for name in cells)]
    row = connection.execute(f'SELECT {", ".join(counts)} FROM {side(BEFORE)} AS e FULL JOIN {side(AFTER)} AS l '
                             f'ON {on}').fetchone() or ()
    return int(row[0]), int(row[1]), dict(zip(cells, map(int, row[2:]), strict=True))
