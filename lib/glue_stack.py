"""The Glue jobs with the buckets of their scripts and temporary files, and the role under which they run."""
from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from aws_cdk import Annotations, CfnOutput, Duration, RemovalPolicy, Stack
from aws_cdk import aws_glue as glue
from aws_cdk import aws_s3_deployment as deployment
from constructs import Construct

from lib.constructs.bucket import LakeBucket
from lib.constructs.glue_role import GlueRole, JobNetwork, JobResources
from lib.constructs.log_group import LakeLogGroup
from lib.dynamodb_stack import DynamoDbStack
from lib.glue_job_arguments import (
    CommonResources, athena_workgroup_name, default_arguments, job_name, log_group_name, log_group_prefix,
    security_configuration_name)
from lib.job_table import ICEBERG_CATALOG, JOBS, LakeJob, LakeResources
from lib.packaging.glue_library import SCRIPTS, GlueLibrary, python_packages, write_library
from lib.settings.deployment_settings import EnvironmentConfiguration
from lib.storage_stack import StorageStack
from lib.vpc_stack import NETWORK_TAG, VpcStack, network_tag_value

VERSIONS = {'5.1': glue.GlueVersion.V5_1, '6.0': glue.GlueVersion.V6_0}
SCRIPTS_PREFIX, LIBRARY_PREFIX = 'etl', 'library'
SPECIFICATIONS, SQL = f'/{SCRIPTS_PREFIX}/transformation-spec/', f'/{SCRIPTS_PREFIX}/transformation-sql/'
DAYS_OF_TEMPORARY_FILES = 30


