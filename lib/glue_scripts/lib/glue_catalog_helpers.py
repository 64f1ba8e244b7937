"""Catalog and naming helpers that jobs and users' own code build on."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import NullType, StringType

from lake_etl import runtime
from lake_etl.mapping.clean_names import clean_names, log_renamed
from lake_etl.mapping.recommendation import recommended_spec
from lake_etl.ports import Column, Publication, Table
from lake_etl.publish.load_files import catalog_columns
from lake_etl.publish.schema_evolution import change_is_allowed, evolved_columns, require_allowed_change
from lake_etl.publish.sweep import sweep_partition

RETENTION = timedelta(hours=72)


def table_exists(database: str, table: str) -> bool:
    """Tell whether the catalog has the table; names are matched without case."""
    return runtime.catalog().table(database.lower(), table.lower()) is not None


def create_database(name: str, uri: str, description: str | None = None) -> None:
    """Create the database at that location unless it exists."""
    runtime.catalog().create_database(name.lower(), uri, description)


def check_schema_change(existing: Sequence[Mapping[str, str]], new: Sequence[Mapping[str, str]], setting: str) -> bool:
    """Tell whether the columns `new` may replace `existing`, both as `[{Name, Type}]`, under `allow_schema_change`."""
    return change_is_allowed(_columns(existing), _columns(new), setting)


def upsert_catalog_table(df: DataFrame, target_database: str, table_name: str,
                         partition_keys: Sequence[Mapping[str, str] | str], storage_location: str,
                         database_description: str | None = None, table_description: str | None = None,
                         allow_schema_change: str = 'strict') -> None:
    """Create the table with the frame's columns, or change its columns where the setting allows; partitions stay.

    Partition keys are names or `{Name, Type}`. Raises SchemaChangeError when the change is not allowed.
    """
    catalog = runtime.catalog()
    database, name = target_database.lower(), table_name.lower()
    keys = tuple(Column(key, 'string') if isinstance(key, str) else Column(key['Name'], key.get('Type', 'string'))
                 for key in partition_keys)
    columns = catalog_columns(df.drop(*[key.name for key in keys]).schema)
    existing = catalog.table(database, name)
    require_allowed_change(existing, columns, keys, allow_schema_change)
    if existing:
        columns = evolved_columns(existing.columns, columns, allow_schema_change)
    database_location = storage_location.rstrip('/').rpartition('/')[0]
    catalog.create_database(database, database_location, database_description)
    location = existing.location if existing else storage_location.rstrip('/')
    catalog.publish(Publication(Table(database, name, columns, keys, location, table_description)))


def clear_partition(database: str, table: str, partition: Mapping[str, str], sc: Any = None) -> None:
    """Take a partition, given as `{key: value}`, out of the table; its files go after the retention period."""
    catalog = runtime.catalog()
    known = catalog.table(database.lower(), table.lower())
    if known is None:
        return
    values = tuple(str(partition[key.name]) for key in known.partition_keys)
    gone = [item for item in catalog.partitions(known.database, known.name) if item.values == values]
    if gone:
        catalog.publish(Publication(known, drop=(values,)))
        place = gone[0].location.partition('/lake_load=')[0]
        sweep_partition(runtime.files(place), place, (), (gone[0].location,), datetime.now(UTC), RETENTION)


def clean_column_names(df: DataFrame) -> tuple[DataFrame, list[dict[str, str]]]:
    """Return the frame with names the catalog accepts, and the mapping that was applied as `{sourcename, destname}`."""
    names = clean_names(df.columns)
    mapping = [{'sourcename': old, 'destname': new} for old, new in zip(df.columns, names, strict=True)]
    log_renamed(df.columns, names)
    return df.toDF(*names), mapping


def generate_spec(df: DataFrame, extension: str) -> dict[str, Any]:
    """Return a transformation specification to start from, by the frame's columns and the file's extension."""
    return recommended_spec([(field.name, field.dataType.simpleString()) for field in df.schema.fields], extension)


def put_s3_object(uri: str, data: str | bytes) -> None:
    """Create or replace the object, or file, at that address."""
    runtime.files(uri).write(uri, data.encode() if isinstance(data, str) else data)


def clean_nulltypes(df: DataFrame) -> DataFrame:
    """Return the frame with columns that have no type, because all their values are null, as text."""
    untyped = [field.name for field in df.schema.fields if isinstance(field.dataType, NullType)]
    return df.withColumns({name: F.lit(None).cast(StringType()) for name in untyped}) if untyped else df


def _columns(schema: Sequence[Mapping[str, str]]) -> list[Column]:
    return [Column(item['Name'], item['Type']) for item in schema]
