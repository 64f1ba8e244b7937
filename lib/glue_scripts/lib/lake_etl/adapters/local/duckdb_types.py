"""Translates column types of the catalog for DuckDB, and converts values of older files to the table's type."""
from __future__ import annotations

from lake_etl.adapters.local.catalog_types import (
    INTEGERS, NUMBERS, TEXT, TIMES, Array, CatalogType, Map, Simple, Struct)
from lake_etl.errors import LakeError

NAMES = {
    'string': 'VARCHAR', 'boolean': 'BOOLEAN', 'tinyint': 'TINYINT', 'smallint': 'SMALLINT', 'int': 'INTEGER',
    'bigint': 'BIGINT', 'float': 'FLOAT', 'double': 'DOUBLE', 'decimal': 'DECIMAL', 'date': 'DATE',
    'timestamp': 'TIMESTAMP', 'timestamp_ntz': 'TIMESTAMP', 'binary': 'BLOB', 'void': 'VARCHAR'}


def duckdb_type(kind: CatalogType) -> str:
    """Return the type in DuckDB's syntax; raises LakeError for a type without a counterpart."""
    if isinstance(kind, Array):
        return f'{duckdb_type(kind.element)}[]'
    if isinstance(kind, Map):
        return f'MAP({duckdb_type(kind.key)}, {duckdb_type(kind.value)})'
    if isinstance(kind, Struct):
        return f'STRUCT({", ".join(f"{identifier(name)} {duckdb_type(member)}" for name, member in kind.members)})'
    if kind.name not in NAMES:
        raise LakeError(f"The query engine of the laptop has no type like '{kind.name}'; it knows {', '.join(NAMES)}, "
                        'array, map and struct. Change the type of the column and load the table again.')
    return f'{NAMES[kind.name]}({", ".join(map(str, kind.arguments))})' if kind.arguments else NAMES[kind.name]


def conversion(value: str, source: CatalogType, target: CatalogType) -> str:
    """Return a DuckDB expression that converts a value from the source to the target type.

    The result is that of Spark's try_cast: null if a value does not fit, and truncated, not rounded, integers.
    """
    goal = duckdb_type(target)
    if source == target:
        return f'CAST({value} AS {goal})'
    if isinstance(source, Simple) and isinstance(target, Simple):
        return f'TRY_CAST({_prepared(value, source, target)} AS {goal})'
    if target == TEXT:
        return f'CAST(to_json({value}) AS VARCHAR)'
    return f'TRY_CAST({value} AS {goal})' if _alike(source, target) else f'CAST(NULL AS {goal})'


def identifier(name: str) -> str:
    """Return the name in double quotes."""
    return '"' + name.replace('"', '""') + '"'


def text_literal(text: str) -> str:
    """Return the text as a SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def _prepared(value: str, source: Simple, target: Simple) -> str:
    """Return an expression that DuckDB's TRY_CAST converts as Spark does."""
    if target.name in INTEGERS and source == TEXT:
        return rf"CASE WHEN regexp_full_match({value}, '\s*[+-]?\d+\s*') THEN {value} END"
    if target.name in INTEGERS and source.name in NUMBERS and source.name != 'boolean':
        return f'trunc({value})'
    related = any(source.name in family and target.name in family for family in (NUMBERS, TIMES))
    return value if related or TEXT in (source, target) else f'CAST({value} AS VARCHAR)'


def _alike(source: CatalogType, target: CatalogType) -> bool:
    if isinstance(source, Array) and isinstance(target, Array):
        return _alike(source.element, target.element)
    if isinstance(source, Map) and isinstance(target, Map):
        return _alike(source.key, target.key) and _alike(source.value, target.value)
    if isinstance(source, Struct) and isinstance(target, Struct):
        wanted = {name.lower(): kind for name, kind in target.members}
        shared = [(kind, wanted[name.lower()]) for name, kind in source.members if name.lower() in wanted]
        return bool(shared) and all(_alike(old, new) for old, new in shared)
    return isinstance(source, Simple) and isinstance(target, Simple)
