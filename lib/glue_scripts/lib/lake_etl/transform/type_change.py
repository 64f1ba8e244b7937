"""Converts columns to other types, and text to numbers; values that do not convert become null."""
from __future__ import annotations

from decimal import Decimal

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.types import (
    ArrayType, BooleanType, DataType, DecimalType, DoubleType, FloatType, MapType, NullType, NumericType, StringType,
    StructType)

from lake_etl.errors import DataError
from lake_etl.spark.columns import column, column_type, quoted, try_cast_column
from lake_etl.syntax.sql_literal import sql_text
from lake_etl.syntax.type_text import NUMBERS, WHOLE_TYPES, TypeText

TEXTS = ('string', 'char', 'varchar')
# Conversions of try_cast under ANSI rules, in addition to those from and to text.
CONVERTIBLE = {
    'number': (*NUMBERS, 'boolean', 'timestamp'),
    'boolean': (*NUMBERS, 'boolean'),
    'timestamp': (*NUMBERS, 'timestamp', 'timestamp_ntz', 'date'),
    'timestamp_ntz': ('timestamp', 'timestamp_ntz', 'date'),
    'date': ('timestamp', 'timestamp_ntz', 'date'),
    'binary': ('binary',),
}
# Larger exponents exceed every type. Spark's decimals take minutes for 1e-99999999, and stop the job for 1e-2147483647.
HUGE_EXPONENT = r'[eE][-+]?\p{Nd}{4,}'


def change_type(name: str, source: DataType, target: TypeText) -> str:
    """Return SQL for the column as the target type; a struct's members are renamed by position.

    Text becomes a whole number without its decimals: `12.0` and `12.7` are 12. Raises DataError for types that
    do not convert, such as date to number.
    """
    if not converts(source, target):
        raise DataError(f"Column '{name}' has type {source.simpleString()}, which cannot become {target}. "
                        f'Choose another type, or remove the column from changetype.')
    if isinstance(source, StringType):
        return number_from_text(quoted(name), str(target))
    return f'try_cast({quoted(name)} AS {target})'


def json_text(name: str) -> Column:
    """Build the column's value as JSON text; null stays null."""
    # to_json does not accept scalars, so the value is wrapped in an array whose brackets are removed afterwards.
    listed = f'to_json(array({quoted(name)}))'
    return F.when(column(name).isNotNull(), F.expr(f'substring({listed}, 2, length({listed}) - 2)'))


def always_converts(source: DataType, target: TypeText) -> bool:
    """Tell whether every value of the source type converts, as any value does to text."""
    return target.name in TEXTS or source.simpleString() == str(target)


def converts(source: DataType, target: TypeText) -> bool:
    """Tell whether Spark converts between the types; values that do not fit become null."""
    if isinstance(source, NullType) or target.name in TEXTS:
        return True
    if isinstance(source, StructType):
        return (target.name == 'struct' and len(source.fields) == len(target.members)
                and all(converts(field.dataType, kind) for field, (_, kind) in zip(source.fields, target.members)))
    if isinstance(source, ArrayType):
        return target.name == 'array' and converts(source.elementType, target.members[0][1])
    if isinstance(source, MapType):
        return target.name == 'map' and _map_converts(source, dict(target.members))
    if isinstance(source, StringType):
        return not target.members
    return target.name in CONVERTIBLE.get(_kind(source), ())


def _map_converts(source: MapType, members: dict[str, TypeText]) -> bool:
    """Tell whether a map converts; keys convert only to text or their own type, because a key must not become null."""
    key = members['key']
    same_key = key.name in TEXTS or str(key) == source.keyType.simpleString()
    return same_key and converts(source.valueType, members['value'])


def _kind(source: DataType) -> str:
    if isinstance(source, NumericType):
        return 'number'
    return 'boolean' if isinstance(source, BooleanType) else source.typeName()


