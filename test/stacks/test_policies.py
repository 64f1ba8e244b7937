"""Permissions of roles: only the statements listed here cover all resources, and readers can only read."""
from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

import pytest
from stack_templates import ACCOUNTS, LINEAGE_QUEUE, text_of

# Actions that IAM ties to no resource, by the construct that may do them; a new one has to be argued here.
ON_ALL_RESOURCES = {
    'DataLakeConsumerPolicy': {'athena:ListWorkGroups', 'athena:ListDataCatalogs', 'athena:ListEngineVersions'},
    'GlueRole': {
        'cloudwatch:PutMetricData', 'redshift-data:DescribeStatement', 'redshift-data:CancelStatement',
        'ec2:DescribeVpcEndpoints', 'ec2:DescribeRouteTables', 'ec2:DescribeSubnets', 'ec2:DescribeSecurityGroups',
        'ec2:DescribeVpcAttribute', 'ec2:DescribeNetworkInterfaces'},
    'StepFunctionsStateMachineRole': {
        'logs:CreateLogDelivery', 'logs:GetLogDelivery', 'logs:UpdateLogDelivery', 'logs:DeleteLogDelivery',
        'logs:ListLogDeliveries', 'logs:PutResourcePolicy', 'logs:DescribeResourcePolicies', 'logs:DescribeLogGroups',
        'xray:PutTraceSegments', 'xray:PutTelemetryRecords', 'xray:GetSamplingRules', 'xray:GetSamplingTargets'},
}
# The looks tell nothing of the lake's data, and for the others CDK sets no condition.
WITHOUT_CONDITION = {action for actions in ON_ALL_RESOURCES.values() for action in actions
                     if action.startswith(('ec2:Describe', 'logs:', 'xray:', 'athena:List'))}
READING = ('s3:Get*', 's3:List*', 'glue:Get*', 'glue:BatchGet*', 'kms:Decrypt', 'kms:GenerateDataKey', 'athena:*')
POLICIES = ('AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy')


def listed(value: Any) -> list[Any]:
    """Return a value of a policy as a list, which it may be or not."""
    return value if isinstance(value, list) else [value]


