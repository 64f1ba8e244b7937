"""Transforms that look values up in the value-lookup and the multi-lookup table, without a job and without a join."""
from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import partial, reduce
from typing import Any
from zlib import crc32

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from lake_etl import runtime
from lake_etl.config.entries.lookups import LOOKUP, MULTILOOKUP, LookupEntry, MultiLookupEntry
from lake_etl.errors import DataError, ItemStoreError
from lake_etl.spark.columns import column, column_type, has_column
from lake_etl.spark.helper_names import unused_name
from lake_etl.transform.fuse import Assignment, assign_fused
from lake_etl.transform.json_values import as_type, scalar_type
from lake_etl.transform.lookup_items import SEPARATOR, keyed_items
from lake_etl.transform.registry import TransformContext, frame_transform

LOG = logging.getLogger(__name__)
LOOKUP_DATA = 'lookup_data'
LOOKUP_ITEM = 'lookup_item'
KEYS_IN_A_BUCKET = 4


def get_lookup_data(table_name: str, key_values: Mapping[str, Any],
                    lookup_data_attribute_name: str) -> list[tuple[str, Any]]:
    """Return the pairs of the JSON object that an attribute of one item holds as text, to make a frame of.

    The table may be any of DynamoDB, with a key of any attributes. Raises ItemStoreError when the item is missing, or
    when the attribute does not hold a JSON object.
    """
    values = _lookup_values(table_name, key_values, lookup_data_attribute_name)
    return [(key, float(value) if isinstance(value, Decimal) else value) for key, value in values.items()]


def get_multilookup_data(table_name: str, lookup_group: str, lookup_data_attributes: Sequence[str],
                         limit: int | None = None) -> list[dict[str, Any]]:
    """Return all items of a lookup group, to make a frame of: `lookup_item` and those of the attributes that each has.

    The table may be any of DynamoDB whose partition key is the group. Raises ItemStoreError when the group has no item.

    limit  was the number of items in one request; every page is read, so it changes nothing
    """
    del limit
    items = _group_items(table_name, lookup_group, lookup_data_attributes)
    return [{name: value for name, value in item.items() if value is not None} for item in items]


def _lookup_values(table: str, key: Mapping[str, Any], attribute: str) -> dict[str, Any]:
    """Return the JSON object that an attribute of one item holds as text; numbers with a fraction as Decimal."""
    item = runtime.items(table).get(table, key)
    named = ', '.join(f'{name} = {value}' for name, value in key.items())
    if item is None:
        raise ItemStoreError(f"Item table '{table}' has no item with {named}. Load the lookup into it, or correct "
                             'the specification.')
    try:
        values = json.loads(item.get(attribute, ''), parse_float=Decimal)
    except (TypeError, ValueError):
        values = None
    if not isinstance(values, dict):
        raise ItemStoreError(f"Item table '{table}': the item with {named} holds no JSON object as text in its "
                             f"attribute '{attribute}'. Load the lookup again.")
    return values


def _group_items(table: str, group: str, attributes: Sequence[str]) -> list[dict[str, Any]]:
    """Return the items of a lookup group: `lookup_item` and the attributes, None where an item lacks one."""
    wanted = (LOOKUP_ITEM, *attributes)
    found = [{name: item.get(name) for name in wanted} for item in runtime.items(table).query(table, group)]
    if not found:
        raise ItemStoreError(f"Item table '{table}' has no item of the lookup group '{group}'. Load the group into it, "
                             'or correct the specification.')
    return found


@frame_transform(LOOKUP)
def transform_lookup(df: DataFrame, entries: tuple[LookupEntry, ...], context: TransformContext) -> DataFrame:
    """Fill columns with the values that a lookup has for their keys; a key without a value gives `nomatch`.

    The column has one type for all values: bigint, double, boolean, or text when they are mixed.
    """
    return assign_fused(df, [_lookup_assignment(entry, context) for entry in entries])


def _lookup_assignment(entry: LookupEntry, context: TransformContext) -> Assignment:
    table = context.required_argument('value_lookup_table', 'lookup')
    system = entry.source_system or context.required_argument('target_database_name', 'lookup')
    values = _lookup_values(table, {'source_system': system, 'column_name': entry.lookup}, LOOKUP_DATA)
    kind = scalar_type((*values.values(), entry.nomatch))
    values = {key: as_type(value, kind) for key, value in values.items()}
    return Assignment(entry.field, frozenset(entry.reads()), partial(_lookup_column, entry, values, kind))


