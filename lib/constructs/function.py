"""A Lambda function as all of the lake are: small, of the standard library and boto3, allowed what it is given."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from aws_cdk import Duration
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from lib.constructs.log_group import LakeLogGroup
from lib.packaging.lambda_package import write_package
from lib.settings.deployment_settings import EnvironmentConfiguration

USE_KEY = ('kms:Decrypt', 'kms:Encrypt', 'kms:GenerateDataKey', 'kms:DescribeKey')


class LakeFunction(lambda_.Function):
    """The function whose handler lies in the folder of its code, under a role of its own."""

    def __init__(self, scope: Construct, construct_id: str, *, environment: EnvironmentConfiguration, key: kms.IKey,
                 name: str, folder: str, description: str, timeout: Duration, variables: Mapping[str, str],
                 dead_letters: sqs.IQueue | None = None):
        logs = LakeLogGroup(scope, f'{construct_id}Logs', environment=environment, key=key,
                            name=f'/aws/lambda/{environment.resource_name(name)}')
        role = iam.Role(scope, f'{construct_id}Role', description=f'Runs the function {name} of the lake',
                        assumed_by=iam.ServicePrincipal('lambda.amazonaws.com'))
        module = f'lib.{folder}.lambda_handler'
        with TemporaryDirectory() as package:
            write_package(Path(package), module)
            super().__init__(
                scope, construct_id, function_name=environment.resource_name(name), description=description, role=role,
                runtime=lambda_.Runtime.PYTHON_3_14, architecture=lambda_.Architecture.ARM_64, memory_size=256,
                handler=f'{module}.lambda_handler', code=lambda_.Code.from_asset(package), timeout=timeout,
                environment=dict(variables), log_group=logs, logging_format=lambda_.LoggingFormat.JSON,
                application_log_level_v2=lambda_.ApplicationLogLevel.INFO, dead_letter_queue=dead_letters)
        self.allow('Logs', ('logs:CreateLogStream', 'logs:PutLogEvents'), logs.log_group_arn)
        self.allow('Key', USE_KEY, key.key_arn)

    def allow(self, name: str, actions: Sequence[str], *resources: str,
              conditions: dict[str, object] | None = None) -> None:
        """Add a statement to the role."""
        self.add_to_role_policy(iam.PolicyStatement(sid=name, actions=list(actions), resources=list(resources),
                                                    conditions=conditions))

    def allow_items(self, name: str, actions: Sequence[str], table: dynamodb.ITable, *indexes: str) -> None:
        """Allow actions on the items of a table, and through those of its indexes that are named."""
        self.allow(name, [f'dynamodb:{action}' for action in actions], table.table_arn,
                   *(f'{table.table_arn}/index/{index}' for index in indexes))
