"""Reads the history of an Iceberg table with PyIceberg, and prepares a switch of the table to another snapshot."""
from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime

from pyiceberg.manifest import DataFile
from pyiceberg.schema import Schema
from pyiceberg.table import Table, Transaction
from pyiceberg.table import snapshots as iceberg
from pyiceberg.table.name_mapping import create_mapping_from_schema
from pyiceberg.table.update import SetCurrentSchemaUpdate
from pyiceberg.table.update.snapshot import ManageSnapshots

from lake_etl.adapters.local.iceberg_tables import catalog_type
from lake_etl.errors import LakeError, PublicationConflict
from lake_etl.ports import Column, FileEntry
from lake_etl.snapshots import Snapshot, SnapshotSwitch, SnapshotTable

NAME_MAPPING = 'schema.name-mapping.default'
ROWS = 'total-records'


def snapshot_table(table: Table) -> SnapshotTable:
    """Return the table with its history, as its metadata tells it."""
    metadata = table.metadata
    database, name = (part.lower() for part in table.name())
    schemas = {schema.schema_id: _columns(schema) for schema in metadata.schemas}
    current = _columns(metadata.schema())
    snapshots = {str(item.snapshot_id): _snapshot(item, schemas.get(item.schema_id or 0, current))
                 for item in metadata.snapshots}
    log = tuple((_time(entry.timestamp_ms), str(entry.snapshot_id)) for entry in metadata.snapshot_log)
    now = metadata.current_snapshot_id
    return SnapshotTable(database, name, metadata.location, current, snapshots, log, None if now is None else str(now),
                         dict(metadata.properties))


def snapshot_files(table: Table, snapshot: str) -> tuple[FileEntry, ...]:
    """Return the Parquet files of a snapshot with the paths that the metadata has.

    Raises LakeError when the snapshot or its records are gone, or when it has files of deleted rows.
    """
    return tuple(FileEntry(file.file_path, file.file_size_in_bytes, _time(0)) for file in data_files(table, snapshot))


def data_files(table: Table, snapshot: str) -> list[DataFile]:
    """Return the files of a snapshot as Iceberg describes them; raises LakeError as `snapshot_files` does."""
    name = '.'.join(table.name())
    try:
        tasks = list(table.scan(snapshot_id=int(snapshot)).plan_files())
    except (OSError, ValueError) as error:
        raise LakeError(f'Snapshot {snapshot} of {name} is gone: it has expired, or files of its metadata were '
                        'removed. Readers see what they saw before. Load the files of that time again.') from error
    if any(task.delete_files for task in tasks):
        raise LakeError(f'Snapshot {snapshot} of {name} has delete files, which another program has written. Nothing '
                        'was changed. Rewrite the table without them.')
    return [task.file for task in tasks]


def prepared_switch(table: Table, switch: SnapshotSwitch, done: Iterable[SnapshotSwitch] = ()) -> Transaction:
    """Return the changes of the table's metadata that carry out a switch, not committed; a new snapshot is written.

    The schema goes with the snapshot, and with it the names by which files without field ids are read. Raises
    PublicationConflict when the table is not at the expected snapshot.
    """
    metadata = table.metadata
    if (None if metadata.current_snapshot_id is None else str(metadata.current_snapshot_id)) != switch.expected:
        raise conflict(switch, done)
    transaction = Transaction(table)
    if switch.target is None:
        with transaction.update_snapshot(snapshot_properties=dict(switch.summary)).overwrite() as emptied:
            for file in data_files(table, str(switch.expected)):
                emptied.delete_data_file(file)
    else:
        _stage_reference(transaction, table, int(switch.target))
    transaction.set_properties(dict(switch.properties))
    return transaction


def conflict(switch: SnapshotSwitch, done: Iterable[SnapshotSwitch] = ()) -> PublicationConflict:
    """Return the error for a table that another program has changed, after the switches that are done."""
    others = ''.join(f' {item.database}.{item.name} had been switched before.' for item in done)
    return PublicationConflict(f'{switch.database}.{switch.name} was changed by another program in the meantime. It '
                               f'was not switched.{others} Look at its history, then run the command again.')


def _stage_reference(transaction: Transaction, table: Table, target: int) -> None:
    found = table.metadata.snapshot_by_id(target)
    schema = table.metadata.schema_by_id(found.schema_id) if found and found.schema_id is not None else None
    ManageSnapshots(transaction).set_current_snapshot(snapshot_id=target)
    if schema is not None and schema.schema_id != table.metadata.current_schema_id:
        transaction._stage((SetCurrentSchemaUpdate.model_validate({'schema-id': schema.schema_id}),))
        if NAME_MAPPING in table.metadata.properties:
            transaction.set_properties({NAME_MAPPING: create_mapping_from_schema(schema).model_dump_json()})


def _snapshot(found: iceberg.Snapshot, columns: tuple[Column, ...]) -> Snapshot:
    summary = dict(found.summary.additional_properties) if found.summary else {}
    rows, parent = summary.get(ROWS, ''), found.parent_snapshot_id
    return Snapshot(str(found.snapshot_id), _time(found.timestamp_ms), None if parent is None else str(parent),
                    found.sequence_number == 1, columns, int(rows) if rows.isdigit() else None, summary)


def _columns(schema: Schema) -> tuple[Column, ...]:
    fields = json.loads(schema.model_dump_json())['fields']
    return tuple(Column(field['name'].lower(), catalog_type(field['type'])) for field in fields)


def _time(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
