"""Deploys the CloudWatch dashboard of an environment: runs, durations, failures, and published rows."""
from __future__ import annotations

from typing import Any

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_logs as logs
from constructs import Construct

from lib.glue_job_arguments import log_group_name
from lib.glue_stack import GlueStack
from lib.settings.deployment_settings import EnvironmentConfiguration
from lib.step_functions_stack import StepFunctionsStack

NAMESPACE = 'InsuranceLake/Loads'
# Fields of the line that the jobs log for each publication.
ROWS, TABLE = '$.published_rows', '$.table'
QUARANTINE_TABLES = '*_quarantine_*'
WRITTEN, QUARANTINED = 'RowsWritten', 'RowsQuarantined'
# For each metric, how the table of a line that it counts compares with the tables of quarantines.
COMPARISONS = {WRITTEN: '!=', QUARANTINED: '='}
HALF, FULL = 12, 24


class DashboardStack(Stack):
    """The dashboard, and the metrics of rows, which are read from the logs of the jobs."""

    def __init__(self, scope: Construct, construct_id: str, *, environment: EnvironmentConfiguration,
                 glue: GlueStack, step_functions: StepFunctionsStack, **kwargs: Any):
        super().__init__(scope, construct_id, **kwargs)
        self._environment = environment
        # AWS CloudFormation makes the group before the filters.
        self.add_dependency(glue)
        output = logs.LogGroup.from_log_group_name(self, 'JobLogs', log_group_name(environment, 'output'))
        for metric, comparison in COMPARISONS.items():
            logs.MetricFilter(
                self, metric, log_group=output, filter_pattern=_publications(comparison),
                metric_namespace=NAMESPACE, metric_name=self._metric_name(metric), metric_value=ROWS)
        dashboard = cloudwatch.Dashboard(
            self, 'Dashboard', dashboard_name=environment.resource_name(f'{environment.place.region}-etl'),
            default_interval=Duration.days(7))
        dashboard.add_widgets(cloudwatch.AlarmStatusWidget(
            title='Alarms', width=FULL, height=3, alarms=step_functions.alarms))
        dashboard.add_widgets(*self._executions(step_functions))
        dashboard.add_widgets(self._rows(), self._queues(step_functions))
        dashboard.add_widgets(*self._functions(step_functions))

    def _metric_name(self, metric: str) -> str:
        """Return the name of a metric of rows, which has the environment in it, as filters may have no dimensions."""
        return f'{self._environment.name}{metric}'

    def _executions(self, flow: StepFunctionsStack) -> list[cloudwatch.IWidget]:
        hour, machine = Duration.hours(1), flow.state_machine
        return [
            _graph('Executions', [machine.metric_started(period=hour), machine.metric_succeeded(period=hour),
                                  machine.metric_failed(period=hour), machine.metric_aborted(period=hour),
                                  machine.metric_timed_out(period=hour)]),
            _graph('Duration of executions', [
                machine.metric_time(period=hour, statistic='p50', label='median'),
                machine.metric_time(period=hour, statistic='Maximum', label='longest')]),
        ]

    def _rows(self) -> cloudwatch.IWidget:
        written, quarantined = (cloudwatch.Metric(
            namespace=NAMESPACE, metric_name=self._metric_name(metric), statistic='Sum', period=Duration.hours(1))
            for metric in (WRITTEN, QUARANTINED))
        return _graph('Rows', [written.with_(label='published'), quarantined.with_(label='quarantined')])

    def _queues(self, flow: StepFunctionsStack) -> cloudwatch.IWidget:
        return _graph('Files that wait, and dead letters', [
            flow.queue.metric_approximate_number_of_messages_visible(label='waiting'),
            flow.queue.metric_approximate_age_of_oldest_message(label='age of the oldest in seconds'),
            flow.dead_letters.metric_approximate_number_of_messages_visible(label='dead letters')])

    def _functions(self, flow: StepFunctionsStack) -> list[cloudwatch.IWidget]:
        functions = flow.functions.items()
        return [_graph('Errors of functions', [item.metric_errors(label=name) for name, item in functions]),
                _graph('Duration of functions', [item.metric_duration(label=name, statistic='Maximum')
                                                 for name, item in functions])]


def _publications(comparison: str) -> logs.IFilterPattern:
    """Return what fits a line on rows published, where its table compares so with those of quarantines."""
    return logs.FilterPattern.all(logs.FilterPattern.number_value(ROWS, '>=', 0),
                                  logs.FilterPattern.string_value(TABLE, comparison, QUARANTINE_TABLES))


def _graph(title: str, metrics: list[cloudwatch.IMetric]) -> cloudwatch.IWidget:
    return cloudwatch.GraphWidget(title=title, left=metrics, width=HALF, height=6)
