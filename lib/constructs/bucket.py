"""A bucket of the lake: encrypted, versioned, private, over TLS only, with access logs."""
from __future__ import annotations

from aws_cdk import Annotations, Duration, RemovalPolicy, Stack
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from lib.settings.deployment_settings import EnvironmentConfiguration

# Replaced and deleted versions can be restored for so long; current versions never expire.
DAYS_OF_OLD_VERSIONS = 30
DAYS_OF_UNFINISHED_UPLOADS = 7
LOWEST_TLS = 1.2
# Buckets whose objects the next deployment or run makes anew; in Dev they are emptied and removed with their stack.
MADE_ANEW = ('etl-scripts', 'glue-temp', 'docs')


class LakeBucket(s3.Bucket):
    """A bucket of the environment, named after its kind."""

    def __init__(self, scope: Construct, construct_id: str, *, environment: EnvironmentConfiguration, kind: str,
                 key: kms.IKey, access_logs: s3.IBucket, expires_after_days: int | None = None):
        """Create the bucket.

        kind                last part of its name, and its folder in the access logs
        expires_after_days  when objects are removed; None for never
        """
        stack = Stack.of(scope)
        super().__init__(
            scope, construct_id,
            bucket_name=environment.bucket_name(kind, stack.account, stack.region),
            encryption=s3.BucketEncryption.KMS, encryption_key=key, bucket_key_enabled=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True, minimum_tls_version=LOWEST_TLS, versioned=True,
            server_access_logs_bucket=access_logs, server_access_logs_prefix=f'{kind}/',
            removal_policy=removal_policy(environment),
            auto_delete_objects=kind in MADE_ANEW and not environment.keeps_data,
            lifecycle_rules=[s3.LifecycleRule(
                abort_incomplete_multipart_upload_after=Duration.days(DAYS_OF_UNFINISHED_UPLOADS),
                noncurrent_version_expiration=Duration.days(DAYS_OF_OLD_VERSIONS),
                expiration=Duration.days(expires_after_days) if expires_after_days else None)])
        Annotations.of(self).acknowledge_warning(
            '@aws-cdk/aws-s3:accessLogsPolicyNotAdded',
            'The stack that created an imported bucket of access logs grants the logging service its right.')


def removal_policy(environment: EnvironmentConfiguration) -> RemovalPolicy:
    """Return the removal policy of data; what a failed first deployment created goes again, as its name is needed."""
    return RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE if environment.keeps_data else RemovalPolicy.DESTROY
