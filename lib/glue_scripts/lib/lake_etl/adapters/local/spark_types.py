"""Chooses the Spark type to read a column of older files with, and converts its values to the table's type."""
from __future__ import annotations

from lake_etl.adapters.local.catalog_types import NUMBERS, TEXT, TIMES, Array, CatalogType, Map, Simple, Struct
from lake_etl.spark.columns import quoted
from lake_etl.syntax.sql_literal import sql_text


def spark_type(kind: CatalogType) -> str:
    """Return the type in Spark SQL syntax, with member names in backticks."""
    if isinstance(kind, Array):
        return f'array<{spark_type(kind.element)}>'
    if isinstance(kind, Map):
        return f'map<{spark_type(kind.key)},{spark_type(kind.value)}>'
    if isinstance(kind, Struct):
        return f'struct<{",".join(f"{quoted(name)}:{spark_type(member)}" for name, member in kind.members)}>'
    return f'{kind.name}({",".join(map(str, kind.arguments))})' if kind.arguments else kind.name


def read_type(file: CatalogType, table: CatalogType) -> CatalogType:
    """Return the type to read a column of a file with: the table's type if Spark's Parquet reader supports that.

    The reader finds struct members by name and fills missing members with null, but does not reliably convert values.
    """
    return table if _readable(file, table) else file


def conversion(value: str, source: CatalogType, target: CatalogType, depth: int = 0) -> str | None:
    """Return a Spark SQL expression that converts an expression between types, or None for unrelated types.

    Values that do not fit become null, in either ANSI mode.
    """
    if source == target:
        return value
    if isinstance(source, Simple) and isinstance(target, Simple):
        return _simple_conversion(value, source, target)
    if target == TEXT:
        return f'to_json({value})'
    if isinstance(source, Array) and isinstance(target, Array):
        item = conversion(f'item{depth}', source.element, target.element, depth + 1)
        return item and f'transform({value}, item{depth} -> {item})'
    if isinstance(source, Map) and isinstance(target, Map) and source.key == target.key:
        item = conversion(f'item{depth}', source.value, target.value, depth + 1)
        return item and f'transform_values({value}, (key{depth}, item{depth}) -> {item})'
    if isinstance(source, Struct) and isinstance(target, Struct):
        return _struct_conversion(value, source, target, depth)
    return None


def _readable(file: CatalogType, table: CatalogType) -> bool:
    if isinstance(file, Array) and isinstance(table, Array):
        return _readable(file.element, table.element)
    if isinstance(file, Map) and isinstance(table, Map):
        return _readable(file.key, table.key) and _readable(file.value, table.value)
    if isinstance(file, Struct) and isinstance(table, Struct):
        wanted = {name.lower(): kind for name, kind in table.members}
        return all(_readable(kind, wanted.get(name.lower(), kind)) for name, kind in file.members)
    return file == table


def _simple_conversion(value: str, source: Simple, target: Simple) -> str:
    if target == TEXT:
        return f'CAST({value} AS string)'
    related = any(source.name in family and target.name in family for family in (NUMBERS, TIMES))
    if source != TEXT and not related:
        value = f'CAST({value} AS string)'
    return f'try_cast({value} AS {spark_type(target)})'


def _struct_conversion(value: str, source: Struct, target: Struct, depth: int) -> str | None:
    found = {name.lower(): (name, kind) for name, kind in source.members}
    parts = []
    for name, kind in target.members:
        if name.lower() in found:
            own_name, own_kind = found[name.lower()]
            member = conversion(f'{value}.{quoted(own_name)}', own_kind, kind, depth)
            if member is None:
                return None
        else:
            member = f'CAST(NULL AS {spark_type(kind)})'
        parts.append(f'{sql_text(name)}, {member}')
    return f'if({value} IS NULL, NULL, named_struct({", ".join(parts)}))'
