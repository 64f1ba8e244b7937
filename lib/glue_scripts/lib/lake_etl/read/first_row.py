"""Tells from a first row and those below it whether it holds data, or the periods of a triangle."""
from __future__ import annotations

import re
from collections.abc import Sequence

from lake_etl.read.cell_kinds import is_date, is_number, is_typed, typed_columns

SHAPE_DIGITS = 3
# Of values that have the form of the first one.
CONSISTENT = 0.9
MOST_FOOTERS = 2
PERIOD = re.compile(r'\d{1,4}')


def is_triangle(rows: Sequence[Sequence[str]], apart: bool) -> bool:
    """Tell whether rows are a triangle: periods that grow by equal steps right of a name, above years or dates.

    Rows may be shorter than the header, and the last ones may be totals.

    apart  whether a blank line separates the header from titles above it; then one period is enough
    """
    if len(rows) < 2:
        return False
    name, *periods = (cell.strip() for cell in rows[0])
    while periods and not periods[-1]:
        periods.pop()
    numbers = [int(cell) for cell in periods if PERIOD.fullmatch(cell)]
    steps = {after - before for before, after in zip(numbers, numbers[1:], strict=False)}
    if is_typed(name) or len(numbers) < len(periods) or len(numbers) < (1 if apart else 3) or len(steps) > 1:
        return False
    origins = [row[0] for row in rows[1:]]
    while len(rows) - 1 - len(origins) < MOST_FOOTERS and len(origins) > 1 and not is_typed(origins[-1]):
        origins.pop()
    amounts = [cell for row in rows[1:] for cell in row[1:] if cell.strip()]
    return (min(steps, default=1) > 0 and all(map(is_typed, origins)) and bool(amounts) and all(map(is_typed, amounts))
            and all(len(row) <= len(rows[0]) for row in rows))


def header_points(rows: Sequence[Sequence[str]]) -> int:
    """Return points for what makes the first row one of data; none if a name stands above numbers or dates."""
    header, body = rows[0], [row for row in rows[1:] if len(row) == len(rows[0])]
    if len(body) < 2:
        return 0
    kinds = typed_columns(body)
    if any(header[index].strip() and not kind(header[index]) for index, kind in kinds.items()):
        return 0
    points = sum(_points(header[index].strip(), [row[index].strip() for row in body]) for index in range(len(header)))
    return points + _repeats(header) if points else 0


def _points(cell: str, values: Sequence[str]) -> int:
    values = [value for value in values if value]
    if not cell or not values:
        return 0
    if is_date(cell):
        return 2 * all(map(is_date, values))
    if is_number(cell):
        return int(bool(re.search(r'[.,]\d|\d{5}', cell)) and all(map(is_number, values)))
    if sum(map(str.isdigit, cell)) >= SHAPE_DIGITS:
        return 2 * (sum(_shape(value) == _shape(cell) for value in values) >= CONSISTENT * len(values))
    return int(cell in values)


def _shape(value: str) -> str:
    return re.sub(r'[^\W\d]', 'A', re.sub(r'\d', '9', value))


def _repeats(header: Sequence[str]) -> int:
    names = [cell.strip().lower() for cell in header if cell.strip()]
    return int(len(set(names)) < len(names))
