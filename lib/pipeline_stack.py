"""The pipeline of one environment, and the environment itself as its stage."""
from __future__ import annotations

from typing import Any

from aws_cdk import Stack
from constructs import Construct

from lib.configuration_model import Configuration, EnvironmentConfiguration
from lib.pipeline_deploy_stage import PipelineDeployStage


class PipelineStack(Stack):
    """Builds what is pushed to the environment's branch, deploys itself, then the environment."""

    def __init__(self, scope: Construct, construct_id: str, *, configuration: Configuration,
                 environment: EnvironmentConfiguration, **kwargs: Any):
        super().__init__(scope, construct_id, **kwargs)
        self.stage = PipelineDeployStage(
            self, environment.name, environment=environment, logical_id_prefix=configuration.logical_id_prefix,
            tags=configuration.tags)
