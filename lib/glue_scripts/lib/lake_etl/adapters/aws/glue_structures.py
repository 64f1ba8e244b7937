"""Translates tables and partitions to and from the structures of the AWS Glue Data Catalog."""
from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from lake_etl.adapters.publication import folder, merged_table
from lake_etl.arguments import OWNER
from lake_etl.ports import Column, Partition, Table

# https://docs.aws.amazon.com/glue/latest/webapi/API_StorageDescriptor.html; classes of Hive's Parquet support
INPUT_FORMAT = 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat'
OUTPUT_FORMAT = 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat'
SERIALIZATION_LIBRARY = 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe'
TABLE_TYPE = 'EXTERNAL_TABLE'
PARAMETERS = {'classification': 'parquet', 'EXTERNAL': 'TRUE'}
Structure = Mapping[str, Any]


def table_from_glue(found: Structure) -> Table:
    """Return the table of a GetTable response."""
    storage = found.get('StorageDescriptor', {})
    return Table(found['DatabaseName'].lower(), found['Name'].lower(), _columns_from_glue(storage.get('Columns', ())),
                 _columns_from_glue(found.get('PartitionKeys', ())), folder(storage.get('Location', '')),
                 found.get('Description'), dict(found.get('Parameters', {})))


def partition_from_glue(found: Structure) -> Partition:
    """Return a partition of a GetPartitions response."""
    storage = found.get('StorageDescriptor', {})
    return Partition(tuple(found['Values']), folder(storage.get('Location', '')),
                     _columns_from_glue(storage.get('Columns', ())), dict(found.get('Parameters', {})))


def is_parquet_table(found: Structure) -> bool:
    """Tell whether a GetTable response is a table of files, not a view or an Iceberg table."""
    parameters = {key.lower(): value.lower() for key, value in found.get('Parameters', {}).items()}
    return found.get('TableType') != 'VIRTUAL_VIEW' and 'table_type' not in parameters


def table_input(new: Table, existing: Structure | None, members: Collection[str]) -> dict[str, Any]:
    """Return the TableInput for the new table, which keeps everything that the new table does not set.

    members  names that a TableInput may have; a GetTable response has more, which Glue does not accept
    """
    kept = as_input(existing or {}, members)
    table = merged_table(table_from_glue(existing) if existing else None, new)
    storage = kept.get('StorageDescriptor', {})
    description = {} if table.description is None else {'Description': table.description}
    if OWNER in table.parameters:
        kept.pop('Owner', None)
    owner = {'Owner': table.parameters[OWNER]} if table.parameters.get(OWNER) else {}
    return {
        **kept, **description, **owner,
        'Name': table.name,
        'TableType': TABLE_TYPE,
        'Parameters': {**table.parameters, **PARAMETERS},
        'PartitionKeys': _columns(table.partition_keys, kept.get('PartitionKeys', ())),
        'StorageDescriptor': _storage(table.location, _columns(table.columns, storage.get('Columns', ())), storage),
    }


def partition_input(partition: Partition) -> dict[str, Any]:
    """Return the PartitionInput of a partition."""
    return {
        'Values': list(partition.values),
        'Parameters': dict(partition.parameters),
        'StorageDescriptor': _storage(partition.location, _columns(partition.columns, ()), {}),
    }


def as_input(found: Structure, members: Collection[str]) -> dict[str, Any]:
    """Return the part of a response that may be sent back to the catalog."""
    return {name: value for name, value in found.items() if name in members}


def _storage(location: str, columns: list[dict[str, Any]], existing: Structure) -> dict[str, Any]:
    return {
        **existing,
        'Columns': columns,
        'Location': folder(location),
        'InputFormat': INPUT_FORMAT,
        'OutputFormat': OUTPUT_FORMAT,
        'SerdeInfo': {'Parameters': {'serialization.format': '1'}, **existing.get('SerdeInfo', {}),
                      'SerializationLibrary': SERIALIZATION_LIBRARY},
    }


def _columns(columns: Iterable[Column], existing: Iterable[Structure]) -> list[dict[str, Any]]:
    known = {column['Name'].lower(): column for column in existing}
    return [{**known.get(column.name.lower(), {}), 'Name': column.name.lower(), 'Type': column.type,
             **({'Comment': column.comment} if column.comment else {})} for column in columns]


def _columns_from_glue(found: Iterable[Structure]) -> tuple[Column, ...]:
    return tuple(Column(column['Name'].lower(), column.get('Type', ''), column.get('Comment', '')) for column in found)
