"""How an execution ended is read from any state, and from any status that Step Functions reports."""
from __future__ import annotations

import json

import pytest

from lib.etl_job_auditor.ending import LONGEST_REASON, Ending, ending_of
from lib.execution_repair.closing import closing_of


def failed(cause, **more):
    return {'taskresult': {'Error': 'States.TaskFailed', 'Cause': cause} | more}


@pytest.mark.parametrize(('state', 'ending'), [
    ({'taskresult': {'JobRunState': 'SUCCEEDED'}}, Ending('SUCCEEDED', '')),
    ({'taskresult': {'JobRunState': 'TIMEOUT', 'ErrorMessage': 'too long'}}, Ending('TIMEOUT', 'too long')),
    ({'taskresult': {'JobRunState': 'STOPPED'}}, Ending('STOPPED', 'No reason was given.')),
    ({'taskresult': {'JobRunState': 'STARTING'}},
     Ending('FAILED', "The job ended in the unknown state 'STARTING'. No reason was given.")),
    ({'taskresult': {'JobRunState': 'PAUSED', 'ErrorMessage': 'why'}},
     Ending('FAILED', "The job ended in the unknown state 'PAUSED'. why")),
    (failed(json.dumps({'JobRunState': 'FAILED', 'ErrorMessage': 'LakeError: no rows'})),
     Ending('FAILED', 'LakeError: no rows')),
    (failed(json.dumps({'JobName': 'dev-insurancelake-collect-to-cleanse-job', 'ErrorMessage': 'no rows'})),
     Ending('FAILED', 'no rows')),
    (failed(json.dumps({'JobName': 'dev-insurancelake-cleanse-to-consume-job', 'ErrorMessage': 'no table'})),
     Ending('FAILED', 'collect-to-cleanse succeeded, and readers see what was published there; cleanse-to-consume '
            'failed. no table')),
    (failed(json.dumps({'errorMessage': 'of a function'})), Ending('FAILED', 'of a function')),
    (failed('no JSON: {'), Ending('FAILED', 'no JSON: {')),
    (failed('[1]'), Ending('FAILED', '[1]')),
    (failed('{}'), Ending('FAILED', '{}')),
    (failed(''), Ending('FAILED', '')),
    ({'taskresult': {'Error': 'States.Timeout'}}, Ending('FAILED', 'States.Timeout')),
    ({'taskresult': 'text'}, Ending('FAILED', 'The execution ended without the result of a job.')),
    ({}, Ending('FAILED', 'The execution ended without the result of a job.')),
])
def test_anything_but_a_clear_success_is_a_failure_with_its_reason(state, ending):
    assert ending_of(state) == ending


def test_a_long_reason_is_cut_so_that_its_record_can_be_written():
    assert len(ending_of(failed('x' * 100_000)).reason) == LONGEST_REASON


@pytest.mark.parametrize(('status', 'closed', 'said'), [
    ('SUCCEEDED', 'SUCCEEDED', ''), ('ABORTED', 'FAILED', 'stopped by hand'), ('TIMED_OUT', 'FAILED', 'took longer'),
    ('FAILED', 'FAILED', 'history'), ('GONE', 'FAILED', 'no such execution'), ('NEW', 'FAILED', "'NEW'")])
def test_a_record_is_closed_by_what_step_functions_knows(status, closed, said):
    closing = closing_of(status)
    assert (closing.status, said in closing.reason) == (closed, True)


@pytest.mark.parametrize('status', ['RUNNING', 'PENDING_REDRIVE'])
def test_a_record_stays_open_while_its_execution_runs(status):
    assert closing_of(status) is None
