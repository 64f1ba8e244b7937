"""Creates the key and the buckets of the lake's data, or imports those that an existing deployment exports."""
from __future__ import annotations

from typing import Any

from aws_cdk import CfnOutput, Duration, Fn, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from lib.constructs.bucket import LOWEST_TLS, LakeBucket, removal_policy
from lib.settings.deployment_settings import EnvironmentConfiguration

DAYS_OF_ACCESS_LOGS = 400
KEY_EXPORT, ACCESS_LOGS_EXPORT = 'S3KmsKeyArn', 'S3AccessLogBucket'
BUCKET_EXPORTS = {'collect': 'CollectBucketName', 'cleanse': 'CleanseBucketName', 'consume': 'ConsumeBucketName'}


class StorageStack(Stack):
    """Key, access-log bucket, and the Collect, Cleanse and Consume buckets.

    Both ways the attributes `key`, `access_logs_bucket`, `collect_bucket`, `cleanse_bucket` and `consume_bucket` are
    there, and Collect tells EventBridge of every object that lands.
    """

    key: kms.IKey
    access_logs_bucket: s3.IBucket
    collect_bucket: s3.IBucket
    cleanse_bucket: s3.IBucket
    consume_bucket: s3.IBucket

    def __init__(self, scope: Construct, construct_id: str, *, environment: EnvironmentConfiguration, **kwargs: Any):
        super().__init__(scope, construct_id, **kwargs)
        if environment.storage == 'create':
            self._create(environment)
            self._export(environment)
        else:
            self._import(environment)

    def _create(self, environment: EnvironmentConfiguration) -> None:
        self.key = kms.Key(self, 'Key', description=f'Data of the lake {environment.resource_name("etl")}',
                           alias=environment.resource_name('lake-key'), enable_key_rotation=True,
                           removal_policy=removal_policy(environment))
        self._admit_services()
        self.access_logs_bucket = s3.Bucket(
            self, 'AccessLogsBucket', bucket_name=environment.bucket_name('access-logs', self.account, self.region),
            # The service that delivers access logs cannot use a customer key.
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True, minimum_tls_version=LOWEST_TLS, versioned=True,
            removal_policy=removal_policy(environment),
            # Access logs arrive for hours; without this the bucket of Dev would never be empty.
            auto_delete_objects=not environment.keeps_data,
            lifecycle_rules=[s3.LifecycleRule(expiration=Duration.days(DAYS_OF_ACCESS_LOGS),
                                              noncurrent_version_expiration=Duration.days(1))])
        self.collect_bucket, self.cleanse_bucket, self.consume_bucket = (
            LakeBucket(self, f'{kind.title()}Bucket', environment=environment, kind=kind, key=self.key,
                       access_logs=self.access_logs_bucket) for kind in BUCKET_EXPORTS)
        collect = self.collect_bucket.node.default_child
        assert isinstance(collect, s3.CfnBucket)
        # CDK's own switch is a function that sets what is a property of the bucket anyhow.
        collect.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
            event_bridge_configuration=s3.CfnBucket.EventBridgeConfigurationProperty(event_bridge_enabled=True))

    def _admit_services(self) -> None:
        """Allow services to use the key for this account."""
        use = ['kms:Decrypt', 'kms:GenerateDataKey*', 'kms:DescribeKey']
        own_account = {'StringEquals': {'aws:SourceAccount': self.account}}
        senders = [iam.ServicePrincipal(f'{name}.amazonaws.com')
                   for name in ('cloudwatch', 'events', 'encryption.athena')]
        self.key.add_to_resource_policy(iam.PolicyStatement(
            sid='Senders', principals=senders, actions=use, resources=['*'], conditions=own_account))
        groups = self.format_arn(service='logs', resource='*')
        self.key.add_to_resource_policy(iam.PolicyStatement(
            sid='Logs', principals=[iam.ServicePrincipal(f'logs.{self.region}.amazonaws.com')],
            actions=['kms:Encrypt', 'kms:ReEncrypt*', *use], resources=['*'],
            conditions={'ArnLike': {'kms:EncryptionContext:aws:logs:arn': groups}}))

    def _export(self, environment: EnvironmentConfiguration) -> None:
        values = {KEY_EXPORT: self.key.key_arn, ACCESS_LOGS_EXPORT: self.access_logs_bucket.bucket_name} | {
            export: getattr(self, f'{kind}_bucket').bucket_name for kind, export in BUCKET_EXPORTS.items()}
        for name, value in values.items():
            CfnOutput(self, f'{name}Export', value=value, export_name=environment.export_name(name))

    def _import(self, environment: EnvironmentConfiguration) -> None:
        def imported(name: str) -> str:
            return Fn.import_value(environment.export_name(name))

        self.key = kms.Key.from_key_arn(self, 'Key', imported(KEY_EXPORT))
        self.access_logs_bucket = s3.Bucket.from_bucket_name(self, 'AccessLogsBucket', imported(ACCESS_LOGS_EXPORT))
        self.collect_bucket, self.cleanse_bucket, self.consume_bucket = (
            s3.Bucket.from_bucket_attributes(self, f'{kind.title()}Bucket', bucket_name=imported(export),
                                             encryption_key=self.key)
            for kind, export in BUCKET_EXPORTS.items())
        self.collect_bucket.enable_event_bridge_notification()
