"""Deploys the pages of the lake: a private bucket, and a build that writes them on a schedule without reading rows."""
from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_codebuild as codebuild
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3_assets as assets
from aws_cdk import aws_sns as sns
from constructs import Construct

from lib.constructs.bucket import LakeBucket
from lib.constructs.log_group import LakeLogGroup
from lib.dynamodb_stack import DynamoDbStack
from lib.glue_job_arguments import job_name
from lib.glue_stack import SCRIPTS_PREFIX, GlueStack
from lib.job_table import JOBS
from lib.packaging.glue_library import REPOSITORY
from lib.settings.deployment_settings import EnvironmentConfiguration
from lib.storage_stack import StorageStack

SCRIPT, SHARED, PAGE = 'resources/write_docs.py', 'resources/shared', 'index.html'
REQUIREMENTS = ('requirements.txt', 'requirements-glue.txt')
PYTHON_VERSION = '3.12'
# The build reads the configuration from the scripts bucket, so that a change of it needs no deployment of this stack.
CONFIGURATION = ('transformation-spec', 'transformation-sql', 'dq-rules')
NOT_COPIED = ('__pycache__', 'tests', '*.jar', *CONFIGURATION)
READ_CATALOG = ('glue:GetTable', 'glue:GetTables', 'glue:GetPartitions')


class DocsSiteStack(Stack):
    """The bucket of the pages, and the build with its role and schedule."""

    def __init__(self, scope: Construct, construct_id: str, *, environment: EnvironmentConfiguration,
                 storage: StorageStack, tables: DynamoDbStack, glue: GlueStack, **kwargs: Any):
        super().__init__(scope, construct_id, **kwargs)
        self._environment, self._storage = environment, storage
        self.bucket = LakeBucket(self, 'Bucket', environment=environment, kind='docs', key=storage.key,
                                 access_logs=storage.access_logs_bucket)
        self._logs = LakeLogGroup(self, 'Logs', environment=environment, key=storage.key,
                                  name=f'/aws/codebuild/{environment.resource_name("write-docs")}')
        self._source = self._code()
        self._role = iam.Role(self, 'Role', description='Writes the pages of the lake',
                              assumed_by=iam.ServicePrincipal('codebuild.amazonaws.com', conditions={
                                  'StringEquals': {'aws:SourceAccount': self.account}}))
        self._allow_reading(tables, glue)
        self._allow_writing()
        rule = events.Rule(self, 'Schedule', rule_name=environment.resource_name('write-docs'),
                           schedule=events.Schedule.expression(environment.docs_schedule))
        project = self._project()
        rule.add_target(targets.CodeBuildProject(project))
        self._alarm(project)

    def _code(self) -> assets.Asset:
        """Return the files of the repository that the script needs, with the transforms of users."""
        with TemporaryDirectory() as folder:
            target = Path(folder)
            for name in ('lib', SHARED):
                shutil.copytree(REPOSITORY / name, target / name, ignore=shutil.ignore_patterns(*NOT_COPIED))
            for name in (SCRIPT, *REQUIREMENTS):
                (target / name).parent.mkdir(exist_ok=True)
                shutil.copyfile(REPOSITORY / name, target / name)
            return assets.Asset(self, 'Code', path=folder)

    def _project(self) -> codebuild.Project:
        packages = ' '.join(f'-r {name}' for name in REQUIREMENTS)
        command = f'python3 {SCRIPT} --environment {self._environment.name} --bucket --apply'
        return codebuild.Project(
            self, 'Project', project_name=self._environment.resource_name('write-docs'),
            description='Writes the pages of the lake', role=self._role.without_policy_updates(),
            source=codebuild.Source.s3(bucket=self._source.bucket, path=self._source.s3_object_key),
            environment=codebuild.BuildEnvironment(build_image=codebuild.LinuxBuildImage.AMAZON_LINUX_2023_5,
                                                   compute_type=codebuild.ComputeType.SMALL),
            encryption_key=self._storage.key, grant_report_group_permissions=False, concurrent_build_limit=1,
            timeout=Duration.minutes(30), queued_timeout=Duration.minutes(30),
            logging=codebuild.LoggingOptions(cloud_watch=codebuild.CloudWatchLoggingOptions(log_group=self._logs)),
            build_spec=codebuild.BuildSpec.from_object({
                'version': '0.2',
                'phases': {'install': {'runtime-versions': {'python': PYTHON_VERSION},
                                       'commands': [f'python3 -m pip install --quiet {packages}']},
                           'build': {'commands': [command]}}}))

    def _alarm(self, project: codebuild.Project) -> None:
        """Tell the topic of the lake of builds that fail; its name, not an export, so that both can change."""
        name = self._environment.resource_name('etl-notification-topic')
        alarm = cloudwatch.Alarm(
            self, 'FailedAlarm', alarm_name=self._environment.resource_name('write-docs-failed'),
            metric=project.metric_failed_builds(period=Duration.minutes(5)), threshold=1, evaluation_periods=1,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD)
        alarm.add_alarm_action(actions.SnsAction(sns.Topic.from_topic_arn(
            self, 'Topic', self.format_arn(service='sns', resource=name))))

    def _allow_reading(self, tables: DynamoDbStack, glue: GlueStack) -> None:
        """Allow the code, the configuration, the catalog and the records; the files of tables are not among them."""
        self._allow('Code', ('s3:GetObject', 's3:GetObjectVersion'),
                    self._source.bucket.arn_for_objects(self._source.s3_object_key))
        # https://docs.aws.amazon.com/codebuild/latest/userguide/setting-up-service-role.html
        self._allow('CodeBucket', ('s3:GetBucketAcl', 's3:GetBucketLocation'), self._source.bucket.bucket_arn)
        self._allow('Configuration', ('s3:GetObject',), *(
            glue.scripts_bucket.arn_for_objects(f'{SCRIPTS_PREFIX}/{folder}/*') for folder in CONFIGURATION))
        # Without the right to list, a missing file would look like a forbidden one.
        self._allow('Lists', ('s3:ListBucket',), glue.scripts_bucket.bucket_arn)
        self._allow('Catalog', READ_CATALOG, *(self.format_arn(service='glue', resource=name) for name in (
            'catalog', 'database/*', 'table/*/*')))
        # Named, not exported, so that a job can leave the lake.
        self._allow('Jobs', ('glue:GetJobRuns',), *(self.format_arn(
            service='glue', resource='job', resource_name=job_name(job, self._environment)) for job in JOBS))
        records = (tables.job_audit, tables.dq_results, *((tables.lineage,) if tables.lineage else ()))
        self._allow('Records', ('dynamodb:Scan',), *(table.table_arn for table in records))

    def _allow_writing(self) -> None:
        """Allow the page, the logs, and the key of both and of what is read."""
        self._allow('Page', ('s3:PutObject',), self.bucket.arn_for_objects(PAGE))
        self._allow('Logs', ('logs:CreateLogStream', 'logs:PutLogEvents'), self._logs.log_group_arn)
        self._allow('Key', ('kms:Decrypt', 'kms:GenerateDataKey'), self._storage.key.key_arn)

    def _allow(self, name: str, allowed: Sequence[str], *resources: str) -> None:
        self._role.add_to_policy(iam.PolicyStatement(sid=name, actions=list(allowed), resources=list(resources)))
