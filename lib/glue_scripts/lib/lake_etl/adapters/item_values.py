"""Turns the values of an item into those that every item store can hold, and stored numbers back into plain ones."""
from __future__ import annotations

from collections.abc import Mapping
from decimal import Clamped, Context, Decimal, DecimalException, Inexact, Overflow, Subnormal
from typing import Any

from lake_etl.errors import ItemStoreError

# Amazon DynamoDB Developer Guide, "Supported data types", Number: 38 digits, from 1E-130 to 9.99…E+125.
NUMBERS = Context(prec=38, Emin=-130, Emax=125, traps=[Clamped, Inexact, Overflow, Subnormal])


def storable(table: str, item: Mapping[str, Any]) -> dict[str, Any]:
    """Return the item with every number as a Decimal without trailing zeros and every sequence as a list.

    Null, booleans, texts, lists, tuples, and mappings whose names are texts and not empty may be nested. Raises
    ItemStoreError naming the attribute when a value has another type, or is a number that DynamoDB cannot hold exactly.
    """
    return {attribute: _storable(table, attribute, value) for attribute, value in item.items()}


def plain(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return a stored item with whole numbers as int and all others as Decimal."""
    return {attribute: _plain(value) for attribute, value in item.items()}


def _storable(table: str, attribute: str, value: Any) -> Any:
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, (int, float, Decimal)):
        return _number(table, attribute, value)
    if isinstance(value, (list, tuple)):
        return [_storable(table, attribute, member) for member in value]
    if isinstance(value, Mapping) and all(isinstance(name, str) and name for name in value):
        return {name: _storable(table, attribute, member) for name, member in value.items()}
    raise ItemStoreError(
        f"The attribute '{attribute}' of an item for the table '{table}' holds a value of type "
        f'{type(value).__name__}; text, number, boolean, null, a list, or a mapping whose names are not empty was '
        'expected. The item was not written. Convert the value, for instance to text.')


def _number(table: str, attribute: str, value: int | float | Decimal) -> Decimal:
    # float.__repr__ gives the shortest text that reads back as the same number; NumPy's own repr is no number.
    exact = Decimal(float.__repr__(value)) if isinstance(value, float) else Decimal(value)
    try:
        if exact.is_finite():
            return exact.normalize(NUMBERS)
    except DecimalException:
        pass
    raise ItemStoreError(
        f"The attribute '{attribute}' of an item for the table '{table}' holds a number that is not finite, has more "
        'than 38 digits, or lies outside 1E-130 to 9.9E+125. The item was not written. Round the number, or write it '
        'as text.')


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else value
    if isinstance(value, list):
        return [_plain(member) for member in value]
    if isinstance(value, dict):
        return {name: _plain(member) for name, member in value.items()}
    return value
