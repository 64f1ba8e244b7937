"""Compares what the cluster has made of the scenario with what the laptop has."""
from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from ground import Ground, rows_of
from laptop import Laptop
from pyiceberg.catalog import load_catalog
from synthesized import REGION

from lake_etl import runtime
from lake_etl.adapters.local.duckdb_queries import query
from lake_etl.adapters.local.sqlite_items import SqliteItems

MATCHED = ('customer_primary', 'customer_primary_xref')
# What tells one run from another, or AWS from a laptop.
OF_A_RUN = {'job_id', 'job_id_operation_seq', 'job_id_action_rule', 'uuid', 'time_of_operation', 'job_name',
            'step_function_name'}
TIMES = ('quarantine_timestamp',)


def tables_of(laptop: Laptop, databases: Iterable[str]) -> list[tuple[str, str]]:
    """Return the tables of some databases, as the laptop has them."""
    return [(table.database, table.name) for name in databases for table in laptop.catalog.tables(name)]


def require_same_table(aws: Ground, laptop: Laptop, database: str, name: str) -> int:
    """Assert that a table has the same columns, partitions and rows there and here; return the number of rows."""
    found, wanted = aws.catalog.table(database, name), laptop.catalog.table(database, name)
    assert found is not None and wanted is not None, f'{database}.{name}'
    assert found.columns == wanted.columns, f'{database}.{name}'
    there = aws.rows(database, name)
    here = rows_of(laptop.catalog, runtime.files(str(laptop.folders.root)), database, name)
    assert _without_times(there) == _without_times(here), f'{database}.{name}'
    return len(there)


def _without_times(rows: Iterable[tuple[Any, ...]]) -> list[str]:
    return sorted(repr([item for item in row if item[0] not in TIMES]) for row in rows)


def require_same_items(aws: Ground, laptop: Laptop, table: str, dataset: str = '') -> int:
    """Assert that an item table holds the same there and here; return the number of items.

    dataset  of which records are compared; empty for all
    """
    there = Counter(_compared(item) for item in aws.items(table) if not dataset or item['dataset'] == dataset)
    items = SqliteItems().scan(laptop.folders.items(table))
    here = Counter(_compared(item) for item in items if not dataset or item['dataset'] == dataset)
    assert there == here, (table, list((there - here).items())[:3], list((here - there).items())[:3])
    return there.total()


def _compared(item: Mapping[str, Any]) -> str:
    return json.dumps(_plain_numbers({name: value for name, value in item.items() if name not in OF_A_RUN}),
                      sort_keys=True)


def _plain_numbers(value: Any) -> Any:
    """Return a value with numbers as text: DynamoDB gives decimals where a file has whole numbers."""
    if isinstance(value, Mapping):
        return {name: _plain_numbers(item) for name, item in value.items()}
    if isinstance(value, list | set):
        return [_plain_numbers(item) for item in value]
    if isinstance(value, bool | str | None):
        return value
    return format(Decimal(str(value)).normalize(), 'f')


def require_same_matches(aws: Ground, laptop: Laptop) -> int:
    """Assert that both Iceberg tables of the match have the same rows; return the number of customers."""
    catalog = load_catalog('glue', type='glue', **{
        'glue.endpoint': aws.endpoint, 'glue.region': REGION, 'glue.access-key-id': 'testing',
        'glue.secret-access-key': 'testing', 's3.endpoint': aws.endpoint, 's3.access-key-id': 'testing',
        's3.secret-access-key': 'testing', 's3.region': REGION})
    count = 0
    for name in MATCHED:
        table = catalog.load_table(f'customer_consume.{name}')
        assert table.location() == f's3://{aws.bucket("consume")}/iceberg/customer_consume/{name}'
        found = table.scan().to_arrow().to_pylist()
        answer = query(laptop.folders.catalog, f'SELECT * FROM customer_consume.{name}')
        wanted = [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]
        assert _plain(found) == _plain(wanted), name
        count = count or len(found)
    return count


def _plain(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return rows in one order, with times as UTC."""
    return sorted(str(sorted((key, str(value).replace('+00:00', '')) for key, value in row.items())) for row in rows)
