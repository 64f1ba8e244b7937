"""Stores items in a SQLite file, so that a laptop needs no DynamoDB."""
from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from itertools import islice
from typing import Any

from lake_etl.adapters.item_tables import check_update, full_key, key_schema, key_values, plain, storable
from lake_etl.adapters.local.database import open_database, open_for_reading, transaction
from lake_etl.errors import ItemStoreError
from lake_etl.reasons.sqlite_failure import sqlite_cause

SCHEME = 'sqlite://'
BATCH = 5_000
AS_JSON = json.JSONEncoder(ensure_ascii=False, separators=(',', ':')).encode
# An existing equal item, such as a token of an earlier load, is not written again.
UPSERT = ('INSERT INTO {name} VALUES (?, ?, ?) ON CONFLICT (partition_key, sort_key) '
          'DO UPDATE SET item = excluded.item WHERE item <> excluded.item')


class SqliteItems:
    """Items at `sqlite:///folder/lake.db#table`; the part before the last `#` is the path of the file, taken literally.

    Each item table is a SQLite table of keys and JSON text, created at first use; texts sort by their UTF-8 bytes, as
    in DynamoDB. The adapter has no open file: every operation opens its own connection, so an instance can be shared by
    threads and sent to the workers of Spark.
    """

    def put(self, table: str, item: Mapping[str, Any]) -> None:
        """Create or replace one item."""
        self.put_all(table, (item,))

    def put_all(self, table: str, items: Iterable[Mapping[str, Any]]) -> int:
        """Create or replace many items, 5,000 per transaction, and return their number.

        No transaction is open while further items are produced, so a slow producer blocks nobody.
        """
        count = 0
        waiting = iter(items)
        with _table(table) as (connection, name):
            while rows := [_row(table, item) for item in islice(waiting, BATCH)]:
                with transaction(connection):
                    connection.executemany(UPSERT.format(name=name), rows)
                count += len(rows)
        return count

    def put_if_absent(self, table: str, item: Mapping[str, Any]) -> bool:
        """Create the item unless its key exists; return whether it was created."""
        with _table(table) as (connection, name):
            return connection.execute(f'INSERT OR IGNORE INTO {name} VALUES (?, ?, ?)', _row(table, item)).rowcount == 1

    def update(self, table: str, key: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
        """Set attributes of the item with that key; return whether it exists, and create none."""
        check_update(table, values)
        identity = full_key(table, key)
        with _table(table) as (connection, name), transaction(connection):
            before = _find(connection, name, _key(table, identity))
            if before is None:
                return False
            connection.execute(UPSERT.format(name=name), _row(table, {**before, **values}))
            return True

    def get(self, table: str, key: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return the item with that full key, or None."""
        identity = _key(table, full_key(table, key))
        with _table_to_read(table) as (connection, name):
            return _find(connection, name, identity)

    def query(self, table: str, partition_value: str) -> Iterator[dict[str, Any]]:
        """Yield every item of one partition key value in sort key order, from a snapshot at the first request."""
        with _table_to_read(table) as (connection, name):
            rows = connection.execute(
                f'SELECT item FROM {name} WHERE partition_key = ? ORDER BY sort_key', (partition_value,))
            yield from map(_item, rows)

    def scan(self, table: str) -> Iterator[dict[str, Any]]:
        """Yield every item of the table, from a snapshot at the first request."""
        with _table_to_read(table) as (connection, name):
            yield from map(_item, connection.execute(f'SELECT item FROM {name}'))


@contextmanager
def _table(address: str) -> Iterator[tuple[sqlite3.Connection, str]]:
    """Open the file of an address to change the table; return the connection and the quoted name of the table."""
    file, table = _file_and_table(address)
    with _failures_named(file, table), open_database(file) as connection:
        name = _identifier(table)
        connection.execute(
            f'CREATE TABLE IF NOT EXISTS {name} (partition_key TEXT NOT NULL, sort_key TEXT NOT NULL, '
            'item TEXT NOT NULL, PRIMARY KEY (partition_key, sort_key)) WITHOUT ROWID')
        yield connection, name


@contextmanager
def _table_to_read(address: str) -> Iterator[tuple[sqlite3.Connection, str]]:
    """Do so without changing the file; a missing table is an empty one of this connection."""
    file, table = _file_and_table(address)
    open_file = open_for_reading if os.path.exists(file) else open_database
    with _failures_named(file, table), open_file(file) as connection:
        found = connection.execute("SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = ?", (table,))
        if not found.fetchone()[0]:
            connection.execute(f'CREATE TEMP TABLE {_identifier(table)} (partition_key, sort_key, item)')
        yield connection, _identifier(table)


def _file_and_table(address: str) -> tuple[str, str]:
    key_schema(address)
    file, _, table = address.removeprefix(SCHEME).rpartition('#')
    if not address.startswith(f'{SCHEME}/') or not file:
        raise ItemStoreError(
            f"'{address}' is not the address of an item table; sqlite:///folder/lake.db#table was expected. Correct "
            'the table argument of the job.')
    return file, table


def _identifier(table: str) -> str:
    return '"' + table.replace('"', '""') + '"'


@contextmanager
def _failures_named(file: str, table: str) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        cause, remedy = sqlite_cause(error)
        raise ItemStoreError(f"The item table '{table}' in the file {file} cannot be used: {cause}. {remedy}."
                             ) from error


def _find(connection: sqlite3.Connection, name: str, identity: tuple[str, str]) -> dict[str, Any] | None:
    row = connection.execute(f'SELECT item FROM {name} WHERE partition_key = ? AND sort_key = ?', identity).fetchone()
    return _item(row) if row else None


def _key(table: str, item: Mapping[str, Any]) -> tuple[str, str]:
    values = key_values(table, item)
    return values[0], values[1] if len(values) == 2 else ''


def _row(table: str, item: Mapping[str, Any]) -> tuple[str, str, str]:
    return *_key(table, item), _json(storable(table, item))


def _item(row: tuple[str]) -> dict[str, Any]:
    return plain(json.loads(row[0], parse_float=Decimal))


def _json(value: Any) -> str:
    """Return JSON text with every digit; the standard encoder cannot write decimals."""
    try:
        return AS_JSON(value)
    except TypeError:
        return _exact_json(value)


def _exact_json(value: Any) -> str:
    if isinstance(value, Decimal):
        return str(plain({'': value})[''])
    if isinstance(value, dict):
        return '{' + ','.join(f'{json.dumps(name)}:{_json(member)}' for name, member in value.items()) + '}'
    if isinstance(value, list):
        return '[' + ','.join(map(_json, value)) + ']'
    return json.dumps(value, ensure_ascii=False)
