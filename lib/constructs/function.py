"""A Lambda function of the lake: small, with the standard library and boto3, under a role with exact rights."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
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


@dataclass(frozen=True, kw_only=True)
class FunctionSettings:
    """What differs from one function to another.

    name            last part of its name
    folder          below `lib`, with its `lambda_handler.py`
    description     what it does, for the console
    timeout         after which a call is stopped
    variables       environment variables
    dead_letters    queue for events that it failed to process; None where the caller retries
    """

    name: str
    folder: str
    description: str
    timeout: Duration
    variables: Mapping[str, str] = field(default_factory=dict)
    dead_letters: sqs.IQueue | None = None


class LakeFunction(lambda_.Function):
    """A function of the environment, with a role and a log group of its own."""

    def __init__(self, scope: Construct, construct_id: str, settings: FunctionSettings, *,
                 environment: EnvironmentConfiguration, key: kms.IKey):
        full_name = environment.resource_name(settings.name)
        logs = LakeLogGroup(scope, f'{construct_id}Logs', environment=environment, key=key,
                            name=f'/aws/lambda/{full_name}')
        role = iam.Role(scope, f'{construct_id}Role', description=f'Runs the function {settings.name} of the lake',
                        assumed_by=iam.ServicePrincipal('lambda.amazonaws.com'))
        module = f'lib.{settings.folder}.lambda_handler'
        with TemporaryDirectory() as package:
            write_package(Path(package), module)
            super().__init__(
                scope, construct_id, function_name=full_name, description=settings.description, role=role,
                runtime=lambda_.Runtime.PYTHON_3_14, architecture=lambda_.Architecture.ARM_64, memory_size=256,
                handler=f'{module}.lambda_handler', code=lambda_.Code.from_asset(package), timeout=settings.timeout,
                environment=dict(settings.variables), log_group=logs, logging_format=lambda_.LoggingFormat.JSON,
                application_log_level_v2=lambda_.ApplicationLogLevel.INFO, dead_letter_queue=settings.dead_letters)
        self.allow('Logs', ('logs:CreateLogStream', 'logs:PutLogEvents'), logs.log_group_arn)
        self.allow('Key', USE_KEY, key.key_arn)

    def allow(self, name: str, actions: Sequence[str], *resources: str) -> None:
        """Add a statement to the role."""
        self.add_to_role_policy(iam.PolicyStatement(sid=name, actions=list(actions), resources=list(resources)))

    def allow_items(self, name: str, actions: Sequence[str], table: dynamodb.ITable, *indexes: str) -> None:
        """Allow actions on the items of a table, and through those of its indexes that are named."""
        self.allow(name, [f'dynamodb:{action}' for action in actions], table.table_arn,
                   *(f'{table.table_arn}/index/{index}' for index in indexes))
