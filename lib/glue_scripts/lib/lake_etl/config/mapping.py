"""The schema mapping: a CSV file that maps source columns to columns of the table."""
from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lake_etl.syntax.records import Findings, describe, suggestion
from lake_etl.syntax.text import decode_text

REQUIRED_COLUMNS = ('SourceName', 'DestName')
OPTIONAL_COLUMNS = ('Threshold', 'Scorer', 'Width', 'Optional')
YES, NO = ('true', 'yes'), ('false', 'no', '')
COLUMNS = REQUIRED_COLUMNS + OPTIONAL_COLUMNS
# A column of this name is read if it is there; no similar name counts as a misspelling of it.
DESCRIPTION = 'Description'
DROPPED = 'null'
COMMENT = '//'
END = '// end of the text'
# The scorers of rapidfuzz.fuzz. They are listed here, so that reading a mapping does not need the library.
SCORERS = ('ratio', 'partial_ratio', 'token_sort_ratio', 'token_set_ratio', 'token_ratio', 'partial_token_sort_ratio',
           'partial_token_set_ratio', 'partial_token_ratio', 'WRatio', 'QRatio')


@dataclass(frozen=True, kw_only=True)
class MappingRow:
    """One row of a mapping.

    source_name  column of the source, or the path of a nested field in back-ticks
    dest_name    column of the table; None drops the source column
    threshold    least similarity, 0 to 100, of a matching column name; None for an exact match
    scorer       RapidFuzz's measure of similarity; given together with `threshold`
    width        width of the column in a fixed-width file
    optional     whether sources may lack the column
    description  of the column of the table, for contracts
    line         line of the row in the file, counted from 1
    """

    source_name: str
    dest_name: str | None
    threshold: float | None = None
    scorer: str | None = None
    width: int | None = None
    optional: bool = False
    description: str = ''
    line: int

    @property
    def place(self) -> str:
        """Return the place of the row, for messages."""
        return row_place(self.line)


@dataclass(frozen=True)
class SchemaMapping:
    """The rows of a mapping, in the order of the output columns."""

    rows: tuple[MappingRow, ...]

    def whereabouts(self, file: str) -> dict[str, str]:
        """Return what the mapping does with each source column, in words, by its lower-case name."""
        return {row.source_name.lower(): f"{row.place} of {file} calls it '{row.dest_name}'" if row.dest_name
                else f'{row.place} of {file} drops it' for row in self.rows}

    def destinations(self) -> tuple[str, ...]:
        """Return the columns that a mapped frame can have; it lacks those of rows that match no source column."""
        return tuple(row.dest_name for row in self.rows if row.dest_name is not None)


@dataclass(frozen=True)
class _Line:
    """The cells of one line, by the column names of the header."""

    number: int
    cells: dict[str, str]
    extra: int

    def text(self, column: str) -> str:
        return self.cells.get(column, '').strip()

    @property
    def place(self) -> str:
        return row_place(self.number)


def row_place(line: int) -> str:
    """Return the place of a line of a mapping file in messages."""
    return f'row {line}'


def parse_mapping(content: bytes, findings: Findings) -> SchemaMapping | None:
    """Return the mapping of a CSV file; records every problem, and returns None if there is one.

    The letter case of column names in the header does not matter. Other columns, blank lines and lines that begin with
    `//` are ignored.
    """
    before = len(findings.problems)
    text = decode_text(content, findings)
    if text is None:
        return None
    lines = _lines(text, findings)
    if len(findings.problems) > before:
        return None
    if not lines:
        findings.problem('', 'no row maps a column', "write one row 'SourceName,DestName' for each column to keep")
        return None
    rows = tuple(_row(line, findings) for line in lines)
    _check_destinations(rows, findings)
    return SchemaMapping(rows) if len(findings.problems) == before else None


def _lines(text: str, findings: Findings) -> list[_Line]:
    """Return the lines below the header; records a problem for a file without a usable header."""
    before = len(findings.problems)
    records = list(_records(text, findings))
    if len(findings.problems) > before:
        return []
    if not records:
        findings.problem('', 'the file is empty', "begin it with the line 'SourceName,DestName'")
        return []
    (_, header), *rows = records
    names = _column_names(header, findings)
    return [_Line(number, {name: cell for name, cell in zip(names, cells) if name},
                  sum(1 for cell in cells[len(names):] if cell.strip()))
            for number, cells in rows]


def _records(text: str, findings: Findings) -> Iterator[tuple[int, list[str]]]:
    """Yield the line number and the cells of every line that is neither blank nor a comment."""
    # This line becomes part of a cell only if a quote is still open at the end of the text.
    reader = csv.reader(io.StringIO(f'{text}\n{END}', newline=''))
    start = 1
    try:
        for cells in reader:
            if cells == [END]:
                return
            if cells and cells[-1].endswith(f'\n{END}'):
                findings.problem(row_place(start), 'a double quote in this row is never closed')
                return
            if any(cell.strip() for cell in cells) and not cells[0].lstrip().startswith(COMMENT):
                yield start, cells
            start = reader.line_num + 1
    except csv.Error as error:
        findings.problem(row_place(start), f'cannot be read as CSV: {error}', 'is a double quote never closed?')