def number_column(schema: StructType, name: str) -> Column:
    """Refer to a column as a number of its own type; text is read as double, or as null if it is not a number.

    Raises DataError for a missing column and for one of any other type.
    """
    require_number(schema, name)
    return column(name) if isinstance(column_type(schema, name), NumericType) else try_cast_column(name, 'double')


def number_as(schema: StructType, name: str, kind: TypeText) -> str:
    """Return SQL for a column as a number of a type; null if it is not a number or does not fit into the type.

    Raises DataError for a missing column and for one of any other type.
    """
    require_number(schema, name)
    return change_type(name, column_type(schema, name), kind)


def require_number(schema: StructType, name: str) -> None:
    """Raise DataError unless the column exists and is a number, or text that may hold one."""
    kind = column_type(schema, name)
    if not isinstance(kind, (NumericType, StringType, NullType)):
        raise DataError(f"Column '{name}' has type {kind.simpleString()}, but a number was expected. "
                        f'Convert it with changetype first.')


def number_or(schema: StructType, name: str, missing: float) -> Column:
    """Refer to a column as a number with `missing` in place of null; keeps the type if `missing` fits into it."""
    return F.coalesce(number_column(schema, name), _literal(missing, column_type(schema, name)))


def _literal(value: float, kind: DataType) -> Column:
    """Return the number in the narrowest type, so that it widens neither a decimal nor an integer column."""
    exact = Decimal(format(Decimal(str(value)), 'f'))
    if isinstance(kind, (DoubleType, FloatType)):
        return F.lit(float(value)).cast(kind)
    if isinstance(kind, DecimalType):
        return F.lit(exact.to_integral_value() if exact == exact.to_integral_value() else exact)
    if not isinstance(kind, NumericType):
        return F.lit(float(value))
    return F.lit(int(value)) if exact == exact.to_integral_value() else F.lit(exact)


def number_from_text(text: str, type_name: str) -> str:
    """Return SQL for the number in a SQL text; null if the text is not a number or does not fit into the type.

    Integers are truncated: `12.7` is 12. Exponents of more than three digits give null, except for `double` and
    `float`. Other types are converted by try_cast. Testing first whether the text looks like a number takes a fiftieth
    of the time that Spark takes to reject it.
    """
    if type_name in WHOLE_TYPES:
        return _whole_number(text, type_name)
    if type_name.startswith('decimal'):
        return _when(_looks_like_number(text), _decimal(text, type_name))
    return f'try_cast({text} AS {type_name})'


def exact_number_from_text(text: str, type_name: str) -> str:
    """Return SQL for the number in a SQL text; for integer types, text with decimals gives null."""
    if type_name in WHOLE_TYPES:
        return _when(_looks_like_number(text), f'try_cast({text} AS {type_name})')
    return number_from_text(text, type_name)


def _whole_number(text: str, type_name: str) -> str:
    """Return SQL for an integer, converted from a decimal if it has a point or an exponent."""
    by_decimal = f"try_cast({_decimal(text, 'decimal(38,18)')} AS {type_name})"
    # Nearly all these texts are plain digits, which Spark reads far faster than decimals.
    plain = f'coalesce(try_cast({text} AS {type_name}), {by_decimal})'
    return _when(_looks_like_number(text), f"CASE WHEN contains({text}, '.') THEN {by_decimal} ELSE {plain} END")


def _decimal(text: str, type_name: str) -> str:
    no_exponent = f"NOT (contains({text}, 'e') OR contains({text}, 'E'))"
    return _when(f'{no_exponent} OR NOT {text} RLIKE {sql_text(HUGE_EXPONENT)}', f'try_cast({text} AS {type_name})')


def _looks_like_number(text: str) -> str:
    """Return a SQL condition that the text is not blank and does not begin with an ASCII letter."""
    return f"({text} < ':' OR {text} >= '\u0080') AND trim({text}) <> ''"


def _when(condition: str, value: str) -> str:
    return f'CASE WHEN {condition} THEN {value} END'
