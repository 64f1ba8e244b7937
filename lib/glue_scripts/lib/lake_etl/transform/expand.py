"""Expands a row with an array, a map or a struct into one row for each element."""
from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, MapType, NullType, StringType, StructType

from lake_etl.errors import DataError
from lake_etl.spark.columns import column, column_type, quoted
from lake_etl.spark.helper_names import unused_name
from lake_etl.transform.common_type import as_json, as_text, common_type, is_nested


def expand_array(df: DataFrame, source: str, value: str, index: str) -> DataFrame:
    """Return one row for each element: the element in `value`, its position from 1 in `index`.

    An empty or null array stays as one row with nulls. JSON text is read as an array of texts, and other text as its
    only element, because a column that is an array in one file is inferred as text from a file with only nulls or
    single values. Raises DataError for other types.
    """
    elements = _array(df.schema, source)
    position = unused_name(df.schema, 'position')
    element = unused_name(df.schema, 'element')
    exploded = df.select('*', F.posexplode_outer(elements).alias(position, element))
    return exploded.withColumns({index: column(position) + 1, value: column(element)}).drop(position, element)


def expand_map(df: DataFrame, source: str, value: str, index: str, key: str) -> DataFrame:
    """Return one row for each entry: its key in `key`, its value in `value`, its position from 1 in `index`.

    An empty or null map stays as one row with nulls. A struct becomes a map of its members that are not null; members
    of different types take their common type, or become JSON text if there is none. JSON text is read as a map of
    texts, also without members that are null; other text stays as one row with nulls. Raises DataError for other types.
    """
    entries = _map(df.schema, source)
    names = [unused_name(df.schema, wish) for wish in ('position', 'entry_key', 'entry_value')]
    position, entry_key, entry_value = names
    exploded = df.select('*', F.posexplode_outer(entries).alias(*names))
    return exploded.withColumns({index: column(position) + 1, key: column(entry_key),
                                 value: column(entry_value)}).drop(*names)


def _array(schema: StructType, name: str) -> Column:
    kind = column_type(schema, name)
    if isinstance(kind, ArrayType):
        return column(name)
    if isinstance(kind, NullType):
        return column(name).cast('array<string>')
    if isinstance(kind, StringType):
        alone = F.when(column(name).isNotNull(), F.array(column(name)))
        return F.coalesce(F.from_json(column(name), 'array<string>'), alone)
    raise DataError(f"Column '{name}' has type {kind.simpleString()}, but an array was expected; "
                    f'a map or a struct is expanded by jsonexpandmap.')


def _map(schema: StructType, name: str) -> Column:
    kind = column_type(schema, name)
    if isinstance(kind, MapType):
        return column(name)
    if isinstance(kind, StructType):
        return _members(column(name), kind)
    if isinstance(kind, NullType):
        return column(name).cast('map<string,string>')
    if isinstance(kind, StringType):
        return F.expr(map_of_text(name))
    raise DataError(f"Column '{name}' has type {kind.simpleString()}, but a map or a struct was expected; "
                    f'an array is expanded by jsonexpandarray.')


def map_of_text(name: str) -> str:
    """Return SQL that reads a column's text as a JSON object of texts, without members that are null.

    Null for other text.
    """
    return f"map_filter(from_json({quoted(name)}, 'map<string,string>'), (name, member) -> member IS NOT NULL)"


def _members(struct: Column, kind: StructType) -> Column:
    """Return the struct as a map from member name to value; null for a null struct."""
    types = [member.dataType for member in kind.fields]
    shared = common_type(types)
    convert = as_json if any(map(is_nested, types)) else as_text
    pairs: list[Column] = []
    for member in kind.fields:
        value = struct.getField(member.name)
        pairs += [F.lit(member.name), value.cast(shared) if shared else convert(value, member.dataType)]
    return F.when(struct.isNotNull(), F.map_filter(F.create_map(*pairs), lambda _, value: value.isNotNull()))
