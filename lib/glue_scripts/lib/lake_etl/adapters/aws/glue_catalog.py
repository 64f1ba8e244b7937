"""Keeps the lake's catalog in the AWS Glue Data Catalog, which Spark, Athena and Redshift Spectrum read."""
from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from lake_etl.adapters.aws.clients import open_client
from lake_etl.adapters.aws.glue_history import read_history
from lake_etl.adapters.aws.glue_partitions import EXISTS, MISSING, call_failure
from lake_etl.adapters.aws.glue_structures import is_parquet_table, partition_from_glue, table_from_glue
from lake_etl.adapters.aws.glue_switch import GlueSwitch
from lake_etl.adapters.publication import folder, table_name
from lake_etl.errors import LakeError
from lake_etl.ports import Partition, Publication, Table, TableChange

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

LOG = logging.getLogger(__name__)


class GlueCatalog:
    """The Data Catalog of the account and region of boto3, or of a given Glue client.

    Views and Iceberg tables in it are not listed as tables. Every method raises LakeError if Glue refuses.
    """

    def __init__(self, client: Any = None):
        self._client = client or open_client('glue')

    def create_database(self, name: str, location: str, description: str | None = None) -> None:
        """Create the database unless it exists; an existing one is left as it is."""
        content = {'Name': name.lower(), 'LocationUri': folder(location)}
        if description is not None:
            content['Description'] = description
        with _explained(f'create database {name.lower()}', EXISTS):
            self._client.create_database(DatabaseInput=content)

    def table(self, database: str, name: str) -> Table | None:
        """Return the table, or None when table or database do not exist."""
        found = self.described(database, name)
        return table_from_glue(found) if found is not None and is_parquet_table(found) else None

    def described(self, database: str, name: str) -> dict[str, Any] | None:
        """Return a table, view or Iceberg table as AWS Glue's GetTable describes it, or None when there is none."""
        with _explained(f'read table {database}.{name}', MISSING):
            found: dict[str, Any] = self._client.get_table(DatabaseName=database.lower(), Name=name.lower())['Table']
            return found
        return None

    def tables(self, database: str | None = None) -> Iterator[Table]:
        """Yield the tables of one database, or of all, ordered by database and name."""
        for name in self._databases() if database is None else [database.lower()]:
            with _explained(f'list the tables of database {name}', MISSING):
                pages = self._client.get_paginator('get_tables').paginate(DatabaseName=name)
                found = [table for page in pages for table in page['TableList']]
                yield from sorted(map(table_from_glue, filter(is_parquet_table, found)), key=lambda table: table.name)

    def partitions(self, database: str, name: str) -> tuple[Partition, ...]:
        """Return the table's partitions ordered by value; empty when there is no such table."""
        with _explained(f'list the partitions of {database}.{name}', MISSING):
            pages = self._client.get_paginator('get_partitions').paginate(
                DatabaseName=database.lower(), TableName=name.lower())
            found = [partition_from_glue(partition) for page in pages for partition in page['Partitions']]
            return tuple(sorted(found, key=lambda partition: partition.values))
        return ()

    def publish(self, publication: Publication) -> None:
        """Switch readers to the publication's schema and partitions, as `GlueSwitch` describes.

        Raises PublicationConflict when an expectation is not met, PublicationError when Glue refuses. After either,
        readers see the old data, unless the error names what could not be taken back.
        """
        GlueSwitch(self._client, publication).run()
        LOG.info('Switched %s: %d partitions put, %d dropped.', table_name(publication), len(publication.put),
                 len(publication.drop))

    def history(self, database: str, name: str) -> tuple[TableChange, ...]:
        """Return the recorded publications of a table, the latest first, as `glue_history` describes."""
        table = self.table(database, name)
        return () if table is None else read_history(table, self.partitions(database, name))

    def attach(self, spark: SparkSession, sql: str) -> None:
        """Do nothing: Spark on AWS Glue reads the Data Catalog itself."""

    def _databases(self) -> list[str]:
        with _explained('list the databases'):
            pages = self._client.get_paginator('get_databases').paginate()
            return sorted(database['Name'] for page in pages for database in page['DatabaseList'])


@contextmanager
def _explained(purpose: str, *harmless: str) -> Iterator[None]:
    """Turn errors of Glue into a LakeError that says what was attempted; ignore harmless error codes."""
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        failure = call_failure(error)
        if failure.code not in harmless:
            raise LakeError(f'The Glue Data Catalog did not {purpose}: {failure}. Check the permissions of the role '
                            'and the region, then repeat.') from error
