"""Transforms that take text apart, replace in it, put it together, or set it: also from the name of the file."""
from __future__ import annotations

import re
from typing import Any

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructType

from lake_etl.config.entries.stringmanipulation import (
    COLUMNFROMCOLUMN, COLUMNREPLACE, COMBINECOLUMNS, FILENAME, LITERAL, ColumnFromColumnEntry, ColumnReplaceEntry,
    CombineColumnsEntry, FileNameEntry, LiteralEntry)
from lake_etl.errors import DataError
from lake_etl.spark.columns import column, column_type
from lake_etl.transform.combine import combine_columns, needs_python
from lake_etl.transform.conversion import Conversion
from lake_etl.transform.fuse import PreparedColumn
from lake_etl.transform.json_values import json_literal
from lake_etl.transform.registry import TransformContext, column_transform


@F.udf(StringType(), useArrow=False)
def format_column(formatstring: str | None, *args: Any) -> str | None:
    """Return a column with the values put into a Python format string and the result stripped.

    A null value counts as empty text; a null format gives null. The `combinecolumns` transform does the same, mostly
    without Python.
    """
    if not formatstring:
        return None
    return formatstring.format(*('' if value is None else value for value in args)).strip()


@column_transform(COLUMNFROMCOLUMN)
def transform_columnfromcolumn(entry: ColumnFromColumnEntry, schema: StructType, context: TransformContext) -> Column:
    """Take the first group of a pattern from a column's text; empty text when it does not match, null from null."""
    return F.regexp_extract(_text(schema, entry.source or entry.field), entry.pattern, 1)


@column_transform(COLUMNREPLACE)
def transform_columnreplace(entry: ColumnReplaceEntry, schema: StructType, context: TransformContext) -> Column:
    """Replace every match of a pattern in a column's text."""
    return F.regexp_replace(_text(schema, entry.source or entry.field), entry.pattern, entry.replacement)


def _formatted(entry: CombineColumnsEntry, schema: StructType) -> tuple[Conversion, ...]:
    if not needs_python(entry.format, entry.source_columns, schema):
        return ()
    return (Conversion(column=entry.field, failure=f"cannot be formatted by '{entry.format}'",
                       stops=entry.on_error == 'fail'),)


@column_transform(COMBINECOLUMNS, converts=_formatted)
def transform_combinecolumns(entry: CombineColumnsEntry, schema: StructType, context: TransformContext
                             ) -> Column | PreparedColumn:
    """Combine columns into one text by a Python format string; null becomes empty text, and the result is stripped."""
    return combine_columns(entry.format, entry.source_columns, schema)


@column_transform(LITERAL)
def transform_literal(entry: LiteralEntry, schema: StructType, context: TransformContext) -> Column:
    """Set a column to one value in all rows."""
    return json_literal(entry.value)


@column_transform(FILENAME)
def transform_filename(entry: FileNameEntry, schema: StructType, context: TransformContext) -> Column:
    """Set a column to a part of the file's name, null when the name does not match.

    A name that does not match, but is required to, stops the job.
    """
    file_name = context.required_argument('base_file_name', 'filename')
    found = re.search(entry.pattern, file_name)
    if entry.required and (found is None or found.group(1) is None):
        raise DataError(f"File '{file_name}' has a name that does not match {entry.pattern!r}, which column "
                        f"'{entry.field}' requires. Rename the file and load it again, or correct the pattern.")
    return F.lit(found.group(1) if found else None).cast('string')


def _text(schema: StructType, name: str) -> Column:
    """Return the column as text; raises DataError when it is missing."""
    column_type(schema, name)
    return column(name).cast('string')
