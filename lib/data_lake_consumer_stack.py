"""Deploys the policy of those who read the lake: its tables only, and no personal data in clear text."""
from __future__ import annotations

from typing import Any

from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from lib.glue_job_arguments import athena_workgroup_name
from lib.settings.deployment_settings import EnvironmentConfiguration
from lib.storage_stack import StorageStack

# Folders of quarantined rows whose personal data is not protected, for workflows that ask for it.
CLEAR_PREFIX = 'quarantine_clear'
READ_CATALOG = (
    'glue:GetDatabase', 'glue:GetDatabases', 'glue:GetTable', 'glue:GetTables', 'glue:GetPartition',
    'glue:GetPartitions', 'glue:BatchGetPartition')
QUERY = (
    'athena:GetWorkGroup', 'athena:StartQueryExecution', 'athena:StopQueryExecution', 'athena:GetQueryExecution',
    'athena:BatchGetQueryExecution', 'athena:ListQueryExecutions', 'athena:GetQueryResults',
    'athena:GetQueryResultsStream', 'athena:GetQueryRuntimeStatistics', 'athena:ListNamedQueries',
    'athena:GetNamedQuery', 'athena:BatchGetNamedQuery')
LOOK_AROUND = ('athena:ListDatabases', 'athena:GetDatabase', 'athena:ListTableMetadata', 'athena:GetTableMetadata',
               'athena:GetDataCatalog')
# The console lists these to choose from. IAM offers no resource for them, and they show names alone.
CONSOLE = ('athena:ListWorkGroups', 'athena:ListDataCatalogs', 'athena:ListEngineVersions')


class DataLakeConsumerStack(Stack):
    """A managed policy to attach to the roles of consumers: read only, no clear quarantine, no settings of buckets."""

    def __init__(self, scope: Construct, construct_id: str, *, environment: EnvironmentConfiguration,
                 storage: StorageStack, **kwargs: Any):
        super().__init__(scope, construct_id, **kwargs)
        buckets = [storage.cleanse_bucket, storage.consume_bucket]

        def arns(service: str, *resources: str) -> list[str]:
            return [self.format_arn(service=service, resource=resource) for resource in resources]

        allowed: dict[str, tuple[tuple[str, ...], list[str]]] = {
            'ReadFiles': (('s3:GetObject',), [bucket.arn_for_objects('*') for bucket in buckets]),
            'ListFiles': (('s3:ListBucket', 's3:GetBucketLocation'), [bucket.bucket_arn for bucket in buckets]),
            # Athena encrypts the results of a query with the key on behalf of whoever asks.
            'Key': (('kms:Decrypt', 'kms:GenerateDataKey'), [storage.key.key_arn]),
            'ReadCatalog': (READ_CATALOG, arns('glue', 'catalog', 'database/*', 'table/*/*')),
            'Query': (QUERY, arns('athena', f'workgroup/{athena_workgroup_name(environment)}')),
            'LookAround': (LOOK_AROUND, arns('athena', 'datacatalog/AwsDataCatalog')),
            'Console': (CONSOLE, ['*']),
        }
        statements = [iam.PolicyStatement(sid=name, actions=list(actions), resources=resources)
                      for name, (actions, resources) in allowed.items()]
        policy = iam.ManagedPolicy(
            self, 'Policy',
            managed_policy_name=environment.resource_name(f'{environment.place.region}-consumer-policy'),
            description=f'Read the tables of the lake in {environment.name}',
            statements=[*statements, *self._denied(storage)])
        for name, value in {'ConsumerPolicy': policy.managed_policy_name,
                            'ConsumerPolicyArn': policy.managed_policy_arn}.items():
            CfnOutput(self, f'{name}Export', value=value, export_name=environment.own_export_name(name))

    def _denied(self, storage: StorageStack) -> list[iam.PolicyStatement]:
        """Deny clear-text rows even to those who may read the bucket by another policy."""
        buckets = [storage.cleanse_bucket, storage.consume_bucket]
        return [
            iam.PolicyStatement(
                sid='NoClearFiles', effect=iam.Effect.DENY, actions=['s3:GetObject', 's3:GetObjectVersion'],
                resources=[bucket.arn_for_objects(f'{CLEAR_PREFIX}/*') for bucket in buckets]),
            iam.PolicyStatement(
                sid='NoClearLists', effect=iam.Effect.DENY, actions=['s3:ListBucket', 's3:ListBucketVersions'],
                resources=[bucket.bucket_arn for bucket in buckets],
                conditions={'StringLike': {'s3:prefix': [CLEAR_PREFIX, f'{CLEAR_PREFIX}/*']}}),
        ]
