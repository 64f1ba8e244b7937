"""Every call of the definition is retried, limited in time and caught; every ending is recorded."""
from __future__ import annotations

import json

import pytest

from lib.executions.audit_table import LONGEST_EXECUTION
from lib.job_table import STEPS, JobStep, LakeJob
from lib.state_machine_definition import LONGEST_EXECUTION_SECONDS, definition

DEFINITION = definition(480)
STATES = DEFINITION['States']
TASKS = {name: state for name, state in STATES.items() if state['Type'] == 'Task'}
JOBS = {name: state for name, state in TASKS.items() if 'glue' in state['Resource']}
COMMON = {'--execution_id.$', '--source_key.$', '--table_name.$', '--base_file_name.$', '--state_machine_name.$',
          '--p_year.$', '--p_month.$', '--p_day.$'}
OWN = {'Collect to Cleanse': {'--source_path.$', '--source_bucket.$', '--target_database_name.$'},
       'Cleanse to Consume': {'--source_database_name.$', '--target_database_name.$'},
       'Entity match': {'--database_name_prefix.$'}}


def followers(name):
    state = STATES[name]
    return {*filter(None, [state.get('Next'), state.get('Default')]),
            *(item['Next'] for item in [*state.get('Choices', []), *state.get('Catch', [])])}


def reachable(start):
    seen, waiting = set(), [start]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += followers(name)
    return seen


def test_every_state_can_be_reached_and_every_way_leads_to_an_end():
    assert reachable(DEFINITION['StartAt']) == set(STATES)
    assert all({'Done', 'Failed'} & reachable(name) for name in STATES)


@pytest.mark.parametrize('name', TASKS)
def test_a_task_is_limited_in_time_and_repeated(name):
    assert TASKS[name]['TimeoutSeconds'] > 0
    assert all(retry['MaxAttempts'] >= 6 for retry in TASKS[name]['Retry'])


@pytest.mark.parametrize('name', [name for name in TASKS if not name.startswith('Notify')])
def test_a_task_that_fails_for_good_leads_to_where_the_end_is_recorded_or_told(name):
    (caught,) = TASKS[name]['Catch']
    assert caught['ErrorEquals'] == ['States.ALL']
    assert reachable(caught['Next']) & {'Notify of failure', 'Notify of success'}


@pytest.mark.parametrize('name', JOBS)
def test_no_room_for_another_run_is_waited_out_for_hours(name):
    retry = next(item for item in JOBS[name]['Retry'] if 'Glue.ConcurrentRunsExceededException' in item['ErrorEquals'])
    delays, delay = [], retry['IntervalSeconds']
    for _ in range(retry['MaxAttempts']):
        delays.append(delay)
        delay = min(delay * retry['BackoffRate'], retry['MaxDelaySeconds'])
    assert delays[0] == 30
    assert retry['JitterStrategy'] == 'FULL', 'half of each delay on average'
    assert sum(delays) / 2 > 3 * 3600


@pytest.mark.parametrize('name', OWN)
def test_a_job_of_the_lake_is_told_what_its_default_arguments_do_not_say(name):
    assert set(JOBS[name]['Parameters']['Arguments']) == COMMON | OWN[name]


@pytest.mark.parametrize('name', JOBS)
def test_every_job_is_told_what_belongs_to_the_execution_and_answers_at_one_place(name):
    assert set(JOBS[name]['Parameters']['Arguments']) >= COMMON
    assert JOBS[name]['ResultPath'] == '$.taskresult'


def test_a_failed_job_is_not_run_again_by_itself():
    for state in JOBS.values():
        errors = {error for retry in state['Retry'] for error in retry['ErrorEquals']}
        assert not errors & {'States.ALL', 'States.TaskFailed', 'States.Timeout'}


def test_what_is_held_is_given_back_before_subscribers_are_told():
    for end in ('success', 'failure'):
        assert STATES[f'Record {end}']['Next'] == f'Unlock after {end}'
        assert STATES[f'Unlock after {end}']['Next'] == f'Notify of {end}'


def test_the_audit_table_looks_as_far_back_as_an_execution_may_take():
    assert DEFINITION['TimeoutSeconds'] == LONGEST_EXECUTION_SECONDS == LONGEST_EXECUTION.total_seconds()


def test_the_definition_is_json_whose_braces_are_all_substitutions():
    text = json.dumps(DEFINITION)
    assert json.loads(text) == DEFINITION
    assert {part.partition('}')[0] for part in text.split('${')[1:]} == {
        *(step.job_placeholder for _, step in STEPS), 'Auditor', 'TableLock', 'Topic'}
    assert {'CollectToCleanseJob', 'CleanseToConsumeJob', 'EntityMatchJob'} <= {
        step.job_placeholder for _, step in STEPS}


def test_a_job_with_a_condition_and_a_lock_of_its_own_is_one_more_row():
    rows = [*STEPS, *((job, job.step) for job in (
        LakeJob('check', {}, JobStep(
            'Check customers', {'database': 'database'}, only_if='entity_match', lock='customers')),
        LakeJob('count', {}, JobStep('Count rows'))))]
    states = definition(480, rows)['States']
    assert states['Is entity match wanted']['Default'] == states['Entity match']['Next'] == 'Is check customers wanted'
    assert states['Is check customers wanted']['Default'] == 'Count rows'
    assert states['Is check customers wanted']['Choices'][0]['Next'] == 'Ask for customers for Check customers'
    assert states['Is customers for Check customers ours']['Choices'][0]['Next'] == 'Check customers'
    assert states['Check customers']['Parameters']['JobName'] == '${CheckCustomersJob}'
    assert states['Check customers']['Parameters']['Arguments']['--database.$'] == '$.target_database_name'
    assert (states['Check customers']['Next'], states['Count rows']['Next']) == ('Count rows', 'Record success')
    assert states['Ask for customers']['Next'] == 'Is customers ours'
