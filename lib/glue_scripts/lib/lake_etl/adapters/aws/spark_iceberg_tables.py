"""Merges rows into Iceberg tables of a Spark catalog with `MERGE INTO`, as on AWS Glue."""
from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import reduce
from typing import Any

from py4j.protocol import Py4JError, Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession

from lake_etl.errors import MergeConflict, PublicationError
from lake_etl.ports import TableState
from lake_etl.reasons.failure import reason_of
from lake_etl.spark.columns import quoted

LOG = logging.getLogger(__name__)
ICEBERG = {
    '': 'org.apache.iceberg.spark.SparkCatalog',
    '.catalog-impl': 'org.apache.iceberg.aws.glue.GlueCatalog',
    '.io-impl': 'org.apache.iceberg.aws.s3.S3FileIO',
}
CONFLICTS = ('ValidationException', 'CommitFailedException', 'AlreadyExistsException', 'TABLE_OR_VIEW_ALREADY_EXISTS',
             'ConcurrentModificationException')
CREATED = 'created'


class SparkIcebergTables:
    """The Iceberg tables of a catalog, named as in Spark SQL, such as glue_catalog, with their files below a folder.

    The catalog is configured as the AWS Glue Data Catalog unless the session already has settings for it.
    """

    def __init__(self, catalog: str, warehouse: str):
        self._catalog = catalog
        self._warehouse = warehouse

    def state(self, spark: SparkSession, database: str, name: str) -> TableState | None:
        """Return the table as it is now, or None when it does not exist."""
        self._configure(spark)
        table = self._name(database, name)
        if not spark.catalog.tableExists(table):
            return None
        spark.sql(f'REFRESH TABLE {table}')
        version, properties = self._current(spark, table)
        if version == CREATED:
            return TableState(version, spark.table(table))
        return TableState(version, spark.sql(f'SELECT * FROM {table} VERSION AS OF {version}'), properties)

    def merge(self, rows: DataFrame, database: str, name: str, key: str, version: str | None,
              properties: Mapping[str, str] | None = None) -> str:
        """Merge the rows in one commit and return the new version.

        Raises MergeConflict if the table is not at `version`, or if Iceberg detects another commit in between.
        """
        spark = rows.sparkSession
        self._configure(spark)
        table = self._name(database, name)
        found = self.state(spark, database, name)
        if (found.version if found else None) != version:
            raise _conflict(table)
        try:
            with self._properties_of_commits(spark, properties or {}):
                if found is None:
                    # Iceberg's own choice is the folder of the database, where there is one, and not the warehouse.
                    location = f'{self._warehouse}/{database.lower()}/{name.lower()}'
                    (rows.writeTo(table).using('iceberg').tableProperty('format-version', '2')
                     .tableProperty('location', location).create())
                else:
                    self._merge(rows, table, key, found.rows.columns)
        except (PySparkException, Py4JJavaError) as error:
            if any(conflict in str(error) for conflict in CONFLICTS):
                raise _conflict(table) from error
            raise PublicationError(f'{table} was not changed: Iceberg refuses the rows. '
                                   f'{reason_of(error)}') from error
        merged, _ = self._current(spark, table)
        LOG.info('Merged rows into %s, which is now at version %s.', table, merged)
        return merged

    def _merge(self, rows: DataFrame, table: str, key: str, columns: list[str]) -> None:
        spark = rows.sparkSession
        known = {name.lower() for name in columns}
        new = [field for field in rows.schema.fields if field.name.lower() not in known]
        if new:
            added = ', '.join(f'{quoted(field.name)} {field.dataType.simpleString()}' for field in new)
            spark.sql(f'ALTER TABLE {table} ADD COLUMNS ({added})')
        view = f'merged_{uuid.uuid4().hex}'
        rows.createOrReplaceTempView(view)
        try:
            spark.sql(merge_statement(table, view, key, rows.columns))
        finally:
            spark.catalog.dropTempView(view)

    def _configure(self, spark: SparkSession) -> None:
        prefix = f'spark.sql.catalog.{self._catalog}'
        if spark.conf.get(prefix, '') == '':
            for suffix, value in {**ICEBERG, '.warehouse': self._warehouse}.items():
                spark.conf.set(prefix + suffix, value)

    def _name(self, database: str, name: str) -> str:
        return f'{self._catalog}.{quoted(database.lower())}.{quoted(name.lower())}'

    def _current(self, spark: SparkSession, table: str) -> tuple[str, dict[str, str]]:
        """Return the id of the current snapshot and what its writer has said about it."""
        found = spark.sql(f"SELECT s.snapshot_id, s.summary FROM {table}.refs r JOIN {table}.snapshots s "
                          "ON s.snapshot_id = r.snapshot_id WHERE r.name = 'main'").collect()
        return (str(found[0][0]), dict(found[0][1] or {})) if found else (CREATED, {})

    @contextmanager
    def _properties_of_commits(self, spark: SparkSession, properties: Mapping[str, str]) -> Iterator[None]:
        """Let Iceberg write these properties into each snapshot that is made inside.

        A statement has no place for them, and Iceberg 1.10 no setting. Without Iceberg's class the merge goes on, and
        the history does not name its run.
        """
        package = str(spark.conf.get(f'spark.sql.catalog.{self._catalog}')).removesuffix('.spark.SparkCatalog')
        context: Any = reduce(getattr, f'{package}.EnvironmentContext'.split('.'), spark._jvm)
        try:
            for key, value in properties.items():
                context.put(key, value)
        except (TypeError, PySparkException, Py4JError):
            LOG.warning('The history of tables will not name this run: %s.EnvironmentContext is not there.', package)
            yield
            return
        try:
            yield
        finally:
            for key in properties:
                context.remove(key)


def merge_statement(table: str, source: str, key: str, columns: list[str]) -> str:
    """Return the statement that replaces rows with the same keys by the rows of `source`, and adds the others."""
    names = [quoted(name) for name in columns]
    updates = ', '.join(f't.{name} = s.{name}' for name in names)
    values = ', '.join(f's.{name}' for name in names)
    return (f'MERGE INTO {table} AS t USING {quoted(source)} AS s ON t.{quoted(key)} = s.{quoted(key)} '
            f'WHEN MATCHED THEN UPDATE SET {updates} '
            f'WHEN NOT MATCHED THEN INSERT ({", ".join(names)}) VALUES ({values})')


def _conflict(table: str) -> MergeConflict:
    return MergeConflict(f'{table} was changed by another execution in the meantime. Nothing was written to it; start '
                         'the job again.')
