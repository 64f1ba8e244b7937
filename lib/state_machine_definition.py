"""The state machine as Step Functions reads it: begin, lock, one job after another, and a way out of each end."""
from __future__ import annotations

from typing import Any

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
# All calls may be repeated, whatever they failed by.
CALL_RETRY: list[State] = [{'ErrorEquals': ['States.ALL'], 'IntervalSeconds': 5, 'BackoffRate': 2,
                            'MaxDelaySeconds': 120, 'MaxAttempts': 6, 'JitterStrategy': 'FULL'}]
TABLE = "States.Array(States.Format('{}/{}', $.target_database_name, $.table_name))"
CUSTOMERS = "States.Array(States.Format('{}#entity-match', $.target_database_name))"
BOTH = ("States.Array(States.Format('{}/{}', $.target_database_name, $.table_name), "
        "States.Format('{}#entity-match', $.target_database_name))")
RECORD_BEGIN, RECORD_FAILURE, RECORD_SUCCESS = 'Record begin', 'Record failure', 'Record success'


# What AWS CloudFormation puts in place of a name in braces.
COLLECT_TO_CLEANSE_JOB, CLEANSE_TO_CONSUME_JOB, ENTITY_MATCH_JOB = (
    '${CollectToCleanseJob}', '${CleanseToConsumeJob}', '${EntityMatchJob}')
AUDITOR, TABLE_LOCK, TOPIC = '${Auditor}', '${TableLock}', '${Topic}'


def definition(job_timeout_minutes: int) -> State:
    """Return the definition in the Amazon States Language, JSONPath.

    job_timeout_minutes  after which AWS Glue stops a run

    https://states-language.net
    """
    cleansed = _job(COLLECT_TO_CLEANSE_JOB, job_timeout_minutes, 'Cleanse to Consume', {
        'source_path.$': '$.source_path',
        'source_bucket.$': "States.Format('s3://{}', $.source_bucketname)",
        'target_database_name.$': '$.target_database_name'})
    consumed = _job(CLEANSE_TO_CONSUME_JOB, job_timeout_minutes, 'Is entity match wanted', {
        'source_database_name.$': '$.target_database_name',
        'target_database_name.$': "States.Format('{}_consume', $.target_database_name)"})
    matched = _job(ENTITY_MATCH_JOB, job_timeout_minutes, RECORD_SUCCESS, {
        'database_name_prefix.$': '$.target_database_name'})
    states = {
        RECORD_BEGIN: _call(AUDITOR, {'Input.$': '$', 'Began': {
            'Execution': {'Name.$': '$$.Execution.Name'}, 'StateMachine': {'Id.$': '$$.StateMachine.Id'}}},
            'Ask for table', RECORD_FAILURE),
        **_lock('table', TABLE, 'Collect to Cleanse'),
        'Collect to Cleanse': cleansed,
        'Cleanse to Consume': consumed,
        'Is entity match wanted': {
            'Type': 'Choice', 'Default': RECORD_SUCCESS, 'Choices': [{
                'And': [{'Variable': '$.entity_match', 'IsPresent': True},
                        {'Variable': '$.entity_match', 'BooleanEquals': True}],
                'Next': 'Ask for customers'}]},
        **_lock('customers', CUSTOMERS, 'Entity match'),
        'Entity match': matched,
        # Whatever fails from here on, subscribers are told; records that were not written are swept up later.
        RECORD_SUCCESS: _call(AUDITOR, {'Input.$': '$'}, 'Unlock after success', 'Unlock after success'),
        'Unlock after success': _unlock('Notify of success'),
        'Notify of success': _notify('Job Completed', 'SUCCEEDED', 'Done'),
        'Done': {'Type': 'Succeed'},
        RECORD_FAILURE: _call(AUDITOR, {'Input.$': '$'}, 'Unlock after failure', 'Unlock after failure'),
        'Unlock after failure': _unlock('Notify of failure'),
        'Notify of failure': _notify('Job Failed', 'FAILED', 'Failed'),
        'Failed': {'Type': 'Fail', 'Error': 'LoadFailed', 'Cause': 'The record of the execution says why.'},
    }
    return {'Comment': 'Loads one landed file, or folder, into Cleanse and Consume.', 'StartAt': RECORD_BEGIN,
            'TimeoutSeconds': LONGEST_EXECUTION_SECONDS, 'States': states}


def _job(name: str, timeout_minutes: int, following: str, arguments: State) -> State:
    """Return the state that runs a job to its end; what all jobs are told comes with what this one is."""
    told = {
        'execution_id.$': '$.execution_id', 'source_key.$': '$.source_key', 'table_name.$': '$.table_name',
        'base_file_name.$': '$.base_file_name', 'state_machine_name.$': '$$.StateMachine.Name',
        # Numbers are welcome in an input that was written by hand; arguments are texts.
        **{f'{part}.$': f"States.Format('{{}}', $.{part})" for part in ('p_year', 'p_month', 'p_day')}, **arguments}
    return {
        'Type': 'Task', 'Resource': 'arn:aws:states:::glue:startJobRun.sync',
        'Parameters': {'JobName': name, 'Arguments': {f'--{key}': value for key, value in told.items()}},
        'TimeoutSeconds': timeout_minutes * 60 + WAIT_FOR_CAPACITY_SECONDS,
        # The whole description of a run repeats its arguments, and the state goes to subscribers.
        'ResultSelector': {f'{key}.$': f'$.{key}' for key in ('JobName', 'Id', 'JobRunState', 'ExecutionTime')},
        'ResultPath': '$.taskresult', 'Retry': GLUE_RETRY, 'Catch': _catch(RECORD_FAILURE), 'Next': following}


def _lock(what: str, resources: str, following: str) -> dict[str, State]:
    """Return the states that wait until this execution has something to itself."""
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
    """Return the state that gives back all locks; one that fails leaves them to those who wait, who see it has ended.
    """
    return _call(TABLE_LOCK, _lock_request('release', BOTH), following, following)


def _call(function: str, payload: State, following: str, after_failure: str) -> State:
    """Return the state that calls a Lambda function and leaves the state of the execution as it is."""
    # An error on the way out is no reason for the load to look like one that failed by it.
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
