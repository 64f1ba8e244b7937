"""The role of the Glue jobs: each statement grants what a job does, and no more."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from lib.job_table import Right
from lib.settings.deployment_settings import EnvironmentConfiguration

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


@dataclass(frozen=True, kw_only=True)
class JobNetwork:
    """Networks that the jobs reach.

    connections      names of the Glue connections
    subnets          ids of the subnets to which these lead; `*` where only the connections know
    security_groups  ids of the security groups of the workers; likewise
    tag, tag_value   that the subnets and security groups carry; empty where they need none
    """

    connections: tuple[str, ...]
    subnets: tuple[str, ...] = ('*',)
    security_groups: tuple[str, ...] = ('*',)
    tag: str = ''
    tag_value: str = ''


@dataclass(frozen=True, kw_only=True)
class JobResources:
    """What the jobs read and write.

    key        with which all of it is encrypted
    log_group  beginning of the names of the log groups
    network    None for jobs in the network of AWS
    rights     of single jobs, each with the end of the ARN to which it applies
    """

    key: kms.IKey
    read_buckets: tuple[s3.IBucket, ...]
    write_buckets: tuple[s3.IBucket, ...]
    read_tables: tuple[dynamodb.ITable, ...]
    write_tables: tuple[dynamodb.ITable, ...]
    log_group: str
    network: JobNetwork | None
    rights: tuple[tuple[Right, str], ...]


class GlueRole(iam.Role):
    """Lets the jobs read and write their resources, log and report, and do what the rights of their rows add."""

    def __init__(self, scope: Construct, construct_id: str, resources: JobResources, *,
                 environment: EnvironmentConfiguration):
        own_account = {'StringEquals': {'aws:SourceAccount': Stack.of(scope).account}}
        super().__init__(scope, construct_id, description='Runs the Glue jobs of the lake',
                         role_name=environment.glue_role_name,
                         assumed_by=iam.ServicePrincipal('glue.amazonaws.com', conditions=own_account))
        self._stack = Stack.of(scope)
        self._allow_files('Read', READ_FILES, resources.read_buckets)
        self._allow_files('Write', WRITE_FILES, resources.write_buckets)
        self._allow('Key', ('kms:Decrypt', 'kms:Encrypt', 'kms:GenerateDataKey', 'kms:DescribeKey'),
                    resources.key.key_arn)
        self._allow('Catalog', CATALOG, *(self._arn('glue', name) for name in (
            'catalog', 'database/*', 'table/*/*', 'userDefinedFunction/*/*')))
        self._allow('ReadItems', READ_ITEMS, *(table.table_arn for table in resources.read_tables))
        self._allow('WriteItems', WRITE_ITEMS, *(table.table_arn for table in resources.write_tables))
        self._allow_reports(resources.log_group, environment)
        for right, resource in resources.rights:
            self._allow(right.name, right.actions, self._arn(right.service, resource))
        self._allow_redshift(environment)
        self._allow_secrets(environment)
        self._allow_lineage_events(environment)
        if resources.network:
            self._allow_network(resources.network)

    def _allow(self, name: str, actions: Sequence[str], *resources: str,
               conditions: dict[str, object] | None = None) -> None:
        self.add_to_policy(iam.PolicyStatement(sid=name, actions=list(actions), resources=list(resources),
                                               conditions=conditions))

    def _arn(self, service: str, resource: str) -> str:
        return self._stack.format_arn(service=service, resource=resource)

    def _allow_files(self, name: str, actions: Sequence[str], buckets: Sequence[s3.IBucket]) -> None:
        self._allow(f'{name}Files', actions, *(bucket.arn_for_objects('*') for bucket in buckets))
        # Without the right to list, a missing file would look like a forbidden one.
        self._allow(f'{name}Lists', ('s3:ListBucket', 's3:GetBucketLocation'),
                    *(bucket.bucket_arn for bucket in buckets))

    def _allow_reports(self, log_group: str, environment: EnvironmentConfiguration) -> None:
        """Allow logs, metrics and events."""
        groups = self._arn('logs', f'log-group:{log_group}*')
        self._allow('Logs', ('logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents',
                             'logs:AssociateKmsKey'), groups)
        self._allow('Metrics', ('cloudwatch:PutMetricData',), '*',
                    conditions={'StringLike': {'cloudwatch:namespace': list(METRIC_NAMESPACES)}})
        self._allow('Events', ('events:PutEvents',), self._arn('events', 'event-bus/default'))
        if environment.quality_engine == 'glue':
            self._allow('DataQuality', ('glue:PublishDataQuality',), self._arn('glue', 'dataQualityRuleset/*'))

    def _allow_redshift(self, environment: EnvironmentConfiguration) -> None:
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
            # The ARN of a workgroup contains an id that AWS assigns, not its name.
            self._allow('Redshift', (*statement, 'redshift-serverless:GetCredentials'),
                        self._arn('redshift-serverless', 'workgroup/*'))
        self._allow('RedshiftOwnStatements', ('redshift-data:DescribeStatement', 'redshift-data:CancelStatement'), '*',
                    conditions={'StringEquals': {'redshift-data:statement-owner-iam-userid': '${aws:userid}'}})

    def _allow_secrets(self, environment: EnvironmentConfiguration) -> None:
        """Allow the secrets of keyed hashes and of encrypted files, where they are configured."""
        hash_keys = (environment.hash_key_secret,) if environment.hash_key_secret else ()
        for name, secrets in (('HashKey', hash_keys), ('DecryptionKeys', environment.decryption_secrets)):
            if secrets:
                # Secrets Manager appends six characters to the ARN of a secret.
                self._allow(name, ('secretsmanager:GetSecretValue',),
                            *(self._arn('secretsmanager', f'secret:{secret}-??????') for secret in secrets))

    def _allow_lineage_events(self, environment: EnvironmentConfiguration) -> None:
        """Allow the queue or domain of OpenLineage events, where one is configured; a web address needs no right."""
        address = environment.openlineage_transport
        if address.startswith('arn:') and ':sqs:' in address:
            self._allow('LineageEvents', ('sqs:GetQueueUrl', 'sqs:SendMessage'), address)
        elif address.startswith('arn:'):
            self._allow('LineageEvents', ('datazone:PostLineageEvent',), address)

    def _allow_network(self, network: JobNetwork) -> None:
        """Allow the connections, and network interfaces where they lead."""
        self._allow('Connections', ('glue:GetConnection', 'glue:GetConnections'), self._arn('glue', 'catalog'),
                    *(self._arn('glue', f'connection/{name}') for name in network.connections))
        self._allow('NetworkLooks', NETWORK_LOOKS, '*')
        self._allow('NetworkInterfaces', ('ec2:CreateNetworkInterface', 'ec2:DeleteNetworkInterface'),
                    self._arn('ec2', 'network-interface/*'))
        self._allow('NetworkPlaces', ('ec2:CreateNetworkInterface',),
                    *(self._arn('ec2', f'subnet/{subnet}') for subnet in network.subnets),
                    *(self._arn('ec2', f'security-group/{group}') for group in network.security_groups),
                    conditions={'StringEquals': {f'aws:ResourceTag/{network.tag}': network.tag_value}}
                    if network.tag else None)
        self._allow('NetworkTags', ('ec2:CreateTags', 'ec2:DeleteTags'), self._arn('ec2', 'network-interface/*'),
                    conditions={'ForAllValues:StringEquals': {'aws:TagKeys': ['aws-glue-service-resource']}})
