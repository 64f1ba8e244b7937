"""The role of the Glue jobs: each statement names what a job does, and no more."""
from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from lib.dynamodb_stack import DynamoDbStack
from lib.glue_job_arguments import log_group_prefix
from lib.job_table import Right
from lib.settings.deployment_settings import EnvironmentConfiguration
from lib.storage_stack import StorageStack
from lib.vpc_stack import VpcStack

READ_FILES = ('s3:GetObject',)
WRITE_FILES = (*READ_FILES, 's3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts')
READ_ITEMS = ('dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query')
WRITE_ITEMS = (*READ_ITEMS, 'dynamodb:PutItem', 'dynamodb:BatchWriteItem', 'dynamodb:UpdateItem')
CATALOG = (
    'glue:GetDatabase', 'glue:GetDatabases', 'glue:CreateDatabase',
    'glue:GetTable', 'glue:GetTables', 'glue:GetTableVersions', 'glue:CreateTable', 'glue:UpdateTable',
    'glue:DeleteTable',
    'glue:GetPartition', 'glue:GetPartitions', 'glue:BatchGetPartition', 'glue:CreatePartition',
    'glue:BatchCreatePartition', 'glue:UpdatePartition', 'glue:BatchUpdatePartition', 'glue:DeletePartition',
    'glue:BatchDeletePartition', 'glue:GetUserDefinedFunction', 'glue:GetUserDefinedFunctions')
NETWORK_LOOKS = ('ec2:DescribeVpcEndpoints', 'ec2:DescribeRouteTables', 'ec2:DescribeSubnets',
                 'ec2:DescribeSecurityGroups', 'ec2:DescribeVpcAttribute', 'ec2:DescribeNetworkInterfaces')
# Glue publishes metrics under the first name, the jobs' reports on data quality under the others.
METRIC_NAMESPACES = ('Glue', 'InsuranceLake/*', 'Glue Data Quality')


