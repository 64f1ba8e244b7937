"""Follows the contract of tables that are merged by key in a Spark with a real Iceberg runtime: one process, one JVM.

    python native_iceberg.py FOLDER
"""
from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

from pyspark.sql import SparkSession

from lake_etl.adapters.aws.spark_iceberg_tables import SparkIcebergTables
from lake_etl.spark.session import configure
from lib.local_lake.running.java import use_environment_java
from lib.local_lake.running.java_classes import class_archive_options
from lib.local_lake.running.laptop_session import JAVA_OPTIONS, ONE_COMPILER
from merged_tables_contract import follow_the_contract

CATALOG = 'native'
# The package has the runtime under names of its own.
RENAMED = 'smfs.shaded.'


def session(folder: Path) -> SparkSession:
    """Start Spark with the runtime and a catalog in a folder."""
    os.environ['PYSPARK_PYTHON'] = sys.executable
    use_environment_java()
    package = importlib.util.find_spec('feature_store_pyspark')
    jar = Path(package.submodule_search_locations[0]) / 'jars' / 'sagemaker-feature-store-spark-sdk-3.5.jar'
    settings = {
        'spark.jars': str(jar), 'spark.ui.enabled': 'false', 'spark.sql.shuffle.partitions': '2',
        'spark.driver.host': '127.0.0.1', 'spark.driver.bindAddress': '127.0.0.1',
        'spark.driver.extraJavaOptions': f'{JAVA_OPTIONS} {ONE_COMPILER} {class_archive_options()}',
        'spark.sql.codegen.wholeStage': 'false',
        f'spark.sql.catalog.{CATALOG}': f'{RENAMED}org.apache.iceberg.spark.SparkCatalog',
        f'spark.sql.catalog.{CATALOG}.type': 'hadoop', f'spark.sql.catalog.{CATALOG}.warehouse': str(folder)}
    builder = SparkSession.builder.master('local[2]').appName('native')
    for key, value in settings.items():
        builder = builder.config(key, value)
    return configure(builder.getOrCreate())


if __name__ == '__main__':
    warehouse = Path(sys.argv[1])
    follow_the_contract(SparkIcebergTables(CATALOG, str(warehouse)), session(warehouse))
