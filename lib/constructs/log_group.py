"""A log group of the lake: encrypted, with the retention of the environment."""
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
                         # The policy of an imported key may not allow the logs service.
                         encryption_key=key if environment.storage == 'create' else None)
        group = self.node.default_child
        assert isinstance(group, logs.CfnLogGroup)
        # CDK takes the retention as an enumeration, the configuration as a number of days.
        group.retention_in_days = environment.log_days