class GlueStack(Stack):
    """Attributes: the buckets, the role, and `jobs` by their names in the job table."""

    def __init__(self, scope: Construct, construct_id: str, *, environment: EnvironmentConfiguration,
                 storage: StorageStack, tables: DynamoDbStack, network: VpcStack | None = None, **kwargs: Any):
        super().__init__(scope, construct_id, **kwargs)
        self._environment, self._storage = environment, storage
        self.scripts_bucket = LakeBucket(self, 'ScriptsBucket', environment=environment, kind='etl-scripts',
                                         key=storage.key, access_logs=storage.access_logs_bucket)
        self.temporary_bucket = LakeBucket(
            self, 'TemporaryBucket', environment=environment, kind='glue-temp', key=storage.key,
            access_logs=storage.access_logs_bucket, expires_after_days=DAYS_OF_TEMPORARY_FILES)
        self._library = self._deploy_scripts()
        # Other stacks name the groups by `log_group_name`: a new security configuration renames them.
        self._logs = [self._log_group('error'), self._log_group('output')]
        resources = replace(_lake_resources(environment, storage, tables), region=self.region,
                            s3_endpoint=f's3.{self.region}.{self.url_suffix}')
        self.role = GlueRole(self, 'Role', self._job_resources(tables, network, resources), environment=environment)
        self._security = self._security_configuration()
        self._connections = self._connect(network)

        common = CommonResources(
            self.scripts_bucket.bucket_name, self.temporary_bucket.bucket_name, tables.job_audit.table_name,
            tables.lineage.table_name if tables.lineage else '')
        self.jobs = {job.name: self._job(job, default_arguments(job, environment, common, resources)) for job in JOBS}

        self._export()

    def _export(self) -> None:
        """Export the buckets and the role, by name and by ARN, for stacks and scripts of users."""
        values = {
            'GlueScriptsBucket': self.scripts_bucket.bucket_name,
            'GlueScriptsBucketArn': self.scripts_bucket.bucket_arn,
            'GlueScriptsTempBucket': self.temporary_bucket.bucket_name,
            'GlueScriptsTempBucketArn': self.temporary_bucket.bucket_arn,
            'GlueRole': self.role.role_name, 'GlueRoleArn': self.role.role_arn}
        for name, value in values.items():
            CfnOutput(self, f'{name}Export', value=value, export_name=self._environment.own_export_name(name))

    def _deploy_scripts(self) -> GlueLibrary:
        """Copy scripts and configuration files to their bucket, and the library under a name of its content.

        Scripts that left the repository are deleted. Libraries stay, because a run may still need its own.
        """
        logs = LakeLogGroup(self, 'DeployLogs', environment=self._environment, key=self._storage.key,
                            name=f'/aws/lambda/{self._environment.resource_name("deploy-scripts")}')
        self._scripts = deployment.BucketDeployment(
            self, 'DeployScripts', destination_bucket=self.scripts_bucket, destination_key_prefix=SCRIPTS_PREFIX,
            sources=[deployment.Source.asset(str(SCRIPTS), exclude=[
                'lib', 'awsglue', 'tests', '__init__.py', '__pycache__'])],
            retain_on_delete=self._environment.keeps_data, log_group=logs)
        with TemporaryDirectory() as folder:
            library = write_library(Path(folder))
            self._libraries = deployment.BucketDeployment(
                self, 'DeployLibrary', destination_bucket=self.scripts_bucket, destination_key_prefix=LIBRARY_PREFIX,
                sources=[deployment.Source.asset(folder)], prune=False,
                retain_on_delete=self._environment.keeps_data, log_group=logs)
        return library

    def _log_group(self, kind: Literal['error', 'output']) -> LakeLogGroup:
        return LakeLogGroup(self, f'{kind.title()}Logs', environment=self._environment, key=self._storage.key,
                            name=log_group_name(self._environment, kind))

    def _job_resources(self, tables: DynamoDbStack, network: VpcStack | None, resources: LakeResources) -> JobResources:
        storage = self._storage
        return JobResources(
            key=storage.key, read_buckets=(self.scripts_bucket, storage.collect_bucket),
            write_buckets=(storage.cleanse_bucket, storage.consume_bucket, self.temporary_bucket),
            read_tables=(tables.value_lookup, tables.multi_lookup),
            write_tables=(tables.hash_values, tables.dq_results, tables.job_audit,
                          *((tables.lineage,) if tables.lineage else ())),
            log_group=log_group_prefix(self._environment), network=_job_network(self._environment, network),
            rights=tuple((right, right.resource_of(resources)) for job in JOBS for right in job.rights))

    def _security_configuration(self) -> glue.SecurityConfiguration:
        key = self._storage.key
        security = glue.SecurityConfiguration(
            self, 'Security',
            security_configuration_name=security_configuration_name(self._environment),
            cloud_watch_encryption=glue.CloudWatchEncryption.kms(key),
            job_bookmarks_encryption=glue.JobBookmarksEncryption.client_side_kms(key),
            s3_encryption=glue.S3Encryption.kms(key))
        # It holds no data, and its name must be free for the next deployment.
        security.apply_removal_policy(RemovalPolicy.DESTROY)
        return security

    def _connect(self, network: VpcStack | None) -> list[glue.IConnection]:
        if network:
            # The jobs know its connections by name, not by exports, so that their number can change.
            self.add_dependency(network)
        names = (*(network.connection_names if network else ()), *self._environment.glue.connections)
        return [glue.Connection.from_connection_name(self, f'Connection{name}', name) for name in names]

    def _job(self, row: LakeJob, arguments: dict[str, str]) -> glue.Job:
        settings = self._environment.glue
        queuing: dict[str, Any] = {} if settings.flex else {'job_run_queuing_enabled': True}
        job = (glue.PySparkFlexEtlJob if settings.flex else glue.PySparkEtlJob)(
            self, f'{row.name.title().replace("-", "")}Job',
            job_name=job_name(row, self._environment),
            role=self.role.without_policy_updates(),
            script=glue.Code.from_bucket(self.scripts_bucket, f'{SCRIPTS_PREFIX}/{row.module}.py'),
            extra_python_files=[self._library_file(self._library.zip_name)],
            extra_jars=[self._library_file(jar) for jar in self._library.jars] or None,
            glue_version=VERSIONS[settings.version],
            worker_configuration=glue.WorkerConfiguration(
                worker_type=glue.WorkerType[settings.worker_type.replace('.', '_')],
                number_of_workers=settings.most_workers),
            # Runs of the flexible class cannot be queued.
            **queuing,
            max_concurrent_runs=settings.most_runs, max_retries=0,
            timeout=Duration.minutes(settings.timeout_minutes),
            connections=self._connections or None,
            security_configuration=self._security,
            spark_ui=glue.SparkUIProps(bucket=self.temporary_bucket, prefix='/spark-ui'),
            default_arguments={f'--{key}': value for key, value in arguments.items()} | {
                '--additional-python-modules': python_packages()})
        Annotations.of(job).acknowledge_warning('@aws-cdk/aws-glue-alpha:plaintextJobArgumentSecret',
                                                'The argument is the name of a secret, not the secret.')
        job.node.add_dependency(self._scripts, self._libraries, *self._logs)
        return job

    def _library_file(self, name: str) -> glue.Code:
        return glue.Code.from_bucket(self.scripts_bucket, f'{LIBRARY_PREFIX}/{name}')


def _job_network(environment: EnvironmentConfiguration, network: VpcStack | None) -> JobNetwork | None:
    """Return the networks of the jobs; where a connection of the configuration leads, only its own settings say."""
    named = environment.glue.connections
    connections = (*(network.connection_names if network else ()), *named)
    if not connections:
        return None
    if network is None or named:
        return JobNetwork(connections=connections)
    if environment.vpc.mode == 'create':
        return JobNetwork(connections=connections, tag=NETWORK_TAG, tag_value=network_tag_value(environment))
    return JobNetwork(connections=connections, subnets=tuple(network.subnet_ids),
                      security_groups=(network.security_group_id,))


def _lake_resources(environment: EnvironmentConfiguration, storage: StorageStack,
                    tables: DynamoDbStack) -> LakeResources:
    redshift = environment.redshift
    return LakeResources(
        collect=f's3://{storage.collect_bucket.bucket_name}', cleanse=f's3://{storage.cleanse_bucket.bucket_name}',
        consume=f's3://{storage.consume_bucket.bucket_name}', specifications=SPECIFICATIONS, sql=SQL,
        hash_values=tables.hash_values.table_name, value_lookup=tables.value_lookup.table_name,
        multi_lookup=tables.multi_lookup.table_name, quality_results=tables.dq_results.table_name,
        iceberg_catalog=ICEBERG_CATALOG, athena_workgroup=athena_workgroup_name(environment),
        redshift_cluster_id=redshift.cluster_id, redshift_workgroup_name=redshift.workgroup_name,
        redshift_database=redshift.database)
