"""Finds out from the first lines of delimited text how it is written: title lines, delimiter, quotes and header.

The same text gives the same answer everywhere. Whatever the lines do not prove stays as it is without detection:
commas, double quotes, and the header in the first line.
"""
from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice

from lake_etl.read.cell_kinds import is_typed, typed_columns
from lake_etl.read.delimited_records import Dialect, records
from lake_etl.read.first_row import header_points, is_triangle
from lake_etl.read.record_type_doubt import doubt_about_record_types

CANDIDATES = (',', ';', '\t', '|', '~', '^', '\x01', '\x1f')
NAMES = {'\t': 'tab', ',': 'comma', ';': 'semicolon', '|': 'pipe'}
PLAIN = Dialect(',', '"', '"', header=True)
SINGLE_QUOTE = "'"
LINE = re.compile(r'([^\r\n]*)(?:\r\n|\n|\r|\Z)')
FIRST_ROWS = 200
# Of rows with as many values as the header; the others may be damaged, or totals.
CONSISTENT = 0.9
MOST_TITLES = 10
# Lines below the titles that are looked at.
LINES_BELOW = 60
MOST_FOOTERS = 2
LONGEST_NAME = 100
# Rows that have to agree where no blank line separates a title from a table of two columns.
FEW_ROWS = 3
# Points that prove that the first row holds data. A single number does not: headers of triangles are numbers.
PROVEN = 3


@dataclass(frozen=True)
class DetectedText:
    """How delimited text is written.

    dialect      delimiter, quotes, and whether there is a header
    title_lines  number of lines above the header
    doubts       what the lines do not decide, as sentences that name the keys to write
    other        another way to read the text that fits it as well; None when there is none
    """

    dialect: Dialect = PLAIN
    title_lines: int = 0
    doubts: tuple[str, ...] = ()
    other: DetectedText | None = None

    @property
    def is_plain(self) -> bool:
        """Tell whether this is what holds without detection."""
        return self.dialect == PLAIN and not self.title_lines

    def __str__(self) -> str:
        quotes = ', single quotes' if self.dialect.quote == SINGLE_QUOTE else ''
        header = (f'the header in line {self.title_lines + 1}' if self.dialect.header
                  else 'no header, so its columns are _c0, _c1 and so on')
        return f'{delimiter_name(self.dialect.delimiter)} as the delimiter{quotes} and {header}'


def delimiter_name(delimiter: str) -> str:
    """Return what messages call a delimiter."""
    return NAMES.get(delimiter) or repr(delimiter)


def detect_text(text: str, complete: bool, titles: bool = True) -> DetectedText:
    """Return how a text is written.

    complete  whether the text ends with the file
    titles    whether there may be lines above the header
    """
    dialect = single_quoted_dialect(text) or PLAIN
    delimiter = detect_delimiter(text, complete, dialect)
    found = DetectedText(replace(dialect, delimiter=delimiter or dialect.delimiter))
    periods = _triangle(text, complete, dialect, MOST_TITLES if titles else 0)
    if periods and (periods.title_lines or delimiter is None):
        return periods
    if titles:
        below = titled(text, complete, dialect, found.dialect if delimiter else None)
        if below and (delimiter is None or below.dialect.delimiter == delimiter):
            return below
        found = replace(found, other=below)
    if delimiter is None:
        return replace(found, doubts=(*_doubt_about_first_line(text, complete),
                                      *doubt_about_record_types(text, complete, CANDIDATES)))
    rows = list(islice(records(text, found.dialect, complete), FIRST_ROWS))
    points = header_points(rows)
    if points >= PROVEN:
        return replace(found, dialect=replace(found.dialect, header=False))
    doubt = ('The first line looks like data. If the file has no header, set "header": false in the csv section of the '
             'input_spec.',)
    return replace(found, doubts=doubt) if points == PROVEN - 1 else found


def _doubt_about_first_line(text: str, complete: bool) -> tuple[str, ...]:
    """Return what to check if all rows but the first have several values."""
    rows = list(islice(records(text, PLAIN, complete), FIRST_ROWS))
    lengths = {len(row) for row in rows[1:]}
    if len(rows) < FEW_ROWS or len(rows[0]) > 1 or len(lengths) > 1 or lengths == {1}:
        return ()
    return (f'The first line has one value, and the rows below have {lengths.pop()}, of which only the first is read. '
            'If lines stand above the header, give their number as "skip_rows" in the input_spec.',)


