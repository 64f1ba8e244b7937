"""Lays out rows as an aligned table of text, within the width of a terminal."""
from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from rich.cells import cell_len, chop_cells, set_cell_size

from lib.local_lake.screen import harmless

GAP = '  '
WIDEST_CELL = 60
# A folded column stays as wide as its longest word, within these limits.
NARROWEST, LONGEST_WORD = 8, 12
NARROWEST_TABLE = 20
INDENT = 2


class Count(int):
    """How many there are of something: tables separate its thousands, which years and numbers of policies lack."""


@dataclass(frozen=True)
class TextColumn:
    """A column of a table: its name, whether all its values are numbers, and its cells."""

    name: str
    numeric: bool
    cells: tuple[str, ...]

    @property
    def width(self) -> int:
        """Return how wide the column is if nothing is folded."""
        return max(map(cell_len, (self.name, *self.cells)))

    @property
    def narrowest(self) -> int:
        """Return how narrow the column may become: texts and names fold, numbers do not."""
        longest_word = max(cell_len(word) for text in (self.name, *self.cells) for word in text.split(' '))
        widest_number = max(map(cell_len, self.cells), default=0) if self.numeric else 0
        return min(self.width, max(NARROWEST, widest_number, min(longest_word, LONGEST_WORD)))


def table_lines(columns: Sequence[str], rows: Sequence[Sequence[object]], width: int | None = None) -> list[str]:
    """Return the lines of an aligned table: numbers to the right, long texts cut.

    width  the columns of the terminal: texts are folded until the table fits, and a table with too many columns
           becomes a list of rows with one value a line
    """
    laid = [TextColumn(_cell(name), _is_numeric([row[index] for row in rows]), tuple(_cell(row[index]) for row in rows))
            for index, name in enumerate(columns)]
    widths = [column.width for column in laid]
    width = sys.maxsize if width is None else max(width, NARROWEST_TABLE)
    room = width - len(GAP) * (len(laid) - 1)
    if sum(widths) > room:
        if sum(column.narrowest for column in laid) > room:
            return _records(laid, len(rows), width)
        widths = _narrowed(laid, room)
    lines = [*_row(laid, [column.name for column in laid], widths), _joined(['-' * size for size in widths])]
    for number in range(len(rows)):
        lines += _row(laid, [column.cells[number] for column in laid], widths)
    return lines


def _narrowed(columns: Sequence[TextColumn], room: int) -> list[int]:
    """Return widths that fit into the room: the widest column gives way first."""
    widths = [column.width for column in columns]
    for _ in range(sum(widths) - room):
        widest = max((index for index, column in enumerate(columns) if widths[index] > column.narrowest),
                     key=lambda index: widths[index])
        widths[widest] -= 1
    return widths


def _row(columns: Sequence[TextColumn], texts: Sequence[str], widths: Sequence[int]) -> list[str]:
    """Return the lines of one row: as many as its longest folded text has."""
    folded = [fold(text, width) for text, width in zip(texts, widths, strict=True)]
    lines = []
    for number in range(max(map(len, folded), default=1)):
        parts = [lines_of_cell[number] if number < len(lines_of_cell) else '' for lines_of_cell in folded]
        lines.append(_joined([_padded(part, width, column.numeric)
                              for part, width, column in zip(parts, widths, columns, strict=True)]))
    return lines


def _records(columns: Sequence[TextColumn], count: int, width: int) -> list[str]:
    """Return each row as a heading and one line for each value, for tables that are too wide."""
    names = min(max((cell_len(column.name) for column in columns), default=0), width // 2 - INDENT)
    values = width - INDENT - names - len(GAP)
    lines = []
    for number in range(count):
        lines.append(_shortened(f'row {number + 1}', width))
        for column in columns:
            for part, text in enumerate(fold(column.cells[number], values)):
                name = _padded('' if part else _shortened(column.name, names), names, False)
                lines.append(f'{" " * INDENT}{name}{GAP}{text}'.rstrip())
    return lines or [_shortened(f'no rows; {len(columns)} columns', width)]


def fold(text: str, width: int) -> list[str]:
    """Return the lines of a text that is at most that wide, broken between words where possible."""
    lines, line = [], ''
    for word in text.split(' '):
        if cell_len(joined := f'{line} {word}' if line else word) <= width:
            line = joined
            continue
        if line:
            lines.append(line)
        *full, line = chop_cells(word, width) or ['']
        lines += full
    return [*lines, line]


def _shortened(text: str, width: int) -> str:
    return text if cell_len(text) <= width else f'{set_cell_size(text, width - 1).rstrip()}…'


def _padded(text: str, width: int, to_right: bool) -> str:
    space = ' ' * (width - cell_len(text))
    return space + text if to_right else text + space


def _joined(texts: Sequence[str]) -> str:
    return GAP.join(texts).rstrip()


def _is_numeric(values: Sequence[object]) -> bool:
    return bool(values) and all(value is None or isinstance(value, (int, float, Decimal)) for value in values)


def _cell(value: object) -> str:
    if value is None:
        return ''
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Count):
        return f'{value:,}'
    return _shortened(harmless(' '.join(str(value).split())), WIDEST_CELL)
