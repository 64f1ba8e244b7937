"""Finds the delimiter of delimited text from its first rows: for files whose workflow names none, and for errors."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from lake_etl.config.formats.delimited_format import DELIMITERS, DelimitedSection
from lake_etl.config.input import InputSpec
from lake_etl.errors import DataError
from lake_etl.read.header import Dialect, read_first_text, records
from lake_etl.read.source_files import PreparedFile

CANDIDATES = (',', ';', '\t', '|', '~', '^', '\x01', '\x1f')
NAMES = {'\t': 'tab', ',': 'comma', ';': 'semicolon', '|': 'pipe'}
FIRST_BYTES = 64 * 1024
FIRST_ROWS = 200
# Of rows with as many values as the header; the others may be damaged, or totals.
CONSISTENT = 0.9


@dataclass(frozen=True)
class _Candidate:
    delimiter: str
    columns: int
    consistency: float

    @property
    def rank(self) -> tuple[float, int, bool]:
        """Return what the candidates are compared by: consistent rows, then many columns, then the comma."""
        return round(self.consistency, 1), self.columns, self.delimiter == DELIMITERS['csv']


def names_delimiter(spec: InputSpec) -> bool:
    """Tell whether the input_spec has a section for delimited text, which names the delimiter."""
    return any(getattr(spec, name) is not None for name in DELIMITERS)


def with_detected_delimiter(spec: InputSpec, files: Sequence[PreparedFile]) -> InputSpec:
    """Return the input_spec with the section for the delimiter that the first file has, unless the input_spec has one.

    Raises DataError when the input_spec names a delimiter that does not split the header, and another one would.
    """
    section = spec.delimited()
    dialect = Dialect(str(section.delimiter), section.quote_character, section.escape_character, section.header)
    text, complete = read_first_text(files[0], FIRST_BYTES)
    if names_delimiter(spec):
        _require_split_header(text, complete, dialect, files[0].name)
        return spec
    found = detect_delimiter(text, complete, dialect)
    return _with_section(spec, found) if found else spec


def delimited_section(spec: InputSpec) -> dict[str, dict[str, Any]]:
    """Return the section for delimited text as it is written in a specification."""
    name = next((name for name in DELIMITERS if getattr(spec, name) is not None), 'csv')
    section = spec.delimited()
    delimiter = {} if section.delimiter == DELIMITERS[name] else {'delimiter': section.delimiter}
    return {name: {'header': section.header, **delimiter}}


def detect_delimiter(text: str, complete: bool, dialect: Dialect) -> str | None:
    """Return the delimiter that splits the header and the rows after it into equally many values, at least two.

    Returns None when there is none.

    complete  whether the text ends with the file
    """
    candidates = [_candidate(text, complete, replace(dialect, delimiter=delimiter)) for delimiter in CANDIDATES]
    best = max(candidates, key=lambda candidate: candidate.rank)
    return best.delimiter if best.columns > 1 and best.consistency >= CONSISTENT else None


def _candidate(text: str, complete: bool, dialect: Dialect) -> _Candidate:
    rows = list(islice(records(text, dialect, complete), FIRST_ROWS))
    columns = len(rows[0]) if rows else 0
    if columns < 2:
        return _Candidate(dialect.delimiter, columns, 0)
    equal = sum(len(row) == columns for row in rows[1:])
    return _Candidate(dialect.delimiter, columns, equal / len(rows[1:]) if rows[1:] else 1)


def _with_section(spec: InputSpec, delimiter: str) -> InputSpec:
    """Return the input_spec with the section that has the delimiter as its default, or csv."""
    section = DelimitedSection(delimiter=delimiter)
    if delimiter == DELIMITERS['tsv']:
        return replace(spec, tsv=section)
    return replace(spec, pipe=section) if delimiter == DELIMITERS['pipe'] else replace(spec, csv=section)


def _require_split_header(text: str, complete: bool, dialect: Dialect, name: str) -> None:
    header = next(records(text, dialect, complete), ())
    if len(header) != 1 or not dialect.header:
        return
    found = detect_delimiter(text, complete, dialect)
    if found:
        columns = len(next(records(text, replace(dialect, delimiter=found), complete)))
        raise DataError(
            f"{name}: the delimiter {_described(dialect.delimiter)} of the input_spec does not split its header, but "
            f"{_described(found)} splits it into {columns} columns. Set 'delimiter' in the input_spec to the one that "
            'the file has, or correct the file.')


def _described(delimiter: str) -> str:
    return NAMES.get(delimiter) or repr(delimiter)
