"""Reads and writes CSV in which an empty cell is null and `""` is an empty text."""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lake_etl.errors import ConfigurationError
from lake_etl.syntax.records import Findings
from lake_etl.syntax.text import decode_text

Cell = str | None
QUOTE, COMMA, LINE_END = '"', ',', '\n'


@dataclass(frozen=True)
class CaseTable:
    """A CSV file of a test case: the names in its header, and the cells of each row below it."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def read_case_csv(file: Path, shown_as: str) -> CaseTable:
    """Return the content of a file; raises ConfigurationError with everything that is wrong with its form.

    A byte-order mark, any line ends and blank lines do no harm.

    shown_as  name of the file in messages
    """
    findings = Findings(shown_as)
    text = decode_text(file.read_bytes(), findings)
    records = [] if text is None else list(_records(text, findings))
    if not records and not findings.problems:
        findings.problem('', 'the file is empty', 'it needs a line with the names of the columns; without further '
                         'lines it holds no rows')
    header = list(_whole_names(records[0][1])) if records else []
    _check(header, records[1:], findings)
    if findings.problems:
        raise ConfigurationError(findings.problems)
    return CaseTable(tuple(header), tuple(tuple(cells) for _, cells in records[1:]))


def case_csv(table: CaseTable) -> str:
    """Return a table as CSV."""
    return ''.join(_line(cells) for cells in (table.columns, *table.rows))


def _line(cells: Iterable[Cell]) -> str:
    written = [_written(cell) for cell in cells]
    # A line with one null would be blank, and blank lines are no rows.
    return (','.join(written) if written != [''] else COMMA) + LINE_END


def _written(cell: Cell) -> str:
    if cell is None:
        return ''
    plain = cell and cell == cell.strip() and not set(cell) & {QUOTE, COMMA, '\n', '\r'}
    return cell if plain else f'{QUOTE}{cell.replace(QUOTE, QUOTE * 2)}{QUOTE}'


def _whole_names(cells: Iterable[Cell]) -> Iterator[str]:
    """Yield the names of a header; a type such as `decimal(10,2)` behind a name needs no double quotes."""
    name = ''
    for cell in cells:
        name = f'{name},{cell or ""}' if name else (cell or '').strip()
        if sum(map(name.count, '(<')) <= sum(map(name.count, ')>')):
            yield name.strip()
            name = ''
    if name:
        yield name


def _check(header: Sequence[str], rows: Sequence[tuple[int, list[Cell]]], findings: Findings) -> None:
    """Record names that are missing or repeated, and rows with another number of cells than the header."""
    lower = [name.lower() for name in header]
    for number, name in enumerate(header, 1):
        if not name:
            findings.problem('header', f'column {number} has no name')
        elif lower.index(name.lower()) != number - 1:
            findings.problem('header', f"column '{name}' is there twice; upper and lower case count as the same")
    for line, cells in rows:
        if len(cells) != len(header) and not (len(header) == 1 and cells == [None, None]):
            findings.problem(f'line {line}', f'has {len(cells)} cells, the header has {len(header)}',
                             'put double quotes around a value that holds a comma')
        elif len(cells) != len(header):
            cells.pop()


def _records(text: str, findings: Findings) -> Iterator[tuple[int, list[Cell]]]:
    """Yield the number of its first line and the cells of each record that is not a blank line."""
    position, line = 0, 1
    while position < len(text):
        first = line
        cells: list[Cell] = []
        while True:
            cell, end = _cell(text, position)
            if end < 0:
                findings.problem(f'line {line}', 'a double quote is opened and not closed', 'write a double quote '
                                 'inside a value twice, and put double quotes around the value')
                return
            line += text.count(LINE_END, position, end)
            cells.append(cell)
            position = end + 1
            if end >= len(text) or text[end] == LINE_END:
                break
            if text[end] != COMMA:
                findings.problem(f'line {line}', 'there is text behind the closing double quote of a value',
                                 'write a double quote inside a value twice')
                return
        line += 1
        if cells != [None]:
            yield first, cells


def _cell(text: str, start: int) -> tuple[Cell, int]:
    """Return the cell that begins there and the position behind it; -1 if its double quote is never closed."""
    if not text.startswith(QUOTE, start):
        ends = [end for end in (text.find(COMMA, start), text.find(LINE_END, start)) if end >= 0]
        end = min(ends, default=len(text))
        return text[start:end] or None, end
    parts, position = [], start + 1
    while True:
        end = text.find(QUOTE, position)
        if end < 0:
            return None, -1
        parts.append(text[position:end])
        if not text.startswith(QUOTE, end + 1):
            return ''.join(parts), end + 1
        parts.append(QUOTE)
        position = end + 2
