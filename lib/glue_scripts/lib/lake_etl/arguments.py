"""The arguments of the jobs as typed values, read from the dictionary that the command line gives."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, TypeVar

from lake_etl.errors import LakeError
from lake_etl.ports import Column
from lake_etl.runtime import bucket_address

COMMON = ('JOB_NAME', 'environment', 'TempDir', 'txn_bucket', 'state_machine_name', 'execution_id', 'source_key',
          'table_name', 'p_year', 'p_month', 'p_day')
COMMON_OPTIONAL = ('JOB_ID', 'JOB_RUN_ID', 'data_lineage_table', 'catalog', 'retention_hours',
                   'hash_key_secret', 'hash_text', 'job_audit_table', 'data_quality_engine', 'log_format',
                   'openlineage_transport')
PARTITION_KEYS = tuple(Column(name, 'string') for name in ('year', 'month', 'day'))
EXECUTION_COLUMN = 'execution_id'
# The property of a table that says who answers questions about it.
OWNER = 'lake_etl.owner'
RESERVED_COLUMNS = (*(key.name for key in PARTITION_KEYS), EXECUTION_COLUMN)
DEFAULT_RETENTION_HOURS = 72
LONGEST_RETENTION_HOURS = 100 * 366 * 24
Arguments = TypeVar('Arguments')


@dataclass(frozen=True, kw_only=True)
class CollectToCleanseArguments:
    """The arguments of the collect-to-cleanse job besides those of every job.

    source_path  folder of the source file in its bucket; empty or `/` for the folder that the source key names
    """

    txn_spec_prefix_path: str
    source_bucket: str
    source_path: str
    target_bucket: str
    target_database_name: str
    base_file_name: str
    hash_value_table: str
    value_lookup_table: str
    multi_lookup_table: str
    dq_results_table: str


@dataclass(frozen=True, kw_only=True)
class CleanseToConsumeArguments:
    """The arguments of the cleanse-to-consume job besides those of every job; no Redshift unless one is named."""

    txn_sql_prefix_path: str
    source_bucket: str
    target_bucket: str
    source_database_name: str
    target_database_name: str
    base_file_name: str
    dq_results_table: str
    athena_workgroup: str = 'primary'
    redshift_cluster_id: str = ''
    redshift_workgroup_name: str = ''
    redshift_database: str = ''


@dataclass(frozen=True, kw_only=True)
class EntityMatchArguments:
    """The arguments of the entity match job besides those of every job.

    database_name_prefix  the Cleanse database, after which the specification is named
    """

    txn_spec_prefix_path: str
    target_bucket: str
    iceberg_catalog: str
    database_name_prefix: str
    base_file_name: str = ''


def required_names(arguments: type[Any]) -> tuple[str, ...]:
    """Return the names of all arguments that a job with this class requires: those of every job and its own."""
    own = [item.name for item in fields(arguments) if item.default is MISSING]
    return tuple(dict.fromkeys((*COMMON, *own)))


def optional_names(arguments: type[Any]) -> tuple[str, ...]:
    """Return the names of all arguments that a job with this class can do without; its own have a default."""
    own = [item.name for item in fields(arguments) if item.default is not MISSING]
    return tuple(dict.fromkeys((*COMMON_OPTIONAL, *own)))


def typed_arguments(arguments: type[Arguments], args: Mapping[str, Any]) -> Arguments:
    """Return a job's own arguments as texts; every required one must be in `args`."""
    names = [item.name for item in fields(arguments) if item.name in args]  # type: ignore[arg-type]
    return arguments(**{name: str(args[name]) for name in names})


# Names in braces that every run of the cleanse-to-consume job can fill in SQL files, for checking them without a run.
KNOWN_PLACEHOLDERS = tuple(sorted({
    *required_names(CleanseToConsumeArguments), *optional_names(CleanseToConsumeArguments), 'target_table'}))


@dataclass(frozen=True)
class LoadArguments:
    """The arguments that every job shares.

    partition        zero-padded year, month and day
    database, table  the target as given, upper and lower case kept: configuration files are named after it
    retention_hours  how long superseded files stay for readers that still hold the old file list
    job_audit_table  where the record of the execution is; empty for none
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
    job_audit_table: str = ''


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
        retention_hours=retention_hours_of(args.get('retention_hours', DEFAULT_RETENTION_HOURS)),
        job_audit_table=str(args.get('job_audit_table') or ''),
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


def retention_hours_of(value: object, name: str = 'Job argument --retention_hours') -> float:
    """Return the number of hours in a text; raises LakeError naming where the text is from if it is none."""
    try:
        hours = float(str(value))
    except ValueError:
        hours = -1.0
    if not 0 <= hours <= LONGEST_RETENTION_HOURS:
        raise LakeError(f"{name} is '{value}', expected a number of hours such as 72.")
    return hours
