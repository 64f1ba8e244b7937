"""Events reach their functions over queues that lose nothing, and what fails raises an alarm, in every environment."""
from __future__ import annotations

import json

import pytest

from lib.step_functions_stack import BY_SOURCE, BY_STATUS

ENVIRONMENTS = ('Dev', 'Test', 'Prod')
STACK = '{}-InsuranceLakeEtlStepFunctions'
FUNCTIONS = {'etl-trigger', 'etl-status-update', 'etl-dependency-trigger', 'etl-table-lock', 'etl-execution-repair'}


def properties(lake_on_aws, environment, kind):
    """Return the properties of all resources of a type."""
    return [item['Properties'] for item in lake_on_aws.resources(STACK.format(environment), kind).values()]


def own_functions(lake_on_aws, environment):
    found = properties(lake_on_aws, environment, 'AWS::Lambda::Function')
    return {item['FunctionName'].partition('insurancelake-')[2]: item for item in found}


@pytest.mark.parametrize('environment', ENVIRONMENTS)
def test_functions_are_small_log_as_json_and_know_what_the_contract_names(lake_on_aws, environment):
    functions = own_functions(lake_on_aws, environment)
    assert set(functions) == FUNCTIONS
    for function in functions.values():
        assert (function['Runtime'], function['Architectures'], function['LoggingConfig']['LogFormat']) == (
            'python3.14', ['arm64'], 'JSON')
    assert set(functions['etl-trigger']['Environment']['Variables']) == {
        'SFN_STATE_MACHINE_ARN', 'DYNAMODB_TABLE_NAME', 'GLUE_SCRIPTS_BUCKET_NAME', 'SNS_TOPIC_ARN'}


@pytest.mark.parametrize('environment', ENVIRONMENTS)
def test_a_message_outlives_a_function_that_fails_and_ends_in_the_dead_letters(lake_on_aws, environment):
    queues = {item['QueueName'].partition('insurancelake-')[2]: item
              for item in properties(lake_on_aws, environment, 'AWS::SQS::Queue')}
    assert queues['etl-landed']['VisibilityTimeout'] >= 6 * own_functions(
        lake_on_aws, environment)['etl-trigger']['Timeout']
    assert queues['etl-landed']['RedrivePolicy']['maxReceiveCount'] >= 5
    assert {item['MessageRetentionPeriod'] for item in queues.values()} == {14 * 24 * 3600}
    assert all(item['SqsManagedSseEnabled'] for item in queues.values())
    (source,) = properties(lake_on_aws, environment, 'AWS::Lambda::EventSourceMapping')
    assert source['FunctionResponseTypes'] == ['ReportBatchItemFailures']
    rules = properties(lake_on_aws, environment, 'AWS::Events::Rule')
    assert all('DeadLetterConfig' in target for rule in rules for target in rule['Targets'])
    (subscription,) = properties(lake_on_aws, environment, 'AWS::SNS::Subscription')
    assert 'deadLetterTargetArn' in subscription['RedrivePolicy']
    assert subscription['FilterPolicy'] == {'status': ['SUCCEEDED']}
    called_without_queue = ('etl-dependency-trigger', 'etl-execution-repair')
    assert all('DeadLetterConfig' in own_functions(lake_on_aws, environment)[name] for name in called_without_queue)


@pytest.mark.parametrize('environment', ENVIRONMENTS)
def test_dead_letters_and_bad_ends_raise_alarms_that_reach_the_topic(lake_on_aws, environment):
    alarms = properties(lake_on_aws, environment, 'AWS::CloudWatch::Alarm')
    assert {item['MetricName'] for item in alarms} == {
        'ApproximateNumberOfMessagesVisible', 'ExecutionsFailed', 'ExecutionsTimedOut', 'ExecutionsAborted'}
    assert all(item['AlarmActions'] and item['Threshold'] == 1 for item in alarms)
    (policy,) = properties(lake_on_aws, environment, 'AWS::SNS::TopicPolicy')
    allowed = [statement for statement in policy['PolicyDocument']['Statement'] if statement['Effect'] == 'Allow']
    assert {(item['Principal']['Service'], item['Action']) for item in allowed} == {
        ('cloudwatch.amazonaws.com', 'sns:Publish')}


def test_alarms_may_use_the_key_of_the_topic_where_the_key_of_the_lake_is_imported(lake_on_aws):
    keys = {environment: properties(lake_on_aws, environment, 'AWS::KMS::Key') for environment in ENVIRONMENTS}
    assert (keys['Dev'], keys['Prod']) == ([], [])
    (key,) = keys['Test']
    principals = [statement['Principal'] for statement in key['KeyPolicy']['Statement']]
    assert {'Service': 'cloudwatch.amazonaws.com'} in principals


@pytest.mark.parametrize('environment', ENVIRONMENTS)
def test_names_are_those_of_the_contract(lake_on_aws, environment):
    template = lake_on_aws.templates[STACK.format(environment)]
    exports = {output['Export']['Name'] for output in template['Outputs'].values() if 'Export' in output}
    assert {f'{environment}StepFunctionsStateMachineName', f'{environment}EtlNotificationSnsTopicName'} <= exports
    (machine,) = properties(lake_on_aws, environment, 'AWS::StepFunctions::StateMachine')
    assert machine['StateMachineName'] == f'{environment.lower()}-insurancelake-etl-state-machine'
    assert machine['LoggingConfiguration']['Level'] == 'ALL'
    assert set(machine['DefinitionSubstitutions']) == {
        part.partition('}')[0] for part in machine['DefinitionString'].split('${')[1:]}
    (topic,) = properties(lake_on_aws, environment, 'AWS::SNS::Topic')
    assert topic['TopicName'] == f'{environment.lower()}-insurancelake-etl-notification-topic'
    assert 'KmsMasterKeyId' in topic


@pytest.mark.parametrize('environment', ENVIRONMENTS)
def test_a_job_may_take_as_long_as_aws_glue_lets_it(lake_on_aws, environment):
    (machine,) = properties(lake_on_aws, environment, 'AWS::StepFunctions::StateMachine')
    states = json.loads(machine['DefinitionString'])['States'].values()
    limits = {state['TimeoutSeconds'] for state in states if 'glue' in state.get('Resource', '')}
    (minutes,) = {job['Properties']['Timeout'] for job in lake_on_aws.resources(
        f'{environment}-InsuranceLakeEtlGlue', 'AWS::Glue::Job').values()}
    assert limits and all(limit > minutes * 60 for limit in limits)


def test_functions_search_by_the_indexes_that_the_audit_table_has(lake_on_aws):
    (table,) = [item['Properties'] for item in lake_on_aws.resources(
        'Dev-InsuranceLakeEtlDynamoDb', 'AWS::DynamoDB::Table').values()
        if item['Properties']['TableName'].endswith('job-audit')]
    assert {index['IndexName'] for index in table['GlobalSecondaryIndexes']} == {BY_SOURCE, BY_STATUS}
