"""Makes the source of a pipeline: a connection to a Git provider, or CodeCommit."""
from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import aws_codecommit as codecommit
from aws_cdk import aws_codeconnections as codeconnections
from aws_cdk import pipelines
from constructs import Construct

from lib.settings.deployment_settings import EnvironmentConfiguration
from lib.settings.parts import CodeCommit, CodeConnection

# https://docs.aws.amazon.com/codeconnections/latest/APIReference/API_CreateConnection.html
LONGEST_CONNECTION_NAME = 32


@dataclass(frozen=True)
class PipelineSource:
    """The source, and the ARN of its connection; empty without one."""

    source: pipelines.CodePipelineSource
    connection_arn: str


def pipeline_source(scope: Construct, settings: CodeConnection | CodeCommit,
                    environment: EnvironmentConfiguration) -> PipelineSource:
    """Return the source of an environment's branch; create a connection unless the configuration names one."""
    if isinstance(settings, CodeCommit):
        repository = codecommit.Repository.from_repository_name(scope, 'Repository', settings.repository)
        return PipelineSource(pipelines.CodePipelineSource.code_commit(repository, environment.branch), '')
    arn = settings.connection_arn or codeconnections.CfnConnection(
        scope, 'Connection', provider_type=settings.provider,
        connection_name=f'{environment.name.lower()}-{environment.resource_name_prefix}'[:LONGEST_CONNECTION_NAME],
    ).attr_connection_arn
    return PipelineSource(pipelines.CodePipelineSource.connection(
        settings.repository, environment.branch, connection_arn=arn), arn)
