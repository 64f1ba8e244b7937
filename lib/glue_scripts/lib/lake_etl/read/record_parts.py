"""Divides the lines of files with several record types into parts, one for each table and each nested record type.

The driver reads the files once, line by line. A part is a text file whose lines are those of its records, in front of
each the position of the record, that of its parent if it is nested, and the values that records above give. So the
readers of delimited and fixed-width text read the parts, and no result depends on how Spark splits a file.
"""
from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO

from lake_etl.config.record_types import RecordsSection, RecordTypeSection
from lake_etl.read.record_lines import DelimitedLines, FixedLines, Line
from lake_etl.read.undecodable import REPLACEMENT
from lake_etl.spark.helper_names import hidden_name
from lake_etl.spark.source_rows import RECORD, RECORD_WIDTH, assigned_position
from lake_etl.syntax.column_names import comparable_name

# What a line of a part begins with: a record that fits, or one that counts as malformed. Texts for null do not look so.
FITS, MALFORMED = 'n', 'x'
SAMPLE = 1000
# The column of a nested record with the position of its parent.
PARENT = hidden_name('parent')


@dataclass
class Part:
    """A part while it is written.

    rows       number of its records
    malformed  number of those that count as malformed
    joined     whether a record has line breaks
    """

    output: IO[str]
    rows: int = 0
    malformed: int = 0
    joined: bool = False

    def write(self, line: str, fits: bool) -> None:
        """Add a record."""
        self.output.write(f'{line}\n')
        self.rows += 1
        self.malformed += not fits
        self.joined = self.joined or '\n' in line or '\r' in line


@dataclass
class RecordFindings:
    """What the division has found that belongs to no part, by kind: how many records, and the line of the first."""

    counted: dict[str, int] = field(default_factory=dict)
    first: dict[str, tuple[str, int]] = field(default_factory=dict)

    def add(self, kind: str, file: str, line: int) -> None:
        """Count a record."""
        self.counted[kind] = self.counted.get(kind, 0) + 1
        self.first.setdefault(kind, (file, line))

    def sentences(self) -> Iterator[str]:
        """Yield a sentence for each kind."""
        for kind, count in self.counted.items():
            file, line = self.first[kind]
            yield f'Records that {kind}: {count}. The first is in line {line} of {file}.'


UNKNOWN = ("have a type which 'records' of the input_spec does not name, and are malformed rows without values of the "
           "workflow's own table")


def part_of_table(table: str) -> str:
    """Return the name of the part with the records of a table."""
    return f'table {comparable_name(table)}'


def part_of_type(key: str) -> str:
    """Return the name of the part with the records of a nested type."""
    return f'type {key}'


def part_names(records: RecordsSection) -> Iterator[str]:
    """Yield the names of all parts."""
    yield from map(part_of_table, records.tables())
    yield from (part_of_type(key) for key, item in records.types.items() if item.nested_in is not None)


def part_columns(records: RecordsSection, part: str) -> list[tuple[str, int]]:
    """Return name and width of all columns of a part."""
    key = next(key for key, item in records.types.items()
               if part in (part_of_type(key), part_of_table(item.table or '') if item.table else ''))
    section = records.types[key]
    own = [(RECORD, RECORD_WIDTH), *([(PARENT, RECORD_WIDTH)] if section.nested_in is not None else [])]
    return [*own, *given_columns(records, key), *((name, int(section.widths.get(name, 0))) for name in section.names)]


@dataclass(frozen=True)
class _Type:
    """A record type, prepared for many lines.

    part    of its records; None if it fills none
    root    part in which the rows are in which it is nested
    above   the types above it, the outermost first
    ends    types whose last record does not go on behind one of this type: those below it, and what it ends
    gives   the place of each column that it gives
    """

    key: str
    section: RecordTypeSection
    part: Part | None
    root: Part | None
    above: tuple[str, ...]
    ends: tuple[str, ...]
    gives: tuple[tuple[int, int], ...]