class GlueRole(iam.Role):
    """What the jobs may do: read scripts and Collect, read and write the tables, report, and what their rows add."""

    def __init__(self, scope: Construct, construct_id: str, *, environment: EnvironmentConfiguration,
                 storage: StorageStack, tables: DynamoDbStack, scripts_bucket: s3.IBucket,
                 temporary_bucket: s3.IBucket, network: VpcStack | None, rights: Sequence[tuple[Right, str]]):
        own_account = {'StringEquals': {'aws:SourceAccount': Stack.of(scope).account}}
        super().__init__(scope, construct_id, description='Runs the Glue jobs of the lake',
                         role_name=environment.resource_name(f'{environment.place.region}-glue-role'),
                         assumed_by=iam.ServicePrincipal('glue.amazonaws.com', conditions=own_account))
        self._stack = Stack.of(scope)
        self._files('Read', READ_FILES, [scripts_bucket, storage.collect_bucket])
        self._files('Write', WRITE_FILES, [storage.cleanse_bucket, storage.consume_bucket, temporary_bucket])
        self._allow('Key', ('kms:Decrypt', 'kms:Encrypt', 'kms:GenerateDataKey', 'kms:DescribeKey'),
                    storage.key.key_arn)
        self._allow('Catalog', CATALOG, *(self._arn('glue', name) for name in (
            'catalog', 'database/*', 'table/*/*', 'userDefinedFunction/*/*')))
        self._items('ReadItems', READ_ITEMS, [tables.value_lookup, tables.multi_lookup])
        self._items('WriteItems', WRITE_ITEMS, [tables.hash_values, tables.dq_results, tables.job_audit,
                                                *([tables.lineage] if tables.lineage else [])])
        self._tell(environment)
        for right, resource in rights:
            self._allow(right.name, right.actions, self._arn(right.service, resource))
        self._query_redshift(environment)
        self._use_secret(environment)
        self._reach(environment, network)

    def _allow(self, name: str, actions: Sequence[str], *resources: str,
               conditions: dict[str, object] | None = None) -> None:
        self.add_to_policy(iam.PolicyStatement(sid=name, actions=list(actions), resources=list(resources),
                                               conditions=conditions))

    def _arn(self, service: str, resource: str) -> str:
        return self._stack.format_arn(service=service, resource=resource)

    def _files(self, name: str, actions: Sequence[str], buckets: Sequence[s3.IBucket]) -> None:
        self._allow(f'{name}Files', actions, *(bucket.arn_for_objects('*') for bucket in buckets))
        # Without a right to list, a file that is not there would look like one that is forbidden.
        self._allow(f'{name}Lists', ('s3:ListBucket', 's3:GetBucketLocation'),
                    *(bucket.bucket_arn for bucket in buckets))

    def _items(self, name: str, actions: Sequence[str], tables: Sequence[dynamodb.Table]) -> None:
        self._allow(name, actions, *(table.table_arn for table in tables))

    def _tell(self, environment: EnvironmentConfiguration) -> None:
        """Allow logs, metrics and events."""
        groups = self._arn('logs', f'log-group:{log_group_prefix(environment)}*')
        self._allow('Logs', ('logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents',
                             'logs:AssociateKmsKey'), groups)
        self._allow('Metrics', ('cloudwatch:PutMetricData',), '*',
                    conditions={'StringLike': {'cloudwatch:namespace': list(METRIC_NAMESPACES)}})
        self._allow('Events', ('events:PutEvents',), self._arn('events', 'event-bus/default'))
        if environment.quality_engine == 'glue':
            self._allow('DataQuality', ('glue:PublishDataQuality',), self._arn('glue', 'dataQualityRuleset/*'))

    def _query_redshift(self, environment: EnvironmentConfiguration) -> None:
        """Allow statements in Redshift, where one is configured."""
        redshift = environment.redshift
        if not redshift.database:
            return
        statement = ('redshift-data:ExecuteStatement',)
        if redshift.cluster_id:
            self._allow('Redshift', (*statement, 'redshift:GetClusterCredentialsWithIAM'),
                        self._arn('redshift', f'cluster:{redshift.cluster_id}'),
                        self._arn('redshift', f'dbname:{redshift.cluster_id}/{redshift.database}'))
        else:
            # The ARN of a workgroup has an id that AWS makes up, not its name.
            self._allow('Redshift', (*statement, 'redshift-serverless:GetCredentials'),
                        self._arn('redshift-serverless', 'workgroup/*'))
        self._allow('RedshiftOwnStatements', ('redshift-data:DescribeStatement', 'redshift-data:CancelStatement'), '*',
                    conditions={'StringEquals': {'redshift-data:statement-owner-iam-userid': '${aws:userid}'}})

    def _use_secret(self, environment: EnvironmentConfiguration) -> None:
        """Allow the secret of keyed hashes, where one is configured."""
        if environment.hash_key_secret:
            # Secrets Manager ends the ARN of a secret with six characters of its own.
            secret = f'secret:{environment.hash_key_secret}-??????'
            self._allow('HashKey', ('secretsmanager:GetSecretValue',), self._arn('secretsmanager', secret))

    def _reach(self, environment: EnvironmentConfiguration, network: VpcStack | None) -> None:
        """Allow networks: the one of the environment, and those behind the connections of its configuration."""
        connections = [*(network.connection_names if network else ()), *environment.glue.connections]
        if not connections:
            return
        self._allow('Connections', ('glue:GetConnection', 'glue:GetConnections'), self._arn('glue', 'catalog'),
                    *(self._arn('glue', f'connection/{name}') for name in connections))
        self._allow('NetworkLooks', NETWORK_LOOKS, '*')
        # Where a connection of the configuration leads, only its own settings tell.
        known = network is not None and not environment.glue.connections
        subnets, groups = ((network.subnet_ids, [network.security_group_id]) if network and known else (['*'], ['*']))
        self._allow('NetworkInterfaces', ('ec2:CreateNetworkInterface', 'ec2:DeleteNetworkInterface'),
                    self._arn('ec2', 'network-interface/*'),
                    *(self._arn('ec2', f'subnet/{subnet}') for subnet in subnets),
                    *(self._arn('ec2', f'security-group/{group}') for group in groups))
        self._allow('NetworkTags', ('ec2:CreateTags', 'ec2:DeleteTags'), self._arn('ec2', 'network-interface/*'),
                    conditions={'ForAllValues:StringEquals': {'aws:TagKeys': ['aws-glue-service-resource']}})
