"""Merges rows into Iceberg tables on a laptop: Spark reads and writes the files, PyIceberg commits them."""
from __future__ import annotations

import json
import logging
import re
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import unquote, urlparse

import pyarrow as pa
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.exceptions import CommitFailedException, NoSuchTableError, TableAlreadyExistsError
from pyiceberg.io.pyarrow import parquet_files_to_data_files
from pyiceberg.manifest import DataFile
from pyiceberg.table import Table, Transaction
from pyiceberg.table.name_mapping import create_mapping_from_schema
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.types import ByteType, ShortType, StructType

from lake_etl.adapters.iceberg_snapshots import NAME_MAPPING
from lake_etl.adapters.local.catalog_types import parse_type
from lake_etl.adapters.local.folder_files import FolderFiles
from lake_etl.adapters.local.iceberg_catalog import iceberg_catalog
from lake_etl.adapters.local.iceberg_tables import catalog_type
from lake_etl.adapters.local.lake_file_io import paths_from_properties
from lake_etl.adapters.local.lake_paths import LakePaths
from lake_etl.adapters.local.spark_types import spark_type
from lake_etl.errors import MergeConflict, PublicationError
from lake_etl.ports import TableState
from lake_etl.spark.columns import column, literal_path, quoted
from lake_etl.spark.session import microsecond_times

LOG = logging.getLogger(__name__)
# A retry of the library would commit rows that were matched to an older version.
PROPERTIES = {'format-version': '2', 'commit.retry.num-retries': '0'}
CREATED = 'created'


class PyIcebergTables:
    """The tables of the catalog at an address `sqlite:///folder/lake.db`, with their files below a folder.

    A merge rewrites only the files in which it replaces rows. Its cost on the driver depends on the number of files,
    not of rows.
    """

    def __init__(self, address: str, warehouse: str):
        self._address = address
        self._warehouse = warehouse

    def state(self, spark: SparkSession, database: str, name: str) -> TableState | None:
        """Return the table as it is now, or None when it does not exist."""
        with iceberg_catalog(self._address, self._warehouse) as catalog:
            table = _load(catalog, database, name)
            if table is None:
                return None
            return TableState(_version(table), _rows(spark, table, _files(table)), _properties(table))

    def merge(self, rows: DataFrame, database: str, name: str, key: str, version: str | None,
              properties: Mapping[str, str] | None = None) -> str:
        """Write the rows to new files, add them to the table in one commit, and return the new version.

        Raises MergeConflict if the table is not at `version`, PublicationError for types that Iceberg does not have.
        """
        with iceberg_catalog(self._address, self._warehouse) as catalog:
            table = _load(catalog, database, name)
            if (None if table is None else _version(table)) != version:
                raise _conflict(database, name)
            paths = paths_from_properties(catalog.properties)
            folder = paths.stored(f'{self._warehouse}/{database.lower()}/{name.lower()}')
            try:
                given = dict(properties or {})
                merged = (_create(catalog, rows, database, name, folder, given) if table is None
                          else _replace(table, rows, key, given))
            except (CommitFailedException, TableAlreadyExistsError) as error:
                raise _conflict(database, name) from error
        LOG.info('Merged rows into %s.%s, which is now at version %s.', database.lower(), name.lower(), merged)
        return merged


def _load(catalog: SqlCatalog, database: str, name: str) -> Table | None:
    try:
        return catalog.load_table((database.lower(), name.lower()))
    except NoSuchTableError:
        return None


def _version(table: Table) -> str:
    snapshot = table.current_snapshot()
    return str(snapshot.snapshot_id) if snapshot else CREATED


def _properties(table: Table) -> dict[str, str]:
    snapshot = table.current_snapshot()
    return dict(snapshot.summary.additional_properties) if snapshot and snapshot.summary else {}


def _conflict(database: str, name: str) -> MergeConflict:
    return MergeConflict(f'{database.lower()}.{name.lower()} was changed by another execution in the meantime. Nothing '
                         'was written to it; start the job again.')


def _files(table: Table) -> list[DataFile]:
    tasks = list(table.scan().plan_files())
    if any(task.delete_files for task in tasks):
        raise PublicationError(f'{".".join(table.name())} has delete files, which another program has written. Nothing '
                               'was changed. Rewrite the table without them.')
    return [task.file for task in tasks]


def _rows(spark: SparkSession, table: Table, files: Sequence[DataFile]) -> DataFrame:
    columns = json.loads(table.schema().model_dump_json())['fields']
    schema = ', '.join(f'{quoted(field["name"])} {spark_type(parse_type(catalog_type(field["type"])))}'
                       for field in columns)
    if not files:
        return spark.createDataFrame([], schema)
    return spark.read.schema(schema).parquet(*(literal_path(_path(table, file)) for file in files))


