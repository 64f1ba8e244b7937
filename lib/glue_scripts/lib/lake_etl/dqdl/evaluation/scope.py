"""Turns the `where` of rules into helper columns, once for all rules that share one."""
from __future__ import annotations

from collections.abc import Iterable

from pyspark.errors import PySparkException
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import BooleanType, NullType

from lake_etl.dqdl.evaluation.comparison import never_null
from lake_etl.session import user_sql_rules
from lake_etl.transform.columns import column
from lake_etl.transform.helper_names import unused_name


def add_scopes(df: DataFrame, wheres: Iterable[str]) -> tuple[DataFrame, dict[str, Column | str]]:
    """Return the frame with a column for each `where`, true where it holds, and the columns or reasons by `where`.

    Conditions are read by the rules of users' SQL; null counts as false.
    """
    scopes: dict[str, Column | str] = {}
    added: dict[str, Column] = {}
    with user_sql_rules(df.sparkSession):
        for where in dict.fromkeys(wheres):
            name = unused_name(df.schema, f'scope_{len(added)}', added)
            try:
                kind = df.withColumn(name, F.expr(where)).schema[name].dataType
            except PySparkException as error:
                scopes[where] = f'The where clause "{where}" cannot be evaluated: {first_line(error)}'
                continue
            if isinstance(kind, (BooleanType, NullType)):
                added[name] = never_null(F.expr(where).cast('boolean'))
                scopes[where] = column(name)
            else:
                scopes[where] = f'The where clause "{where}" is of type {kind.simpleString()}, expected a condition.'
        return df.withColumns(added) if added else df, scopes


def first_line(error: Exception) -> str:
    """Return Spark's own words without the query plan that follows them."""
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
