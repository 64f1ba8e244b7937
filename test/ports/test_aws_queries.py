"""The engines wait for statements on Athena and Redshift; every other ending is an error with its reason."""
from __future__ import annotations

import boto3
import pytest
from botocore.stub import Stubber

from dataquery import athena_execute_query, redshift_execute_query
from lake_etl import runtime
from lake_etl.adapters.aws.athena_queries import AthenaQueries, RedshiftQueries
from lake_etl.errors import QueryError

IDENTIFIER = 'a1b2'


@pytest.fixture
def athena(aws):
    """An Athena client whose answers the test queues."""
    client = boto3.client('athena')
    with Stubber(client) as answers:
        answers.add_response('start_query_execution', {'QueryExecutionId': IDENTIFIER}, {
            'QueryString': 'SELECT 1', 'QueryExecutionContext': {'Database': 'gen_consume'}, 'WorkGroup': 'lake'})
        yield client, answers
        answers.assert_no_pending_responses()


@pytest.fixture
def redshift(aws):
    """A client of the Redshift Data API whose answers the test queues."""
    client = boto3.client('redshift-data')
    with Stubber(client) as answers:
        yield client, answers
        answers.assert_no_pending_responses()


def queue_athena(answers, *states, reason="SOME_REASON: line 1:8: 'a value' is wrong"):
    for state in states:
        answers.add_response('get_query_execution', {'QueryExecution': {
            'QueryExecutionId': IDENTIFIER, 'Status': {'State': state, 'StateChangeReason': reason}}},
            {'QueryExecutionId': IDENTIFIER})


def queue_redshift(answers, *states):
    answers.add_response('execute_statement', {'Id': IDENTIFIER}, {
        'Database': 'dev', 'Sql': 'SELECT 1', 'WorkgroupName': 'serverless', 'SecretArn': 'arn:secret'})
    for state in states:
        answers.add_response('describe_statement', {
            'Id': IDENTIFIER, 'Status': state, 'Error': 'ERROR: relation "t" does not exist'}, {'Id': IDENTIFIER})


def test_athena_is_waited_for(athena):
    client, answers = athena
    queue_athena(answers, 'QUEUED', 'RUNNING', 'SUCCEEDED')
    assert AthenaQueries('lake', 5, client).run('Gen_Consume', 'SELECT 1') == IDENTIFIER


@pytest.mark.parametrize('state', ['FAILED', 'CANCELLED'])
def test_a_statement_that_athena_ends_otherwise_is_an_error(athena, state):
    client, answers = athena
    queue_athena(answers, 'RUNNING', state)
    with pytest.raises(QueryError, match=f'Athena ended statement {IDENTIFIER} as {state}: SOME_REASON, line 1:8'):
        AthenaQueries('lake', 5, client).run('gen_consume', 'SELECT 1')


def test_a_statement_that_does_not_end_in_time_is_stopped(athena):
    client, answers = athena
    queue_athena(answers, 'QUEUED', 'RUNNING')
    answers.add_response('stop_query_execution', {}, {'QueryExecutionId': IDENTIFIER})
    with pytest.raises(QueryError, match='asked for 2 times'):
        AthenaQueries('lake', 2, client).run('gen_consume', 'SELECT 1')


def test_a_statement_that_can_not_even_be_stopped_is_still_an_error(athena):
    client, answers = athena
    queue_athena(answers, 'RUNNING')
    answers.add_client_error('stop_query_execution', 'InternalServerException')
    with pytest.raises(QueryError, match='the statement was stopped'):
        AthenaQueries('lake', 1, client).run('gen_consume', 'SELECT 1')


def test_what_athena_refuses_at_once_is_an_error_with_its_reason(aws):
    client = boto3.client('athena')
    with Stubber(client) as answers:
        answers.add_client_error('start_query_execution', 'InvalidRequestException', 'WorkGroup is not found.')
        with pytest.raises(QueryError, match=r'InvalidRequestException of StartQueryExecution\)'):
            AthenaQueries('none', 5, client).run('gen_consume', 'SELECT 1')


def test_redshift_is_waited_for(redshift):
    client, answers = redshift
    queue_redshift(answers, 'SUBMITTED', 'PICKED', 'STARTED', 'FINISHED')
    assert RedshiftQueries('', 'serverless', 'arn:secret', 5, client).run('dev', 'SELECT 1') == IDENTIFIER


@pytest.mark.parametrize('state', ['FAILED', 'ABORTED'])
def test_a_statement_that_redshift_ends_otherwise_is_an_error(redshift, state):
    client, answers = redshift
    queue_redshift(answers, state)
    with pytest.raises(QueryError, match=f'Redshift ended statement {IDENTIFIER} as {state}: there is no relation t'):
        RedshiftQueries('', 'serverless', 'arn:secret', 5, client).run('dev', 'SELECT 1')


def test_a_redshift_statement_that_does_not_end_in_time_is_stopped(redshift):
    client, answers = redshift
    queue_redshift(answers, 'STARTED')
    answers.add_response('cancel_statement', {'Status': True}, {'Id': IDENTIFIER})
    with pytest.raises(QueryError, match='asked for 1 times'):
        RedshiftQueries('', 'serverless', 'arn:secret', 1, client).run('dev', 'SELECT 1')


@pytest.mark.parametrize('cluster, workgroup, found', [('', '', 'neither'), ('c', 'w', 'both')])
def test_redshift_needs_just_one_place(aws, cluster, workgroup, found):
    with pytest.raises(QueryError, match=found):
        RedshiftQueries(cluster, workgroup, '', 5)


def test_the_functions_for_user_code_return_the_final_state(aws, monkeypatch):
    session = boto3.Session()   # moto leaves statements of Redshift at STARTED for ever
    session.events.register('after-call.redshift-data.DescribeStatement', finish)
    monkeypatch.setattr(boto3, 'DEFAULT_SESSION', session)
    boto3.client('athena').create_work_group(Name='lake', Configuration={
        'ResultConfiguration': {'OutputLocation': 's3://results/'}})
    assert athena_execute_query('Gen_Consume', 'SELECT 1', 'lake') == 'SUCCEEDED'
    assert redshift_execute_query('dev', 'SELECT 1', cluster_id='cluster') == 'FINISHED'
    assert redshift_execute_query('dev', 'SELECT 1', workgroup_name='serverless', secret_arn='arn:secret') == 'FINISHED'
    with pytest.raises(RuntimeError, match='neither'):
        redshift_execute_query('dev', 'SELECT 1')


def finish(parsed, **_):
    parsed['Status'] = 'FINISHED'


def test_the_functions_for_user_code_do_not_wait_for_ever(aws):
    with pytest.raises(RuntimeError, match='asked for 1 times'):
        redshift_execute_query('dev', 'SELECT 1', cluster_id='cluster', max_attempts=1)


def test_on_a_laptop_statements_of_athena_go_to_its_own_engine(tmp_path):
    runtime.open_catalog(f'sqlite://{tmp_path}/lake.db')
    try:
        runtime.catalog().create_database('gen', str(tmp_path))
        assert athena_execute_query('gen', 'CREATE VIEW one AS SELECT 1 AS one', 'unused') == 'SUCCEEDED'
        with pytest.raises(RuntimeError, match='exists'):
            athena_execute_query('gen', 'CREATE VIEW one AS SELECT 1 AS one', 'unused')
    finally:
        runtime.open_catalog(runtime.GLUE)