def _lookup_column(entry: LookupEntry, values: Mapping[str, Any], kind: str, schema: StructType) -> Column:
    source = entry.source or entry.field
    column_type(schema, source)
    return _or_nomatch(_map_value(column(source).cast('string'), values, kind), entry.nomatch, kind)


@frame_transform(MULTILOOKUP)
def transform_multilookup(df: DataFrame, entries: tuple[MultiLookupEntry, ...], context: TransformContext) -> DataFrame:
    """Add columns with the attributes of the item that several columns together name.

    Keys in which the loader escaped hyphens inside values and keys without escapes are both understood. A new column
    that is there already, and a match column that is not, stop the job.
    """
    return reduce(partial(_add_attributes, context), entries, df)


def _add_attributes(context: TransformContext, df: DataFrame, entry: MultiLookupEntry) -> DataFrame:
    _check_columns(entry, df.schema)
    table = context.required_argument('multi_lookup_table', 'multilookup')
    items = _group_items(table, entry.lookup_group, entry.return_attributes)
    kinds = {name: scalar_type((*(item[name] for item in items), entry.nomatch)) for name in entry.return_attributes}
    found = unused_name(df.schema, 'found', kinds)
    # The attributes come out of one struct in a second select, so that a row's key is looked up once.
    looked = df.withColumn(found, _matching_item(items, kinds, entry))
    attributes = [_or_nomatch(column(found).getField(f'a{index}'), entry.nomatch, kind).alias(name)
                  for index, (name, kind) in enumerate(kinds.items())]
    return looked.select(*map(column, df.columns), *attributes)


def _check_columns(entry: MultiLookupEntry, schema: StructType) -> None:
    for name in entry.match_columns:
        column_type(schema, name)
    for name in entry.return_attributes:
        if has_column(schema, name):
            raise DataError(f"multilookup '{entry.lookup_group}' returns the attribute '{name}', but a column of that "
                            'name is there already. Rename the column in the mapping, or drop it there.')


def _matching_item(items: Iterable[Mapping[str, Any]], kinds: Mapping[str, str], entry: MultiLookupEntry) -> Column:
    """Build a struct of the matching item's attributes, members a0, a1, …; null when no item matches."""
    keyed = keyed_items(((item[LOOKUP_ITEM], {f'a{index}': as_type(item[name], kind)
                                              for index, (name, kind) in enumerate(kinds.items())})
                         for item in items), len(entry.match_columns))
    members = ','.join(f'a{index}:{kind}' for index, kind in enumerate(kinds.values()))
    texts = [column(name).cast('string') for name in entry.match_columns]
    escaped = [F.replace(F.replace(text, F.lit('\\'), F.lit('\\\\')), F.lit('-'), F.lit('\\-')) for text in texts]
    found = _map_value(_joined(escaped), keyed.certain, f'struct<{members}>')
    if keyed.ambiguous:
        LOG.warning("Lookup group '%s': %d of its keys hold more hyphens than %d match columns need, so that one key "
                    'stands for several combinations of values. Load the group again to have hyphens escaped.',
                    entry.lookup_group, len(keyed.ambiguous), len(entry.match_columns))
        found = F.coalesce(found, _map_value(_joined(texts), keyed.ambiguous, f'struct<{members}>'))
    return found


def _joined(texts: Sequence[Column]) -> Column:
    """Build the key of the texts; null when one of them is null."""
    return F.concat(texts[0], *(part for text in texts[1:] for part in (F.lit(SEPARATOR), text)))


def _or_nomatch(value: Column, nomatch: Any, kind: str) -> Column:
    return value if nomatch is None else F.coalesce(value, F.lit(as_type(nomatch, kind)).cast(kind))


def _map_value(key: Column, values: Mapping[str, Any], type_name: str) -> Column:
    """Build the value of a text key, null when the key is null or unknown.

    `values` must have the JSON form of `type_name`. Spark compares a map's keys one after another, so the values are
    spread by checksum over many small maps; Spark parses them once, when it plans, and the cost of a row does not grow
    with their number.
    """
    count = max(1, len(values) // KEYS_IN_A_BUCKET)
    buckets: list[dict[str, Any]] = [{} for _ in range(count)]
    for name, value in values.items():
        buckets[crc32(name.encode()) % count][name] = value
    maps = F.from_json(F.lit(json.dumps(buckets, ensure_ascii=False)), f'array<map<string,{type_name}>>')
    # A null key has a null checksum, and the first bucket answers it with null.
    bucket = F.coalesce(F.crc32(key) % F.lit(count), F.lit(0)).cast('int')
    return F.try_element_at(F.element_at(maps, bucket + 1), key)
