"""Deploys the state machine with its queue, functions, locks, notifications and alarms."""
from __future__ import annotations

import json
from typing import Any

from aws_cdk import ArnFormat, CfnOutput, Duration, RemovalPolicy, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from lib.constructs.bucket import removal_policy
from lib.constructs.function import USE_KEY, FunctionSettings, LakeFunction
from lib.constructs.log_group import LakeLogGroup
from lib.dynamodb_stack import DynamoDbStack
from lib.glue_job_arguments import state_machine_name
from lib.glue_stack import GlueStack
from lib.job_table import STEPS
from lib.settings.deployment_settings import EnvironmentConfiguration
from lib.state_machine_definition import definition
from lib.storage_stack import StorageStack

TRIGGER_TIMEOUT = Duration.minutes(1)
DELIVERIES = 5
BY_STATUS, BY_SOURCE = 'job_latest_status-dependency_key-index', 'source_key-job_start_date_int-index'
CHANGE_RECORDS, FIND_RECORDS = ('GetItem', 'PutItem', 'UpdateItem'), ('Query',)
KEEP_LOCKS = ('Query', 'PutItem', 'DeleteItem')
ENDED_BADLY = ('ABORTED', 'TIMED_OUT', 'FAILED')


class StepFunctionsStack(Stack):
    """Attributes: `state_machine`, `topic`, `queue`, `dead_letters`, `functions` by name, and `alarms`."""

    def __init__(self, scope: Construct, construct_id: str, *, environment: EnvironmentConfiguration,
                 storage: StorageStack, tables: DynamoDbStack, glue: GlueStack, **kwargs: Any):
        super().__init__(scope, construct_id, **kwargs)
        self._environment, self._storage, self._tables, self._glue = environment, storage, tables, glue
        self.functions: dict[str, LakeFunction] = {}
        self._topic_key = self._notification_key()
        self.topic = sns.Topic(self, 'Topic', topic_name=environment.resource_name('etl-notification-topic'),
                               master_key=self._topic_key, enforce_ssl=True)
        # An explicit policy replaces the default one, which allows all services of the account to publish.
        self.topic.add_to_resource_policy(iam.PolicyStatement(
            sid='Alarms', principals=[iam.ServicePrincipal('cloudwatch.amazonaws.com')], actions=['sns:Publish'],
            resources=[self.topic.topic_arn], conditions={'StringEquals': {'aws:SourceAccount': self.account}}))
        self.dead_letters = self._queue('DeadLetters', 'etl-dead-letters')
        self.queue = self._queue('Queue', 'etl-landed', dead_letter_queue=sqs.DeadLetterQueue(
            queue=self.dead_letters, max_receive_count=DELIVERIES),
            visibility_timeout=Duration.seconds(6 * TRIGGER_TIMEOUT.to_seconds()))
        self.lock_table = self._lock_table()
        # The ARN breaks the circle between the state machine and the functions that start it.
        self._machine_arn = self.format_arn(service='states', resource='stateMachine',
                                            resource_name=state_machine_name(environment),
                                            arn_format=ArnFormat.COLON_RESOURCE_NAME)
        auditor, lock = self._auditor(), self._table_lock()
        self.state_machine = self._state_machine(auditor, lock)
        self._trigger()
        self._dependency_trigger()
        self._repair()
        self.alarms = self._alarms()
        self._export('StepFunctionsStateMachineName', self.state_machine.state_machine_name)
        self._export('EtlNotificationSnsTopicName', self.topic.topic_name)

    def _notification_key(self) -> kms.IKey:
        """Return the key of the lake, or a new one where an imported key may not allow alarms."""
        if self._environment.storage == 'create':
            return self._storage.key
        key = kms.Key(self, 'NotificationKey', enable_key_rotation=True,
                      description=f'Notifications of the lake {self._environment.resource_name("etl")}',
                      removal_policy=RemovalPolicy.DESTROY)
        key.add_to_resource_policy(iam.PolicyStatement(
            sid='Alarms', principals=[iam.ServicePrincipal('cloudwatch.amazonaws.com')], resources=['*'],
            actions=['kms:Decrypt', 'kms:GenerateDataKey*'],
            conditions={'StringEquals': {'aws:SourceAccount': self.account}}))
        return key

    def _queue(self, construct_id: str, name: str, **settings: Any) -> sqs.Queue:
        """Create a queue with the encryption of the service, because EventBridge cannot use an imported key."""
        return sqs.Queue(self, construct_id, queue_name=self._environment.resource_name(name), enforce_ssl=True,
                         encryption=sqs.QueueEncryption.SQS_MANAGED, retention_period=Duration.days(14), **settings)

    def _lock_table(self) -> dynamodb.Table:
        """Create the table of locks; its items are not needed after an execution."""
        return dynamodb.Table(
            self, 'LockTable', table_name=self._environment.table_name('table-lock'),
            partition_key=dynamodb.Attribute(name='resource_name', type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name='place', type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST, time_to_live_attribute='expires_at',
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED, encryption_key=self._storage.key,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True),
            removal_policy=removal_policy(self._environment), deletion_protection=self._environment.keeps_data)

    def _function(self, construct_id: str, settings: FunctionSettings) -> LakeFunction:
        function = LakeFunction(self, construct_id, settings, environment=self._environment, key=self._storage.key)
        self.functions[settings.name] = function
        return function

    @property
    def _audit_variable(self) -> dict[str, str]:
        return {'DYNAMODB_TABLE_NAME': self._tables.job_audit.table_name}

    def _auditor(self) -> LakeFunction:
        function = self._function('Auditor', FunctionSettings(
            name='etl-status-update', folder='etl_job_auditor', timeout=Duration.minutes(1),
            description='Records that an execution began, and how it ended', variables=self._audit_variable))
        function.allow_items('Records', ('UpdateItem',), self._tables.job_audit)
        return function

    def _table_lock(self) -> LakeFunction:
        function = self._function('TableLock', FunctionSettings(
            name='etl-table-lock', folder='table_lock', timeout=Duration.minutes(1),
            description='Keeps loads of one table apart', variables={'LOCK_TABLE_NAME': self.lock_table.table_name}))
        function.allow_items('Locks', KEEP_LOCKS, self.lock_table)
        function.allow('Executions', ('states:DescribeExecution',), self._executions)
        return function

    @property
    def _executions(self) -> str:
        return self.format_arn(service='states', resource='execution',
                               resource_name=f'{state_machine_name(self._environment)}:*',
                               arn_format=ArnFormat.COLON_RESOURCE_NAME)

    def _state_machine(self, auditor: LakeFunction, lock: LakeFunction) -> sfn.StateMachine:
        role = iam.Role(self, 'StateMachineRole', description='Runs the state machine of the lake',
                        assumed_by=iam.ServicePrincipal('states.amazonaws.com', conditions={
                            'StringEquals': {'aws:SourceAccount': self.account}}))
        jobs = {step.job_placeholder: self._glue.jobs[job.name] for job, step in STEPS}
        for sid, allowed, resources in (
                ('Jobs', ('glue:StartJobRun', 'glue:GetJobRun', 'glue:GetJobRuns', 'glue:BatchStopJobRun'),
                 [job.job_arn for job in jobs.values()]),
                ('Functions', ('lambda:InvokeFunction',), [auditor.function_arn, lock.function_arn]),
                ('Topic', ('sns:Publish',), [self.topic.topic_arn]),
                ('TopicKey', USE_KEY, [self._topic_key.key_arn])):
            role.add_to_policy(iam.PolicyStatement(sid=sid, actions=list(allowed), resources=resources))
        logs = LakeLogGroup(self, 'StateMachineLogs', environment=self._environment, key=self._storage.key,
                            name=f'/aws/vendedlogs/states/{state_machine_name(self._environment)}')
        return sfn.StateMachine(
            self, 'StateMachine', state_machine_name=state_machine_name(self._environment), role=role,
            definition_body=sfn.DefinitionBody.from_string(
                json.dumps(definition(self._environment.glue.timeout_minutes))),
            definition_substitutions={
                **{placeholder: job.job_name for placeholder, job in jobs.items()},
                'Auditor': auditor.function_arn, 'TableLock': lock.function_arn, 'Topic': self.topic.topic_arn},
            logs=sfn.LogOptions(destination=logs, level=sfn.LogLevel.ALL, include_execution_data=False),
            tracing_enabled=True)

    def _trigger(self) -> None:
        """Send each landed file through the queue to the function that starts its execution."""
        function = self._function('Trigger', FunctionSettings(
            name='etl-trigger', folder='state_machine_trigger', timeout=TRIGGER_TIMEOUT,
            description='Starts an execution for each file that lands', variables={
                **self._audit_variable, 'SFN_STATE_MACHINE_ARN': self._machine_arn,
                'GLUE_SCRIPTS_BUCKET_NAME': self._glue.scripts_bucket.bucket_name,
                'SNS_TOPIC_ARN': self.topic.topic_arn}))
        self._allow_start(function)
        self._allow_notify(function)
        # Without the right to list, a missing file would look like a forbidden one.
        function.allow('Lists', ('s3:ListBucket',), self._glue.scripts_bucket.bucket_arn)
        function.allow('Specifications', ('s3:GetObject',),
                       self._glue.scripts_bucket.arn_for_objects('etl/transformation-spec/*'))
        function.add_event_source(sources.SqsEventSource(
            self.queue, batch_size=10, report_batch_item_failures=True))
        landed = events.Rule(
            self, 'Landed', rule_name=self._environment.resource_name('etl-landed'), event_pattern=events.EventPattern(
                source=['aws.s3'], detail_type=['Object Created'],
                detail={'bucket': {'name': [self._storage.collect_bucket.bucket_name]}}))
        landed.add_target(targets.SqsQueue(self.queue, dead_letter_queue=self.dead_letters))

    def _dependency_trigger(self) -> None:
        """Start the executions that waited for a success."""
        function = self._function('DependencyTrigger', FunctionSettings(
            name='etl-dependency-trigger', folder='dependency_trigger', timeout=Duration.minutes(5),
            description='Starts what waited for a success', variables=self._audit_variable,
            dead_letters=self.dead_letters))
        self._allow_start(function)
        self.topic.add_subscription(subscriptions.LambdaSubscription(
            function, dead_letter_queue=self.dead_letters,
            filter_policy={'status': sns.SubscriptionFilter.string_filter(allowlist=['SUCCEEDED'])}))

    def _repair(self) -> None:
        """Close records when executions fail, and repair open records every few minutes."""
        function = self._function('ExecutionRepair', FunctionSettings(
            name='etl-execution-repair', folder='execution_repair', timeout=Duration.minutes(5),
            description='Closes records of ended executions, and starts what was left unstarted', variables={
                **self._audit_variable, 'LOCK_TABLE_NAME': self.lock_table.table_name,
                'SNS_TOPIC_ARN': self.topic.topic_arn}, dead_letters=self.dead_letters))
        self._allow_start(function)
        self._allow_notify(function)
        function.allow_items('Locks', KEEP_LOCKS, self.lock_table)
        function.allow('Executions', ('states:DescribeExecution',), self._executions)
        target = targets.LambdaFunction(function, dead_letter_queue=self.dead_letters)
        ended = events.Rule(
            self, 'EndedBadly', rule_name=self._environment.resource_name('etl-ended-badly'),
            event_pattern=events.EventPattern(
                source=['aws.states'], detail_type=['Step Functions Execution Status Change'],
                detail={'status': list(ENDED_BADLY), 'stateMachineArn': [self.state_machine.state_machine_arn]}))
        ended.add_target(target)
        sweep = events.Rule(self, 'Sweep', rule_name=self._environment.resource_name('etl-sweep'),
                            schedule=events.Schedule.rate(Duration.minutes(15)))
        sweep.add_target(target)

    def _allow_start(self, function: LakeFunction) -> None:
        function.allow_items('Records', (*CHANGE_RECORDS, *FIND_RECORDS), self._tables.job_audit, BY_STATUS, BY_SOURCE)
        function.allow('Start', ('states:StartExecution',), self._machine_arn)

    def _allow_notify(self, function: LakeFunction) -> None:
        function.allow('Notify', ('sns:Publish',), self.topic.topic_arn)
        function.allow('NotifyKey', USE_KEY, self._topic_key.key_arn)

    def _alarms(self) -> list[cloudwatch.Alarm]:
        """Create alarms for dead letters and for executions that did not succeed."""
        minutes = Duration.minutes(5)
        metrics = {'DeadLetters': self.dead_letters.metric_approximate_number_of_messages_visible(period=minutes),
                   'Failed': self.state_machine.metric_failed(period=minutes),
                   'TimedOut': self.state_machine.metric_timed_out(period=minutes),
                   'Aborted': self.state_machine.metric_aborted(period=minutes)}
        alarms = []
        for name, metric in metrics.items():
            alarm = cloudwatch.Alarm(
                self, f'{name}Alarm', alarm_name=self._environment.resource_name(f'etl-{name.lower()}'), metric=metric,
                threshold=1, evaluation_periods=1, treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
                comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD)
            alarm.add_alarm_action(actions.SnsAction(self.topic))
            alarms.append(alarm)
        return alarms

    def _export(self, name: str, value: str) -> None:
        CfnOutput(self, f'{name}Export', value=value, export_name=self._environment.export_name(name))
