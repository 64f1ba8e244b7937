"""The type that the values of several columns share, and the first value among columns in that type."""
from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import reduce

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.types import (
    ArrayType, BooleanType, ByteType, DataType, DateType, DecimalType, DoubleType, FloatType, IntegerType, LongType,
    MapType, NullType, NumericType, ShortType, StringType, StructType, TimestampType)

from lake_etl.config.form import Scalar
from lake_etl.spark.columns import column, column_type

MOST_DIGITS = 38
WHOLE_NUMBER_DIGITS: dict[type[DataType], int] = {ByteType: 3, ShortType: 5, IntegerType: 10, LongType: 19}
NESTED = (ArrayType, MapType, StructType)
WHOLE_NUMBERS: tuple[tuple[int, DataType], ...] = (
    (8, ByteType()), (16, ShortType()), (32, IntegerType()), (64, LongType()))


def common_type(types: Sequence[DataType]) -> DataType | None:
    """Return the type that holds the values of all types, or None when only text can.

    Equal types stay the same. Integers and decimals widen without losing a digit. With a float or double all numbers
    become double. Date and timestamp become timestamp. Columns without any value (type void) do not count.
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
    """Return the value as text: nested values as JSON, others as Spark prints them."""
    return F.to_json(value) if is_nested(kind) else value.cast('string')


def as_json(value: Column, kind: DataType) -> Column:
    """Return the value as a JSON document, text in quotes; null stays null."""
    if is_nested(kind):
        return F.to_json(value)
    listed = F.to_json(F.array(value))
    return F.when(value.isNotNull(), listed.substr(F.lit(2), F.length(listed) - 2))


def first_value(schema: StructType, names: Sequence[str], default: Scalar, empty_string_is_null: bool) -> Column:
    """Return the first of the columns that is not null, else the default.

    Columns and default are converted to their common type, or to text if there is none. Raises DataError for a missing
    column.
    """
    types = [column_type(schema, name) for name in names]
    values = [_value(name, kind, empty_string_is_null) for name, kind in zip(names, types, strict=True)]
    if default is not None:
        kind = _type_of(default, types)
        values.append(F.lit(str(default)).cast(kind))
        types.append(kind)
    shared = common_type(types)
    return F.coalesce(*(value.cast(shared) if shared else as_text(value, kind)
                        for value, kind in zip(values, types, strict=True)))


def _value(name: str, kind: DataType, empty_string_is_null: bool) -> Column:
    if empty_string_is_null and isinstance(kind, StringType):
        return F.when(column(name) != '', column(name))
    return column(name)


def _type_of(default: str | int | float | bool, types: Sequence[DataType]) -> DataType:
    """Return the narrowest type that holds the default, so that it does not widen the columns without need."""
    if isinstance(default, str):
        return StringType()
    if isinstance(default, bool):
        return BooleanType()
    if any(isinstance(kind, DecimalType) for kind in types):
        return _decimal_type(Decimal(str(default)))
    if isinstance(default, float):
        return DoubleType()
    if all(isinstance(kind, NullType) for kind in types) and abs(default) < 1 << 31:
        return IntegerType()
    fitting = (kind for bits, kind in WHOLE_NUMBERS if -(1 << bits - 1) <= default < 1 << bits - 1)
    return next(fitting, _decimal_type(Decimal(default)))


def _decimal_type(value: Decimal) -> DecimalType:
    scale = max(-int(value.as_tuple().exponent), 0)
    whole_digits = max(value.adjusted() + 1, 1)
    return DecimalType(whole_digits + scale, scale)
