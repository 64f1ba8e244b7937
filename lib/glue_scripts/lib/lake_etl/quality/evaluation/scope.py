"""Turns the `where` of rules into helper columns, once for all rules that share one."""
from __future__ import annotations

from collections.abc import Iterable

from pyspark.errors import PySparkException
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import BooleanType, NullType

from lake_etl.quality.evaluation.sql import Sql
from lake_etl.reasons.failure import reason_of
from lake_etl.spark.columns import quoted
from lake_etl.spark.helper_names import unused_name
from lake_etl.spark.session import user_sql_rules


def add_scopes(df: DataFrame, wheres: Iterable[str]) -> tuple[DataFrame, dict[str, Sql], dict[str, str]]:
    """Return the frame with a column for each `where`, true where it holds; these columns, and why there is none.

    Conditions are read by the rules of users' SQL; null counts as false.
    """
    scopes: dict[str, Sql] = {}
    refused: dict[str, str] = {}
    added: dict[str, Column] = {}
    with user_sql_rules(df.sparkSession):
        for where in dict.fromkeys(wheres):
            name = unused_name(df.schema, f'scope_{len(added)}', added)
            try:
                kind = df.withColumn(name, F.expr(where)).schema[name].dataType
            except PySparkException as error:
                refused[where] = f'The where clause "{where}" cannot be evaluated: {reason_of(error)}'
                continue
            if isinstance(kind, (BooleanType, NullType)):
                added[name] = F.expr(where).cast('boolean').eqNullSafe(True)
                scopes[where] = quoted(name)
            else:
                refused[where] = f'The where clause "{where}" is of type {kind.simpleString()}, expected a condition.'
        return df.withColumns(added) if added else df, scopes, refused
