"""Follows the contract of merged tables in Iceberg's own GlueCatalog and S3FileIO: one process, one JVM.

    iceberg_contract.py ENDPOINT WAREHOUSE JAR...
"""
from __future__ import annotations

import os
import sys

from pyspark.sql import SparkSession

from lake_etl.adapters.aws.spark_iceberg_tables import SparkIcebergTables
from lake_etl.spark.session import configure
from lib.job_table import ICEBERG_CATALOG, ICEBERG_SETTINGS
from lib.local_lake.running.java import use_environment_java
from merged_tables_contract import follow_the_contract

REGION = 'us-east-2'


def settings(endpoint: str, warehouse: str) -> dict[str, str]:
    """Return the settings of the job's definition, and where the server is that plays AWS."""
    prefix = f'spark.sql.catalog.{ICEBERG_CATALOG}'
    values = {'consume': warehouse.removesuffix('/iceberg'), 'region': REGION}
    return {key: value.format(**values) for key, value in ICEBERG_SETTINGS.items()} | {
        f'{prefix}.s3.endpoint': endpoint, f'{prefix}.glue.endpoint': endpoint,
        f'{prefix}.s3.path-style-access': 'true', 'spark.ui.enabled': 'false', 'spark.sql.shuffle.partitions': '2',
        'spark.driver.host': '127.0.0.1', 'spark.driver.bindAddress': '127.0.0.1',
        'spark.driver.extraJavaOptions': '-XX:TieredStopAtLevel=1'}


def main(endpoint: str, warehouse: str, *jars: str) -> None:
    """Follow the contract with the tables of a catalog that has the database already."""
    os.environ['PYSPARK_PYTHON'] = sys.executable
    use_environment_java()
    builder = SparkSession.builder.master('local[2]').appName('iceberg')
    for key, value in {'spark.driver.extraClassPath': os.pathsep.join(jars), **settings(endpoint, warehouse)}.items():
        builder = builder.config(key, value)
    follow_the_contract(SparkIcebergTables(ICEBERG_CATALOG, warehouse), configure(builder.getOrCreate()))


if __name__ == '__main__':
    main(*sys.argv[1:])
