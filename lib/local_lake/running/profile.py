"""Profiles a published table in one query, without Spark."""
from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from lake_etl.adapters.local.duckdb_engine import view_name
from lake_etl.adapters.local.duckdb_queries import native_query
from lake_etl.adapters.local.duckdb_types import identifier
from lake_etl.ports import Table
from lake_etl.quality.proposal import MOST_LISTED_VALUES, PATTERNS, ColumnProfile
from lake_etl.syntax.type_text import NUMBERS, parse_type

DATES = ('date', 'timestamp')


def profile(catalog: str, table: Table, excluded: Sequence[str]) -> list[ColumnProfile]:
    """Return the profile of each column except partition keys and `excluded`."""
    columns = [(column.name, column.type) for column in table.columns if column.name not in excluded]
    measures = [measure for name, kind in columns for measure in _measures(name, parse_type(kind).name)]
    listed = ', '.join(f'{sql} AS m{number}' for number, sql in enumerate(['count(*)', *measures]))
    answer = native_query(catalog, f'SELECT {listed} FROM {view_name(table.database, table.name)}').rows[0]
    rows, values = int(answer[0]), iter(answer[1:])
    return [_column(name, kind, rows, values) for name, kind in columns]


def _measures(name: str, kind: str) -> list[str]:
    """Return the measures of a column, in the order in which `_column` takes their values."""
    column = identifier(name)
    measures = [f'count({column})']
    if kind in NUMBERS or kind in DATES:
        measures += [f'approx_count_distinct({column})', f'CAST(min({column}) AS varchar)',
                     f'CAST(max({column}) AS varchar)']
    if kind == 'string':
        measures += [f'approx_count_distinct({column})', f'min(length({column}))', f'max(length({column}))',
                     f'approx_top_k({column}, {MOST_LISTED_VALUES + 1})']
        measures += [f"bool_and(regexp_full_match({column}, '{pattern}'))" for pattern in PATTERNS.values()]
    return measures


def _column(name: str, kind: str, rows: int, values: Iterator[Any]) -> ColumnProfile:
    type_name, present = parse_type(kind).name, int(next(values))
    if type_name in NUMBERS or type_name in DATES:
        distinct, least, greatest = next(values), next(values), next(values)
        return ColumnProfile(name, kind, rows, present, distinct, _bound(least, type_name),
                             _bound(greatest, type_name))
    if type_name == 'string':
        distinct, shortest, longest, frequent = next(values), next(values), next(values), next(values)
        patterns = tuple(pattern for pattern in PATTERNS if next(values))
        return ColumnProfile(name, kind, rows, present, distinct, lengths=(shortest, longest) if present else None,
                             frequent=tuple(text for text in frequent or () if text is not None), patterns=patterns)
    return ColumnProfile(name, kind, rows, present, 0)


def _bound(text: str | None, kind: str) -> Decimal | date | None:
    """Return a bound that a rule can be written with, or None: rules know no infinity and no time of day."""
    if text is None:
        return None
    if kind in DATES:
        return datetime.fromisoformat(text).date() if text[:4].isdigit() and text[4:5] == '-' else None
    number = Decimal(text)
    return number if number.is_finite() else None
