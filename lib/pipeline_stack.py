"""Deploys the pipeline of one environment, with the environment as its stage."""
from __future__ import annotations

from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_codebuild as codebuild
from aws_cdk import aws_codepipeline as codepipeline
from aws_cdk import aws_iam as iam
from aws_cdk import pipelines
from constructs import Construct

from lib.constructs.tagging import tag
from lib.packaging.node import CDK_COMMAND
from lib.pipeline_deploy_stage import PipelineDeployStage
from lib.pipeline_source import PipelineSource, pipeline_source
from lib.settings.deployment_settings import Configuration, EnvironmentConfiguration

PYTHON_VERSION, NODE_VERSION = '3.12', '22'
TESTS = 'python3 ./lake test test/unit test/stacks -q'
# An environment may have no workflow with test cases.
CHECKS = 'if [ -d lib/glue_scripts/tests ]; then python3 ./lake check; fi'


class PipelineStack(Stack):
    """Tests the branch of the environment, updates the pipeline itself, then deploys the environment."""

    def __init__(self, scope: Construct, construct_id: str, *, configuration: Configuration,
                 environment: EnvironmentConfiguration, **kwargs: Any):
        super().__init__(scope, construct_id, **kwargs)
        source = pipeline_source(self, configuration.source, environment)
        pipeline = pipelines.CodePipeline(
            self, 'Pipeline', pipeline_name=environment.resource_name('etl-pipeline'),
            pipeline_type=codepipeline.PipelineType.V2, cross_account_keys=True, enable_key_rotation=True,
            use_pipeline_role_for_actions=True, cli_version=CDK_COMMAND.partition('@')[2],
            synth=_synthesis(source, environment))
        self.stage = PipelineDeployStage(
            self, environment.name, environment=environment, logical_id_prefix=configuration.logical_id_prefix,
            tags=configuration.tags)
        pipeline.add_stage(self.stage)
        pipeline.build_pipeline()
        if source.connection_arn:
            # The service was renamed; CDK grants only the right with the old name.
            pipeline.pipeline.role.add_to_principal_policy(iam.PolicyStatement(
                actions=['codeconnections:UseConnection'], resources=[source.connection_arn]))
        tag(self, configuration.tags, environment.name)


def _synthesis(source: PipelineSource, environment: EnvironmentConfiguration) -> pipelines.CodeBuildStep:
    """Return the step that tests the source and makes the templates of the environment."""
    versions = {'python': PYTHON_VERSION, 'nodejs': NODE_VERSION}
    return pipelines.CodeBuildStep(
        'Synth', input=source.source, env={'ENV': environment.name},
        install_commands=['python3 -m pip install --quiet -r requirements.txt'],
        commands=[TESTS, CHECKS, f'npx --yes {CDK_COMMAND} synth --quiet'],
        primary_output_directory='cdk.out',
        partial_build_spec=codebuild.BuildSpec.from_object(
            {'version': '0.2', 'phases': {'install': {'runtime-versions': versions}}}))
