"""Runs a job in this process as AWS Glue does on AWS: its library, its arguments, its script."""
from __future__ import annotations

import importlib
import sys
from pathlib import Path

from lake_etl.landing.location import Landing
from lib.job_table import ExecutionValue, LakeJob, LakeResources
from lib.local_lake.folders import LakeFolders
from lib.local_lake.running.retention import retention_hours

STATE_MACHINE = 'laptop-etl-state-machine'
STAND_IN = Path(__file__).parents[1] / 'awsglue_stand_in'


def job_arguments(job: LakeJob, folders: LakeFolders, landing: Landing, execution: str) -> dict[str, str]:
    """Return the arguments of a job for a landed file."""
    values = _execution_values(folders, landing)
    given = job.step.arguments if job.step else {}
    return (_common(folders, landing, execution, job.name) | _resources(folders).fill(job.arguments)
            | {name: values[value] for name, value in given.items()})


def command_line(arguments: dict[str, str]) -> list[str]:
    """Return the arguments as a command line, after the name of the program."""
    return [arguments['JOB_NAME'], *(f'--{name}={value}' for name, value in arguments.items())]


def ensure_glue_library() -> None:
    """Put the stand-in for `awsglue` first on the import path, unless this process has imported an `awsglue`.

    The stand-in needs no Java library of AWS Glue. It comes first because the Python half of the real library, which
    may be installed for an editor, cannot start a job.
    """
    if 'awsglue' not in sys.modules and str(STAND_IN) not in sys.path:
        sys.path.insert(0, str(STAND_IN))


def run_script(job: LakeJob, arguments: dict[str, str]) -> None:
    """Run the script of a job with these arguments."""
    script = importlib.import_module(f'lib.glue_scripts.{job.module}')
    sys.argv = command_line(arguments)
    script.main()


def _common(folders: LakeFolders, landing: Landing, execution: str, job: str) -> dict[str, str]:
    year, month, day = landing.partition
    return {
        'JOB_NAME': job,
        'JOB_RUN_ID': f'{execution}-{job}',
        'environment': 'Dev',
        'TempDir': str(folders.temporary),
        'txn_bucket': str(folders.configuration),
        'state_machine_name': STATE_MACHINE,
        'execution_id': execution,
        'source_key': landing.workflow,
        'table_name': landing.table,
        'base_file_name': landing.base_file_name,
        'p_year': f'{year:04d}', 'p_month': f'{month:02d}', 'p_day': f'{day:02d}',
        'data_lineage_table': folders.items('data-lineage'),
        'job_audit_table': folders.items('job-audit'),
        'catalog': folders.catalog,
        'retention_hours': f'{retention_hours(folders):g}',
        'openlineage_transport': str(folders.lineage_events),
    }


def _execution_values(folders: LakeFolders, landing: Landing) -> dict[ExecutionValue, str]:
    return {'database': landing.database, 'consume_database': f'{landing.database}_consume',
            'source_bucket': str(folders.collect), 'source_path': landing.source_path}


def _resources(folders: LakeFolders) -> LakeResources:
    return LakeResources(
        collect=str(folders.collect), cleanse=str(folders.cleanse), consume=str(folders.consume),
        specifications='/transformation-spec/', sql='/transformation-sql/', hash_values=folders.items('hash-values'),
        value_lookup=folders.items('value-lookup'), multi_lookup=folders.items('multi-lookup'),
        quality_results=folders.items('dq-results'), iceberg_catalog=folders.catalog, athena_workgroup='laptop')
