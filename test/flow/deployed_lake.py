"""A deployed lake without AWS: what CDK synthesized, set up on moto; its jobs are the real ones, on local folders."""
from __future__ import annotations

import importlib
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import boto3
from moto import mock_aws
from moto_engine import Waits, engine
from moto_resources import EVENTS, EVERYTHING, SUCCESSES, create_job, create_resources
from synthesized import REGION, SynthesizedEnvironment

from functions import Function
from glue_arguments import command_line
from lake_etl.adapters.local.duckdb_queries import query

PATIENCE_SECONDS, PAUSE_SECONDS = 200, 0.2


@dataclass(frozen=True)
class Execution:
    """An execution that has ended."""

    name: str
    status: str
    input: dict[str, Any]


class DeployedLake:
    """The parts of an environment, and the hands of AWS that carry events between them."""

    def __init__(self, environment: SynthesizedEnvironment, functions: Mapping[str, Function], root: Path):
        self.environment, self.root = environment, root
        self.catalog = f'sqlite://{root / "lake.db"}'
        self.jobs_run: list[tuple[str, dict[str, str]]] = []
        self.before_job: Callable[[str, dict[str, str]], None] = lambda name, arguments: None
        self.waits = Waits()
        self._one_job = threading.Lock()
        self._functions = functions
        self._clients = {name: boto3.client(name, REGION) for name in (
            'dynamodb', 'events', 'glue', 's3', 'sns', 'sqs', 'stepfunctions')}
        self.machine = create_resources(environment, self._clients)
        self._scripts = {job.properties['Name']: Path(job.properties['Command']['ScriptLocation']).stem
                         for job in environment.resources('AWS::Glue::Job')}

    # What a user does.

    def configure(self, name: str, content: str | dict[str, Any]) -> None:
        """Put a configuration file into the scripts bucket."""
        text = json.dumps(content) if isinstance(content, dict) else content
        self._clients['s3'].put_object(Bucket=self.bucket('etl-scripts'), Key=f'etl/{name}', Body=text.encode())

    def drop(self, key: str, content: str, at: datetime | None = None) -> dict[str, Any]:
        """Put a file into the Collect bucket; return the event that EventBridge gets of it, which is on its way.

        at  when it landed; a minute ago, so that nothing has to wait until the order of such events is settled
        """
        answer = self._clients['s3'].put_object(Bucket=self.bucket('collect'), Key=key, Body=content.encode())
        event = {
            'version': '0', 'id': answer['ETag'].strip('"'), 'detail-type': 'Object Created', 'source': 'aws.s3',
            'time': (at or datetime.now(UTC) - timedelta(minutes=1)).strftime('%Y-%m-%dT%H:%M:%SZ'), 'detail': {
                'version': '0', 'bucket': {'name': self.bucket('collect')},
                'object': {'key': key, 'size': len(content), 'etag': answer['ETag'].strip('"'),
                           'version-id': answer['VersionId'], 'sequencer': f'{time.time_ns():018X}'},
                'request-id': 'C3D13FE58DE4C810', 'requester': '123456789012', 'source-ip-address': '192.0.2.1',
                'reason': 'PutObject'}}
        self.send(event)
        return event

    def send(self, event: dict[str, Any]) -> None:
        """Give EventBridge an event, which it leads by its rules."""
        self._clients['events'].put_events(Entries=[{
            'Source': event['source'], 'DetailType': event['detail-type'], 'Detail': json.dumps(event['detail']),
            'Time': datetime.fromisoformat(event['time'])}])

    def put_message(self, body: str) -> None:
        """Put a message into the queue of landed files, as nobody should."""
        self._clients['sqs'].send_message(QueueUrl=self.queue('etl-landed'), MessageBody=body)

    def start_again(self, execution: Execution) -> None:
        """Start a new execution with the input of an old one."""
        self._clients['stepfunctions'].start_execution(
            stateMachineArn=self.machine, name='started-again', input=json.dumps(execution.input))

    def stop_execution(self) -> None:
        """Stop the execution that runs."""
        (name,) = self.running()
        self._clients['stepfunctions'].stop_execution(executionArn=self._arn(name))

    def start_by_hand(self, job: str, arguments: dict[str, str]) -> str:
        """Start a run of a job by itself, as `aws glue start-job-run` does; return its state when it has ended."""
        name = next(name for name in self._scripts if name.endswith(f'-{job}-job'))
        glue, run = self._clients['glue'], {'JobName': name}
        run['RunId'] = glue.start_job_run(**run, Arguments={f'--{key}': value for key, value in arguments.items()}
                                          )['JobRunId']
        self.wait_until(lambda: glue.get_job_run(**run)['JobRun']['JobRunState'] in ('SUCCEEDED', 'FAILED'))
        ended = glue.get_job_run(**run)['JobRun']
        return str(ended.get('ErrorMessage') or ended['JobRunState'])

    def limit_runs(self, runs: int) -> None:
        """Let each job run only so many times at once."""
        for job in self.environment.resources('AWS::Glue::Job'):
            self._clients['glue'].delete_job(JobName=job.properties['Name'])
            create_job(self._clients['glue'], job.properties | {'ExecutionProperty': {'MaxConcurrentRuns': runs}})

    # What AWS does.

    def event_of_end(self, execution: Execution) -> dict[str, Any]:
        """Return what Step Functions tells EventBridge of the end of an execution."""
        return {'source': 'aws.states', 'detail-type': 'Step Functions Execution Status Change',
                'time': datetime.now(UTC).isoformat(), 'detail': {
                    'executionArn': self._arn(execution.name), 'stateMachineArn': self.machine,
                    'name': execution.name, 'status': execution.status, 'input': json.dumps(execution.input)}}

    def deliver_ends(self) -> None:
        """Hand the events that a rule leads straight to a function to the repair."""
        for message in self._receive(EVENTS):
            self.invoke('etl-execution-repair', json.loads(message['Body']))

    def deliver(self) -> list[str]:
        """Hand the messages that wait to the trigger, in batches as Lambda makes them; return the ids of failed ones.
        """
        return [failed for batch in iter(lambda: self._receive(self.queue('etl-landed')), [])
                for failed in self._handle(batch)]

    def _handle(self, messages: list[dict[str, Any]]) -> list[str]:
        records = [{'messageId': message['MessageId'], 'body': message['Body'], 'eventSource': 'aws:sqs'}
                   for message in messages]
        failures = self.invoke('etl-trigger', {'Records': records})['batchItemFailures']
        failed = {item['itemIdentifier'] for item in failures}
        for message in messages:
            if message['MessageId'] not in failed:
                self._clients['sqs'].delete_message(
                    QueueUrl=self.queue('etl-landed'), ReceiptHandle=message['ReceiptHandle'])
        return sorted(failed)

    def invoke(self, function: str, event: dict[str, Any]) -> Any:
        """Call a function by the end of its name."""
        return next(found for name, found in self._functions.items() if name.endswith(function))(event)

    def settle(self) -> list[Execution]:
        """Carry events until nothing moves any more; return all executions, the oldest first."""
        self.deliver()
        self.wait_until(lambda: not self.running() and not self._tell_dependents())
        return self.executions()

    def wait_until(self, condition: Callable[[], bool]) -> None:
        """Wait until something has happened that a state machine brings about."""
        end = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError(f'It did not happen in {PATIENCE_SECONDS} s; these are running: {self.running()}.')
            time.sleep(PAUSE_SECONDS)

    def _tell_dependents(self) -> int:
        """Hand notifications that pass the filter of the subscription to the dependency trigger."""
        messages = self._receive(SUCCESSES)
        for message in messages:
            self.invoke('etl-dependency-trigger', {'Records': [{'Sns': json.loads(message['Body'])}]})
            self._clients['sqs'].delete_message(QueueUrl=SUCCESSES, ReceiptHandle=message['ReceiptHandle'])
        return len(messages)

    def _receive(self, queue: str) -> list[dict[str, Any]]:
        messages: list[dict[str, Any]] = self._clients['sqs'].receive_message(
            QueueUrl=queue, MaxNumberOfMessages=10).get('Messages', [])
        return messages

    def run_job(self, name: str, arguments: dict[str, str]) -> None:
        """Run the script of a job with the addresses of this lake, one at a time as the process has one command line.
        """
        with self._one_job:
            self.jobs_run.append((name, arguments))
            self.before_job(name, arguments)
            self._copy_down()
            script = self._scripts[name]
            sys.argv = command_line(script, self._local(arguments))
            importlib.import_module(f'lib.glue_scripts.{script}').main()

    def _local(self, arguments: dict[str, str]) -> dict[str, str]:
        """Return the arguments with folders in place of buckets, and a file in place of catalogs; items stay on moto.

        Tokens alone are kept in a file, because workers of Spark write them, to whom moto does not reach.
        """
        placed = {key.removeprefix('--'): value.replace('s3://', f'{self.root}/') for key, value in arguments.items()}
        return placed | {'catalog': self.catalog, 'iceberg_catalog': self.catalog,
                         'hash_value_table': f'{self.catalog}#hash-values'}

    def _copy_down(self) -> None:
        """Bring what lies in the Collect and scripts buckets into their folders."""
        for kind in ('collect', 'etl-scripts'):
            bucket = self.bucket(kind)
            for item in self._clients['s3'].list_objects_v2(Bucket=bucket).get('Contents', []):
                target = self.root / bucket / item['Key']
                if item['Key'].endswith('/') or any(len(part.encode()) > 255 for part in target.parts):
                    continue
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(self._clients['s3'].get_object(Bucket=bucket, Key=item['Key'])['Body'].read())

    # What one sees of it.

    def bucket(self, kind: str) -> str:
        """Return the name of a bucket."""
        return str(self.environment.resource('AWS::S3::Bucket', f'-{kind}').properties['BucketName'])

    def queue(self, name: str) -> str:
        """Return the URL of a queue."""
        full = self.environment.resource('AWS::SQS::Queue', name).properties['QueueName']
        return str(self._clients['sqs'].get_queue_url(QueueName=full)['QueueUrl'])

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the answer to a query as readers of the lake get it."""
        return query(self.catalog, sql).rows

    def items(self, table: str) -> list[dict[str, Any]]:
        """Return all items of a table by the end of its name."""
        name = self.environment.resource('AWS::DynamoDB::Table', table).properties['TableName']
        items: list[dict[str, Any]] = boto3.resource('dynamodb', REGION).Table(name).scan()['Items']
        return items

    def audits(self) -> dict[str, tuple[str, str]]:
        """Return status and error message of each record by its workflow; several of one workflow by its order."""
        found: dict[str, tuple[str, str]] = {}
        for item in sorted(self.items('job-audit'), key=lambda item: str(item['landed_at'])):
            key, number = item['source_key'], 2
            while key in found:
                key, number = f'{item["source_key"]} {number}', number + 1
            found[key] = (item['job_latest_status'], item.get('error_message', ''))
        return found

    def notifications(self) -> list[dict[str, Any]]:
        """Take the notifications that every subscriber got since the last look."""
        batches = iter(lambda: self._receive(EVERYTHING), [])
        found = [json.loads(message['Body']) for batch in batches for message in self._taken(batch)]
        return [{'subject': item['Subject'], 'status': item['MessageAttributes']['status']['Value'],
                 'message': json.loads(item['Message'])} for item in found]

    def _taken(self, messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
        for message in messages:
            self._clients['sqs'].delete_message(QueueUrl=EVERYTHING, ReceiptHandle=message['ReceiptHandle'])
        return messages

    def executions(self) -> list[Execution]:
        """Return all executions, the oldest first."""
        found = self._clients['stepfunctions'].list_executions(stateMachineArn=self.machine)['executions']
        described = [self._clients['stepfunctions'].describe_execution(executionArn=item['executionArn'])
                     for item in sorted(found, key=lambda item: item['startDate'])]
        return [Execution(item['name'], item['status'], json.loads(item['input'])) for item in described]

    def running(self) -> list[str]:
        """Return the names of executions that run."""
        return [item['name'] for item in self._clients['stepfunctions'].list_executions(
            stateMachineArn=self.machine, statusFilter='RUNNING')['executions']]

    def _arn(self, name: str) -> str:
        return f'{self.machine.replace(":stateMachine:", ":execution:")}:{name}'


def functions_of(environment: SynthesizedEnvironment, endpoint: str) -> dict[str, Function]:
    """Return the functions of our own by name, each with the variables of its template, to reach AWS at `endpoint`."""
    credentials = {'AWS_ACCESS_KEY_ID': 'testing', 'AWS_SECRET_ACCESS_KEY': 'testing', 'AWS_REGION': REGION,
                   'AWS_DEFAULT_REGION': REGION, 'AWS_ENDPOINT_URL': endpoint}
    found = {}
    for function in environment.resources('AWS::Lambda::Function'):
        properties = function.properties
        if str(properties.get('Handler')).startswith('lib.'):
            asset = environment.directory / f'asset.{Path(properties["Code"]["S3Key"]).stem}'
            found[properties['FunctionName']] = Function(
                asset, properties['Handler'], properties['Environment']['Variables'] | credentials)
    return found


@contextmanager
def deployed(environment: SynthesizedEnvironment, functions: Mapping[str, Function], root: Path
             ) -> Iterator[DeployedLake]:
    """Set the environment up on a moto that knows of nothing else, working."""
    credentials = {'AWS_ACCESS_KEY_ID': 'testing', 'AWS_SECRET_ACCESS_KEY': 'testing', 'AWS_DEFAULT_REGION': REGION}
    with mock.patch.dict(os.environ, credentials), mock_aws(
            config={'stepfunctions': {'execute_state_machine': True}}):
        lake = DeployedLake(environment, functions, root)
        with engine(lake.run_job, functions) as lake.waits:
            yield lake
