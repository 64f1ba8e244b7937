"""Defines the state machine: record the begin, lock the table, run one job after another, record the end."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lib.job_table import STEPS, JobStep, LakeJob

State = dict[str, Any]

# Longer than any queue of loads for one table; the audit table counts on it.
LONGEST_EXECUTION_SECONDS = 4 * 24 * 3600
# A run of AWS Glue may wait for capacity before its own time limit begins.
WAIT_FOR_CAPACITY_SECONDS = 6 * 3600
LONGEST_LAMBDA_SECONDS = 300

GLUE_RETRY: list[State] = [
    # Runs end after minutes, not seconds: some three hours of patience, as the delays are random up to their length.
    {'ErrorEquals': ['Glue.ConcurrentRunsExceededException', 'Glue.ResourceNumberLimitExceededException'],
     'IntervalSeconds': 30, 'BackoffRate': 2, 'MaxDelaySeconds': 300, 'MaxAttempts': 80, 'JitterStrategy': 'FULL'},
    {'ErrorEquals': ['Glue.ThrottlingException', 'Glue.InternalServiceException', 'Glue.OperationTimeoutException',
                     'Glue.AWSGlueException', 'Glue.SdkClientException'],
     'IntervalSeconds': 10, 'BackoffRate': 2, 'MaxDelaySeconds': 300, 'MaxAttempts': 8, 'JitterStrategy': 'FULL'},
]
# All calls can be repeated after any error.
CALL_RETRY: list[State] = [{'ErrorEquals': ['States.ALL'], 'IntervalSeconds': 5, 'BackoffRate': 2,
                            'MaxDelaySeconds': 120, 'MaxAttempts': 6, 'JitterStrategy': 'FULL'}]
# The expressions behind the execution values of the job table.
EXECUTION_VALUES = {
    'database': '$.target_database_name',
    'consume_database': "States.Format('{}_consume', $.target_database_name)",
    'source_bucket': "States.Format('s3://{}', $.source_bucketname)",
    'source_path': '$.source_path',
}
TABLE = "States.Array(States.Format('{}/{}', $.target_database_name, $.table_name))"
CUSTOMERS = "States.Array(States.Format('{}#entity-match', $.target_database_name))"
LOCKS = {'customers': CUSTOMERS}
BOTH = ("States.Array(States.Format('{}/{}', $.target_database_name, $.table_name), "
        "States.Format('{}#entity-match', $.target_database_name))")
RECORD_BEGIN, RECORD_FAILURE, RECORD_SUCCESS = 'Record begin', 'Record failure', 'Record success'


# AWS CloudFormation replaces names in braces.
AUDITOR, TABLE_LOCK, TOPIC = '${Auditor}', '${TableLock}', '${Topic}'


def definition(job_timeout_minutes: int, steps: Sequence[tuple[LakeJob, JobStep]] = STEPS) -> State:
    """Return the definition in the Amazon States Language, JSONPath.

    job_timeout_minutes  after which AWS Glue stops a run
    steps                the jobs that it runs, in this order

    https://states-language.net
    """
    locks = _lock_names([step for _, step in steps])
    states = {
        RECORD_BEGIN: _call(AUDITOR, {'Input.$': '$', 'Began': {
            'Execution': {'Name.$': '$$.Execution.Name'}, 'StateMachine': {'Id.$': '$$.StateMachine.Id'}}},
            'Ask for table', RECORD_FAILURE),
        **_lock('table', TABLE, _first_state(steps[0][1], locks)),
        **_jobs([step for _, step in steps], locks, job_timeout_minutes),
        # Subscribers are notified whatever fails from here on; the repair function writes missing records later.
        RECORD_SUCCESS: _record_end('Unlock after success'),
        'Unlock after success': _unlock('Notify of success'),
        'Notify of success': _notify('Job Completed', 'SUCCEEDED', 'Done'),
        'Done': {'Type': 'Succeed'},
        RECORD_FAILURE: _record_end('Unlock after failure'),
        'Unlock after failure': _unlock('Notify of failure'),
        'Notify of failure': _notify('Job Failed', 'FAILED', 'Failed'),
        'Failed': {'Type': 'Fail', 'Error': 'LoadFailed', 'Cause': 'The record of the execution says why.'},
    }
    return {'Comment': 'Loads one landed file, or folder, into Cleanse and Consume.', 'StartAt': RECORD_BEGIN,
            'TimeoutSeconds': LONGEST_EXECUTION_SECONDS, 'States': states}


def _jobs(steps: Sequence[JobStep], locks: Mapping[str, str], timeout_minutes: int) -> dict[str, State]:
    """Return the states that run one job after another, each on its condition and with its lock."""
    states: dict[str, State] = {}
    following = [*(_first_state(step, locks) for step in steps[1:]), RECORD_SUCCESS]
    for step, after in zip(steps, following, strict=True):
        if step.only_if:
            wanted = f'$.{step.only_if}'
            states[_choice(step)] = {
                'Type': 'Choice', 'Default': after, 'Choices': [{
                    'And': [{'Variable': wanted, 'IsPresent': True}, {'Variable': wanted, 'BooleanEquals': True}],
                    'Next': _locked_state(step, locks)}]}
        if step.lock:
            states |= _lock(locks[step.state], LOCKS[step.lock], step.state)
        states[step.state] = _job(step, timeout_minutes, after)
    return states


def _first_state(step: JobStep, locks: Mapping[str, str]) -> str:
    return _choice(step) if step.only_if else _locked_state(step, locks)


def _choice(step: JobStep) -> str:
    return f'Is {step.state.lower()} wanted'


def _locked_state(step: JobStep, locks: Mapping[str, str]) -> str:
    return f'Ask for {locks[step.state]}' if step.lock else step.state


def _lock_names(steps: Sequence[JobStep]) -> dict[str, str]:
    """Return, by state, what its lock is called; states that ask for one lock have names of their own."""
    first = {step.lock: step.state for step in reversed(steps)}
    return {step.state: step.lock if first[step.lock] == step.state else f'{step.lock} for {step.state}'
            for step in steps if step.lock}


def _job(step: JobStep, timeout_minutes: int, following: str) -> State:
    """Return the state that runs a job to its end, with the arguments of all jobs and its own."""
    arguments = {
        'execution_id.$': '$.execution_id', 'source_key.$': '$.source_key', 'table_name.$': '$.table_name',
        'base_file_name.$': '$.base_file_name', 'state_machine_name.$': '$$.StateMachine.Name',
        # Input written by hand may have numbers; arguments are texts.
        **{f'{part}.$': f"States.Format('{{}}', $.{part})" for part in ('p_year', 'p_month', 'p_day')},
        **{f'{name}.$': EXECUTION_VALUES[value] for name, value in step.arguments.items()}}
    return {
        'Type': 'Task', 'Resource': 'arn:aws:states:::glue:startJobRun.sync',
        'Parameters': {'JobName': f'${{{step.job_placeholder}}}',
                       'Arguments': {f'--{key}': value for key, value in arguments.items()}},
        'TimeoutSeconds': timeout_minutes * 60 + WAIT_FOR_CAPACITY_SECONDS,
        # The whole description of a run repeats its arguments, and the state goes to subscribers.
        'ResultSelector': {f'{key}.$': f'$.{key}' for key in ('JobName', 'Id', 'JobRunState', 'ExecutionTime')},
        'ResultPath': '$.taskresult', 'Retry': GLUE_RETRY, 'Catch': _catch(RECORD_FAILURE), 'Next': following}


def _lock(what: str, resources: str, following: str) -> dict[str, State]:
    """Return the states that wait until this execution holds a lock."""
    ask = _call(TABLE_LOCK, _lock_request('acquire', resources), f'Is {what} ours', RECORD_FAILURE)
    return {
        f'Ask for {what}': ask | {
            'ResultSelector': {'granted.$': '$.Payload.granted', 'wait_seconds.$': '$.Payload.wait_seconds'},
            'ResultPath': '$.lock'},
        f'Is {what} ours': {
            'Type': 'Choice', 'Default': f'Wait for {what}',
            'Choices': [{'Variable': '$.lock.granted', 'BooleanEquals': True, 'Next': following}]},
        f'Wait for {what}': {'Type': 'Wait', 'SecondsPath': '$.lock.wait_seconds', 'Next': f'Ask for {what}'},
    }


def _lock_request(action: str, resources: str) -> State:
    return {'action': action, 'resources.$': resources, 'Input.$': '$',
            'execution': {'Id.$': '$$.Execution.Id', 'StartTime.$': '$$.Execution.StartTime'}}


def _unlock(following: str) -> State:
    """Return the state that releases all locks; if it fails, waiting executions see that the holder has ended.
    """
    return _call(TABLE_LOCK, _lock_request('release', BOTH), following, following)


def _record_end(following: str) -> State:
    """Return the state that records how the execution ended; subscribers are told what the auditor answered."""
    return _call(AUDITOR, {'Input.$': '$'}, following, following) | {
        'ResultSelector': {'StatusCode.$': '$.StatusCode', 'Payload.$': '$.Payload'},
        'ResultPath': '$.status_update_result'}


def _call(function: str, payload: State, following: str, after_failure: str) -> State:
    """Return the state that calls a Lambda function and leaves the state of the execution as it is."""
    # An error after the load must not make the load look failed.
    error_path = '$.taskresult' if after_failure == RECORD_FAILURE else '$.afterwards'
    return {
        'Type': 'Task', 'Resource': 'arn:aws:states:::lambda:invoke',
        'Parameters': {'FunctionName': function, 'Payload': payload}, 'TimeoutSeconds': LONGEST_LAMBDA_SECONDS,
        'ResultPath': None, 'Retry': CALL_RETRY, 'Catch': _catch(after_failure, error_path), 'Next': following}


def _notify(subject: str, status: str, following: str) -> State:
    return {
        'Type': 'Task', 'Resource': 'arn:aws:states:::sns:publish', 'Parameters': {
            'TopicArn': TOPIC, 'Subject': subject, 'Message.$': 'States.JsonToString($)',
            'MessageAttributes': {'status': {'DataType': 'String', 'StringValue': status}}},
        'TimeoutSeconds': LONGEST_LAMBDA_SECONDS, 'ResultPath': None, 'Retry': CALL_RETRY, 'Next': following}


def _catch(following: str, path: str = '$.taskresult') -> list[State]:
    return [{'ErrorEquals': ['States.ALL'], 'ResultPath': path, 'Next': following}]
