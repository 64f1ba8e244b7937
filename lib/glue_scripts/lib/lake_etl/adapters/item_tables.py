"""Knows the key of each item table by the last words of its name."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from lake_etl.errors import ItemStoreError


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
    """Return the key of a table of the lake; None for any other table."""
    name = table.rpartition('#')[2]
    return next((schema for suffix, schema in KEY_SCHEMAS.items() if name == suffix or name.endswith(f'-{suffix}')),
                None)


@cache
def key_of(table: str) -> KeySchema:
    """Return the key of the table at an address: `dev-insurancelake-etl-hash-values` or `sqlite:///…#hash-values`.

    Raises ItemStoreError when the name ends in none of the known suffixes.
    """
    known = known_key(table)
    if known is not None:
        return known
    raise ItemStoreError(
        f"There is no item table '{table}': the name of an item table ends in one of {', '.join(KEY_SCHEMAS)}. "
        'Correct the table name in the job arguments.')


def key_values(table: str, item: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the values of an item's key attributes, partition key first.

    Raises ItemStoreError naming the attribute that is absent, empty or no text; DynamoDB refuses such keys, too.
    """
    attributes = key_of(table).attributes
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
    """Return a key that names exactly the table's key attributes; raises ItemStoreError when it does not."""
    attributes = key_of(table).attributes
    values = key_values(table, key)
    _refuse(table, set(key) - set(attributes), f"is not part of its key ({', '.join(attributes)})")
    return dict(zip(attributes, values, strict=True))


def check_update(table: str, values: Mapping[str, Any]) -> None:
    """Raise ItemStoreError when the values of an update contain a key attribute, which never changes."""
    _refuse(table, set(values) & set(key_of(table).attributes), 'is part of its key, which an update cannot change')


def _refuse(table: str, attributes: set[str], reason: str) -> None:
    if attributes:
        raise ItemStoreError(
            f"The attribute '{min(attributes)}' given for an item of the table '{table}' {reason}. Nothing of this "
            'item was written or read. Correct the code that names the attribute.')
