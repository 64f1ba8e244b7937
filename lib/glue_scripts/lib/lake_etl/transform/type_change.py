"""Changes the type of a column so that values which do not fit become null."""
from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, BooleanType, DataType, MapType, NullType, NumericType, StringType, StructType

from lake_etl.errors import DataError
from lake_etl.spark.columns import column, quoted
from lake_etl.syntax.type_text import NUMBERS, TypeText
from lake_etl.transform.number_text import number_from_text

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


def changed_type(name: str, source: DataType, target: TypeText) -> str:
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


def never_fails(source: DataType, target: TypeText) -> bool:
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
