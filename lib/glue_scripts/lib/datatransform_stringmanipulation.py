"""Transforms that take text apart, replace in it, put it together, or set it: also from the name of the file."""
from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from lake_etl.errors import DataError
from lake_etl.spec.format_string import format_problems
from lake_etl.spec.java_regex import regex_problems, replacement_problems
from lake_etl.transform.columns import column, column_type
from lake_etl.transform.combine import combined
from lake_etl.transform.json_literal import json_literal
from lake_etl.transform.registry import FieldEntry, Shape, TransformContext, column_transform
from lake_etl.transform.required_argument import required_argument


@dataclass(frozen=True, kw_only=True)
class ColumnFromColumnEntry(FieldEntry):
    """A part of a column.

    field    column to write
    source   column to read; the field itself when left out
    pattern  Java regular expression; its first group is the part to take
    """

    pattern: str

    def check(self) -> Iterator[str]:
        """Yield what is wrong with the pattern."""
        yield from regex_problems(self.pattern, groups=1)


@column_transform(ColumnFromColumnEntry, parses_text=True)
def transform_columnfromcolumn(entry: ColumnFromColumnEntry, schema: StructType, context: TransformContext) -> Column:
    """Take the first group of a pattern from a column's text; empty text when it does not match, null from null."""
    return F.regexp_extract(_text(schema, entry.source or entry.field), entry.pattern, 1)


@dataclass(frozen=True, kw_only=True)
class ColumnReplaceEntry(FieldEntry):
    """A replacement in a column.

    field        column to write
    source       column to read; the field itself when left out
    pattern      Java regular expression of what is replaced, everywhere it occurs
    replacement  text to put there; $1 stands for the first group, a dollar sign is written \\$
    """

    pattern: str
    replacement: str

    def check(self) -> Iterator[str]:
        """Yield what is wrong with pattern and replacement."""
        yield from regex_problems(self.pattern)
        yield from replacement_problems(self.replacement, self.pattern)


@column_transform(ColumnReplaceEntry, parses_text=True)
def transform_columnreplace(entry: ColumnReplaceEntry, schema: StructType, context: TransformContext) -> Column:
    """Replace every match of a pattern in a column's text."""
    return F.regexp_replace(_text(schema, entry.source or entry.field), entry.pattern, entry.replacement)


@dataclass(frozen=True, kw_only=True)
class CombineColumnsEntry:
    """One text of several columns.

    field           column to write
    format          Python format string: {} takes the columns in turn, {0} by number, {:>10} or {:%Y%m} with a format
    source_columns  columns to read
    """

    field: str
    format: str
    source_columns: tuple[str, ...]

    def check(self) -> Iterator[str]:
        """Yield what is wrong with the format for that number of columns."""
        yield from format_problems(self.format, len(self.source_columns))

    def reads(self) -> tuple[str, ...]:
        """Return the columns that are combined."""
        return self.source_columns

    def writes(self) -> tuple[str, ...]:
        """Return the one column that is written."""
        return (self.field,)


@column_transform(CombineColumnsEntry)
def transform_combinecolumns(entry: CombineColumnsEntry, schema: StructType, context: TransformContext) -> Column:
    """Combine columns into one text by a Python format string; null becomes empty text, and the result is stripped."""
    return combined(entry.format, entry.source_columns, schema)


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


@column_transform(LiteralEntry, shape=Shape.VALUES)
def transform_literal(entry: LiteralEntry, schema: StructType, context: TransformContext) -> Column:
    """Set a column to one value in all rows."""
    return json_literal(entry.value)


@dataclass(frozen=True, kw_only=True)
class FileNameEntry:
    """A part of the file's name.

    field     column to write
    pattern   Python regular expression; its first group is the part to take
    required  true when a file whose name does not match must not be loaded
    """

    field: str
    pattern: str
    required: bool

    def check(self) -> Iterator[str]:
        """Yield what is wrong with the pattern."""
        try:
            groups = re.compile(self.pattern).groups
        except re.error as error:
            yield f'pattern {self.pattern!r} is no regular expression: {error}'
            return
        if not groups:
            yield f'pattern {self.pattern!r} has no group, expected parentheses around the part to take'

    def reads(self) -> tuple[str, ...]:
        """Return nothing: no column is read."""
        return ()

    def writes(self) -> tuple[str, ...]:
        """Return the one column that is written."""
        return (self.field,)


@column_transform(FileNameEntry)
def transform_filename(entry: FileNameEntry, schema: StructType, context: TransformContext) -> Column:
    """Set a column to a part of the file's name, null when the name does not match.

    Raises DataError when it does not match but is required to.
    """
    file_name = required_argument(context.args, 'base_file_name', 'filename')
    found = re.search(entry.pattern, file_name)
    if entry.required and (found is None or found.group(1) is None):
        raise DataError(f"File '{file_name}' has a name that does not match {entry.pattern!r}, which column "
                        f"'{entry.field}' requires. Rename the file and load it again, or correct the pattern.")
    return F.lit(found.group(1) if found else None).cast('string')


def _text(schema: StructType, name: str) -> Column:
    """Return the column as text; raises DataError when it is missing."""
    column_type(schema, name)
    return column(name).cast('string')
