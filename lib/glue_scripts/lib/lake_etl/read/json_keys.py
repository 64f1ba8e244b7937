"""Merges JSON keys that differ only in letter case, because the columns of a table and their members do not."""
from __future__ import annotations

import json
from functools import reduce
from operator import or_

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, DataType, StringType, StructField, StructType

from lake_etl.transform.common_type import as_text, common_type


def has_equal_keys(kind: DataType) -> bool:
    """Tell whether a type has, at any depth, members whose names differ only in letter case."""
    if isinstance(kind, StructType):
        names = {field.name.lower() for field in kind.fields}
        return len(names) < len(kind.fields) or any(has_equal_keys(field.dataType) for field in kind.fields)
    return isinstance(kind, ArrayType) and has_equal_keys(kind.elementType)


def with_merged_keys(value: Column, kind: DataType) -> Column:
    """Return a value of the type with one member for all keys that differ only in letter case.

    The member has the name of the first of these keys, and the first value that is not null. Where the values have
    different types, it has the type that holds all of them, or is text.
    """
    return _merged(value.cast(_numbered(kind)), kind)


def conflicting_keys(value: Column, kind: DataType) -> Column:
    """Build a condition: two keys that differ only in letter case both have a value in one object."""
    return F.coalesce(_conflicts(value.cast(_numbered(kind)), kind), F.lit(False))


def repeated_keys(line: Column, kind: DataType) -> Column:
    """Build a condition: an object on a line of JSON has the same key twice; Spark keeps the last of the values.

    Spark's inferred type has a member for each of such keys. Only then does Python look for the lines.
    """
    if not _has_repeated_names(kind):
        return F.lit(False)
    return F.coalesce(F.udf(repeats_key, 'boolean', useArrow=False)(line), F.lit(False))


def repeats_key(line: str) -> bool:
    """Tell whether an object of the JSON text has the same key twice."""
    found = False

    def require_distinct(pairs: list[tuple[str, object]]) -> None:
        nonlocal found
        found = found or len({name for name, _ in pairs}) < len(pairs)
    try:
        json.loads(line, object_pairs_hook=require_distinct)
    except ValueError:
        return False
    return found


def _has_repeated_names(kind: DataType) -> bool:
    if isinstance(kind, StructType):
        return len(set(kind.fieldNames())) < len(kind.fields) or any(
            _has_repeated_names(field.dataType) for field in kind.fields)
    return isinstance(kind, ArrayType) and _has_repeated_names(kind.elementType)


def _numbered(kind: DataType) -> DataType:
    """Return the type with positions as names, because Spark cannot address names that differ only in letter case."""
    if isinstance(kind, StructType):
        return StructType([StructField(str(index), _numbered(field.dataType))
                           for index, field in enumerate(kind.fields)])
    return ArrayType(_numbered(kind.elementType)) if isinstance(kind, ArrayType) else kind


def _merged(value: Column, kind: DataType) -> Column:
    if not has_equal_keys(kind):
        return value.cast(kind)
    if isinstance(kind, ArrayType):
        element = kind.elementType
        return F.transform(value, lambda item: _merged(item, element))
    assert isinstance(kind, StructType)
    members = []
    for positions in _groups(kind).values():
        common = common_type([kind.fields[position].dataType for position in positions])
        values = [_member(value, kind, position, common) for position in positions]
        members.append(F.coalesce(*values).alias(kind.fields[positions[0]].name))
    return F.when(value.isNotNull(), F.struct(*members))


def _member(value: Column, kind: StructType, position: int, common: DataType | None) -> Column:
    member = kind.fields[position].dataType
    merged = _merged(value.getField(str(position)), member)
    if common is None:
        return as_text(merged, member)
    return merged if common == member or isinstance(common, StringType) else merged.cast(common)


def _groups(kind: StructType) -> dict[str, list[int]]:
    """Return the positions of members by their name in lower case."""
    found: dict[str, list[int]] = {}
    for position, field in enumerate(kind.fields):
        found.setdefault(field.name.lower(), []).append(position)
    return found


def _conflicts(value: Column, kind: DataType) -> Column:
    if not has_equal_keys(kind):
        return F.lit(False)
    if isinstance(kind, ArrayType):
        element = kind.elementType
        return F.coalesce(F.exists(value, lambda item: F.coalesce(_conflicts(item, element), F.lit(False))),
                          F.lit(False))
    assert isinstance(kind, StructType)
    found = [F.coalesce(_conflicts(value.getField(str(position)), field.dataType), F.lit(False))
             for position, field in enumerate(kind.fields)]
    for positions in _groups(kind).values():
        present = [value.getField(str(position)).isNotNull().cast('int') for position in positions]
        found.append(reduce(lambda left, right: left + right, present) > 1)
    return reduce(or_, found)
