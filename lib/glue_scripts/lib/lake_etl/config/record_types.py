"""Files with several record types: how the type of a line is told, and what becomes of the records of each type."""
from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lake_etl.syntax.column_names import comparable_name
from lake_etl.syntax.records import describe, suggestion
from lake_etl.syntax.regex_backtracking import python_pattern_problems

WAYS = ('field', 'positions', 'pattern')


@dataclass(frozen=True, kw_only=True)
class RecordTypeSection:
    """One record type. It fills a table, is nested in its parent, only gives values, or is left out.

    columns    the columns of its lines, in order: a list of names for delimited text, an object with the width of each
               for fixed width
    table      table that its records fill: that of the workflow, or another one of the same database, which has its own
               configuration files
    parent     record type to which its records belong: to the last record of that type above them
    nested_in  column of the parent that gets the records as an array of structs
    give       columns of which the records below get the values, if `parent` leads from them to this type
    ends       record type whose last record ends here, as a trailer ends a batch: records below do not belong to it
    skip       whether its records are left out, such as trailers
    """

    columns: tuple[str, ...] | dict[str, Any] = ()
    table: str | None = None
    parent: str | None = None
    nested_in: str | None = None
    give: tuple[str, ...] = ()
    ends: str | None = None
    skip: bool = False

    def check(self) -> Iterator[str]:
        """Yield the problems that types cannot express."""
        given = [name for name in ('columns', 'table', 'parent', 'nested_in', 'give') if getattr(self, name)]
        if self.skip and given:
            yield f"'skip' leaves the records out, so {' and '.join(map(repr, given))} would do nothing; take out one"
        if not self.skip and not self.columns:
            yield "'columns' must name the columns of its lines, or \"skip\": true leaves the records out"
        if self.nested_in is not None and self.table is not None:
            yield "'table' and 'nested_in' are both given; its records can go to one place only"
        if self.nested_in is not None and self.parent is None:
            yield "'nested_in' needs 'parent', the record type that has this column"
        for key in ('table', 'nested_in'):
            if (text := getattr(self, key)) is not None and (not text or text != text.strip() or '/' in text):
                yield f"'{key}' must be a name without outer blanks, got {describe(text)}"
        yield from _name_messages(self.names, self.give)
        for name, width in self.widths.items():
            if type(width) is not int or width < 1:
                yield f'columns.{name}: expected its width, a whole number above 0, got {describe(width)}'

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the columns in order."""
        return tuple(self.columns)

    @property
    def widths(self) -> Mapping[str, Any]:
        """Return the width of each column of a fixed-width record; nothing for delimited text."""
        return self.columns if isinstance(self.columns, dict) else {}


@dataclass(frozen=True, kw_only=True)
class RecordsSection:
    """Several record types in one file of delimited or fixed-width text, told apart by a part of each line.

    field      position of the field that tells the type, counted from 1, in delimited text
    positions  first and last position of the part of the line that tells it, counted from 1, in fixed width: [1, 3]
    pattern    regular expression of Python whose first group, or whole match, in the line tells it
    types      what becomes of the records of each type, by the value that tells the type
    """

    types: dict[str, RecordTypeSection]
    field: int | None = None
    positions: tuple[int, ...] | None = None
    pattern: str | None = None

    def check(self) -> Iterator[str]:
        """Yield the problems that types cannot express."""
        ways = [way for way in WAYS if getattr(self, way) is not None]
        if len(ways) != 1:
            yield (f"one of 'field', 'positions' and 'pattern' must tell the type of a line, got "
                   f'{" and ".join(ways) or "none"}')
        if self.field is not None and self.field < 1:
            yield f"'field' must be a position, counted from 1, got {self.field}"
        if self.positions is not None and not _is_range(self.positions):
            yield f"'positions' must be the first and the last position such as [1, 3], got {list(self.positions)}"
        if self.pattern is not None:
            yield from (f"'pattern': {problem}" for problem in python_pattern_problems(self.pattern))
        if not any(item.table for item in self.types.values()):
            yield "no record type has a 'table'; give it to the type whose records are the rows of the workflow's table"
        for key, item in self.types.items():
            yield from (f'types.{key}: {problem}' for problem in self._problems(key, item))

    def _problems(self, key: str, item: RecordTypeSection) -> Iterator[str]:
        if key != key.strip() or not key:
            yield 'the value that tells the type has no blanks around it, because those of the line do not count'
        if item.parent is not None and item.parent not in self.types:
            near = suggestion(item.parent, self.types)
            yield f"'parent' names no record type: {describe(item.parent)} {near}".strip()
        elif item.parent is not None and self.types[item.parent].skip:
            yield f"'parent' names a record type that is left out, '{item.parent}'"
        elif item.ends is not None and (item.ends not in self.types or item.ends == key):
            near = suggestion(item.ends, self.types)
            yield f"'ends' names no other record type: {describe(item.ends)} {near}".strip()
        elif key in self.ancestors(key):
            yield "'parent' leads back to this type; a record cannot be above itself"
        else:
            yield from self._use_problems(key, item)

    def _use_problems(self, key: str, item: RecordTypeSection) -> Iterator[str]:
        """Yield the problems of a type whose parents are valid."""
        root = self.types[self.root(key)]
        if item.nested_in is not None and root.table is None:
            yield f"'nested_in' needs a parent with a 'table', and '{self.root(key)}' has none"
        below = [name for name, other in self.types.items() if other.table and key in self.ancestors(name)]
        if not item.skip and item.table is None and item.nested_in is None and not (item.give and below):
            yield ("its records go nowhere: give it 'table' or 'nested_in', or let it 'give' columns to records that "
                   "name it as their 'parent'; \"skip\": true leaves them out")
        elif item.give and not below:
            yield "'give' has no effect, because no record type with a 'table' has this one as its 'parent'"
        if item.table is not None or item.nested_in is not None:
            yield from self._column_problems(key, item)

    def _column_problems(self, key: str, item: RecordTypeSection) -> Iterator[str]:
        taken: dict[str, str] = {}
        nested = [child.nested_in for name, child in self.types.items() if child.nested_in and child.parent == key]
        for origin, names in (("'give' above it", self.given_names(key)), ("'columns'", item.names),
                              ("'nested_in' below it", nested)):
            for name in names:
                if (earlier := taken.setdefault(comparable_name(name), origin)) != origin:
                    yield f"column '{name}' comes from {earlier} and from {origin}; give one of them another name"
        if len(set(map(comparable_name, nested))) < len(nested):
            yield "two record types below it have the same 'nested_in'; give one of them another name"
        for other, found in self.types.items():
            if other == key:
                break
            if found.table and item.table and comparable_name(found.table) == comparable_name(item.table) and (
                    found.columns != item.columns or self.given_names(other) != self.given_names(key)
                    or list(found.widths) != list(item.widths)):
                yield f"it fills the same table as '{other}', and needs the same 'columns' and given columns"

    def ancestors(self, key: str) -> tuple[str, ...]:
        """Return the record types above a type, the nearest first; a circle ends with its first repetition."""
        found: list[str] = []
        above = self.types[key].parent
        while above is not None and above in self.types and above not in found:
            found.append(above)
            above = self.types[above].parent
        return tuple(found)

    def root(self, key: str) -> str:
        """Return the type in whose rows the records of a nested type end up; a type that is not nested is its own."""
        above = self.ancestors(key)
        return next((name for name in (key, *above) if self.types[name].nested_in is None), key)

    def given_names(self, key: str) -> tuple[str, ...]:
        """Return the columns that records of a type get from those above, the outermost first; none if it is nested."""
        if self.types[key].nested_in is not None:
            return ()
        return tuple(name for above in reversed(self.ancestors(key)) for name in self.types[above].give)

    def tables(self) -> tuple[str, ...]:
        """Return the tables that the record types fill, each once, as the first type spells it."""
        found: dict[str, str] = {}
        for item in self.types.values():
            if item.table:
                found.setdefault(comparable_name(item.table), item.table)
        return tuple(found.values())

    def types_of_table(self, table: str) -> tuple[str, ...]:
        """Return the record types that fill a table."""
        return tuple(key for key, item in self.types.items()
                     if item.table and comparable_name(item.table) == comparable_name(table))

    def nested_types(self, key: str) -> tuple[str, ...]:
        """Return the record types that are nested directly in the records of a type."""
        return tuple(name for name, item in self.types.items() if item.nested_in is not None and item.parent == key)

    def columns_of_table(self, table: str) -> dict[str, tuple[str, ...]]:
        """Return the columns of the rows of a table in order, each with the names of the members of nested records."""
        keys = self.types_of_table(table)
        found: dict[str, tuple[str, ...]] = {
            name: () for key in keys[:1] for name in (*self.given_names(key), *self.types[key].names)}
        return {**found, **{str(self.types[child].nested_in): tuple(self._members(child))
                            for key in keys for child in self.nested_types(key)}}

    def _members(self, key: str) -> Iterator[str]:
        yield from self.types[key].names
        for child in self.nested_types(key):
            yield from (str(self.types[child].nested_in), *self._members(child))

    @property
    def skips(self) -> bool:
        """Tell whether records of any type are left out, which may state control totals."""
        return any(item.skip for item in self.types.values())


def records_messages(records: RecordsSection, delimiters: Sequence[str], fixed: bool) -> Iterator[str]:
    """Yield what of the section does not fit the format that the input_spec describes.

    delimiters  delimiter and quote of delimited text
    fixed       whether the lines have columns of fixed width
    """
    wrong, right = ('field', 'positions') if fixed else ('positions', 'field')
    if getattr(records, wrong) is not None:
        yield f"records: '{wrong}' does not work for {_format_name(fixed)}; give '{right}' or 'pattern'"
    for key, item in records.types.items():
        if item.columns and fixed != isinstance(item.columns, dict):
            form = 'an object with the width of each column' if fixed else 'a list of names'
            yield f"records.types.{key}: 'columns' must be {form} for {_format_name(fixed)}"
        for name in item.names:
            if not fixed and any(sign and sign in name for sign in delimiters):
                yield (f"records.types.{key}: column '{name}' contains the delimiter or the quote of the file; give it "
                       'another name')


def _format_name(fixed: bool) -> str:
    return 'fixed width' if fixed else 'delimited text'


def _name_messages(names: Sequence[str], give: Sequence[str]) -> Iterator[str]:
    found = [comparable_name(name) for name in names]
    for index, name in enumerate(names):
        if not name.strip() or re.search(r'[\r\n]', name):
            yield f"'columns' must be names, got {describe(name)}"
        elif comparable_name(name) in found[:index]:
            yield f"column '{name}' is there twice; give one of the two another name"
    for name in give:
        if name not in names:
            yield f"'give' names no column of this type: {describe(name)} {suggestion(name, names)}".strip()


def _is_range(positions: Sequence[int]) -> bool:
    return len(positions) == 2 and 1 <= positions[0] <= positions[1]
