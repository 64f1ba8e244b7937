"""Compares expected rows with found ones and names each cell that differs."""
from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from os.path import commonprefix

from lake_etl.syntax.type_text import TypeText
from lib.local_lake.checks.case_csv import Cell
from lib.local_lake.checks.typed_cells import CellError, same_text
from lib.local_lake.screen import harmless

# Rows are aligned pair by pair, which takes as much time as there are pairs.
MOST_ALIGNED = 300
SHOWN_CELLS = 3
LONGEST_SHOWN = 60
NULL, HIDDEN = 'null', 'another value; values of protected columns are not shown'
Row = tuple[Cell, ...]


@dataclass(frozen=True)
class RowSet:
    """Rows with typed columns, as a table of the lake or a list of outcomes gives them.

    columns    name and type of each
    rows       cells in the spelling of `typed_cells.write_cell`
    protected  names of the columns that hold personal data in a protected form, in lower case
    """

    columns: tuple[tuple[str, TypeText], ...]
    rows: tuple[Row, ...]
    protected: frozenset[str] = frozenset()

    @property
    def names(self) -> list[str]:
        """Return the names of the columns."""
        return [name for name, _ in self.columns]


@dataclass(frozen=True)
class ComparedColumns:
    """Which columns are compared.

    ignored  names in lower case
    partial  whether columns that the expected file does not have are left out of the comparison
    hidden   names of the columns whose values are not shown, in lower case
    """

    ignored: frozenset[str] = frozenset()
    partial: bool = False
    hidden: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Difference:
    """One thing in which an expected file and what was found differ, as a sentence; `column` for a cell."""

    text: str
    column: str = ''


def compare_rows(names: Sequence[str], expected: Sequence[Row], found: RowSet,
                 scope: ComparedColumns) -> list[Difference]:
    """Return how the rows of an expected file differ from those that were found, which may come in any order.

    names     columns of the expected file, in any case of letters
    expected  its cells as they are written

    Rows are numbered from 1, the first row below the header. A row that equals no other is compared with the row that
    it shares most cells with; rows that share fewer than half of them are missing or unexpected.
    """
    columns = {name.lower(): number for number, name in enumerate(found.names)}
    kinds = {name.lower(): kind for name, kind in found.columns}
    different = list(_columns(names, found, scope))
    common = [name for name in names if name.lower() in columns and name.lower() not in scope.ignored]
    own = [names.index(name) for name in common]
    rows, wrong = _typed(common, [[row[number] for number in own] for row in expected], kinds)
    if different or wrong:
        return different + wrong
    chosen = [columns[name.lower()] for name in common]
    missing, unexpected = _unequal(rows, [tuple(row[number] for number in chosen) for row in found.rows])
    hidden = scope.hidden | found.protected
    pairs = list(_aligned(missing, unexpected, len(common)))
    different += [Difference(f'row {number} column {name}: {_contrast(one, other, name, hidden)}', name)
                  for number, other_number in sorted(pairs)
                  for name, one, other in zip(common, missing[number], unexpected[other_number], strict=True)
                  if one != other]
    matched, taken = {number for number, _ in pairs}, {number for _, number in pairs}
    different += [Difference(f'row {number} was not found: {_shown_row(common, row, hidden)}')
                  for number, row in missing.items() if number not in matched]
    different += [Difference(f'an unexpected row was found: {_shown_row(common, row, hidden)}')
                  for number, row in unexpected.items() if number not in taken]
    return different


def _columns(names: Sequence[str], found: RowSet, scope: ComparedColumns) -> Iterator[Difference]:
    """Yield the columns that only one side has."""
    present = {name.lower() for name in found.names}
    listed = {name.lower() for name in names}
    for name in names:
        if name.lower() not in present | scope.ignored:
            yield Difference(f'column {name} was not found; there are {", ".join(found.names)}')
    for name in found.names:
        if name.lower() not in listed | scope.ignored and not scope.partial:
            yield Difference(f"column {name} was found and is missing in the file; add it, add it to 'ignore' in "
                             "case.yml, or set 'partial: true' there to compare the columns of the file only")


def _typed(names: Sequence[str], rows: Iterable[Sequence[Cell]],
           kinds: dict[str, TypeText]) -> tuple[list[Row], list[Difference]]:
    """Return the expected rows in the spelling of their types, and the cells that are not of the type."""
    typed, wrong = [], []
    for number, row in enumerate(rows, 1):
        cells: list[Cell] = []
        for name, cell in zip(names, row, strict=True):
            kind = kinds[name.lower()]
            try:
                cells.append(same_text(cell, kind))
            except CellError:
                wrong.append(Difference(f'row {number} column {name}: the text in the file is not of the type {kind}',
                                        name))
        typed.append(tuple(cells))
    return typed, wrong


def _unequal(expected: Sequence[Row], found: Sequence[Row]) -> tuple[dict[int, Row], dict[int, Row]]:
    """Return by number the rows that are left on both sides when each row has been set off against an equal one."""
    def left(rows: Sequence[Row], others: Counter[Row]) -> Iterator[tuple[int, Row]]:
        for number, row in enumerate(rows, 1):
            if others[row]:
                others[row] -= 1
            else:
                yield number, row
    return dict(left(expected, Counter(found))), dict(left(found, Counter(expected)))


def _aligned(missing: dict[int, Row], unexpected: dict[int, Row], width: int) -> Iterator[tuple[int, int]]:
    """Yield the numbers of rows that are most alike, each row once."""
    some, others = list(missing.items())[:MOST_ALIGNED], list(unexpected.items())[:MOST_ALIGNED]
    distances = sorted(
        (sum(one != other for one, other in zip(row, other_row, strict=True)), abs(number - other_number), number,
         other_number) for number, row in some for other_number, other_row in others)
    matched: set[int] = set()
    taken: set[int] = set()
    for distance, _, number, other_number in distances:
        # A single column has nothing by which rows could be recognized, so its rows are aligned in their order.
        if number not in matched and other_number not in taken and (2 * distance <= width or width == 1):
            matched.add(number)
            taken.add(other_number)
            yield number, other_number


def _contrast(expected: Cell, found: Cell, column: str, hidden: Collection[str]) -> str:
    if column.lower() in hidden:
        return f'found {HIDDEN}'
    start = 0
    if expected is not None and found is not None and min(len(expected), len(found)) > LONGEST_SHOWN // 2:
        # The part of long texts in which they differ.
        start = max(0, len(commonprefix([expected, found])) - LONGEST_SHOWN // 3)
    return f'expected {_shown(expected, start)}, found {_shown(found, start)}'


def _shown_row(names: Sequence[str], row: Row, hidden: Collection[str]) -> str:
    """Return the first cells of a row that may be shown."""
    shown = [f'{name} = {_shown(cell)}' for name, cell in zip(names, row, strict=True)
             if name.lower() not in hidden and cell is not None]
    rest = ', …' if len(names) > SHOWN_CELLS else ''
    return ', '.join(shown[:SHOWN_CELLS]) + rest


def _shown(cell: Cell, start: int = 0) -> str:
    """Return a cell as a message shows it, from a position on."""
    if cell is None:
        return NULL
    if start:
        cell = f'…{cell[start:]}'
    if not cell or cell != cell.strip() or cell == NULL:
        cell = f"'{cell}'"
    cell = harmless(' '.join(cell.splitlines()))
    return cell if len(cell) <= LONGEST_SHOWN else f'{cell[:LONGEST_SHOWN - 1]}…'