def _column_names(header: Sequence[str], findings: Findings) -> list[str]:
    """Return the known column name for each cell of the header; empty for other columns."""
    known = {name.lower(): name for name in (*COLUMNS, DESCRIPTION)}
    names = [known.get(cell.strip().lower(), '') for cell in header]
    for column in COLUMNS:
        if names.count(column) > 1:
            findings.problem('header', f"column '{column}' is there {names.count(column)} times")
    absent = [column for column in COLUMNS if column not in names]
    misspelt = {}
    for cell, name in zip(header, names):
        hint = suggestion(cell.strip(), absent) if not name else ''
        if hint:
            misspelt[cell.strip()] = hint
    for cell, hint in misspelt.items():
        findings.problem('header', f"unknown column '{cell}'", hint)
    for column in REQUIRED_COLUMNS:
        if column in absent and not any(f"'{column}'" in hint for hint in misspelt.values()):
            findings.problem('header', f"missing required column '{column}'")
    return names


def _row(line: _Line, findings: Findings) -> MappingRow:
    """Return the row; problems go to `findings`."""
    if line.extra:
        findings.warning(line.place, f'{line.extra} more cells than the header has columns, ignored',
                         'put double quotes around a name that holds a comma')
    source = line.cells.get('SourceName', '')
    destination = line.text('DestName')
    source = source.replace('\r\n', '\n')    # Readers name columns of such headers in the same way.
    _check_name('SourceName', source, line, findings)
    _check_name('DestName', destination, line, findings)
    if source.startswith('`') and source.count('`') % 2:
        findings.problem(line.place, "'SourceName' opens a back-tick that is never closed", 'write `Struct`.`Member`')
    threshold, scorer = _similarity(line, findings)
    return MappingRow(source_name=source, dest_name=None if destination.lower() == DROPPED else destination,
                      threshold=threshold, scorer=scorer, width=_width(line, findings),
                      optional=_optional(line, findings), description=line.text(DESCRIPTION), line=line.number)


def _check_name(column: str, name: str, line: _Line, findings: Findings) -> None:
    if not name.strip():
        hint = 'write Null to drop the column' if column == 'DestName' else ''
        findings.problem(line.place, f"'{column}' is empty", hint)
    elif '\n' in name and column == 'DestName':  # Headers of source files may contain line breaks.
        findings.problem(line.place, f"'{column}' holds a line break", 'is a double quote never closed?')


def _similarity(line: _Line, findings: Findings) -> tuple[float | None, str | None]:
    """Return threshold and scorer, which are given together."""
    written, scorer = line.text('Threshold'), line.text('Scorer')
    if scorer and scorer not in SCORERS:
        findings.problem(line.place, f'unknown scorer {describe(scorer)}',
                         suggestion(scorer, SCORERS) or f'known scorers: {", ".join(SCORERS)}')
    if not written:
        if scorer:
            findings.warning(line.place, "'Scorer' without 'Threshold' is ignored",
                             'give a threshold from 0 to 100 to match by similarity')
        return None, None
    threshold = parse_threshold(written)
    if threshold is None:
        findings.problem(line.place, f"'Threshold' must be a number from 0 to 100, got {describe(written)}")
    if not scorer:
        findings.problem(line.place, "'Threshold' needs a 'Scorer'", f'known scorers: {", ".join(SCORERS)}')
    return threshold, scorer


def parse_threshold(written: str) -> float | None:
    """Return the threshold in a text; None when the text is not a number from 0 to 100."""
    number = _number(written)
    return number if 0 <= number <= 100 else None


def _width(line: _Line, findings: Findings) -> int | None:
    written = line.text('Width')
    if not written:
        return None
    width = _number(written)
    if width < 1 or not width.is_integer():
        findings.problem(line.place, f"'Width' must be a whole number above 0, got {describe(written)}")
        return None
    return int(width)


def _optional(line: _Line, findings: Findings) -> bool:
    written = line.text('Optional').lower()
    if written not in (*YES, *NO):
        findings.problem(line.place, f"'Optional' must be true or false, got {describe(line.text('Optional'))}")
    return written in YES


def _number(written: str) -> float:
    """Return the number in a text; -1, which is never valid, when the text is not a finite number."""
    try:
        number = float(written)
    except ValueError:
        return -1.0
    return number if math.isfinite(number) else -1.0


def _check_destinations(rows: Sequence[MappingRow], findings: Findings) -> None:
    first: dict[str, MappingRow] = {}
    for row in rows:
        if not row.dest_name:
            continue
        earlier = first.setdefault(row.dest_name.lower(), row)
        if earlier is not row:
            findings.problem(row.place, f"destination '{row.dest_name}' is already that of row {earlier.line}",
                             'upper and lower case count alike')
