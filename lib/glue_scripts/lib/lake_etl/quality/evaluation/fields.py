"""Columns as what rules take them for: numbers, texts, dates; others are refused by name."""
from __future__ import annotations

from pyspark.sql.types import (
    ArrayType, BinaryType, DataType, DateType, DecimalType, DoubleType, FloatType, MapType, NullType, NumericType,
    StringType, StructType, TimestampNTZType, TimestampType)

from lake_etl.errors import DataError
from lake_etl.publish.audit import WIDEST_SUMMED_DECIMAL
from lake_etl.quality.evaluation.sql_expressions import Sql, as_double
from lake_etl.spark.columns import column_type, quoted

LISTS = (ArrayType, MapType, StructType, BinaryType)


def number(schema: StructType, name: str) -> Sql:
    """Refer to a number column; raises DataError when it is missing or no number."""
    kind = column_type(schema, name)
    if isinstance(kind, NullType):
        return as_double(quoted(name))
    if not isinstance(kind, NumericType):
        raise _wrong(name, kind, 'a number')
    return quoted(name)


def comparable_number(schema: StructType, name: str) -> Sql:
    """Refer to a number column, NaN taken for null; raises DataError when it is missing or no number.

    The widest decimals are compared as doubles: no decimal type has room for them beside a number with decimals.
    """
    value, kind = number(schema, name), column_type(schema, name)
    if isinstance(kind, (FloatType, DoubleType)):
        return f'CASE WHEN NOT isnan({value}) THEN {value} END'
    wide = isinstance(kind, DecimalType) and kind.precision > WIDEST_SUMMED_DECIMAL
    return as_double(value) if wide else value


def text(schema: StructType, name: str) -> Sql:
    """Refer to the text of a single value, as Spark prints it; raises DataError for lists and the like."""
    kind = column_type(schema, name)
    if isinstance(kind, LISTS):
        raise _wrong(name, kind, 'text or a single value')
    return quoted(name) if isinstance(kind, StringType) else f'CAST({quoted(name)} AS string)'


def day(schema: StructType, name: str) -> Sql:
    """Refer to a date column, or to the days of timestamps and texts; raises DataError for other types."""
    _require_moment(schema, name)
    return f'try_cast({quoted(name)} AS date)'


def moment(schema: StructType, name: str) -> Sql:
    """Refer to a timestamp column, or to dates and texts as such; raises DataError for other types."""
    _require_moment(schema, name)
    return f'try_cast({quoted(name)} AS timestamp)'


def is_text(schema: StructType, name: str) -> bool:
    """Tell whether the column holds text."""
    return isinstance(column_type(schema, name), StringType)


def key(schema: StructType, name: str) -> str:
    """Return the name as the frame spells it; raises DataError when it is missing or its values cannot be compared."""
    kind = column_type(schema, name)
    if 'map<' in kind.simpleString() or 'variant' in kind.simpleString():
        raise _wrong(name, kind, 'values that can be compared')
    return next(known for known in schema.fieldNames() if known.lower() == name.lower())


def _require_moment(schema: StructType, name: str) -> None:
    kind = column_type(schema, name)
    if not isinstance(kind, (DateType, TimestampType, TimestampNTZType, StringType, NullType)):
        raise _wrong(name, kind, 'a date or a timestamp')


def _wrong(name: str, kind: DataType, expected: str) -> DataError:
    return DataError(f"Column '{name}' has type {kind.simpleString()}, expected {expected}.")