def detect_delimiter(text: str, complete: bool, dialect: Dialect) -> str | None:
    """Return the delimiter that splits the header and the rows after it into equally many values, at least two.

    Returns None when there is none.

    complete  whether the text ends with the file
    """
    candidates = [_candidate(text, complete, replace(dialect, delimiter=delimiter)) for delimiter in CANDIDATES]
    best = max(candidates, key=lambda candidate: candidate.rank)
    return best.delimiter if best.columns > 1 and best.consistency >= CONSISTENT else None


@dataclass(frozen=True)
class _Candidate:
    delimiter: str
    columns: int
    consistency: float

    @property
    def rank(self) -> tuple[float, int, bool]:
        """Return what the candidates are compared by: consistent rows, then many columns, then the comma."""
        return round(self.consistency, 1), self.columns, self.delimiter == PLAIN.delimiter


def _candidate(text: str, complete: bool, dialect: Dialect) -> _Candidate:
    rows = list(islice(records(text, dialect, complete), FIRST_ROWS))
    columns = len(rows[0]) if rows else 0
    if columns < 2:
        return _Candidate(dialect.delimiter, columns, 0)
    # Where only totals at the end differ, the delimiter is right, but one that fits all rows is better.
    return _Candidate(dialect.delimiter, columns, max(_consistency(rows), CONSISTENT * _fits(rows, complete)))


def _consistency(rows: Sequence[Sequence[str]]) -> float:
    """Return the share of the rows after the first that have as many values as the first."""
    equal = sum(len(row) == len(rows[0]) for row in rows[1:])
    return equal / len(rows[1:]) if rows[1:] else 1


def titled(text: str, complete: bool, dialect: Dialect, read: Dialect | None) -> DetectedText | None:
    """Return how to read a text with lines above its header; None when there are none, or they are not certain.

    dialect  quotes of the text
    read     dialect with which the first line is a header that fits the rows; None when there is none
    """
    lines, end, rest = _first_lines(text, MOST_TITLES + LINES_BELOW)
    beginning, whole = text[:end], complete and not rest
    for count in range(1, min(MOST_TITLES, len(lines) - 1) + 1):
        below = ''.join(line + '\n' for line in lines[count:]) if whole else beginning[_start(beginning, count):]
        fitting = [found for found in (replace(dialect, delimiter=item) for item in CANDIDATES if item in lines[count])
                   if _has_header_below(below, lines[:count], found, read, whole)]
        if fitting:
            return DetectedText(max(fitting, key=lambda found: len(_cells(lines[count], found))), count)
    return None


def _triangle(text: str, complete: bool, dialect: Dialect, titles: int) -> DetectedText | None:
    """Return how to read a triangle, whose header has periods as names and whose rows get shorter; None without one.

    titles  most lines that may stand above the header
    """
    lines, _, _ = _first_lines(text, titles + 1)
    for count in range(len(lines)):
        below = text[_start(text, count):]
        for found in (replace(dialect, delimiter=item) for item in CANDIDATES if item in lines[count]):
            rows = list(islice(records(below, found, complete), LINES_BELOW))
            above = [_cells(line, found) for line in lines[:count]]
            apart = bool(above) and not _filled(above[-1])
            if is_triangle(rows, apart) and all(2 * _filled(cells) <= len(rows[0]) for cells in above):
                return DetectedText(found, count)
    return None


def _has_header_below(text: str, lines: Sequence[str], found: Dialect, read: Dialect | None, whole: bool) -> bool:
    """Tell whether a text begins with a header, and the lines above it are titles.

    read   dialect with which the first line is a header that fits the rows; None when there is none
    whole  whether the text ends with the file
    """
    rows = list(islice(records(text, found, whole), LINES_BELOW))
    if not rows or (read and not _outweighs(found, rows, read, _cells(lines[0], read))):
        return False
    return _is_header_below(rows, [_cells(line, found) for line in lines], whole)


