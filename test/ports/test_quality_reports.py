"""Reports on data quality: as metrics and an event on AWS, and in the log of a laptop."""
from __future__ import annotations

import json
import logging
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from botocore.stub import Stubber

from lake_etl import runtime
from lake_etl.adapters.aws.cloudwatch_reports import DETAIL_TYPE, NAMESPACE, SOURCE, AwsQualityReports, event_detail
from lake_etl.adapters.quality_log import LoggedQualityReports
from lake_etl.ports import FailedRule, QualityReport

REPORT = QualityReport('gen', 'policy', 'after_transform', 'e-1', 10, 2, 3, (FailedRule('warn', 'IsComplete "id"'),))


def test_a_laptop_writes_reports_to_its_log(caplog, tmp_path, monkeypatch):
    monkeypatch.setattr('lake_etl.runtime._catalog_address', f'sqlite://{tmp_path}/lake.db')
    caplog.set_level(logging.INFO)
    reports = runtime.quality_reports()
    assert isinstance(reports, LoggedQualityReports)
    reports.publish(REPORT)
    assert [record.message for record in caplog.records] == [
        '3 of 4 rules passed on 10 rows of gen.policy at after_transform; 2 rows fail a quarantine rule.',
        'A quality rule of gen.policy failed at after_transform: warn: IsComplete "id".']


def test_cloudwatch_gets_four_numbers_for_each_stage(aws):
    reports = runtime.quality_reports()
    assert isinstance(reports, AwsQualityReports)
    reports.publish(REPORT)
    cloudwatch = boto3.client('cloudwatch')
    dimensions = [{'Name': 'Database', 'Value': 'gen'}, {'Name': 'Table', 'Value': 'policy'},
                  {'Name': 'Stage', 'Value': 'after_transform'}]
    now = datetime.now(UTC)
    sums = {name: cloudwatch.get_metric_statistics(
        Namespace=NAMESPACE, MetricName=name, Dimensions=dimensions, StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(hours=1), Period=7200, Statistics=['Sum'])['Datapoints'][0]['Sum']
        for name in ('RowsChecked', 'RowsFailed', 'RulesPassed', 'RulesFailed')}
    assert sums == {'RowsChecked': 10, 'RowsFailed': 2, 'RulesPassed': 3, 'RulesFailed': 1}


def test_eventbridge_gets_an_event_that_rules_can_match(aws):
    queues, events = boto3.client('sqs'), boto3.client('events')
    queue = queues.create_queue(QueueName='reports')['QueueUrl']
    address = queues.get_queue_attributes(QueueUrl=queue, AttributeNames=['QueueArn'])['Attributes']['QueueArn']
    events.put_rule(Name='failed', EventPattern=json.dumps({
        'source': [SOURCE], 'detail-type': [DETAIL_TYPE], 'detail': {'state': ['FAILED']}}))
    events.put_targets(Rule='failed', Targets=[{'Id': 'queue', 'Arn': address}])
    AwsQualityReports().publish(REPORT)
    message, = queues.receive_message(QueueUrl=queue)['Messages']
    assert json.loads(message['Body'])['detail'] == {
        'database': 'gen', 'table': 'policy', 'stage': 'after_transform', 'executionId': 'e-1', 'state': 'FAILED',
        'rowsChecked': 10, 'rowsFailed': 2, 'rulesPassed': 3, 'rulesFailed': 1,
        'failedRules': ['warn: IsComplete "id"']}


def test_a_missing_permission_is_a_warning_that_names_it(aws, caplog):
    cloudwatch, events = boto3.client('cloudwatch'), boto3.client('events')
    with Stubber(cloudwatch) as refusing_metrics, Stubber(events) as refusing_events:
        refusing_metrics.add_client_error('put_metric_data', 'AccessDenied')
        refusing_events.add_client_error('put_events', 'AccessDeniedException')
        AwsQualityReports(cloudwatch, events).publish(REPORT)
    assert [record.message.partition(' (')[2] for record in caplog.records if ' rejected ' in record.message] == [
        'AccessDenied). Grant the role of the job the permission cloudwatch:PutMetricData.',
        'AccessDeniedException). Grant the role of the job the permission events:PutEvents.']


@pytest.mark.parametrize('rules, told', [(0, 0), (5, 5), (2000, 1000)])
def test_an_event_tells_as_many_failed_rules_as_fit(rules, told):
    failed = (FailedRule('warn', 'x' * 92),) * rules
    detail = event_detail(QualityReport('gen', 'policy', 'after_transform', 'e', 1, 0, 0, failed))
    assert (detail['rulesFailed'], len(detail['failedRules'])) == (rules, told)
    assert detail['state'] == ('FAILED' if rules else 'SUCCEEDED')