def statements(lake_on_aws, environment: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the statements of an environment's policies with stack and logical id of the policy."""
    for stack, template in lake_on_aws.of_environment(environment).items():
        for name, resource in template['Resources'].items():
            if resource['Type'] in POLICIES:
                for statement in resource['Properties']['PolicyDocument']['Statement']:
                    yield f'{stack.rpartition("LakeEtl")[2]}{name}', statement


@pytest.mark.parametrize('environment', ['Dev', 'Test', 'Prod'])
def test_no_statement_covers_all_resources_but_those_that_iam_ties_to_none(lake_on_aws, environment):
    for place, statement in statements(lake_on_aws, environment):
        if '*' in listed(statement['Resource']):
            actions = set(listed(statement['Action']))
            allowed = next((allowed for name, allowed in ON_ALL_RESOURCES.items() if place.startswith(name)), set())
            assert actions - allowed == set(), place
            assert 'Condition' in statement or actions <= WITHOUT_CONDITION, place


@pytest.mark.parametrize('environment', ['Dev', 'Test', 'Prod'])
def test_no_statement_allows_all_actions_of_a_service(lake_on_aws, environment):
    wide = [(place, action) for place, statement in statements(lake_on_aws, environment)
            for action in listed(statement['Action']) if action == '*' or action.endswith(':*')]
    assert wide == []


def test_jobs_may_send_lineage_to_the_configured_queue_alone(lake_on_aws):
    found = {environment: [(sorted(statement['Action']), statement['Resource']) for place, statement in statements(
        lake_on_aws, environment) if any('sqs:' in action or 'datazone:' in action
                                         for action in listed(statement['Action'])) and 'GlueRole' in place]
             for environment in ('Dev', 'Prod')}
    assert found == {'Dev': [], 'Prod': [(['sqs:GetQueueUrl', 'sqs:SendMessage'], LINEAGE_QUEUE)]}


def test_jobs_may_read_the_configured_secrets_alone(lake_on_aws):
    found = {environment: sorted(text_of(resource).rpartition(':secret:')[2] for _, statement in statements(
        lake_on_aws, environment) if 'secretsmanager:GetSecretValue' in listed(statement['Action'])
        for resource in listed(statement['Resource'])) for environment in ('Dev', 'Prod')}
    assert found == {'Dev': [], 'Prod': ['lake/hash-key-??????', 'lake/pgp-key-??????', 'lake/pgp-passphrase-??????']}


def consumer(lake_on_aws, environment: str) -> list[dict[str, Any]]:
    """Return the statements of the policy for readers."""
    return [statement for place, statement in statements(lake_on_aws, environment)
            if place.startswith('DataLakeConsumer')]


def may(policy: list[dict[str, Any]], action: str, resource: str, **conditions: str) -> bool:
    """Tell whether a policy allows the action on the resource, as IAM decides it: a denial wins."""
    def fits(statement: dict[str, Any]) -> bool:
        wanted = statement.get('Condition', {}).get('StringLike', {})
        return (any(fnmatchcase(action, pattern) for pattern in listed(statement['Action'])) and
                any(fnmatchcase(resource, text_of(pattern)) for pattern in listed(statement['Resource'])) and
                all(any(fnmatchcase(conditions.get(key.partition(':')[2], ''), pattern) for pattern in patterns)
                    for key, patterns in wanted.items()))
    effects = {statement['Effect'] for statement in policy if fits(statement)}
    return effects == {'Allow'}


def test_consumers_read_tables_but_no_personal_data_in_clear_and_change_nothing(lake_on_aws):
    policy = consumer(lake_on_aws, 'Test')
    for name in ('Cleanse', 'Consume'):
        bucket = f'arn:aws:s3:::<Test{name}BucketName>'
        assert may(policy, 's3:GetObject', f'{bucket}/gen/policy/year=2026/part.parquet')
        assert may(policy, 's3:GetObject', f'{bucket}/quarantine/after_transform/gen/policy/part.parquet')
        assert may(policy, 's3:ListBucket', bucket, prefix='gen/policy/')
        assert not may(policy, 's3:GetObject', f'{bucket}/quarantine_clear/before_transform/gen/policy/part.parquet')
        assert not may(policy, 's3:ListBucket', bucket, prefix='quarantine_clear/before_transform/')
        for action in ('s3:PutObject', 's3:DeleteObject', 's3:CreateBucket'):
            assert not may(policy, action, bucket) and not may(policy, action, f'{bucket}/gen/policy/part.parquet')
    assert not may(policy, 's3:GetObject', 'arn:aws:s3:::<TestCollectBucketName>/Gen/Policy/file.csv')


def test_consumers_have_no_action_but_reading_and_querying_in_the_workgroup(lake_on_aws):
    allowed = [statement for statement in consumer(lake_on_aws, 'Prod') if statement['Effect'] == 'Allow']
    actions = {action for statement in allowed for action in listed(statement['Action'])}
    assert [action for action in actions if not any(fnmatchcase(action, pattern) for pattern in READING)] == []
    assert [action for action in actions if action.startswith('athena:') and not action.startswith((
        'athena:Get', 'athena:List', 'athena:BatchGet', 'athena:StartQuery', 'athena:StopQuery'))] == []


@pytest.mark.parametrize('environment', ['Dev', 'Test', 'Prod'])
def test_consumers_may_do_what_a_query_in_the_workgroup_and_its_console_need(lake_on_aws, environment):
    policy, name = consumer(lake_on_aws, environment), environment.lower()
    key, = {text_of(resource) for statement in policy for resource in listed(statement['Resource'])
            if 'kms:Decrypt' in listed(statement['Action'])}
    workgroup = (f"arn:aws:athena:{'eu-central-1' if environment == 'Prod' else 'us-east-2'}:"
                 f'{ACCOUNTS[environment]}:workgroup/{name}-insurancelake-workgroup')
    needed = {key: ('kms:Decrypt', 'kms:GenerateDataKey'),
              workgroup: ('athena:StartQueryExecution', 'athena:GetQueryResults', 'athena:GetQueryResultsStream'),
              'any': ('athena:ListWorkGroups', 'athena:ListDataCatalogs')}
    assert [(action, resource) for resource, actions in needed.items() for action in actions
            if not may(policy, action, resource)] == []


def test_jobs_cannot_change_their_own_scripts_or_what_was_collected(lake_on_aws):
    policy = [statement for place, statement in statements(lake_on_aws, 'Test') if place.startswith('GlueRole')]
    for place in ('<ScriptsBucket40FEB4B1.Arn>/etl/etl_collect_to_cleanse.py',
                  'arn:aws:s3:::<TestCollectBucketName>/Gen/Policy/file.csv'):
        assert may(policy, 's3:GetObject', place)
        assert not may(policy, 's3:PutObject', place) and not may(policy, 's3:DeleteObject', place)
    assert may(policy, 's3:PutObject', 'arn:aws:s3:::<TestCleanseBucketName>/gen/policy/part.parquet')