def _path(table: Table, file: DataFile) -> str:
    """Return the full path of a file, whose path in the metadata may be relative to the lake."""
    return paths_from_properties(table.io.properties).iceberg_path(file.file_path)


def _create(catalog: SqlCatalog, rows: DataFrame, database: str, name: str, folder: str,
            properties: dict[str, str]) -> str:
    """Create the table with its first rows in one commit."""
    rows = _with_iceberg_types(rows)
    catalog.create_namespace_if_not_exists(database.lower())
    written = _write(rows, folder, paths_from_properties(catalog.properties))
    with catalog.create_table_transaction(
            (database.lower(), name.lower()), _arrow_schema(rows.schema), folder, properties=PROPERTIES) as transaction:
        mapping = create_mapping_from_schema(transaction.table_metadata.schema()).model_dump_json()
        transaction.set_properties({NAME_MAPPING: mapping})
        _commit(transaction, (), written, properties)
    return _version(catalog.load_table((database.lower(), name.lower())))


def _replace(table: Table, rows: DataFrame, key: str, properties: dict[str, str]) -> str:
    """Rewrite the files with rows that have one of the keys, and add new rows."""
    spark, rows = rows.sparkSession, _with_iceberg_types(rows)
    files = {_path(table, file): file for file in _files(table)}
    keys = rows.select(key)
    touched = _touched(_rows(spark, table, list(files.values())), keys, key) if files else []
    replaced = [files[path] for path in touched]
    if replaced:
        unchanged = _rows(spark, table, replaced).join(keys, key, 'left_anti')
        rows = unchanged.unionByName(rows, allowMissingColumns=True)
    written = _write(rows, table.location(), paths_from_properties(table.io.properties))
    with table.transaction() as transaction:
        _add_columns(transaction, rows.schema)
        _commit(transaction, replaced, written, properties)
    return _version(table.refresh())


def _touched(current: DataFrame, keys: DataFrame, key: str) -> list[str]:
    """Return the paths of the files with a row that has one of the keys; this collects at most one row per file."""
    found = current.select(column(key), F.input_file_name().alias('file')).join(keys, key, 'left_semi')
    return sorted(unquote(urlparse(row.file).path) for row in found.select('file').distinct().collect())


def _write(rows: DataFrame, folder: str, paths: LakePaths) -> list[str]:
    """Write the rows to new files in the table's folder and return their paths for the metadata."""
    target = Path(paths.iceberg_path(folder)) / 'data' / uuid.uuid4().hex
    FolderFiles().make_parents(str(target))
    with microsecond_times(rows.sparkSession):
        rows.write.mode('errorifexists').parquet(str(target))
    return sorted(paths.stored(str(path)) for path in target.glob('*.parquet') if not path.name.startswith(('_', '.')))


def _commit(transaction: Transaction, removed: Sequence[DataFile], written: Sequence[str],
            properties: dict[str, str]) -> None:
    with transaction.update_snapshot(snapshot_properties=properties).overwrite() as snapshot:
        for file in removed:
            snapshot.delete_data_file(file)
        for file in parquet_files_to_data_files(transaction._table.io, transaction.table_metadata, iter(written)):
            snapshot.append_data_file(file)


def _add_columns(transaction: Transaction, schema: StructType) -> None:
    known = {field.name.lower() for field in transaction.table_metadata.schema().fields}
    new = StructType([field for field in schema.fields if field.name.lower() not in known])
    if new.fields:
        with transaction.update_schema() as update:
            update.union_by_name(_arrow_schema(new))
        mapping = create_mapping_from_schema(transaction.table_metadata.schema()).model_dump_json()
        transaction.set_properties({NAME_MAPPING: mapping})


def _with_iceberg_types(rows: DataFrame) -> DataFrame:
    """Return the rows with small integers as int, the smallest integer type of Iceberg."""
    small = {field.name: column(field.name).cast('int') for field in rows.schema.fields
             if isinstance(field.dataType, (ByteType, ShortType))}
    return rows.withColumns(small) if small else rows


def _arrow_schema(schema: StructType) -> pa.Schema:
    """Return the schema with nullable columns everywhere, as in Spark's files."""
    text = re.sub(r'"(nullable|containsNull|valueContainsNull)":false', r'"\1":true', schema.json())
    return to_arrow_schema(StructType.fromJson(json.loads(text)))
