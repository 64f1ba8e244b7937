"""The one type that the values of several columns can share, and the way to text where there is none."""
from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.types import (
    ArrayType, ByteType, DataType, DateType, DecimalType, DoubleType, FloatType, IntegerType, LongType, MapType,
    NullType, NumericType, ShortType, StringType, StructType, TimestampType)

MOST_DIGITS = 38
WHOLE_NUMBER_DIGITS: dict[type[DataType], int] = {ByteType: 3, ShortType: 5, IntegerType: 10, LongType: 19}
NESTED = (ArrayType, MapType, StructType)


def common_type(types: Sequence[DataType]) -> DataType | None:
    """Return the type that holds the values of all types, or None when only text can.

    Equal types stay; whole numbers and decimals widen, losing no digit; beside a float or double all numbers are
    double; date and timestamp become timestamp. Columns without any value (type void) have no say.
    """
    known = [kind for kind in types if not isinstance(kind, NullType)]
    start: DataType | None = known[0] if known else StringType()
    return reduce(_wider, known[1:], start)


def _wider(left: DataType | None, right: DataType) -> DataType | None:
    if left is None:
        return None
    if left.simpleString() == right.simpleString():
        return left
    if isinstance(left, NumericType) and isinstance(right, NumericType):
        return _wider_number(left, right)
    if {type(left), type(right)} == {DateType, TimestampType}:
        return TimestampType()
    return None


def _wider_number(left: NumericType, right: NumericType) -> DataType | None:
    if isinstance(left, (FloatType, DoubleType)) or isinstance(right, (FloatType, DoubleType)):
        return DoubleType()
    if not isinstance(left, DecimalType) and not isinstance(right, DecimalType):
        return max(left, right, key=lambda kind: WHOLE_NUMBER_DIGITS[type(kind)])
    (left_whole, left_scale), (right_whole, right_scale) = _digits(left), _digits(right)
    scale = max(left_scale, right_scale)
    precision = max(left_whole, right_whole) + scale
    return DecimalType(precision, scale) if precision <= MOST_DIGITS else None


def _digits(kind: NumericType) -> tuple[int, int]:
    """Return how many digits a type has before and after the decimal point."""
    if isinstance(kind, DecimalType):
        return kind.precision - kind.scale, kind.scale
    return WHOLE_NUMBER_DIGITS[type(kind)], 0


def is_nested(kind: DataType) -> bool:
    """Tell whether values of the type have members of their own."""
    return isinstance(kind, NESTED)


def as_text(value: Column, kind: DataType) -> Column:
    """Return the value as text: nested values as JSON, all others as they are written."""
    return F.to_json(value) if is_nested(kind) else value.cast('string')


def as_json(value: Column, kind: DataType) -> Column:
    """Return the value as a JSON text of its own, text in quotes; null stays null."""
    if is_nested(kind):
        return F.to_json(value)
    listed = F.to_json(F.array(value))
    return F.when(value.isNotNull(), listed.substr(F.lit(2), F.length(listed) - 2))