def _first_lines(text: str, count: int) -> tuple[list[str], int, bool]:
    """Return the first lines, the position where they end, and whether there is more text."""
    found, end = [], 0
    for match in islice(LINE.finditer(text), count):
        if match.start() == len(text):
            break
        found.append(match[1])
        end = match.end()
    return found, end, end < len(text)


def _start(text: str, count: int) -> int:
    """Return the position at which the line after `count` lines begins."""
    return next(islice(LINE.finditer(text), count, None)).start()


def _cells(line: str, dialect: Dialect) -> tuple[str, ...]:
    return next(records(line, dialect, complete=True), ())


def _outweighs(found: Dialect, rows: Sequence[Sequence[str]], read: Dialect, first: Sequence[str]) -> bool:
    """Tell whether a header further below can be right although the first line is one that fits the rows."""
    if found.delimiter == read.delimiter:
        return _filled(first) * 2 <= len(first)  # Most names are empty, as in a title that a spreadsheet has exported.
    return bool(rows) and len(rows[0]) > max(2, len(first)) and bool(typed_columns(rows[1:]))


def _is_header_below(rows: Sequence[Sequence[str]], above: Sequence[Sequence[str]], whole: bool) -> bool:
    """Tell whether the first of the rows is a header, and the lines above it are titles.

    whole  whether the rows end with the file
    """
    header, body = rows[0], rows[1:]
    columns = len(header)
    if columns < 2 or not body or not _looks_like_names(header) or not _fits(rows, whole):
        return False
    if not all(len(cells) < columns or _filled(cells) * 2 <= columns for cells in above):
        return False
    if not _filled(above[-1]) and any(map(_filled, above)):
        return True
    matching = [row for row in body if len(row) == columns]
    return bool(typed_columns(matching)) and (columns > 2 or len(matching) >= FEW_ROWS)


def _fits(rows: Sequence[Sequence[str]], whole: bool) -> bool:
    """Tell whether the rows have as many values as the first, apart from a few damaged ones or totals at the end."""
    if _consistency(rows) >= CONSISTENT:
        return True
    inner = list(rows)
    while len(rows) - len(inner) < MOST_FOOTERS and len(inner) > 2 and len(inner[-1]) != len(inner[0]):
        inner.pop()
    return whole and len(inner) > 1 and _consistency(inner) == 1


def _looks_like_names(cells: Sequence[str]) -> bool:
    names = [cell.strip().lower() for cell in cells if cell.strip()]
    return (2 * len(names) > len(cells) and len(set(names)) == len(names)
            and not any(is_typed(name) or len(name) > LONGEST_NAME for name in names))


def _filled(cells: Sequence[str]) -> int:
    return sum(bool(cell.strip()) for cell in cells)


def single_quoted_dialect(text: str) -> Dialect | None:
    """Return the dialect of a text whose values are in single quotes; None when they are not, or not certainly.

    In nearly every row a value must begin and end with a single quote, and none may only begin with it.
    """
    if SINGLE_QUOTE not in text:
        return None
    lines = [line for line in _first_lines(text, FIRST_ROWS)[0] if line.strip()]
    found = [delimiter for delimiter in CANDIDATES if _is_single_quoted(lines, delimiter)]
    escape = '\\' if f'\\{SINGLE_QUOTE}' in text else SINGLE_QUOTE
    return Dialect(found[0], SINGLE_QUOTE, escape, header=True) if len(found) == 1 else None


def _is_single_quoted(lines: Sequence[str], delimiter: str) -> bool:
    mark = re.escape(delimiter)
    wrapped = re.compile(rf"(?:^|(?<={mark}))'(?:[^']|''|\\')*'(?={mark}|$)")
    rows = [line for line in lines if delimiter in line and 2 * _filled(line.split(delimiter)) > line.count(delimiter)]
    quoted = 0
    for line in rows[1:]:
        others, count = wrapped.subn('', line)
        if any(cell.startswith((SINGLE_QUOTE, '"')) for cell in others.split(delimiter)):
            return False
        quoted += bool(count)
    return quoted >= max(2, CONSISTENT * len(rows[1:]))
