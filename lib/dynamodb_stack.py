"""Deploys the DynamoDB tables of the lake: runs, look-ups, tokens, quality results, lineage."""
from __future__ import annotations

from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from lib.constructs.bucket import removal_policy
from lib.settings.deployment_settings import EnvironmentConfiguration
from lib.storage_stack import StorageStack


class DynamoDbStack(Stack):
    """The tables of the environment, encrypted with the key of the lake, on demand, with point-in-time recovery."""

    lineage: dynamodb.ITable | None

    def __init__(self, scope: Construct, construct_id: str, *, environment: EnvironmentConfiguration,
                 storage: StorageStack, **kwargs: Any):
        super().__init__(scope, construct_id, **kwargs)
        self._environment, self._storage = environment, storage
        self.job_audit = self._table('job-audit', 'execution_id')
        self._index_audits()
        self.hash_values = self._table('hash-values', 'hash_key')
        self.value_lookup = self._table('value-lookup', 'source_system', 'column_name')
        self.multi_lookup = self._table('multi-lookup', 'lookup_group', 'lookup_item')
        self.dq_results = self._table('dq-results', 'execution_id', 'job_id_action_rule')
        self.lineage = None
        if environment.lineage:
            name = 'data-lineage'
            self._table(name, 'step_function_execution_id', 'job_id_operation_seq')
            # Other stacks get its name, not an export, so that it can be switched off while they are deployed.
            self.lineage = dynamodb.Table.from_table_name(self, 'Lineage', self._environment.table_name(name))

    def _table(self, name: str, partition_key: str, sort_key: str | None = None) -> dynamodb.Table:
        """Create a table with text keys."""
        return dynamodb.Table(
            self, f'{name.title().replace("-", "")}Table', table_name=self._environment.table_name(name),
            partition_key=_text(partition_key), sort_key=_text(sort_key) if sort_key else None,
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED, encryption_key=self._storage.key,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True),
            removal_policy=removal_policy(self._environment), deletion_protection=self._environment.keeps_data)

    def _index_audits(self) -> None:
        """Add indexes that find runs by their file, newest last, and by their status and dependency."""
        self.job_audit.add_global_secondary_index(
            index_name='source_key-job_start_date_int-index', partition_key=_text('source_key'),
            sort_key=dynamodb.Attribute(name='job_start_date_int', type=dynamodb.AttributeType.NUMBER),
            projection_type=dynamodb.ProjectionType.INCLUDE, non_key_attributes=['job_latest_status'])
        self.job_audit.add_global_secondary_index(
            index_name='job_latest_status-dependency_key-index', partition_key=_text('job_latest_status'),
            sort_key=_text('dependency_key'), projection_type=dynamodb.ProjectionType.INCLUDE,
            non_key_attributes=['execution_id', 'sfn_execution_name', 'sfn_input', 'source_key'])


def _text(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)
