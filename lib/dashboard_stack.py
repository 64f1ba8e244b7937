"""One page of CloudWatch for an environment: what ran, how long it took, what failed, and how many rows came of it."""
from __future__ import annotations

from typing import Any

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_logs as logs
from constructs import Construct

from lib.configuration_model import EnvironmentConfiguration
from lib.glue_stack import GlueStack
from lib.step_functions_stack import StepFunctionsStack

NAMESPACE = 'InsuranceLake/Loads'
# The words of a line that the jobs log for each publication: date, time, level and module stand before them.
LINE = 'date, time, level, module, verb=Published, rows, unit=rows, in=in, count'
PUBLISHED = f'[{LINE}, kind, ...]'
SET_ASIDE_OF_PARTITION = f'[{LINE}, kind=columns, to, word, values, of, table=*_quarantine_*]'
SET_ASIDE_OF_TABLE = f'[{LINE}, kind=partitions, of, table=*_quarantine_*, ...]'
WRITTEN, QUARANTINED = 'RowsWritten', 'RowsQuarantined'
FILTERS = ((WRITTEN, PUBLISHED), (QUARANTINED, SET_ASIDE_OF_PARTITION), (QUARANTINED, SET_ASIDE_OF_TABLE))
HALF, FULL = 12, 24


class DashboardStack(Stack):
    """The dashboard, and the metrics of rows, which are read from the logs of the jobs."""

    def __init__(self, scope: Construct, construct_id: str, *, environment: EnvironmentConfiguration,
                 glue: GlueStack, step_functions: StepFunctionsStack, **kwargs: Any):
        super().__init__(scope, construct_id, **kwargs)
        self._environment = environment
        for number, (metric, pattern) in enumerate(FILTERS, 1):
            logs.MetricFilter(
                self, f'{metric}{number}', log_group=glue.output_logs,
                filter_pattern=logs.FilterPattern.literal(pattern), metric_namespace=NAMESPACE,
                metric_name=self._metric_name(metric), metric_value='$rows')
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
        published = cloudwatch.MathExpression(
            expression='FILL(written, 0) - FILL(quarantined, 0)', label='published', period=Duration.hours(1),
            using_metrics={'written': written, 'quarantined': quarantined})
        return _graph('Rows', [published, quarantined.with_(label='quarantined')])

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


def _graph(title: str, metrics: list[cloudwatch.IMetric]) -> cloudwatch.IWidget:
    return cloudwatch.GraphWidget(title=title, left=metrics, width=HALF, height=6)
