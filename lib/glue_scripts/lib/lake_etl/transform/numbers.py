"""Columns as numbers: what counts as one, and what stands in for a missing value without changing the type."""
from __future__ import annotations

from decimal import Decimal

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.types import (
    DataType, DecimalType, DoubleType, FloatType, NullType, NumericType, StringType, StructType)

from lake_etl.errors import DataError
from lake_etl.spark.columns import column, column_type, try_cast_column
from lake_etl.syntax.type_text import TypeText
from lake_etl.transform.type_change import changed_type


def number_column(schema: StructType, name: str) -> Column:
    """Refer to a column as a number of its own type; text is read as double, and as null where it is no number.

    Raises DataError for a missing column and for one of any other type.
    """
    require_number(schema, name)
    return column(name) if isinstance(column_type(schema, name), NumericType) else try_cast_column(name, 'double')


def number_as(schema: StructType, name: str, kind: TypeText) -> str:
    """Return SQL for a column as a number of a type; null where it is none, or none that the type holds.

    Raises DataError for a missing column and for one of any other type.
    """
    require_number(schema, name)
    return changed_type(name, column_type(schema, name), kind)


def require_number(schema: StructType, name: str) -> None:
    """Raise DataError unless the column is there and is a number, or text that may hold one."""
    kind = column_type(schema, name)
    if not isinstance(kind, (NumericType, StringType, NullType)):
        raise DataError(f"Column '{name}' has type {kind.simpleString()}, but a number is expected here. "
                        f'Convert it with changetype before this transform.')


def number_or(schema: StructType, name: str, missing: float) -> Column:
    """Refer to a column as a number with `missing` in place of null; the type stays where `missing` fits into it."""
    return F.coalesce(number_column(schema, name), _literal(missing, column_type(schema, name)))


def _literal(value: float, kind: DataType) -> Column:
    """Return the number as narrow as it can be, so that it widens neither a decimal nor an integer column."""
    exact = Decimal(format(Decimal(str(value)), 'f'))
    if isinstance(kind, (DoubleType, FloatType)):
        return F.lit(float(value)).cast(kind)
    if isinstance(kind, DecimalType):
        return F.lit(exact.to_integral_value() if exact == exact.to_integral_value() else exact)
    if not isinstance(kind, NumericType):
        return F.lit(float(value))
    return F.lit(int(value)) if exact == exact.to_integral_value() else F.lit(exact)
