"""A log group as all of the lake are: encrypted, and kept for the days that the environment says."""
from __future__ import annotations

from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from lib.constructs.bucket import removal_policy
from lib.settings.deployment_settings import EnvironmentConfiguration


class LakeLogGroup(logs.LogGroup):
    """A log group of the environment."""

    def __init__(self, scope: Construct, construct_id: str, *, environment: EnvironmentConfiguration, key: kms.IKey,
                 name: str):
        super().__init__(scope, construct_id, log_group_name=name, removal_policy=removal_policy(environment),
                         # An imported key need not admit the logs service.
                         encryption_key=key if environment.storage == 'create' else None)
        group = self.node.default_child
        assert isinstance(group, logs.CfnLogGroup)
        # CDK has names for these numbers of days; the configuration has the numbers.
        group.retention_in_days = environment.log_days
