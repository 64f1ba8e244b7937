"""The arguments with which the lake on this machine starts the jobs, as the state machine does on AWS."""
from __future__ import annotations

from lake_etl.landing.location import Landing
from lib.local_lake.folders import LakeFolders

STATE_MACHINE = 'laptop-etl-state-machine'


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
        'p_year': str(year), 'p_month': str(month), 'p_day': str(day),
        'data_lineage_table': folders.items('data-lineage'),
        'dq_results_table': folders.items('dq-results'),
        'job_audit_table': folders.items('job-audit'),
        'catalog': folders.catalog,
    }


def collect_to_cleanse(folders: LakeFolders, landing: Landing, execution: str) -> dict[str, str]:
    """Return the arguments of the collect-to-cleanse job for a landed file."""
    return _common(folders, landing, execution, 'collect-to-cleanse') | {
        'txn_spec_prefix_path': '/transformation-spec/',
        'source_bucket': str(folders.collect),
        'source_path': landing.source_path,
        'target_bucket': str(folders.cleanse),
        'target_database_name': landing.database,
        'hash_value_table': folders.items('hash-values'),
        'value_lookup_table': folders.items('value-lookup'),
        'multi_lookup_table': folders.items('multi-lookup'),
    }


def cleanse_to_consume(folders: LakeFolders, landing: Landing, execution: str) -> dict[str, str]:
    """Return the arguments of the cleanse-to-consume job for a landed file."""
    return _common(folders, landing, execution, 'cleanse-to-consume') | {
        'txn_sql_prefix_path': '/transformation-sql/',
        'source_bucket': str(folders.cleanse),
        'target_bucket': str(folders.consume),
        'source_database_name': landing.database,
        'target_database_name': f'{landing.database}_consume',
        'athena_workgroup': 'laptop',
    }


def entity_match(folders: LakeFolders, landing: Landing, execution: str) -> dict[str, str]:
    """Return the arguments of the entity match job for a landed file."""
    return _common(folders, landing, execution, 'consume-entity-match') | {
        'txn_spec_prefix_path': '/transformation-spec/',
        'target_bucket': str(folders.consume),
        'iceberg_catalog': folders.catalog,
        'database_name_prefix': landing.database,
    }


def command_line(arguments: dict[str, str]) -> list[str]:
    """Return the arguments as they stand on a command line, after the name of the program."""
    return [arguments['JOB_NAME'], *(f'--{name}={value}' for name, value in arguments.items())]
