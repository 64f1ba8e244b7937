"""Names for helper columns that no column of the user's has."""
from __future__ import annotations

from collections.abc import Iterable

from pyspark.sql.types import StructType


def unused_name(schema: StructType, wish: str, taken: Iterable[str] = ()) -> str:
    """Return `wish`, with as many underscores in front as it takes to differ from every column and from `taken`."""
    known = {name.lower() for name in (*schema.fieldNames(), *taken)}
    while wish.lower() in known:
        wish = f'_{wish}'
    return wish
