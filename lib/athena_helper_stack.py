"""Deploys the Athena workgroup for views and queries, with example queries."""
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_athena as athena
from constructs import Construct

from lib.glue_job_arguments import athena_workgroup_name
from lib.settings.deployment_settings import EnvironmentConfiguration
from lib.storage_stack import StorageStack

QUERIES = Path(__file__).resolve().parent / 'athena_queries'


@dataclass(frozen=True)
class ExampleQuery:
    """A query of the sample tables: its name, a sentence about its result, and its SQL."""

    name: str
    description: str
    sql: str


def example_queries(folder: Path = QUERIES) -> tuple[ExampleQuery, ...]:
    """Return the queries of a folder; the comment in the first line of a file says what it answers."""
    queries = []
    for path in sorted(folder.glob('*.sql')):
        first_line, _, sql = path.read_text(encoding='utf-8').partition('\n')
        queries.append(ExampleQuery(path.stem.replace('_', ' ').capitalize(), first_line.removeprefix('-- '), sql))
    return tuple(queries)


class AthenaHelperStack(Stack):
    """The workgroup of the environment.

    Athena keeps the results itself, encrypted, for a day: nobody who queries needs the right to write anywhere, or can
    see what others have asked.
    """

    def __init__(self, scope: Construct, construct_id: str, *, environment: EnvironmentConfiguration,
                 storage: StorageStack, **kwargs: Any):
        super().__init__(scope, construct_id, **kwargs)
        # The policy of an imported key may not allow Athena; then a key of AWS encrypts the results.
        encryption = None
        if environment.storage == 'create':
            encryption = athena.CfnWorkGroup.ManagedStorageEncryptionConfigurationProperty(kms_key=storage.key.key_arn)
        workgroup = athena.CfnWorkGroup(
            self, 'Workgroup', name=athena_workgroup_name(environment), state='ENABLED',
            description=f'Queries of the lake in {environment.name}',
            # Its history of queries is no data, and would keep the workgroup from being removed.
            recursive_delete_option=True,
            work_group_configuration=athena.CfnWorkGroup.WorkGroupConfigurationProperty(
                enforce_work_group_configuration=True, publish_cloud_watch_metrics_enabled=True,
                engine_version=athena.CfnWorkGroup.EngineVersionProperty(
                    selected_engine_version='Athena engine version 3'),
                managed_query_results_configuration=athena.CfnWorkGroup.ManagedQueryResultsConfigurationProperty(
                    enabled=True, encryption_configuration=encryption)))
        for number, query in enumerate(example_queries(), 1):
            named = athena.CfnNamedQuery(
                self, f'Query{number}', database='default', name=query.name, description=query.description,
                query_string=query.sql, work_group=workgroup.name)
            named.add_resource_dependency(workgroup)
