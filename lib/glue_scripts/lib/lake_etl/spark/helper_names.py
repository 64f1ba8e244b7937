"""Names for helper columns that no column of the user's has."""
from __future__ import annotations

from collections.abc import Iterable

from pyspark.sql import DataFrame
from pyspark.sql.types import StructType

# Begins the names of helper columns that stay in a frame while the user's own steps are applied to it.
HIDDEN = '_lake_etl_'


def hidden_name(wish: str) -> str:
    """Return a name for a helper column that errors do not list."""
    return HIDDEN + wish


def is_hidden(name: str) -> bool:
    """Tell whether a column is called as the lake calls its own helper columns."""
    return name.lower().lstrip('_').startswith(HIDDEN.lstrip('_'))


def visible_names(schema: StructType) -> list[str]:
    """Return the names of the columns that the user knows of."""
    return [name for name in schema.fieldNames() if not is_hidden(name)]


def without_hidden(df: DataFrame) -> DataFrame:
    """Return the frame with the columns that the user knows of."""
    return df.drop(*(set(df.columns) - set(visible_names(df.schema))))


def unused_name(schema: StructType, wish: str, taken: Iterable[str] = ()) -> str:
    """Return `wish`, with as many underscores in front as it takes to differ from every column and from `taken`."""
    known = {name.lower() for name in (*schema.fieldNames(), *taken)}
    while wish.lower() in known:
        wish = f'_{wish}'
    return wish
