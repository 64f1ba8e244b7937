"""Catalog and naming helpers that jobs and users' own code build on."""
from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import NullType, StringType

from lake_etl import runtime
from lake_etl.errors import DataError, LakeError
from lake_etl.mapping.recommendation import recommended_spec
from lake_etl.ports import Cause, Column, Partition, Publication, Table
from lake_etl.publish.load_files import catalog_columns
from lake_etl.publish.schema_evolution import change_is_allowed, evolved_columns, require_allowed_change, same_partition
from lake_etl.publish.sweep import sweep_partition
from lake_etl.publish.undo import new_run
from lake_etl.syntax.clean_names import clean_names, log_renamed

RETENTION = timedelta(hours=72)


def table_exists(target_database: str, table_name: str) -> dict[str, Any] | None:
    """Return the description of a table, view or Iceberg table, or None; names are matched without case.

    The description is what AWS Glue's GetTable answers: `{'Table': {'Name': …, 'StorageDescriptor': …}}`.
    """
    described = runtime.catalog().described(target_database.lower(), table_name.lower())
    return None if described is None else {'Table': described}


def create_database(database_name: str, database_uri: str, database_description: str | None = None) -> None:
    """Create the database at that location unless it exists."""
    runtime.catalog().create_database(database_name.lower(), database_uri, database_description)


class GlueCatalogDecimal:
    """The precision and scale of a decimal type such as `decimal(16,2)`; raises LakeError for any other text."""

    def __init__(self, decimalstring: str):
        found = re.match(r'decimal\((\d+),(\d+)\)', decimalstring)
        if found is None:
            raise LakeError(f"'{decimalstring}' is not a decimal type; expected one such as decimal(16,2).")
        self.precision, self.scale = int(found[1]), int(found[2])

    def __gt__(self, other: GlueCatalogDecimal) -> bool:
        """Tell whether it is larger in precision or scale, and smaller in neither."""
        ours, theirs = (self.precision, self.scale), (other.precision, other.scale)
        return ours != theirs and all(one >= another for one, another in zip(ours, theirs, strict=True))


def check_schema_change(existing_schema: Sequence[Mapping[str, str]], new_schema: Sequence[Mapping[str, str]],
                        allow_schema_change: str) -> bool:
    """Tell whether the new columns may replace the existing ones, both as `[{Name, Type}]`, under that setting."""
    return change_is_allowed(_columns(existing_schema), _columns(new_schema), allow_schema_change)


def upsert_catalog_table(df: DataFrame, target_database: str, table_name: str,
                         partition_keys: Iterable[Mapping[str, str] | str], storage_location: str,
                         database_description: str | None = None, table_description: str | None = None,
                         allow_schema_change: str = 'strict') -> None:
    """Create the table with the frame's columns, or change its columns where the setting allows; partitions stay.

    Partition keys are names, whose types the frame tells, or `{Name, Type}`. An existing table takes the new location;
    its partitions stay where they are. Raises DataError when the frame lacks a partition key, and SchemaChangeError
    when the change is not allowed.
    """
    catalog = runtime.catalog()
    database, name = target_database.lower(), table_name.lower()
    keys = _partition_keys(df, partition_keys, f'{database}.{name}')
    names = {key.name for key in keys}
    columns = tuple(replace(column, comment=str(field.metadata.get('comment', '')))
                    for column, field in zip(catalog_columns(df.schema), df.schema.fields, strict=True)
                    if column.name not in names)
    existing = catalog.table(database, name)
    require_allowed_change(existing, columns, keys, allow_schema_change)
    if existing:
        columns = evolved_columns(existing.columns, columns, allow_schema_change)
    location = storage_location.rstrip('/')
    catalog.create_database(database, location.rpartition('/')[0], database_description)
    catalog.publish(Publication(Table(database, name, columns, keys, location, table_description)))


def clear_partition(database_name: str, table_name: str, partition: Mapping[str, Any], sc: Any = None) -> None:
    """Take partitions, given as `{key: value}`, out of the table; their files go after the retention period.

    With only some of the keys, every partition that has these values goes. Raises DataError for a name that is not a
    partition key, and when no key is given.
    """
    catalog = runtime.catalog()
    known = catalog.table(database_name.lower(), table_name.lower())
    if known is None:
        return
    given = {name.lower(): str(value) for name, value in partition.items()}
    names = [key.name for key in known.partition_keys]
    if not given or not given.keys() <= set(names):
        raise DataError(f'clear_partition got the keys {", ".join(given) or "none"} for {known.database}.{known.name}; '
                        f'expected some of its partition keys {", ".join(names)}. Nothing was cleared.')
    gone = [item for item in catalog.partitions(known.database, known.name)
            if _has_values(item, known.partition_keys, given)]
    if gone:
        catalog.publish(Publication(known, drop=tuple(item.values for item in gone),
                                    cause=Cause('clear', new_run('clear'))))
    for item in gone:
        place = item.location.partition('/lake_load=')[0]
        sweep_partition(runtime.files(place), place, (), (item.location,), datetime.now(UTC), RETENTION)


def clean_column_names(df: DataFrame) -> tuple[DataFrame, list[dict[str, str]]]:
    """Return the frame with names the catalog accepts, and the mapping that was applied as `{sourcename, destname}`."""
    names = clean_names(df.columns)
    mapping = [{'sourcename': old, 'destname': new} for old, new in zip(df.columns, names, strict=True)]
    log_renamed(df.columns, names)
    return df.toDF(*names), mapping


def generate_spec(df: DataFrame, input_file_extension: str) -> dict[str, Any]:
    """Return a transformation specification to start from, by the frame's columns and the file's extension."""
    return recommended_spec([(field.name, field.dataType.simpleString()) for field in df.schema.fields],
                            input_file_extension)


def put_s3_object(uri: str, data: Any) -> None:
    """Create or replace the object, or file, at that address.

    A list of dictionaries is written as CSV under all their keys; bytes as they are; anything else as its text.
    """
    if isinstance(data, list) and all(isinstance(row, Mapping) for row in data):
        data = _csv(data)
    runtime.files(uri).write(uri, data if isinstance(data, bytes) else str(data).encode())


def clean_nulltypes(df: DataFrame) -> DataFrame:
    """Return the frame with columns that have no type, because all their values are null, as text."""
    untyped = [field.name for field in df.schema.fields if isinstance(field.dataType, NullType)]
    return df.withColumns({name: F.lit(None).cast(StringType()) for name in untyped}) if untyped else df


def _columns(schema: Sequence[Mapping[str, str]]) -> list[Column]:
    return [Column(item['Name'], item['Type']) for item in schema]


def _partition_keys(df: DataFrame, keys: Iterable[Mapping[str, str] | str], table: str) -> tuple[Column, ...]:
    types = {column.name: column.type for column in catalog_columns(df.schema)}
    given = [(key, None) if isinstance(key, str) else (key['Name'], key.get('Type')) for key in keys]
    missing = [name for name, _ in given if name.lower() not in types]
    if missing:
        raise DataError(f'The rows for {table} have no column {", ".join(missing)}, which it is partitioned by. They '
                        f'have: {", ".join(types)}. The catalog was not changed; add the column, or give other keys.')
    return tuple(Column(name.lower(), kind or types[name.lower()]) for name, kind in given)


def _has_values(partition: Partition, keys: Sequence[Column], given: Mapping[str, str]) -> bool:
    wanted = [given.get(key.name, value) for key, value in zip(keys, partition.values, strict=True)]
    return same_partition(partition.values, wanted, keys)


def _csv(rows: Sequence[Mapping[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(dict.fromkeys(name for row in rows for name in row)))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
