"""Puts any JSON value into a column."""
from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from pyspark.sql import Column
from pyspark.sql import functions as F

from lake_etl.transform.json_types import BIGINTS, LARGEST_DECIMAL, json_type


def json_literal(value: Any) -> Column:
    """Build the same value for every row: text, a number, true or false, an array, a struct; null is a null of text.

    A whole number is an integer, or a decimal when it needs more than 64 bits. A list whose values have different
    kinds is a list of text.
    """
    if value is None:
        return F.lit(None).cast('string')
    if isinstance(value, (dict, list)):
        return F.from_json(F.lit(json.dumps(value, ensure_ascii=False)), json_type([value]))
    if isinstance(value, int) and value not in BIGINTS:
        return F.lit(Decimal(value) if abs(value) <= LARGEST_DECIMAL else str(value))
    return F.lit(value)
