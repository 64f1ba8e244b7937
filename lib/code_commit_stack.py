"""Deploys a CodeCommit repository, to which an internal Git server mirrors the source code."""
from __future__ import annotations

from typing import Any

from aws_cdk import CfnOutput, RemovalPolicy, Stack
from aws_cdk import aws_codecommit as codecommit
from aws_cdk import aws_iam as iam
from constructs import Construct


class CodeCommitStack(Stack):
    """The repository, and a group whose members may push to it; an administrator adds the members."""

    def __init__(self, scope: Construct, construct_id: str, *, repository_name: str, **kwargs: Any):
        super().__init__(scope, construct_id, **kwargs)
        repository = codecommit.Repository(self, 'Repository', repository_name=repository_name,
                                           description='Mirror of the source code of the lake')
        repository.apply_removal_policy(RemovalPolicy.RETAIN)
        pushers = iam.Group(self, 'Pushers')
        pushers.add_managed_policy(iam.ManagedPolicy(
            self, 'PushPolicy', description='Mirror the source code of the lake', statements=[iam.PolicyStatement(
                sid='Push', actions=['codecommit:GitPull', 'codecommit:GitPush'],
                resources=[repository.repository_arn])]))
        CfnOutput(self, 'CloneUrl', value=repository.repository_clone_url_http)
        CfnOutput(self, 'GroupOfPushers', value=pushers.group_name)
