"""The dashboard shows what the contract of observability asks for, from lines that the jobs really log."""
from __future__ import annotations

import ast
import re
from fnmatch import fnmatchcase

import pytest

from lib.dashboard_stack import FILTERS, PUBLISHED, SET_ASIDE_OF_PARTITION, SET_ASIDE_OF_TABLE
from lib.glue_library import MODULES

STACK = '{}-InsuranceLakeEtlDashboard'
PUBLISHING = [MODULES / 'lake_etl' / 'publish' / name for name in ('partition.py', 'whole_table.py')]


def logged_line(path, table: str) -> str:
    """Return the line that a module logs for a publication of 1234 rows, in the format of the jobs."""
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    texts = [call.args[0].value for call in calls if call.args and isinstance(call.args[0], ast.Constant)]
    message, = (text for text in texts if str(text).startswith('Published %d rows'))
    numbers = iter([1234, 5, 6])
    names = iter(['2026/03/04', table] if 'partition %s' in message else [table])
    filled = re.sub('%[ds]', lambda found: str(next(numbers if found[0] == '%d' else names)), message)
    job = (MODULES / 'lake_etl' / 'job.py').read_text()
    form, = re.findall(r"basicConfig\(level=logging.INFO, format='([^']+)'", job)
    values = {'asctime': '2026-03-04 05:06:07,890', 'levelname': 'INFO', 'name': f'lake_etl.publish.{path.stem}'}
    return form % (values | {'message': filled})


def rows_found(pattern: str, line: str) -> int | None:
    """Return the rows that a space-delimited filter of CloudWatch Logs takes from a line; None when it does not fit."""
    fields = [field.strip() for field in pattern.strip('[]').split(',')]
    words = line.split()
    if fields[-1] == '...':
        fields, words = fields[:-1], words[:len(fields) - 1]
    if len(fields) != len(words):
        return None
    values = dict(zip((field.partition('=')[0] for field in fields), words, strict=True))
    wanted = dict(field.split('=') for field in fields if '=' in field)
    return int(values['rows']) if all(fnmatchcase(values[name], want) for name, want in wanted.items()) else None


@pytest.mark.parametrize('path', PUBLISHING, ids=lambda path: path.stem)
def test_the_rows_of_each_publication_are_found_in_its_log_line(path):
    assert rows_found(PUBLISHED, logged_line(path, 'gen.policy')) == 1234


@pytest.mark.parametrize(('path', 'fits', 'fits_not'), [
    (PUBLISHING[0], SET_ASIDE_OF_PARTITION, SET_ASIDE_OF_TABLE),
    (PUBLISHING[1], SET_ASIDE_OF_TABLE, SET_ASIDE_OF_PARTITION)], ids=lambda value: getattr(value, 'stem', ''))
def test_rows_set_aside_are_told_from_rows_published_and_counted_once(path, fits, fits_not):
    set_aside = logged_line(path, 'gen.policy_quarantine_before_transform')
    assert (rows_found(fits, set_aside), rows_found(fits_not, set_aside)) == (1234, None)
    assert rows_found(fits, logged_line(path, 'gen.policy')) is None


def test_other_lines_are_no_rows():
    assert rows_found(PUBLISHED, '2026-03-04 05:06:07,890 INFO lake_etl.job: Removed 12 files of old loads.') is None


@pytest.mark.parametrize('environment', ['Dev', 'Test', 'Prod'])
def test_there_is_one_dashboard_with_executions_failures_durations_dead_letters_and_rows(lake_on_aws, environment):
    dashboard, = lake_on_aws.resources(STACK.format(environment), 'AWS::CloudWatch::Dashboard').values()
    text = str(dashboard['Properties']['DashboardBody'])
    for shown in ('ExecutionsStarted', 'ExecutionsFailed', 'ExecutionTime', 'dead letters', 'published', 'quarantined',
                  'waiting', 'Errors'):
        assert shown in text
    filters = lake_on_aws.resources(STACK.format(environment), 'AWS::Logs::MetricFilter').values()
    assert {item['Properties']['MetricTransformations'][0]['MetricName'] for item in filters} == {
        f'{environment}{metric}' for metric, _ in FILTERS}
