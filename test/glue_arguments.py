"""How AWS Glue starts a script: the arguments of its own that it adds, and the form in which it hands all over.

https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-etl-glue-arguments.html
"""
from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Mapping
from typing import Any

from lib.job_table import LakeJob

# Every run has these.
OF_EACH_RUN = {
    'JOB_NAME': 'dev-insurancelake-job', 'JOB_ID': 'j_5a1f', 'JOB_RUN_ID': 'jr_0c9e', 'job-language': 'python',
    'SECURITY_CONFIGURATION': 'dev-insurancelake-glue-security-1', 'encryption-type': 'sse-s3',
    'scriptLocation': 's3://scripts/etl/etl_job.py', 'job-bookmark-option': 'job-bookmark-disable',
    'mode': 'cluster', 'debug': 'false', 'enable-data-lineage': 'false', 'TempDir': 's3://temp/etl'}
# A definition or a run may have these, and AWS Glue hands them to the script as well.
SPECIAL = {
    'additional-python-modules': 'sqlglot==30.30.0,RapidFuzz==3.14.6', 'auto-scale-within-microbatch': 'false',
    'class': 'GlueApp', 'conf': 'spark.a=b --conf spark.c=d', 'continuous-log-conversionPattern': '%d{yy/MM/dd} %m%n',
    'continuous-log-logGroup': '/aws-glue/jobs', 'continuous-log-logStreamPrefix': 'x',
    'custom-logGroup-prefix': '/aws-glue/dev', 'custom-logStream-prefix': 'x', 'customer-driver-env-vars': 'A="b c"',
    'customer-executor-env-vars': 'A=b', 'datalake-formats': 'iceberg', 'disable-proxy-v2': 'true',
    'enable-auto-scaling': 'true', 'enable-continuous-cloudwatch-log': 'true', 'enable-continuous-log-filter': 'true',
    'enable-glue-datacatalog': 'true', 'enable-job-insights': 'true', 'enable-lakeformation-fine-grained-access':
    'false', 'enable-metrics': '', 'enable-observability-metrics': 'true', 'enable-rename-algorithm-v2': 'true',
    'enable-s3-parquet-optimized-committer': 'true', 'enable-spark-ui': 'true', 'executor-cores': '4',
    'extra-files': 's3://scripts/a.txt', 'extra-jars': 's3://scripts/a.jar', 'extra-py-files': 's3://scripts/a.zip',
    'python-modules-installer-option': '--upgrade', 'spark-event-logs-path': 's3://temp/spark-ui',
    'use-postgres-driver': 'true', 'user-jars-first': 'true', 'write-shuffle-files-to-s3': 'true',
    'write-shuffle-spills-to-s3': 'true'}


def command_line(script: str, arguments: Mapping[str, str]) -> list[str]:
    """Return the arguments of the process that runs the script: names and values apart, as AWS Glue hands them over.

    A name without a value stands alone.
    """
    words = [[f'--{name}', value] if value else [f'--{name}'] for name, value in arguments.items()]
    return [script, 'true', *(word for pair in words for word in pair)]


def started_by_glue(arguments: Mapping[str, str]) -> dict[str, str]:
    """Return the arguments of a run with all that AWS Glue adds; those of the run win."""
    return OF_EACH_RUN | SPECIAL | dict(arguments)


def arguments_class(job: LakeJob) -> type[Any]:
    """Return the class of a job's own arguments, which is the one such class that its script knows."""
    script = importlib.import_module(f'lib.glue_scripts.{job.module}')
    (found,) = [item for name, item in vars(script).items()
                if name.endswith('Arguments') and dataclasses.is_dataclass(item)]
    return found
