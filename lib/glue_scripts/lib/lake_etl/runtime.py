"""Picks the adapter that an address names; nothing else in the project imports adapters."""
from __future__ import annotations

import os
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from lake_etl.ports import Catalog, Files, Items, LineageEvents, MergedTables, QualityReports, Queries, RulesetEngine
from lake_etl.snapshots import SnapshotTables

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

GLUE = 'glue'
SQLITE = 'sqlite:'
QUERY_ATTEMPTS = 360    # half an hour, as pauses between attempts grow to five seconds
FILE = 'file://'
ENVIRONMENT = 'env://'
SECRETS = 'secrets'
CATALOG_ARGUMENT, CATALOG_VARIABLE = '--catalog', 'LAKE_CATALOG'


def chosen_catalog() -> str:
    """Return the address that this process is started with: an argument, or else a variable."""
    for position, argument in enumerate(sys.argv):
        name, equals, value = argument.partition('=')
        if name == CATALOG_ARGUMENT:
            return value if equals else ''.join(sys.argv[position + 1:position + 2])
    return os.environ.get(CATALOG_VARIABLE, GLUE)


_catalog_address = chosen_catalog()


def files(uri: str) -> Files:
    """Return the file store of an address: `s3://bucket/key`, or a path on this machine."""
    if is_s3(uri):
        from lake_etl.adapters.aws.s3_files import S3Files
        return S3Files()
    from lake_etl.adapters.local.folder_files import FolderFiles
    return FolderFiles()


def items(table: str) -> Items:
    """Return the item store of a table address: `sqlite:///path/lake.db#table`, or a DynamoDB table name."""
    if table.startswith(SQLITE):
        from lake_etl.adapters.local.sqlite_items import SqliteItems
        return SqliteItems()
    from lake_etl.adapters.aws.dynamodb_items import DynamoDBItems
    return DynamoDBItems()


def open_catalog(address: str) -> None:
    """Make the catalog of that address the one of this process: `glue`, or `sqlite:///path/lake.db`."""
    global _catalog_address
    _catalog_address = address


def catalog() -> Catalog:
    """Return the catalog of this process: the AWS Glue Data Catalog, unless another one was chosen.

    A job opens one; code without a run of its own chooses one by the argument `--catalog` or the variable LAKE_CATALOG.
    """
    if _catalog_address.startswith(SQLITE):
        from lake_etl.adapters.local.sqlite_catalog import SqliteCatalog
        return SqliteCatalog(_catalog_address)
    from lake_etl.adapters.aws.glue_catalog import GlueCatalog
    return GlueCatalog()


def visible_tables(spark: SparkSession) -> AbstractContextManager[None]:
    """Return a context in which `spark.sql` and `spark.table` of users' code see the tables of this process's catalog.

    On AWS Glue Spark always does.
    """
    if not _catalog_address.startswith(SQLITE):
        return nullcontext()
    from lake_etl.adapters.local.catalog_session import visible_tables
    return visible_tables(spark, catalog())


def merged_tables(iceberg_catalog: str, warehouse: str) -> MergedTables:
    """Return the Iceberg tables of a catalog: `sqlite:///path/lake.db`, or a catalog by the name it has in Spark SQL.

    warehouse  folder of the tables' files
    """
    if iceberg_catalog.startswith(SQLITE):
        from lake_etl.adapters.local.pyiceberg_tables import PyIcebergTables
        return PyIcebergTables(iceberg_catalog, warehouse)
    from lake_etl.adapters.aws.spark_iceberg_tables import SparkIcebergTables
    return SparkIcebergTables(iceberg_catalog, warehouse)


def snapshot_tables() -> SnapshotTables:
    """Return the Iceberg tables of this process's catalog with their earlier snapshots."""
    if _catalog_address.startswith(SQLITE):
        from lake_etl.adapters.local.lake_snapshots import LakeSnapshots
        return LakeSnapshots(_catalog_address)
    from lake_etl.adapters.aws.glue_snapshots import GlueSnapshots
    return GlueSnapshots()


