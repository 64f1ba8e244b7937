"""Keeps item tables in a SQLite file, so that a laptop needs no DynamoDB."""
from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from itertools import islice
from typing import Any

from lake_etl.adapters.item_tables import check_update, full_key, key_of, key_values
from lake_etl.adapters.item_values import plain, storable
from lake_etl.adapters.local.database import opened, opened_for_reading, transaction
from lake_etl.errors import ItemStoreError
from lake_etl.reasons.sqlite_failure import sqlite_cause

SCHEME = 'sqlite://'
BATCH = 5_000
AS_JSON = json.JSONEncoder(ensure_ascii=False, separators=(',', ':')).encode
# An item that is there already, as tokens of an earlier load are, costs no write.
UPSERT = ('INSERT INTO {name} VALUES (?, ?, ?) ON CONFLICT (partition_key, sort_key) '
          'DO UPDATE SET item = excluded.item WHERE item <> excluded.item')


class SqliteItems:
    """Items at `sqlite:///folder/lake.db#table`; what stands before the last `#` is the file's path, taken literally.

    Each item table is a SQLite table of key and JSON text, made when it is first used; texts sort by their UTF-8
    bytes, as in DynamoDB. The adapter holds no open file: every operation opens its own connection, so one instance
    serves threads and travels to Spark workers.
    """

    def put(self, table: str, item: Mapping[str, Any]) -> None:
        """Create or replace one item."""
        self.put_all(table, (item,))

    def put_all(self, table: str, items: Iterable[Mapping[str, Any]]) -> int:
        """Create or replace many items, 5,000 in a transaction, and return how many were given.

        No transaction is open while the next items are being produced, so a slow producer blocks nobody.
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

    def update(self, table: str, key: Mapping[str, Any], values: Mapping[str, Any]) -> None:
        """Set attributes of the item with that key, creating it when absent."""
        check_update(table, values)
        identity = full_key(table, key)
        with _table(table) as (connection, name), transaction(connection):
            before = _find(connection, name, _key(table, identity))
            row = _row(table, {**(before or {}), **identity, **values})
            connection.execute(f'INSERT OR REPLACE INTO {name} VALUES (?, ?, ?)', row)

    def get(self, table: str, key: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return the item with that full key, or None."""
        identity = _key(table, full_key(table, key))
        with _table_to_read(table) as (connection, name):
            return _find(connection, name, identity)

    def query(self, table: str, partition_value: str) -> Iterator[dict[str, Any]]:
        """Yield every item of one partition key value in sort key order, as they were when the first was asked for."""
        with _table_to_read(table) as (connection, name):
            rows = connection.execute(
                f'SELECT item FROM {name} WHERE partition_key = ? ORDER BY sort_key', (partition_value,))
            yield from map(_item, rows)

    def scan(self, table: str) -> Iterator[dict[str, Any]]:
        """Yield every item of the table, as they were when the first was asked for."""
        with _table_to_read(table) as (connection, name):
            yield from map(_item, connection.execute(f'SELECT item FROM {name}'))


@contextmanager
def _table(address: str) -> Iterator[tuple[sqlite3.Connection, str]]:
    """Open the file of an address to change the table; give the connection and the table's name as SQL text."""
    file, table = _file_and_table(address)
    with _failures_named(file, table), opened(file) as connection:
        name = _identifier(table)
        connection.execute(
            f'CREATE TABLE IF NOT EXISTS {name} (partition_key TEXT NOT NULL, sort_key TEXT NOT NULL, '
            'item TEXT NOT NULL, PRIMARY KEY (partition_key, sort_key)) WITHOUT ROWID')
        yield connection, name


@contextmanager
def _table_to_read(address: str) -> Iterator[tuple[sqlite3.Connection, str]]:
    """Do so without changing anything: a table that does not exist yet is an empty one of this connection."""
    file, table = _file_and_table(address)
    open_file = opened_for_reading if os.path.exists(file) else opened
    with _failures_named(file, table), open_file(file) as connection:
        found = connection.execute("SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = ?", (table,))
        if not found.fetchone()[0]:
            connection.execute(f'CREATE TEMP TABLE {_identifier(table)} (partition_key, sort_key, item)')
        yield connection, _identifier(table)


def _file_and_table(address: str) -> tuple[str, str]:
    key_of(address)
    file, _, table = address.removeprefix(SCHEME).rpartition('#')
    if not address.startswith(f'{SCHEME}/') or not file:
        raise ItemStoreError(
            f"'{address}' is no address of an item table; sqlite:///folder/lake.db#table was expected. Correct the "
            'table argument of the job.')
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
    """Return JSON text that keeps every digit; the standard encoder cannot write decimals."""
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
