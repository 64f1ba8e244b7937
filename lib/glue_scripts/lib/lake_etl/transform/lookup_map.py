"""Looks a key up in a map that travels inside the query: no job, no join, no second row for a row."""
from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from zlib import crc32

from pyspark.sql import Column
from pyspark.sql import functions as F

KEYS_IN_A_BUCKET = 4


def looked_up(key: Column, values: Mapping[str, Any], type_name: str) -> Column:
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
