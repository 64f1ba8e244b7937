"""The entries of the transforms that extract, replace, combine or set text."""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lake_etl.config.form import FieldEntry, Form, OnError, Shape
from lake_etl.syntax.format_string import format_problems
from lake_etl.syntax.java_regex import replacement_problems
from lake_etl.syntax.regex_backtracking import java_pattern_problems, python_pattern_problems


@dataclass(frozen=True, kw_only=True)
class ColumnFromColumnEntry(FieldEntry):
    """A part of a column.

    field    column to write
    source   column to read; the field itself when left out
    pattern  Java regular expression; its first group is the part to take
    """

    pattern: str

    def check(self) -> Iterator[str]:
        """Yield the problems of the pattern."""
        yield from java_pattern_problems(self.pattern, groups=1)


@dataclass(frozen=True, kw_only=True)
class ColumnReplaceEntry(FieldEntry):
    """A replacement in a column.

    field        column to write
    source       column to read; the field itself when left out
    pattern      Java regular expression; every match is replaced
    replacement  replacement for each match; $1 stands for the first group, and a dollar sign is written \\$
    """

    pattern: str
    replacement: str

    def check(self) -> Iterator[str]:
        """Yield the problems of pattern and replacement."""
        yield from java_pattern_problems(self.pattern)
        yield from replacement_problems(self.replacement, self.pattern)


@dataclass(frozen=True, kw_only=True)
class CombineColumnsEntry:
    """One text combined from several columns.

    field           column to write
    format          Python format string: {} takes the columns in turn, {0} by number, {:>10} or {:%Y%m} with a format
    source_columns  columns to read
    on_error        null: values that Python cannot format give null and are counted; fail: they stop the load
    """

    field: str
    format: str
    source_columns: tuple[str, ...]
    on_error: OnError = 'null'

    def check(self) -> Iterator[str]:
        """Yield the problems of the format for that number of columns."""
        yield from format_problems(self.format, len(self.source_columns))

    def reads(self) -> tuple[str, ...]:
        """Return the columns that are combined."""
        return self.source_columns

    def writes(self) -> tuple[str, ...]:
        """Return the one column that is written."""
        return (self.field,)


@dataclass(frozen=True, kw_only=True)
class LiteralEntry:
    """A column and its one value.

    field  column to write
    value  any JSON value: text, number, true or false, list, object; null is a null of text
    """

    field: str
    value: Any

    def reads(self) -> tuple[str, ...]:
        """Return nothing: no column is read."""
        return ()

    def writes(self) -> tuple[str, ...]:
        """Return the one column that is written."""
        return (self.field,)


@dataclass(frozen=True, kw_only=True)
class FileNameEntry:
    """A part of the name of the file.

    field     column to write
    pattern   Python regular expression; its first group is the part to take
    required  true: a file whose name does not match is not loaded
    """

    field: str
    pattern: str
    required: bool

    def check(self) -> Iterator[str]:
        """Yield the problems of the pattern."""
        yield from python_pattern_problems(self.pattern, groups=1)

    def reads(self) -> tuple[str, ...]:
        """Return nothing: no column is read."""
        return ()

    def writes(self) -> tuple[str, ...]:
        """Return the one column that is written."""
        return (self.field,)


COLUMNFROMCOLUMN = Form('columnfromcolumn', ColumnFromColumnEntry, parses_text=True)
COLUMNREPLACE = Form('columnreplace', ColumnReplaceEntry, parses_text=True)
COMBINECOLUMNS = Form('combinecolumns', CombineColumnsEntry)
LITERAL = Form('literal', LiteralEntry, Shape.VALUES)
FILENAME = Form('filename', FileNameEntry)
