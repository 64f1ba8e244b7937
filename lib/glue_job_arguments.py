"""The default arguments of the Glue jobs: all that a run does not say itself, so that a start by hand stays short."""
from __future__ import annotations

from dataclasses import dataclass

from lib.settings.deployment_settings import EnvironmentConfiguration

ICEBERG_CATALOG = 'glue_catalog'
SPECIFICATIONS, SQL = '/etl/transformation-spec/', '/etl/transformation-sql/'


@dataclass(frozen=True)
class Addresses:
    """Names of what the jobs read and write: buckets and DynamoDB tables; `lineage_table` is empty without lineage."""

    scripts_bucket: str
    temporary_bucket: str
    collect_bucket: str
    cleanse_bucket: str
    consume_bucket: str
    job_audit_table: str
    hash_values_table: str
    value_lookup_table: str
    multi_lookup_table: str
    quality_results_table: str
    lineage_table: str


def collect_to_cleanse_arguments(environment: EnvironmentConfiguration, at: Addresses) -> dict[str, str]:
    """Return the defaults of the collect-to-cleanse job."""
    return _common(environment, at) | {
        'txn_spec_prefix_path': SPECIFICATIONS,
        'source_bucket': f's3://{at.collect_bucket}',
        # The workflow's own folder, which the job knows by the source key.
        'source_path': '/',
        'target_bucket': f's3://{at.cleanse_bucket}',
        'hash_value_table': at.hash_values_table,
        'value_lookup_table': at.value_lookup_table,
        'multi_lookup_table': at.multi_lookup_table,
        'dq_results_table': at.quality_results_table,
    }


def cleanse_to_consume_arguments(environment: EnvironmentConfiguration, at: Addresses) -> dict[str, str]:
    """Return the defaults of the cleanse-to-consume job."""
    redshift = environment.redshift
    return _common(environment, at) | {
        'txn_sql_prefix_path': SQL,
        'source_bucket': f's3://{at.cleanse_bucket}',
        'target_bucket': f's3://{at.consume_bucket}',
        'dq_results_table': at.quality_results_table,
        'athena_workgroup': athena_workgroup_name(environment),
    } | _present({
        'redshift_cluster_id': redshift.cluster_id,
        'redshift_workgroup_name': redshift.workgroup_name,
        'redshift_database': redshift.database,
    })


def entity_match_arguments(environment: EnvironmentConfiguration, at: Addresses) -> dict[str, str]:
    """Return the defaults of the entity match job, which keeps its primary tables in Iceberg."""
    catalog = f'spark.sql.catalog.{ICEBERG_CATALOG}'
    settings = {
        'spark.sql.extensions': 'org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions',
        catalog: 'org.apache.iceberg.spark.SparkCatalog',
        f'{catalog}.warehouse': f's3://{at.consume_bucket}/iceberg',
        f'{catalog}.catalog-impl': 'org.apache.iceberg.aws.glue.GlueCatalog',
        f'{catalog}.io-impl': 'org.apache.iceberg.aws.s3.S3FileIO',
    }
    return _common(environment, at) | {
        'txn_spec_prefix_path': SPECIFICATIONS,
        'target_bucket': f's3://{at.consume_bucket}',
        'iceberg_catalog': ICEBERG_CATALOG,
        'datalake-formats': 'iceberg',
        'conf': ' --conf '.join(f'{name}={value}' for name, value in settings.items()),
    }


def athena_workgroup_name(environment: EnvironmentConfiguration) -> str:
    """Return the name of the environment's workgroup in Amazon Athena."""
    return environment.resource_name('workgroup')


def state_machine_name(environment: EnvironmentConfiguration) -> str:
    """Return the name of the environment's state machine."""
    return environment.resource_name('etl-state-machine')


def log_group_prefix(environment: EnvironmentConfiguration) -> str:
    """Return the beginning of the names of the log groups to which the jobs write."""
    return f'/aws-glue/{environment.resource_name("etl")}'


def _common(environment: EnvironmentConfiguration, at: Addresses) -> dict[str, str]:
    return {
        'environment': environment.name,
        'TempDir': f's3://{at.temporary_bucket}/etl',
        'txn_bucket': f's3://{at.scripts_bucket}',
        'state_machine_name': state_machine_name(environment),
        'job_audit_table': at.job_audit_table,
        'retention_hours': str(environment.retention_hours),
        'enable-auto-scaling': 'true',
        'enable-glue-datacatalog': 'true',
        'job-bookmark-option': 'job-bookmark-disable',
        # https://docs.aws.amazon.com/glue/latest/dg/monitor-continuous-logging.html
        'custom-logGroup-prefix': log_group_prefix(environment),
        'log_format': 'json',
    } | _present({
        'data_lineage_table': at.lineage_table,
        'hash_key_secret': environment.hash_key_secret,
        'data_quality_engine': environment.quality_engine,
    })


def _present(arguments: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in arguments.items() if value}
