"""Reads columns and files of the Iceberg tables in a laptop's catalog, without Spark."""
from __future__ import annotations

import json
import re
import sqlite3
from pathlib import Path
from types import MappingProxyType
from typing import Any

from lake_etl.adapters.local.lake_paths import LakePaths, connection_paths
from lake_etl.errors import LakeError
from lake_etl.ports import Column, Table

METADATA, ROOT, FORMER = 'metadata_location', 'lake_root', 'lake_former_roots'
# Types with other names in the catalog.
TYPES = MappingProxyType({'long': 'bigint', 'timestamptz': 'timestamp', 'timestamp': 'timestamp_ntz', 'uuid': 'string',
                          'time': 'string', 'fixed': 'binary'})


def read_iceberg_tables(connection: sqlite3.Connection) -> tuple[Table, ...]:
    """Return the Iceberg tables in the snapshot of the connection, ordered by database and name."""
    paths = connection_paths(connection)
    return tuple(_table(paths, *row) for row in _rows(connection))


def iceberg_table_names(connection: sqlite3.Connection) -> set[tuple[str, str]]:
    """Return the database and name of each Iceberg table."""
    return {(database, name) for database, name, _ in _rows(connection)}


def _rows(connection: sqlite3.Connection) -> list[tuple[str, str, str]]:
    made = connection.execute("SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'iceberg_tables'")
    if not made.fetchone()[0]:
        return []
    return list(connection.execute('SELECT table_namespace, table_name, metadata_location FROM iceberg_tables '
                                   'ORDER BY table_namespace, table_name'))


def is_iceberg(table: Table) -> bool:
    """Tell whether a table is an Iceberg table."""
    return METADATA in table.parameters


def iceberg_files(table: Table) -> list[str]:
    """Return the full paths of the Parquet files that make up the table."""
    # These take long to load, and most queries do not need them.
    from pyiceberg.table import StaticTable

    from lake_etl.adapters.local.lake_file_io import io_properties
    paths = LakePaths(table.parameters[ROOT], tuple(json.loads(table.parameters[FORMER])))
    found = StaticTable.from_metadata(table.parameters[METADATA], io_properties(paths)).scan().plan_files()
    return sorted(paths.iceberg_path(task.file.file_path) for task in found)


def _table(paths: LakePaths, database: str, name: str, metadata_location: str) -> Table:
    """Return a table with its metadata location as parameter; raises LakeError if the metadata cannot be read."""
    file = paths.iceberg_path(metadata_location)
    try:
        metadata = json.loads(Path(file).read_text(encoding='utf-8'))
    except (OSError, ValueError) as error:
        raise LakeError(f'The Iceberg table {database}.{name} cannot be read: its metadata {file} is missing or '
                        'damaged. Restore the file from a backup of the lake.') from error
    schema = next(item for item in metadata['schemas'] if item['schema-id'] == metadata['current-schema-id'])
    columns = tuple(Column(field['name'].lower(), catalog_type(field['type'])) for field in schema['fields'])
    parameters = {METADATA: file, ROOT: paths.root, FORMER: json.dumps(paths.former)}
    return Table(database, name, columns, (), paths.iceberg_path(metadata['location']), 'Iceberg table', parameters)


def catalog_type(kind: Any) -> str:
    """Return a type of Iceberg's metadata in the syntax of the catalog."""
    if isinstance(kind, str):
        name = re.sub(r'\[\d+\]', '', kind).replace(' ', '')
        return TYPES.get(name, name)
    if kind['type'] == 'list':
        return f'array<{catalog_type(kind["element"])}>'
    if kind['type'] == 'map':
        return f'map<{catalog_type(kind["key"])},{catalog_type(kind["value"])}>'
    members = (f'{field["name"]}:{catalog_type(field["type"])}' for field in kind['fields'])
    return f'struct<{",".join(members)}>'
