"""Names helper columns so that they differ from all columns of the user."""
from __future__ import annotations

from collections.abc import Iterable

from pyspark.sql import DataFrame
from pyspark.sql.types import StructType

# Prefix of helper columns that remain in a frame while the user's own steps are applied to it.
HIDDEN = '_lake_etl_'


def hidden_name(preferred: str) -> str:
    """Return a name for a helper column that error messages do not list."""
    return HIDDEN + preferred


def is_hidden(name: str) -> bool:
    """Tell whether a column is called as the lake calls its own helper columns."""
    return name.lower().lstrip('_').startswith(HIDDEN.lstrip('_'))


def visible_names(schema: StructType) -> list[str]:
    """Return the names of all columns except hidden helper columns."""
    return [name for name in schema.fieldNames() if not is_hidden(name)]


def without_hidden(df: DataFrame) -> DataFrame:
    """Return the frame without hidden helper columns."""
    hidden = set(df.columns) - set(visible_names(df.schema))
    return df.drop(*hidden) if hidden else df


def unused_name(schema: StructType, preferred: str, taken: Iterable[str] = ()) -> str:
    """Return `preferred`, prefixed with underscores until it differs from every column and from `taken`."""
    known = {name.lower() for name in (*schema.fieldNames(), *taken)}
    while preferred.lower() in known:
        preferred = f'_{preferred}'
    return preferred
