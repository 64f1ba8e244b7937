"""Creates on moto what the templates of an environment declare, as CloudFormation would."""
from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from synthesized import ACCOUNT, REGION, SynthesizedEnvironment

# Queues of the tests' own: what passes the filter of the one subscription, all notifications, and the events that a
# rule leads straight to a function.
SUCCESSES, EVERYTHING, EVENTS = 'successes', 'everything', 'events'


def create_resources(environment: SynthesizedEnvironment, clients: Mapping[str, Any]) -> str:
    """Create buckets, tables, jobs, queues, topic, state machine and rules; return the ARN of the state machine.

    clients  by the name of their service
    """
    for bucket in environment.resources('AWS::S3::Bucket'):
        _create_bucket(clients['s3'], bucket.properties)
    for table in environment.resources('AWS::DynamoDB::Table'):
        wanted = ('TableName', 'KeySchema', 'AttributeDefinitions', 'GlobalSecondaryIndexes')
        clients['dynamodb'].create_table(BillingMode='PAY_PER_REQUEST', **{
            key: table.properties[key] for key in wanted if key in table.properties})
    for job in environment.resources('AWS::Glue::Job'):
        create_job(clients['glue'], job.properties)
    names = [queue.properties['QueueName'] for queue in environment.resources('AWS::SQS::Queue')]
    for name in (*names, SUCCESSES, EVERYTHING, EVENTS):
        clients['sqs'].create_queue(QueueName=name)
    for topic in environment.resources('AWS::SNS::Topic'):
        clients['sns'].create_topic(Name=topic.properties['TopicName'])
    _subscribe(environment, clients['sns'])
    _lead_events(environment, clients['events'])
    (machine,) = environment.resources('AWS::StepFunctions::StateMachine')
    return str(clients['stepfunctions'].create_state_machine(
        name=machine.properties['StateMachineName'], definition=_substituted(machine.properties),
        roleArn=f'arn:aws:iam::{ACCOUNT}:role/flow')['stateMachineArn'])


def create_job(glue: Any, properties: Mapping[str, Any]) -> None:
    """Create a Glue job."""
    glue.create_job(
        Name=properties['Name'], Role='flow', DefaultArguments=properties['DefaultArguments'],
        Command={'Name': 'glueetl', 'ScriptLocation': properties['Command']['ScriptLocation']},
        ExecutionProperty={'MaxConcurrentRuns': properties['ExecutionProperty']['MaxConcurrentRuns']})


def _create_bucket(s3: Any, properties: Mapping[str, Any]) -> None:
    name = properties['BucketName']
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={'LocationConstraint': REGION})
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration=properties['VersioningConfiguration'])


def _subscribe(environment: SynthesizedEnvironment, sns: Any) -> None:
    """Subscribe one queue with the filter of the dependency trigger, and one to everything."""
    (subscription,) = environment.resources('AWS::SNS::Subscription')
    for name, attributes in ((SUCCESSES, {'FilterPolicy': json.dumps(subscription.properties['FilterPolicy'])}),
                             (EVERYTHING, {})):
        sns.subscribe(TopicArn=subscription.properties['TopicArn'], Protocol='sqs', Endpoint=_queue_arn(name),
                      Attributes=attributes)


def _lead_events(environment: SynthesizedEnvironment, events: Any) -> None:
    """Create the rules that listen to events; those that call a function directly lead to a queue instead."""
    for rule in environment.resources('AWS::Events::Rule'):
        if 'EventPattern' in rule.properties:
            name = rule.properties['Name']
            events.put_rule(Name=name, EventPattern=json.dumps(rule.properties['EventPattern']))
            (target,) = rule.properties['Targets']
            arn = target['Arn'] if ':sqs:' in target['Arn'] else _queue_arn(EVENTS)
            events.put_targets(Rule=name, Targets=[{'Id': target['Id'], 'Arn': arn}])


def _queue_arn(name: str) -> str:
    return f'arn:aws:sqs:{REGION}:{ACCOUNT}:{name}'


def _substituted(machine: dict[str, Any]) -> str:
    """Return the definition of a state machine as CloudFormation hands it over."""
    definition = str(machine['DefinitionString'])
    for name, value in machine['DefinitionSubstitutions'].items():
        definition = definition.replace(f'${{{name}}}', value)
    return definition
