"""The key of each item table, and the values that every item store can hold."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Clamped, Context, Decimal, DecimalException, Inexact, Overflow, Subnormal
from functools import cache
from typing import Any

from lake_etl.errors import ItemStoreError

# Amazon DynamoDB Developer Guide, "Supported data types", Number: 38 digits, from 1E-130 to 9.99…E+125.
NUMBERS = Context(prec=38, Emin=-130, Emax=125, traps=[Clamped, Inexact, Overflow, Subnormal])


@dataclass(frozen=True)
class KeySchema:
    """The attributes that identify an item: its partition key and, where the table has one, its sort key."""

    partition: str
    sort: str | None = None

    @property
    def attributes(self) -> tuple[str, ...]:
        """The names of the key attributes, partition key first."""
        return (self.partition,) if self.sort is None else (self.partition, self.sort)


KEY_SCHEMAS: Mapping[str, KeySchema] = {
    'job-audit': KeySchema('execution_id'),
    'hash-values': KeySchema('hash_key'),
    'value-lookup': KeySchema('source_system', 'column_name'),
    'multi-lookup': KeySchema('lookup_group', 'lookup_item'),
    'dq-results': KeySchema('execution_id', 'job_id_action_rule'),
    'data-lineage': KeySchema('step_function_execution_id', 'job_id_operation_seq'),
}


@cache
def known_key(table: str) -> KeySchema | None:
    """Return the key of a table of the lake, or None for any other table."""
    name = table.rpartition('#')[2]
    return next((schema for suffix, schema in KEY_SCHEMAS.items() if name == suffix or name.endswith(f'-{suffix}')),
                None)


@cache
def key_schema(table: str) -> KeySchema:
    """Return the key of a table by address: `dev-insurancelake-etl-hash-values` or `sqlite:///…#hash-values`.

    Raises ItemStoreError if the name has none of the known suffixes.
    """
    known = known_key(table)
    if known is not None:
        return known
    raise ItemStoreError(
        f"There is no item table '{table}': the name of an item table ends in one of {', '.join(KEY_SCHEMAS)}. "
        'Correct the table name in the job arguments.')


def key_values(table: str, item: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the values of an item's key attributes, partition key first.

    Raises ItemStoreError naming the attribute that is missing, empty or not text; DynamoDB also refuses such keys.
    """
    attributes = key_schema(table).attributes
    for attribute in attributes:
        value = item.get(attribute)
        if not isinstance(value, str) or not value:
            found = 'an empty text' if value == '' else f'a value of type {type(value).__name__}'
            raise ItemStoreError(
                f"An item for the table '{table}' has {'no value' if value is None else found} in its key attribute "
                f"'{attribute}'; a text of at least one character was expected. Nothing of this item was written or "
                'read. Correct the code or the file that the item comes from.')
    return tuple(item[attribute] for attribute in attributes)


def full_key(table: str, key: Mapping[str, Any]) -> dict[str, str]:
    """Return a key that has exactly the table's key attributes; raises ItemStoreError otherwise."""
    attributes = key_schema(table).attributes
    values = key_values(table, key)
    _refuse(table, set(key) - set(attributes), f"is not part of its key ({', '.join(attributes)})")
    return dict(zip(attributes, values, strict=True))


def check_update(table: str, values: Mapping[str, Any]) -> None:
    """Raise ItemStoreError if the values of an update contain a key attribute, which cannot change."""
    _refuse(table, set(values) & set(key_schema(table).attributes), 'is part of its key, which an update cannot change')


def _refuse(table: str, attributes: set[str], reason: str) -> None:
    if attributes:
        raise ItemStoreError(
            f"The attribute '{min(attributes)}' given for an item of the table '{table}' {reason}. Nothing of this "
            'item was written or read. Correct the code that names the attribute.')


def storable(table: str, item: Mapping[str, Any]) -> dict[str, Any]:
    """Return the item with numbers as Decimal without trailing zeros, and sequences as lists.

    Values are null, booleans, texts, lists, tuples, and mappings with non-empty text keys, in any nesting. Raises
    ItemStoreError naming the attribute if a value has another type, or is a number that DynamoDB cannot hold exactly.
    """
    return {attribute: _storable(table, attribute, value) for attribute, value in item.items()}


def plain(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return a stored item with whole numbers as int and other numbers as Decimal."""
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
    # float.__repr__ gives the shortest text that reads back as the same number, unlike the repr of NumPy's floats.
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
