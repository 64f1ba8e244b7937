"""What a created object starts follows from its key, its version and the configuration of its workflow alone."""
from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import pytest

from lake_etl.config.dependencies import Dependencies
from lib.executions.record import QUEUED, STARTING, Execution, execution_of
from lib.state_machine_trigger.events import CreatedObject
from lib.state_machine_trigger.start_plan import Nothing, Refusal, execution_name, plan_for

MACHINE = 'arn:aws:states:us-east-2:123456789012:stateMachine:etl'
LANDED = datetime(2026, 3, 4, 23, 59, 59, tzinfo=UTC)
ID = '5f8b6f0e-3c1c-4a52-9d0e-7f3f3a1a6b11'


def plan(key, files=None, version='v1', bucket='collect'):
    configured = {f'transformation-spec/{name}': json.dumps(content).encode() if isinstance(content, dict) else content
                  for name, content in (files or {}).items()}
    return plan_for(CreatedObject(bucket, key, version, LANDED, 'me', '192.0.2.1'), MACHINE, configured.get)


@pytest.mark.parametrize(('key', 'database', 'table', 'path', 'name', 'date'), [
    ('Db/Tbl/a.csv', 'Db', 'Tbl', 'Db/Tbl', 'a.csv', ('2026', '03', '04')),
    ('Db/Tbl/2025/a.csv', 'Db', 'Tbl', 'Db/Tbl/2025', 'a.csv', ('2025', '03', '04')),
    ('Db/Tbl/2025/01/a.csv', 'Db', 'Tbl', 'Db/Tbl/2025/01', 'a.csv', ('2025', '01', '04')),
    ('Db/Tbl/year=2025/month=1/day=09/a.csv', 'Db', 'Tbl', 'Db/Tbl/year=2025/month=1/day=09', 'a.csv',
     ('2025', '01', '09')),
    ('Db/Tbl/2025/01/09/more/a.csv', 'Db', 'Tbl', 'Db/Tbl/2025/01/09/more', 'a.csv', ('2025', '01', '09')),
    ('Db/Tbl/archive/a.csv', 'Db', 'Tbl', 'Db/Tbl/archive', 'a.csv', ('2026', '03', '04')),
    ('Db/Tbl/a b+%2B ä保.csv', 'Db', 'Tbl', 'Db/Tbl', 'a b+%2B ä保.csv', ('2026', '03', '04')),
    ('Db/Tbl/' + 'x' * 1017, 'Db', 'Tbl', 'Db/Tbl', 'x' * 1017, ('2026', '03', '04'))])
def test_a_key_says_table_partition_and_file(key, database, table, path, name, date):
    execution = plan(key)
    assert isinstance(execution, Execution)
    state = json.loads(execution.input)
    assert (state['p_year'], state['p_month'], state['p_day']) == date
    assert {key: state[key] for key in ('target_database_name', 'table_name', 'source_key', 'source_path',
                                        'base_file_name', 'source_bucketname', 'execution_id', 'entity_match')} == {
        'target_database_name': database, 'table_name': table, 'source_key': f'{database}/{table}',
        'source_path': path, 'base_file_name': name, 'source_bucketname': 'collect',
        'execution_id': execution.execution_id, 'entity_match': False}
    assert execution.source_key == f'{database}/{table}'
    assert re.fullmatch('[A-Za-z0-9_-]{1,80}', execution.name)


@pytest.mark.parametrize('key', ['Db/', 'Db/Tbl/', 'Db/Tbl/2026/'])
def test_a_folder_marker_starts_nothing_and_is_nobodys_file(key):
    assert plan(key) == Nothing('It marks a folder.', wrong=True)


@pytest.mark.parametrize(('key', 'reason'), [
    ('a.csv', 'too high'), ('Db/a.csv', 'too high'), ('//a.csv', 'too high'), ('Db/Tbl/2026/13/a.csv', "'13'"),
    ('Db/Tbl/2026/02/32/a.csv', "'32'")])
def test_a_file_that_can_start_nothing_is_refused_with_the_reason(key, reason):
    refusal = plan(key)
    assert isinstance(refusal, Refusal)
    assert (refusal.key, reason in refusal.reason) == (key, True)


def test_the_same_version_has_one_id_and_name_and_another_version_others():
    first, again, other, elsewhere = (plan('Db/Tbl/a.csv'), plan('Db/Tbl/a.csv'), plan('Db/Tbl/a.csv', version='v2'),
                                      plan('Db/Tbl/a.csv', bucket='other'))
    assert first == again
    assert len({item.execution_id for item in (first, other, elsewhere)}) == 3
    assert len({item.name for item in (first, other, elsewhere)}) == 3


@pytest.mark.parametrize(('file', 'name'), [
    ('policies.csv', f'policiescsv-{ID}'), ('a b+%2B.csv', f'ab2Bcsv-{ID}'), ('保険', f'file-{ID}'),
    ('x' * 1024, f'{"x" * 43}-{ID}'), ('_a-1', f'_a-1-{ID}')])
def test_a_name_shows_the_file_as_far_as_step_functions_allows(file, name):
    assert execution_name(file, ID) == name


def test_parts_of_a_folder_start_nothing_until_its_trigger_lands():
    folder = {'Db-Tbl.json': {'input_spec': {'files': 'folder', 'trigger': 'done.txt'}}}
    assert plan('Db/Tbl/2026/a.csv', folder) == Nothing('It is a part of a folder that is not complete yet.',
                                                        wrong=False)
    assert json.loads(plan('Db/Tbl/2026/done.txt', folder).input)['base_file_name'] == 'done.txt'


def test_customers_are_matched_where_the_database_has_a_file_for_it():
    assert json.loads(plan('Db/Tbl/a.csv', {'Db-entitymatch.json': b'{}'}).input)['entity_match'] is True
    assert json.loads(plan('Other/Tbl/a.csv', {'Db-entitymatch.json': b'{}'}).input)['entity_match'] is False


@pytest.mark.parametrize(('content', 'dependencies'), [
    ({'depends_on': {'A/B': 1}}, Dependencies((('A', 'B'),))),
    ({'depends_on': {'A/B': 1, 'C/D': 1}, 'lookback': {'days': 2}},
     Dependencies((('A', 'B'), ('C', 'D')), {'days': 2})),
    ({'depends_on': {}}, None), (b'{', None), (b'', None), ({'lookback': {'days': 1}}, None)])
def test_a_workflow_waits_for_what_its_file_says_and_a_wrong_file_is_for_the_job_to_refuse(content, dependencies):
    execution = plan('Db/Tbl/a.csv', {'Db-Tbl-dependent.json': content})
    assert execution.dependencies == dependencies
    assert execution.first_status == (QUEUED if dependencies else STARTING)


@pytest.mark.parametrize('files', [
    {}, {'Db-Tbl-dependent.json': {'depends_on': {'A/B': 1, 'C/D': 1}, 'lookback': {'hours': 1.5}}}])
def test_an_execution_comes_back_from_its_record_as_it_was(files):
    execution = plan('Db/Tbl/a.csv', files)
    assert execution_of(execution.item(LANDED)) == execution
    assert execution.arn == f'arn:aws:states:us-east-2:123456789012:execution:etl:{execution.name}'
