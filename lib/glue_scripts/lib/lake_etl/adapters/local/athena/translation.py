"""Writes a whole query of Athena as it answers a user, and the macros that a connection needs to run it."""
from __future__ import annotations

from sqlglot import exp

from lake_etl.adapters.local.athena.athena_types import (
    DAY_TO_SECOND, VARCHAR, WITH_TIME_ZONE, YEAR_TO_MONTH, Type, array, map_type, row)
from lake_etl.adapters.local.athena.casts import Casts
from lake_etl.adapters.local.athena.queries import QueryWriter
from lake_etl.adapters.local.duckdb_types import identifier

AS_TEXT = (WITH_TIME_ZONE, YEAR_TO_MONTH, DAY_TO_SECOND)
# Macros that translated queries call: zones are names, or offsets such as +02:00, which DuckDB does not know.
MACROS = (
    "CREATE MACRO athena_zone_offset(z) AS (CAST(substring(z, 2, 2) AS INTEGER) * 60 + CAST(substring(z, 5, 2) AS "
    "INTEGER)) * CASE WHEN z[1] = '-' THEN -1 ELSE 1 END",
    "CREATE MACRO athena_is_offset(z) AS regexp_full_match(z, '[+-][0-9]{2}:[0-9]{2}')",
    "CREATE MACRO athena_local(i, z) AS CASE WHEN athena_is_offset(z) THEN CAST(i AS TIMESTAMP) + "
    "to_minutes(athena_zone_offset(z)) ELSE "
    "timezone(z, timezone('UTC', CAST(i AS TIMESTAMP))) END",
    "CREATE MACRO athena_instant(t, z) AS CASE WHEN athena_is_offset(z) THEN CAST(t AS TIMESTAMP) - "
    "to_minutes(athena_zone_offset(z)) "
    "ELSE "
    "timezone('UTC', timezone(z, CAST(t AS TIMESTAMP))) END",
    "CREATE MACRO athena_zone(z) AS CASE WHEN z IN ('+00:00', '-00:00', 'Z', 'GMT', 'UTC', 'UT') THEN 'UTC' ELSE z END",
    "CREATE MACRO athena_offset_text(m) AS CASE WHEN m = 0 THEN 'Z' ELSE CASE WHEN m < 0 THEN '-' ELSE '+' END || "
    "lpad(CAST(abs(m) // 60 AS VARCHAR), 2, '0') || ':' || lpad(CAST(abs(m) % 60 AS VARCHAR), 2, '0') END",
    "CREATE MACRO athena_offset(i, z) AS athena_offset_text((epoch_us(athena_local(i, z)) - epoch_us(i)) // 60000000)",
)


def shown_query(queries: QueryWriter, query: exp.Expr) -> str:
    """Return the query as it answers a user: its columns have their names, times with a zone and intervals are text.

    A connection that runs it needs MACROS and the functions of the queries.
    """
    made = queries.query(query)
    casts = Casts(queries.functions)
    items = ', '.join(f'{_shown(casts, f"athena_answer.{column.sql}", column.type)} AS {identifier(column.name)}'
                      for column in made.columns)
    return f'SELECT {items} FROM ({made.sql}) AS athena_answer'


def _shown(casts: Casts, sql: str, kind: Type) -> str:
    """Return the value as users see it: as Athena writes it where DuckDB has no such type."""
    shown = _shown_type(kind)
    return sql if shown == kind else casts.cast(sql, kind, shown)


def _shown_type(kind: Type) -> Type:
    if kind.name in AS_TEXT:
        return VARCHAR
    if kind.name == 'array':
        return array(_shown_type(kind.parts[0]))
    if kind.name == 'map':
        return map_type(*map(_shown_type, kind.parts))
    if kind.name == 'row':
        return row(tuple(map(_shown_type, kind.parts)), kind.labels)
    return kind
