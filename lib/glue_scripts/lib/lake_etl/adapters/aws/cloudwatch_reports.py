"""Publishes reports on data quality as Amazon CloudWatch metrics and an Amazon EventBridge event."""
from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from lake_etl.adapters.aws.clients import open_client
from lake_etl.adapters.quality_log import log_report
from lake_etl.ports import QualityReport

LOG = logging.getLogger(__name__)
NAMESPACE = 'InsuranceLake/DataQuality'
SOURCE = 'insurancelake.data-quality'
DETAIL_TYPE = 'Data Quality Evaluation Results Available'
# An event may have 256 KiB; failed rules are listed up to less than half of that.
MOST_RULE_BYTES = 100_000
# A load must not wait long for its report, for example in a network without a route to these services.
QUICK = Config(connect_timeout=3, read_timeout=5, retries={'mode': 'standard', 'max_attempts': 2})


class AwsQualityReports:
    """Publishes to CloudWatch and the default event bus of EventBridge, in the account and region of the job."""

    def __init__(self, cloudwatch: Any = None, events: Any = None):
        self._cloudwatch = cloudwatch or open_client('cloudwatch', QUICK)
        self._events = events or open_client('events', QUICK)

    def publish(self, report: QualityReport) -> None:
        """Log the report and publish it to both services; log a warning for each that fails."""
        log_report(report)
        _publish_to('CloudWatch', 'cloudwatch:PutMetricData', lambda: self._cloudwatch.put_metric_data(
            Namespace=NAMESPACE, MetricData=metric_data(report)))
        _publish_to('EventBridge', 'events:PutEvents', lambda: self._put_event(report))

    def _put_event(self, report: QualityReport) -> None:
        answer = self._events.put_events(Entries=[{
            'Source': SOURCE, 'DetailType': DETAIL_TYPE, 'Detail': json.dumps(event_detail(report))}])
        for entry in answer['Entries']:
            if entry.get('ErrorCode'):
                LOG.warning('EventBridge rejected the report on data quality: %s.', entry['ErrorCode'])


def metric_data(report: QualityReport) -> list[dict[str, Any]]:
    """Return the numbers of a report as metric data of CloudWatch."""
    dimensions = [{'Name': name, 'Value': value} for name, value in (
        ('Database', report.database), ('Table', report.table), ('Stage', report.stage))]
    numbers = {'RowsChecked': report.rows, 'RowsFailed': report.failed, 'RulesPassed': report.passed_rules,
               'RulesFailed': len(report.failed_rules)}
    return [{'MetricName': name, 'Dimensions': dimensions, 'Unit': 'Count', 'Value': value}
            for name, value in numbers.items()]


def event_detail(report: QualityReport) -> dict[str, Any]:
    """Return a report as the detail of an event; `state` is FAILED if a rule failed."""
    listed: list[str] = []
    room = MOST_RULE_BYTES
    for text in map(str, report.failed_rules):
        room -= len(json.dumps(text))
        if room < 0:
            break
        listed.append(text)
    return {
        'database': report.database, 'table': report.table, 'stage': report.stage,
        'executionId': report.execution_id, 'state': 'FAILED' if report.failed_rules else 'SUCCEEDED',
        'rowsChecked': report.rows, 'rowsFailed': report.failed, 'rulesPassed': report.passed_rules,
        'rulesFailed': len(report.failed_rules), 'failedRules': listed}


def _publish_to(service: str, permission: str, call: Callable[[], object]) -> None:
    try:
        call()
    except ClientError as error:
        LOG.warning('%s rejected the report on data quality (%s). Grant the role of the job the permission %s.',
                    service, error.response.get('Error', {}).get('Code', 'unknown'), permission)
    except BotoCoreError as error:
        LOG.warning('%s could not be reached to publish the report on data quality: %s.', service, error)