def queries(workgroup: str, max_attempts: int = QUERY_ATTEMPTS) -> Queries:
    """Return the engine that runs statements on the tables of this process's catalog.

    max_attempts  how often Athena is asked whether a statement has ended, before it is stopped
    """
    if _catalog_address.startswith(SQLITE):
        from lake_etl.adapters.local.duckdb_queries import DuckDBQueries
        return DuckDBQueries(_catalog_address)
    from lake_etl.adapters.aws.athena_queries import AthenaQueries
    return AthenaQueries(workgroup, max_attempts)


def redshift_queries(cluster_id: str, workgroup_name: str, secret_arn: str = '',
                     max_attempts: int = QUERY_ATTEMPTS) -> Queries:
    """Return the engine that runs statements on an Amazon Redshift cluster or serverless workgroup."""
    from lake_etl.adapters.aws.athena_queries import RedshiftQueries
    return RedshiftQueries(cluster_id, workgroup_name, secret_arn, max_attempts)


def quality_reports() -> QualityReports:
    """Return where reports on data quality go, beside the catalog of this process."""
    if _catalog_address.startswith(SQLITE):
        from lake_etl.adapters.quality_log import LoggedQualityReports
        return LoggedQualityReports()
    from lake_etl.adapters.aws.cloudwatch_reports import AwsQualityReports
    return AwsQualityReports()


def lineage_events(address: str) -> LineageEvents:
    """Return where OpenLineage events go: a web service, the ARN of a queue or a DataZone domain, or a file."""
    if address.startswith(('http://', 'https://')):
        from lake_etl.adapters.web_events import WebEvents
        return WebEvents(address)
    if address.startswith('arn:'):
        from lake_etl.adapters.aws.lineage_services import lineage_service
        return lineage_service(address)
    from lake_etl.adapters.local.event_file import EventFile
    return EventFile(address)


def catalog_namespace() -> str:
    """Return the namespace of the AWS Glue Data Catalog in OpenLineage; empty for a catalog of this machine."""
    if _catalog_address.startswith(SQLITE):
        return ''
    from lake_etl.adapters.aws.lineage_services import glue_namespace
    return glue_namespace()


def ruleset_engine() -> RulesetEngine:
    """Return AWS Glue Data Quality; raises LakeError where its library is absent."""
    from lake_etl.adapters.aws.glue_data_quality import GlueDataQuality
    return GlueDataQuality()


def secret(address: str, named_by: str = 'the job argument that names it') -> bytes:
    """Return a secret: the file `file:///path`, the variable `env://NAME`, or else what AWS Secrets Manager has.

    White space at its ends is left out.

    named_by  what names the secret, for the message of a secret that cannot be read
    """
    return _stored_secret(address, named_by).strip()


def _stored_secret(address: str, named_by: str) -> bytes:
    if address.startswith((FILE, ENVIRONMENT)):
        from lake_etl.adapters.local.secret_files import read_secret
    else:
        from lake_etl.adapters.aws.secrets_manager import read_secret
    return read_secret(address, named_by)


def named_secret(name: str, named_by: str) -> bytes:
    """Return a secret that configuration names: in a lake on this machine, the file of that name in `secrets`.

    White space at its ends stays: a binary key may end with such bytes.

    named_by  the key of the configuration that names it
    """
    if _catalog_address.startswith(SQLITE) and not name.startswith((FILE, ENVIRONMENT)):
        database = Path(unquote(urlsplit(_catalog_address).path))
        return _stored_secret((database.parent / SECRETS / name).absolute().as_uri(), named_by)
    return _stored_secret(name, named_by)


def is_s3(uri: str) -> bool:
    """Tell whether an address lies in Amazon S3."""
    return uri.startswith('s3://')


def bucket_address(bucket: str) -> str:
    """Return the address of a bucket argument: an S3 URI as it is, a folder as a full path, a bare name as a bucket.

    A relative path is taken from the working folder, here and now: what a catalog keeps must not depend on it.
    """
    address = bucket.rstrip('/')
    if '://' in address or address.startswith('/'):
        return address
    return os.path.abspath(address) if '/' in address or address.startswith('.') else f's3://{address}'
