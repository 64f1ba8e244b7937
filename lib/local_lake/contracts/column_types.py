"""Translates between Spark types and the logical and physical types of contracts."""
from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from lake_etl.syntax.type_text import DEEPEST, WHOLE_TYPES, TypeText, TypeTextError, parse_type

Property = Mapping[str, Any]
# Names of physical types in other systems; a length or precision behind them is dropped unless it is a decimal's.
FOREIGN_TYPES = {
    'text': 'string', 'uuid': 'string', 'nvarchar': 'string', 'varchar2': 'string', 'nchar': 'string', 'clob': 'string',
    'char': 'string', 'varchar': 'string', 'character varying': 'string', 'json': 'string',
    'bool': 'boolean', 'bit': 'boolean', 'int64': 'bigint', 'int32': 'int', 'int8': 'tinyint', 'int16': 'smallint',
    'float64': 'double', 'float32': 'float', 'double precision': 'double', 'number': 'decimal', 'bignumeric': 'decimal',
    'datetime': 'timestamp', 'timestamptz': 'timestamp', 'timestamp with time zone': 'timestamp',
    'timestamp without time zone': 'timestamp', 'bytes': 'binary', 'bytea': 'binary', 'varbinary': 'binary',
}
WRITTEN = re.compile(r'\s*([a-z][a-z0-9_ ]*?)\s*(\(\s*\d+\s*(?:,\s*\d+\s*)?\))?\s*', re.IGNORECASE)
LOGICAL = {
    'string': 'string', 'date': 'date', 'timestamp': 'timestamp', 'time': 'string', 'number': 'double',
    'integer': 'bigint', 'boolean': 'boolean',
}
FORMATS = {('integer', 'i8'): 'tinyint', ('integer', 'i16'): 'smallint', ('integer', 'i32'): 'int',
           ('number', 'f32'): 'float'}


def logical_type(spark_type: str) -> str | None:
    """Return the logical type of a Spark type; None for a binary, which contracts do not know."""
    return _logical(parse_type(spark_type))


def _logical(kind: TypeText) -> str | None:
    if kind.name in (*WHOLE_TYPES, 'decimal'):
        return 'number' if kind.name == 'decimal' and kind.numbers[1] else 'integer'
    return {'float': 'number', 'double': 'number', 'struct': 'object', 'map': 'object', 'timestamp_ntz': 'timestamp',
            'char': 'string', 'varchar': 'string', 'binary': None}.get(kind.name, kind.name)


def described_type(spark_type: str) -> dict[str, Any]:
    """Return the keys of a property that describe a Spark type, members of structs and arrays included."""
    return _described(parse_type(spark_type))


def _described(kind: TypeText) -> dict[str, Any]:
    logical = _logical(kind)
    found: dict[str, Any] = {'logicalType': logical} if logical else {}
    found['physicalType'] = str(kind)
    if kind.name == 'struct':
        found['properties'] = [{'name': name, **_described(member)} for name, member in kind.members]
    elif kind.name == 'array':
        found['items'] = _described(kind.members[0][1])
    return found


def normalized_type(text: str) -> str:
    """Return a type that configuration names in the spelling of the catalog; text of any length is a string."""
    kind = parse_type(text)
    return 'string' if kind.name in ('char', 'varchar') else str(kind)


def property_type(described: Property) -> tuple[str | None, bool]:
    """Return the Spark type of a property and whether the physical type names it; None if it tells none."""
    physical = described.get('physicalType')
    named = _physical(physical) if isinstance(physical, str) else None
    if named:
        return named, True
    kind = _from_logical(described, 0)
    return (str(kind), False) if kind else (None, False)


def _physical(text: str) -> str | None:
    try:
        return normalized_type(text)
    except TypeTextError:
        pass
    match = WRITTEN.fullmatch(text)
    name = FOREIGN_TYPES.get(' '.join(match[1].lower().split())) if match else None
    if match is None or name is None:
        return None
    if name != 'decimal':
        return name
    # A number without precision holds any digits elsewhere, but none behind the point in Spark.
    try:
        return normalized_type(f'decimal{match[2]}') if match[2] else None
    except TypeTextError:
        return None


def _from_logical(described: Property, depth: int) -> TypeText | None:
    logical = described.get('logicalType')
    if depth > DEEPEST or not isinstance(logical, str):
        return None
    if logical == 'array':
        element = _member_type(described.get('items'), depth)
        return TypeText('array', members=(('element', element),)) if element else None
    if logical == 'object':
        return _struct(described.get('properties'), depth)
    options = described.get('logicalTypeOptions')
    width = options.get('format') if isinstance(options, dict) else None
    name = FORMATS.get((logical, width)) if isinstance(width, str) else None
    name = name or LOGICAL.get(logical)
    return TypeText(name) if name else None


def _struct(members: object, depth: int) -> TypeText | None:
    if not isinstance(members, list) or not members:
        return None
    found = []
    for member in members:
        kind = _member_type(member, depth)
        name = member.get('name') if isinstance(member, dict) else None
        if kind is None or not isinstance(name, str) or not name:
            return None
        found.append((name, kind))
    return TypeText('struct', members=tuple(found))


def _member_type(described: object, depth: int) -> TypeText | None:
    if not isinstance(described, dict) or depth > DEEPEST:
        return None
    physical = described.get('physicalType')
    named = _physical(physical) if isinstance(physical, str) else None
    return parse_type(named) if named else _from_logical(described, depth + 1)
