"""Runs jobs one after another in this driver as AWS Glue runs one: the whole script, with its command line.

    launcher.py PLAN.json RESULTS.json

Before each run the tables of the Data Catalog are put into Hive's metastore, from which Spark reads them.
"""
from __future__ import annotations

import json
import os
import runpy
import sys
import traceback
from pathlib import Path

from hive_tables import HiveTables
from pyspark.sql import SparkSession

import glue_half


def main(plan: str, results: str) -> None:
    """Run what the plan says and write for each run an empty text, or what ended it."""
    spark = SparkSession.builder.enableHiveSupport().getOrCreate()
    glue_half.play_java_half(spark)
    ended, tables = [], HiveTables(spark)
    for run in json.loads(Path(plan).read_text()):
        if run['reads_tables']:
            tables.put_catalog()
        sys.argv = run['words']
        try:
            runpy.run_path(run['script'], run_name='__main__')
        except BaseException as error:
            traceback.print_exc()
            ended.append(f'{type(error).__name__}: {error}')
        else:
            ended.append('')
        Path(results).write_text(json.dumps(ended))
    spark.stop()


if __name__ == '__main__':
    os.environ.pop('PYTHONPATH', None)
    main(*sys.argv[1:])
