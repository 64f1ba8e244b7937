"""JSON values as Spark columns: the type that holds a set of them, and a column with one value."""
from __future__ import annotations

import json
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from pyspark.sql import Column
from pyspark.sql import functions as F

TEXT = 'string'
BIGINTS = range(-2 ** 63, 2 ** 63)
LARGEST_DECIMAL = 10 ** 38 - 1


def scalar_type(values: Iterable[Any]) -> str:
    """Return the common type of all values except nulls: boolean, bigint, decimal(38,0), double, or text.

    Values with a fraction are double, whatever their number of digits, so that the type of a looked-up column does not
    change with the next value that is added. Mixed kinds, lists and objects are text.
    """
    present = [value for value in values if value is not None]
    if present and all(isinstance(value, bool) for value in present):
        return 'boolean'
    if not present or not all(isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)
                              for value in present):
        return TEXT
    if any(isinstance(value, float) or value != int(value) for value in present):
        return 'double'
    if all(int(value) in BIGINTS for value in present):
        return 'bigint'
    return 'decimal(38,0)' if max(abs(int(value)) for value in present) <= LARGEST_DECIMAL else TEXT


def json_type(values: Iterable[Any]) -> str:
    """Return the common type of all values, with `array<…>` for lists and `struct<…>` of all members for objects."""
    present = [value for value in values if value is not None]
    if present and all(isinstance(value, list) for value in present):
        return f'array<{json_type(item for value in present for item in value)}>'
    if present and all(isinstance(value, dict) for value in present):
        names = dict.fromkeys(name for value in present for name in value)
        members = ','.join(f'{_quoted(name)}:{json_type(value.get(name) for value in present)}' for name in names)
        # A struct without members cannot be written to Parquet.
        return f'struct<{members}>' if members else 'map<string,string>'
    return scalar_type(present)


def as_type(value: Any, type_name: str) -> Any:
    """Return the value converted to the type that `scalar_type` found, for writing as JSON."""
    if value is None:
        return None
    if type_name == TEXT:
        return as_text(value)
    if type_name == 'double':
        return float(value)
    return value if type_name == 'boolean' else int(value)


def as_text(value: Any) -> str:
    """Return a JSON value as text: text and decimals unchanged, everything else as JSON."""
    if isinstance(value, (str, Decimal)):
        return str(value)
    return json.dumps(value, ensure_ascii=False, default=str)


def _quoted(name: str) -> str:
    return '`' + name.replace('`', '``') + '`'


def json_literal(value: Any) -> Column:
    """Build a constant column: text, number, boolean, array or struct; null is a null of type string.

    A whole number is an integer, or a decimal if it needs more than 64 bits. A list of mixed values becomes a list of
    texts.
    """
    if value is None:
        return F.lit(None).cast('string')
    if isinstance(value, (dict, list)):
        return F.from_json(F.lit(json.dumps(value, ensure_ascii=False)), json_type([value]))
    if isinstance(value, int) and value not in BIGINTS:
        return F.lit(Decimal(value) if abs(value) <= LARGEST_DECIMAL else str(value))
    return F.lit(value)