class Division:
    """Writes each record of the files to its part.

    own       the workflow's own table, which gets the records of unknown types
    replaces  whether U+FFFD stands for bytes that are not in the encoding
    states    regular expression of lines of types that are left out which state control totals
    hides     whether a table protects values, so that a malformed record must give none: they may be those of others
    """

    def __init__(self, records: RecordsSection, lines: DelimitedLines | FixedLines, parts: Mapping[str, Part],
                 own: str, replaces: bool, states: str | None, hides: bool = False):
        self._lines, self._replaces, self._hides = lines, replaces, hides
        self._states = re.compile(states) if states is not None else None
        self._own = parts[part_of_table(own)]
        self._types = {key: _prepared(records, key, parts) for key in records.types}
        self.findings = RecordFindings()

    def divide(self, index: int, file: str, records: Iterable[Line], trailers: list[str] | None) -> None:
        """Write the records of one file.

        index     of the file among the files of the load
        trailers  gets the lines of types that are left out; None if nobody asks for them
        """
        last: dict[str, str] = {}
        given: dict[str, str] = {}
        for line in records:
            key = self._lines.type_of(line.text)
            found = self._types.get(key) if key is not None else None
            position = assigned_position(index, line.number)
            if found is None:
                self._own.write(self._lines.mark(MALFORMED + position), False)
                self.findings.add(UNKNOWN, file, line.number)
                continue
            for ended in found.ends:
                last.pop(ended, None)
                given.pop(ended, None)
            if found.section.skip:
                # Lines that state totals are few; of any others some show what is wrong with a pattern.
                if trailers is not None and (len(trailers) < SAMPLE or self._states and self._states.fullmatch(
                        line.text.strip())):
                    trailers.append(line.text.strip())
            else:
                self._write(found, file, line, position, last, given)

    def _write(self, found: _Type, file: str, line: Line, position: str, last: dict[str, str], given: dict[str, str]
               ) -> None:
        """Write one record; `last` has the position of the last record of each type, `given` the text that it gives."""
        section, mark = found.section, self._lines.mark
        parent = last.get(section.parent) if section.parent is not None else ''
        if parent is None:
            self.findings.add(f"have type '{found.key}' and no record of type '{section.parent}' above them, and count "
                              'as malformed', file, line.number)
        fits = parent is not None and not (self._replaces and REPLACEMENT in line.text)
        nested = section.nested_in is not None
        if nested and parent is None:
            last.pop(found.key, None)
            if found.root is not None:
                found.root.write(mark(MALFORMED + position), False)
            return
        last[found.key] = position
        if found.gives:
            unfit = not self._lines.fits(line.text, section)
            if unfit:
                self.findings.add(f"have type '{found.key}', which gives values, and more or fewer values than "
                                  f"columns{', so they give none' if self._hides else ''}", file, line.number)
            given[found.key] = self._lines.missing(found.gives) if unfit and self._hides else self._lines.given(
                line.text, found.gives)
        if found.part is None:
            return
        before = mark((FITS if fits else MALFORMED) + position)
        before += mark(FITS + parent) if nested and parent else self._given(found, given)
        found.part.write(before + line.text, fits)

    def _given(self, found: _Type, given: Mapping[str, str]) -> str:
        if found.section.nested_in is not None:
            return ''
        return ''.join(given.get(key) or self._lines.missing(self._types[key].gives) for key in found.above)


def _prepared(records: RecordsSection, key: str, parts: Mapping[str, Part]) -> _Type:
    section = records.types[key]
    root = records.types[records.root(key)].table
    part = None
    if section.nested_in is not None:
        part = parts[part_of_type(key)]
    elif section.table is not None:
        part = parts[part_of_table(section.table)]
    ended = [name for name in records.types if key in records.ancestors(name)]
    if section.ends is not None:
        ended += [name for name in records.types if section.ends in (name, *records.ancestors(name))]
    return _Type(
        key, section, part, parts[part_of_table(root)] if root else None, tuple(reversed(records.ancestors(key))),
        tuple(dict.fromkeys(ended)), given_places(section))


def given_places(section: RecordTypeSection) -> tuple[tuple[int, int], ...]:
    """Return the place of each column that a record gives: its number, counted from 0, or start and width."""
    if not section.widths:
        return tuple((section.names.index(name), 1) for name in section.give)
    starts, start = {}, 0
    for name, width in section.widths.items():
        starts[name] = start
        start += width
    return tuple((starts[name], section.widths[name]) for name in section.give)


def given_columns(records: RecordsSection, key: str) -> Sequence[tuple[str, int]]:
    """Return name and width of the columns that records of a type get; the width is 0 in delimited text."""
    return [(name, int(records.types[above].widths.get(name, 0)))
            for above in reversed(records.ancestors(key)) for name in records.types[above].give
            if records.types[key].nested_in is None]
