"""Changes the type of a column so that values which do not fit become null."""
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
# What try_cast takes under ANSI rules, beside text, which becomes anything, and anything, which becomes text.
CONVERTIBLE = {
    'number': (*NUMBERS, 'boolean', 'timestamp'),
    'boolean': (*NUMBERS, 'boolean'),
    'timestamp': (*NUMBERS, 'timestamp', 'timestamp_ntz', 'date'),
    'timestamp_ntz': ('timestamp', 'timestamp_ntz', 'date'),
    'date': ('timestamp', 'timestamp_ntz', 'date'),
    'binary': ('binary',),
}
# Exponents of more digits lead out of every type. Spark's decimals take minutes for 1e-99999999, and stop the job for
# 1e-2147483647.
HUGE_EXPONENT = r'[eE][-+]?\p{Nd}{4,}'


def change_type(name: str, source: DataType, target: TypeText) -> str:
    """Return SQL for the column as the target type; a struct's members are renamed by position.

    Text becomes a whole number without its decimals: `12.0` and `12.7` are 12. Raises DataError for types that
    do not convert, such as a date into a number.
    """
    if not converts(source, target):
        raise DataError(f"Column '{name}' has type {source.simpleString()}, which cannot become {target}. "
                        f'Give another type, or leave the column out of changetype.')
    if isinstance(source, StringType):
        return number_from_text(quoted(name), str(target))
    return f'try_cast({quoted(name)} AS {target})'


def json_text(name: str) -> Column:
    """Build the column's value as JSON text; null stays null."""
    # to_json takes no single values, so the value goes in as a list of one and the list's brackets are cut off again.
    listed = f'to_json(array({quoted(name)}))'
    return F.when(column(name).isNotNull(), F.expr(f'substring({listed}, 2, length({listed}) - 2)'))


def always_converts(source: DataType, target: TypeText) -> bool:
    """Tell whether every value of one type becomes one of the other, such as anything that becomes text."""
    return target.name in TEXTS or source.simpleString() == str(target)


def converts(source: DataType, target: TypeText) -> bool:
    """Tell whether Spark converts values of one type to the other, null standing for those that do not fit."""
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
    """Tell whether a map converts; its keys only to text or their own type, because a key must not become null."""
    key = members['key']
    same_key = key.name in TEXTS or str(key) == source.keyType.simpleString()
    return same_key and converts(source.valueType, members['value'])


def _kind(source: DataType) -> str:
    if isinstance(source, NumericType):
        return 'number'
    return 'boolean' if isinstance(source, BooleanType) else source.typeName()


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
    return change_type(name, column_type(schema, name), kind)


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


def number_from_text(text: str, type_name: str) -> str:
    """Return SQL for the number that a SQL text spells; null where it spells none that the type holds.

    Whole numbers are cut off behind the point: `12.7` is 12. Numbers with an exponent of more than three digits are
    none, except for `double` and `float`. Types that are no numbers are converted as Spark does it.
    """
    if type_name in WHOLE_TYPES:
        return _whole_number(text, type_name)
    if type_name.startswith('decimal'):
        return _when(_looks_like_number(text), _decimal(text, type_name))
    return f'try_cast({text} AS {type_name})'


def exact_number_from_text(text: str, type_name: str) -> str:
    """Return SQL for the number that a SQL text spells; a whole number has nothing behind the point."""
    if type_name in WHOLE_TYPES:
        return _when(_looks_like_number(text), f'try_cast({text} AS {type_name})')
    return number_from_text(text, type_name)


def _whole_number(text: str, type_name: str) -> str:
    """Return SQL for a whole number, by way of a decimal where it has a point or an exponent."""
    by_decimal = f"try_cast({_decimal(text, 'decimal(38,18)')} AS {type_name})"
    # Nearly all such texts are plain digits, which Spark reads far more quickly than decimals.
    plain = f'coalesce(try_cast({text} AS {type_name}), {by_decimal})'
    return _when(_looks_like_number(text), f"CASE WHEN contains({text}, '.') THEN {by_decimal} ELSE {plain} END")


def _decimal(text: str, type_name: str) -> str:
    no_exponent = f"NOT (contains({text}, 'e') OR contains({text}, 'E'))"
    return _when(f'{no_exponent} OR NOT {text} RLIKE {sql_text(HUGE_EXPONENT)}', f'try_cast({text} AS {type_name})')


def _looks_like_number(text: str) -> str:
    """Return a SQL condition: the text is not blank, and does not begin with a letter; digits of any script may."""
    return f"({text} < ':' OR {text} >= '\u0080') AND trim({text}) <> ''"


def _when(condition: str, value: str) -> str:
    return f'CASE WHEN {condition} THEN {value} END'
