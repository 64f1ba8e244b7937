"""Makes the default arguments of the Glue jobs, so that a start by hand needs few arguments."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from lib.job_table import REGION_SETTINGS, LakeJob, LakeResources
from lib.settings.deployment_settings import EnvironmentConfiguration

# Increase with any change: AWS Glue cannot change a security configuration, and its name must be new.
SECURITY_VERSION = 1


@dataclass(frozen=True)
class CommonResources:
    """Names of the buckets and DynamoDB tables of all jobs; `lineage_table` is empty without lineage."""

    scripts_bucket: str
    temporary_bucket: str
    job_audit_table: str
    lineage_table: str


def default_arguments(job: LakeJob, environment: EnvironmentConfiguration, common: CommonResources,
                      resources: LakeResources) -> dict[str, str]:
    """Return the default arguments of a job's definition."""
    settings = resources.fill({**REGION_SETTINGS, **job.settings})
    # One argument has all settings: AWS Glue takes each argument once.
    conf = ' --conf '.join(f'{name}={value}' for name, value in settings.items())
    return (_common(environment, common) | resources.fill(job.arguments) | resources.fill(job.glue_options)
            | {'conf': conf})


def job_name(job: LakeJob, environment: EnvironmentConfiguration) -> str:
    """Return the name of a job of the environment in AWS Glue."""
    return environment.resource_name(f'{job.name}-job')


def athena_workgroup_name(environment: EnvironmentConfiguration) -> str:
    """Return the name of the environment's workgroup in Amazon Athena."""
    return environment.resource_name('workgroup')


def state_machine_name(environment: EnvironmentConfiguration) -> str:
    """Return the name of the environment's state machine."""
    return environment.resource_name('etl-state-machine')


def log_group_prefix(environment: EnvironmentConfiguration) -> str:
    """Return the beginning of the names of the log groups to which the jobs write."""
    return f'/aws-glue/{environment.resource_name("etl")}'


def log_group_name(environment: EnvironmentConfiguration, kind: Literal['error', 'output']) -> str:
    """Return the name of a log group; AWS Glue adds security configuration and role, because it encrypts the logs."""
    names = f'{security_configuration_name(environment)}-role/{environment.glue_role_name}'
    return f'{log_group_prefix(environment)}/{names}/{kind}'


def security_configuration_name(environment: EnvironmentConfiguration) -> str:
    """Return the name of the security configuration of the jobs."""
    return environment.resource_name(f'glue-security-{SECURITY_VERSION}')


def _common(environment: EnvironmentConfiguration, resources: CommonResources) -> dict[str, str]:
    arguments = {
        'environment': environment.name,
        'TempDir': f's3://{resources.temporary_bucket}/etl',
        'txn_bucket': f's3://{resources.scripts_bucket}',
        'state_machine_name': state_machine_name(environment),
        'job_audit_table': resources.job_audit_table,
        'retention_hours': str(environment.retention_hours),
        'enable-auto-scaling': 'true',
        'enable-glue-datacatalog': 'true',
        'job-bookmark-option': 'job-bookmark-disable',
        # https://docs.aws.amazon.com/glue/latest/dg/monitor-continuous-logging.html
        'custom-logGroup-prefix': log_group_prefix(environment),
        'log_format': 'json',
        'data_lineage_table': resources.lineage_table,
        'hash_key_secret': environment.hash_key_secret,
        'hash_text': environment.hash_text,
        'data_quality_engine': environment.quality_engine,
        'openlineage_transport': environment.openlineage_transport,
    }
    return {name: value for name, value in arguments.items() if value}
