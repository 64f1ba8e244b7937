"""Puts the stacks of one environment together."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_cdk import Environment, Stage
from constructs import Construct

from lib.athena_helper_stack import AthenaHelperStack
from lib.constructs.tagging import tag
from lib.dashboard_stack import DashboardStack
from lib.data_lake_consumer_stack import DataLakeConsumerStack
from lib.docs_site_stack import DocsSiteStack
from lib.dynamodb_stack import DynamoDbStack
from lib.glue_stack import GlueStack
from lib.settings.deployment_settings import EnvironmentConfiguration
from lib.step_functions_stack import StepFunctionsStack
from lib.storage_stack import StorageStack
from lib.vpc_stack import VpcStack


class PipelineDeployStage(Stage):
    """The stacks of an environment; its pipeline deploys them, or a laptop."""

    def __init__(self, scope: Construct, construct_id: str, *, environment: EnvironmentConfiguration,
                 logical_id_prefix: str, tags: Mapping[str, str]):
        super().__init__(scope, construct_id, env=Environment(
            account=environment.place.account, region=environment.place.region))
        common: dict[str, Any] = {'environment': environment, 'termination_protection': environment.keeps_data}

        def name(part: str) -> str:
            return f'{logical_id_prefix}Etl{part}'

        self.storage = StorageStack(self, name('Storage'), **common)
        self.tables = DynamoDbStack(self, name('DynamoDb'), storage=self.storage, **common)
        self.network = None
        if environment.vpc.mode != 'none':
            self.network = VpcStack(self, name('Vpc'), storage=self.storage, **common)
        self.glue = GlueStack(self, name('Glue'), storage=self.storage, tables=self.tables, network=self.network,
                              **common)
        AthenaHelperStack(self, name('AthenaHelper'), storage=self.storage, **common)
        DataLakeConsumerStack(self, name('DataLakeConsumer'), storage=self.storage, **common)
        self.step_functions = StepFunctionsStack(self, name('StepFunctions'), storage=self.storage, tables=self.tables,
                                                 glue=self.glue, **common)
        DashboardStack(self, name('Dashboard'), glue=self.glue, step_functions=self.step_functions, **common)
        if environment.docs_schedule:
            DocsSiteStack(self, name('DocsSite'), storage=self.storage, tables=self.tables, glue=self.glue, **common)
        tag(self, tags, environment.name)
