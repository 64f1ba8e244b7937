"""The first value that is there among several columns, in a type that all of them share."""
from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.types import (
    BooleanType, ByteType, DataType, DecimalType, DoubleType, IntegerType, LongType, NullType, ShortType, StringType,
    StructType)

from lake_etl.config.form import Scalar
from lake_etl.spark.columns import column, column_type
from lake_etl.transform.common_type import as_text, common_type

WHOLE_NUMBERS: tuple[tuple[int, DataType], ...] = (
    (8, ByteType()), (16, ShortType()), (32, IntegerType()), (64, LongType()))


def first_value(schema: StructType, names: Sequence[str], default: Scalar, empty_string_is_null: bool) -> Column:
    """Return the first of the columns that is not null, else the default.

    Columns and default take their common type: numbers the widest number, everything mixed text. Raises DataError for
    a missing column.
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
    """Return the narrowest type that holds the default, so that it does not widen the columns' type without need."""
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
