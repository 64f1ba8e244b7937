"""Builds the CDK application from a configuration, with the feature flags of cdk.json wherever it is started from."""
from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from aws_cdk import App, Environment

from lib.code_commit_stack import CodeCommitStack
from lib.pipeline_stack import PipelineStack
from lib.settings.deployment_settings import Configuration
from lib.settings.parts import CodeCommit

SETTINGS = Path(__file__).resolve().parents[1] / 'cdk.json'


def build_app(configuration: Configuration, **options: Any) -> App:
    """Return the application with all environments of the configuration.

    options  further ones of CDK's App, such as `outdir`
    """
    app = App(context=json.loads(SETTINGS.read_text(encoding='utf-8'))['context'], **options)
    place = Environment(account=configuration.deployment.account, region=configuration.deployment.region)
    source = configuration.source
    if isinstance(source, CodeCommit) and source.mirror:
        CodeCommitStack(app, f'{configuration.logical_id_prefix}EtlMirrorRepository', env=place,
                        repository_name=source.repository)
    for environment in configuration.named_environments:
        PipelineStack(app, f'{environment.name}-{configuration.logical_id_prefix}EtlPipeline',
                      configuration=configuration, environment=environment, env=place)
    return app
