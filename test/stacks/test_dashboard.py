"""The dashboard shows what the observability contract requires, from lines that the jobs really log."""
from __future__ import annotations

import ast
import json
import logging
import re
from fnmatch import fnmatchcase
from types import SimpleNamespace
from typing import Any

import pytest

from lake_etl.jobs.logs import formatter
from lib.dashboard_stack import QUARANTINED, WRITTEN
from lib.packaging.glue_library import MODULES

STACK = '{}-InsuranceLakeEtlDashboard'
PUBLISHING = [MODULES / 'lake_etl' / name for name in (
    'publish/partition.py', 'publish/whole_table.py', 'jobs/entity_match.py')]
OF_THE_RUN = {'JOB_NAME': 'job', 'execution_id': 'e1', 'log_format': 'json'}
ROWS = 1234
TERM = re.compile(r'\((\S+) (>=|!=|=) (\S+)\)')


class Lines(logging.Handler):
    """Keeps the lines that a job would write."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(formatter(OF_THE_RUN))
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


def logged_line(path, table: str) -> str:
    """Return the line that a module logs for a publication: its own statement is run, and the formatter of the jobs."""
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    statement, = (call for call in calls if any(keyword.arg == 'extra' for keyword in call.keywords))
    log, handler = logging.Logger(f'lake_etl.{path.stem}'), Lines()
    log.addHandler(handler)
    audit, target = SimpleNamespace(rows=ROWS), SimpleNamespace(name=table)
    change = SimpleNamespace(new=SimpleNamespace(columns=['a', 'b']), values=('2026', '03', '04'))
    values = {'LOG': log, 'audit': audit, 'count': ROWS, 'target': target, 'table': table, 'partitions': (), 'drop': (),
              'self': SimpleNamespace(audit=audit, target=target), 'change': change}
    eval(compile(ast.Expression(statement), str(path), 'eval'), values)
    line, = handler.lines
    return line


def metrics_of(line: str, filters: list[dict[str, Any]]) -> dict[str, int]:
    """Return what the filters of CloudWatch Logs count in a line, by the name of the metric."""
    found = {}
    for item in filters:
        transformation, = item['MetricTransformations']
        if fits(item['FilterPattern'], line):
            found[transformation['MetricName']] = json.loads(line)[transformation['MetricValue'].removeprefix('$.')]
    return found


def fits(pattern: str, line: str) -> bool:
    """Tell whether all terms of a pattern for JSON hold for a line; a term on a field that it lacks does not."""
    try:
        fields = json.loads(line)
    except ValueError:
        return False
    terms = TERM.findall(pattern)
    assert pattern == '{ ' + ' && '.join(f'({" ".join(term)})' for term in terms) + ' }'
    return all(holds(fields.get(name.removeprefix('$.')), comparison, json.loads(wanted))
               for name, comparison, wanted in terms)


def holds(value: object, comparison: str, wanted: Any) -> bool:
    """Tell whether one term holds: numbers compare with numbers, and a text may have asterisks."""
    if isinstance(wanted, str):
        return isinstance(value, str) and fnmatchcase(value, wanted) is (comparison == '=')
    return isinstance(value, int) and comparison == '>=' and value >= wanted


@pytest.fixture
def filters(lake_on_aws) -> list[dict[str, Any]]:
    """The metric filters of Dev."""
    found = lake_on_aws.resources(STACK.format('Dev'), 'AWS::Logs::MetricFilter').values()
    return [item['Properties'] for item in found]


@pytest.mark.parametrize(('table', 'metric'), [
    ('gen.policy', f'Dev{WRITTEN}'), ('gen.policy_quarantine_before_transform', f'Dev{QUARANTINED}')])
@pytest.mark.parametrize('path', PUBLISHING, ids=lambda path: path.stem)
def test_the_rows_of_each_publication_are_counted_once_and_apart_from_those_set_aside(filters, path, table, metric):
    assert metrics_of(logged_line(path, table), filters) == {metric: ROWS}


def test_other_lines_are_no_rows(filters):
    record = logging.makeLogRecord({'msg': 'Removed 12 files.', 'table': 'gen.policy', 'rows': 12})
    assert metrics_of(formatter(OF_THE_RUN).format(record), filters) == {}
    assert metrics_of('2026-03-04 05:06:07,890 INFO e1 lake_etl.jobs.job_run: Published 12 rows.', filters) == {}


@pytest.mark.parametrize('environment', ['Dev', 'Test', 'Prod'])
def test_metrics_are_read_from_the_group_to_which_standard_error_goes(lake_on_aws, environment):
    found = lake_on_aws.resources(STACK.format(environment), 'AWS::Logs::MetricFilter').values()
    named = [item['Properties']['LogGroupName'] for item in found]
    glue = f'{environment}-InsuranceLakeEtlGlue'
    job = next(iter(lake_on_aws.resources(glue, 'AWS::Glue::Job').values()))['Properties']
    (security,), (role,) = ([item['Properties'] for item in lake_on_aws.resources(glue, kind).values()
                             if kind != 'AWS::IAM::Role' or 'RoleName' in item['Properties']]
                            for kind in ('AWS::Glue::SecurityConfiguration', 'AWS::IAM::Role'))
    prefix = job['DefaultArguments']['--custom-logGroup-prefix']
    group = f"{prefix}/{security['Name']}-role/{role['RoleName']}/output"
    assert named == [group, group]
    groups = lake_on_aws.resources(glue, 'AWS::Logs::LogGroup').values()
    assert group in {item['Properties']['LogGroupName'] for item in groups}


@pytest.mark.parametrize('environment', ['Dev', 'Test', 'Prod'])
def test_there_is_one_dashboard_with_executions_failures_durations_dead_letters_and_rows(lake_on_aws, environment):
    dashboard, = lake_on_aws.resources(STACK.format(environment), 'AWS::CloudWatch::Dashboard').values()
    text = str(dashboard['Properties']['DashboardBody'])
    for shown in ('ExecutionsStarted', 'ExecutionsFailed', 'ExecutionTime', 'dead letters', 'published', 'quarantined',
                  'waiting', 'Errors'):
        assert shown in text
    filters = lake_on_aws.resources(STACK.format(environment), 'AWS::Logs::MetricFilter').values()
    assert {item['Properties']['MetricTransformations'][0]['MetricName'] for item in filters} == {
        f'{environment}{metric}' for metric in (WRITTEN, QUARANTINED)}
