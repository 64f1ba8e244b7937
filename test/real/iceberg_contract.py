"""Follows the contract of merged tables in Iceberg's own GlueCatalog and S3FileIO: one process, one JVM.

    iceberg_contract.py ENDPOINT WAREHOUSE FOLDER JAR...

Writers at the same time are tried in a catalog of files in the folder: the server that plays AWS accepts a change of a
table that is at another version by then, which the AWS Glue Data Catalog refuses.
"""
from __future__ import annotations

import os
import sys

from pyspark.sql import SparkSession

from lake_etl.adapters.aws.spark_iceberg_tables import SparkIcebergTables
from lake_etl.spark.session import configure
from lib.job_table import ICEBERG_CATALOG, ICEBERG_SETTINGS
from lib.local_lake.running.java import use_environment_java
from merged_tables_contract import (
    DATABASE, SCHEMA, TABLE, follow_as_the_only_writer, follow_the_contract, names, person)

REGION, FILES = 'us-east-2', 'files'


def settings(endpoint: str, warehouse: str, folder: str) -> dict[str, str]:
    """Return the settings of the job's definition, where the server is that plays AWS, and a catalog of files."""
    prefix = f'spark.sql.catalog.{ICEBERG_CATALOG}'
    values = {'consume': warehouse.removesuffix('/iceberg'), 'region': REGION}
    return {key: value.format(**values) for key, value in ICEBERG_SETTINGS.items()} | {
        f'{prefix}.s3.endpoint': endpoint, f'{prefix}.glue.endpoint': endpoint,
        f'{prefix}.s3.path-style-access': 'true', 'spark.ui.enabled': 'false', 'spark.sql.shuffle.partitions': '2',
        f'spark.sql.catalog.{FILES}': 'org.apache.iceberg.spark.SparkCatalog',
        f'spark.sql.catalog.{FILES}.type': 'hadoop', f'spark.sql.catalog.{FILES}.warehouse': folder,
        'spark.driver.host': '127.0.0.1', 'spark.driver.bindAddress': '127.0.0.1',
        'spark.driver.extraJavaOptions': '-XX:TieredStopAtLevel=1'}


def main(endpoint: str, warehouse: str, folder: str, *jars: str) -> None:
    """Follow the contract with a catalog that has the database, and with one of files; or go on with a table."""
    os.environ['PYSPARK_PYTHON'] = sys.executable
    use_environment_java()
    builder = SparkSession.builder.master('local[2]').appName('iceberg')
    class_path = {'spark.driver.extraClassPath': os.pathsep.join(jars)}
    for key, value in (class_path | settings(endpoint, warehouse, folder)).items():
        builder = builder.config(key, value)
    spark = configure(builder.getOrCreate())
    tables = SparkIcebergTables(ICEBERG_CATALOG, warehouse)
    if tables.state(spark, DATABASE, TABLE) is None:
        follow_as_the_only_writer(tables, spark)
        follow_the_contract(SparkIcebergTables(FILES, folder), spark)
    else:
        go_on_after_a_switch(tables, spark)


def go_on_after_a_switch(tables: SparkIcebergTables, spark: SparkSession) -> None:
    """Assert that Spark sees the first snapshot with its columns, and merges into it."""
    state = tables.state(spark, DATABASE, TABLE)
    assert names(state.rows) == [('1', 'Ann'), ('2', 'Bob')] and 'phone' not in state.rows.columns
    rows = spark.createDataFrame([(*person('2', 'Rob'), 'y')], f'{SCHEMA}, phone string')
    tables.merge(rows, DATABASE, TABLE, 'id', state.version, {'lake_etl.run': 'three'})
    now = tables.state(spark, DATABASE, TABLE)
    assert {row.name: row.phone for row in now.rows.collect()} == {'Ann': None, 'Rob': 'y'}
    assert now.properties['lake_etl.run'] == 'three'


if __name__ == '__main__':
    main(*sys.argv[1:])
