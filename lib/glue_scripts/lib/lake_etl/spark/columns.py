"""Names that Spark takes literally, of columns and files, and casts that give null instead of failing."""
from __future__ import annotations

import re

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.types import DataType, StructType

from lake_etl.errors import DataError
from lake_etl.spark.helper_names import visible_names

PATTERN_CHARACTERS = re.compile(r'[\\{}\[\]*?]')


def quoted(name: str) -> str:
    """Return the name in backticks, so that Spark takes dots and spaces in it literally."""
    return '`' + name.replace('`', '``') + '`'


def column(name: str) -> Column:
    """Refer to the top-level column with exactly this name, in any case."""
    return F.col(quoted(name))


def column_type(schema: StructType, name: str) -> DataType:
    """Return the type of a top-level column, matched without case; raises DataError if it is missing."""
    for field in schema.fields:
        if field.name.lower() == name.lower():
            return field.dataType
    known = ', '.join(visible_names(schema))
    raise DataError(f"Column '{name}' is not there at this point; the columns are: {known}.")


def has_column(schema: StructType, name: str) -> bool:
    """Tell whether the schema has a top-level column with this name, matched without case."""
    return name.lower() in (field.name.lower() for field in schema.fields)


def try_cast(value: str, type_name: str) -> Column:
    """Convert a SQL expression to the type; null if the value does not convert, in any ANSI mode."""
    return F.expr(f'try_cast({value} AS {type_name})')


def try_cast_column(name: str, type_name: str) -> Column:
    """Convert a column to the type; null if the value does not convert, in any ANSI mode."""
    return try_cast(quoted(name), type_name)


def literal_path(uri: str) -> str:
    """Return a file address with its pattern characters escaped, so that Spark reads this file and no other."""
    return PATTERN_CHARACTERS.sub(r'\\\g<0>', uri)
