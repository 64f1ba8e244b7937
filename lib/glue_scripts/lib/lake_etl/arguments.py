"""Job arguments as a typed value, read from the dictionary that the command line gives."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lake_etl.errors import LakeError
from lake_etl.ports import Column
from lake_etl.runtime import bucket_address

COMMON = ('JOB_NAME', 'environment', 'TempDir', 'txn_bucket', 'state_machine_name', 'execution_id', 'source_key',
          'table_name', 'p_year', 'p_month', 'p_day')
COMMON_OPTIONAL = ('JOB_ID', 'JOB_RUN_ID', 'data_lineage_table', 'catalog', 'retention_hours',
                   'hash_key_secret', 'job_audit_table', 'data_quality_engine', 'log_format')
CONSUME_REQUIRED = ('txn_sql_prefix_path', 'source_bucket', 'target_bucket', 'source_database_name',
                    'target_database_name', 'base_file_name', 'dq_results_table')
CONSUME_OPTIONAL = ('athena_workgroup', 'redshift_cluster_id', 'redshift_workgroup_name', 'redshift_database')
ENTITY_MATCH_REQUIRED = ('txn_spec_prefix_path', 'target_bucket', 'iceberg_catalog', 'database_name_prefix')
ENTITY_MATCH_OPTIONAL = ('base_file_name',)
# Names in braces that every run of the cleanse-to-consume job can fill in SQL files, for checking them without a run.
KNOWN_PLACEHOLDERS = tuple(sorted({*COMMON, *COMMON_OPTIONAL, *CONSUME_REQUIRED, *CONSUME_OPTIONAL, 'target_table'}))
PARTITION_KEYS = tuple(Column(name, 'string') for name in ('year', 'month', 'day'))
EXECUTION_COLUMN = 'execution_id'
RESERVED_COLUMNS = (*(key.name for key in PARTITION_KEYS), EXECUTION_COLUMN)
DEFAULT_RETENTION_HOURS = 72
LONGEST_RETENTION_HOURS = 100 * 366 * 24


@dataclass(frozen=True)
class LoadArguments:
    """The arguments that every job shares.

    partition        zero-padded year, month and day
    database, table  the target as given, upper and lower case kept: configuration files are named after it
    retention_hours  how long superseded files stay for readers that still hold the old file list
    """

    environment: str
    execution_id: str
    source_key: str
    database: str
    table: str
    partition: tuple[str, str, str]
    temporary_folder: str
    scripts_folder: str
    target_folder: str
    retention_hours: float


def load_arguments(args: Mapping[str, Any]) -> LoadArguments:
    """Return the typed arguments; raises LakeError naming an argument whose value cannot be used."""
    return LoadArguments(
        environment=args['environment'],
        execution_id=_required_text(args, 'execution_id'),
        source_key=args['source_key'],
        database=_database(args),
        table=_required_text(args, 'table_name'),
        partition=partition_values(args),
        temporary_folder=bucket_address(args['TempDir']),
        scripts_folder=bucket_address(args['txn_bucket']),
        target_folder=bucket_address(args['target_bucket']),
        retention_hours=_hours(args.get('retention_hours', DEFAULT_RETENTION_HOURS)),
    )


def partition_values(args: Mapping[str, Any]) -> tuple[str, str, str]:
    """Return year, month and day as zero-padded text; raises LakeError unless each is a whole number."""
    year, month, day = (_whole_number(args, name) for name in ('p_year', 'p_month', 'p_day'))
    return year.rjust(4, '0'), month.rjust(2, '0'), day.rjust(2, '0')


def _database(args: Mapping[str, Any]) -> str:
    """Return the target database: the one that is named, or the Consume database of a prefix."""
    if 'target_database_name' in args:
        return _required_text(args, 'target_database_name')
    return f"{_required_text(args, 'database_name_prefix')}_consume"


def _whole_number(args: Mapping[str, Any], name: str) -> str:
    text = str(args[name]).strip()
    if not (text.isascii() and text.isdigit()):
        raise LakeError(f"Job argument --{name} is '{text}', expected a whole number such as 7. "
                        'Start the job again with year, month and day of the partition to load.')
    return str(int(text))


def _required_text(args: Mapping[str, Any], name: str) -> str:
    text = str(args[name]).strip()
    if not text:
        raise LakeError(f'Job argument --{name} is empty; start the job again with a value.')
    return text


def _hours(value: object) -> float:
    try:
        hours = float(str(value))
    except ValueError:
        hours = -1.0
    if not 0 <= hours <= LONGEST_RETENTION_HOURS:
        raise LakeError(f"Job argument --retention_hours is '{value}', expected a number of hours such as 72.")
    return hours
