"""A file that lands, or a job started by hand, fills Cleanse and Consume: what CDK synthesized runs, and real jobs."""
from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest

from glue_half import begun_run, is_real, real_library
from lake_etl import runtime
from lake_etl.errors import LakeError
from lake_etl.landing.location import read_key
from lib.configuration import configuration
from lib.job_table import CLEANSE_TO_CONSUME, COLLECT_TO_CLEANSE, ENTITY_MATCH, JOBS
from lib.local_lake.folders import LakeFolders
from lib.local_lake.running.glue_job import job_arguments
from resources import write_docs

KEY = 'Gen/Policy/2026/03/04/policies.csv'
ODD_KEY = 'Gen/Claim/claims  %2B+ä保.csv'
POLICIES = 'number,state,premium\nP1,NY,100.50\nP2,TX,7\nP3,NY,-2\n'
RULES = {'before_transform': {'quarantine_rules': ["ColumnValues 'premium' >= 0"]}}
SQL = 'SELECT state, sum(premium) AS premium, year, month, day FROM gen.policy GROUP BY state, year, month, day'
MATCH = {
    'primary_entity_table': 'people', 'global_id_field': 'globalid',
    'exact_match_fields': {'source_primary_key': 'no', 'source_system_key': 'system'},
    'levels': [{'id': 'name', 'blocks': ['last'], 'threshold': 0.85,
                'fields': [{'fieldname': 'first', 'type': 'string', 'method': 'jarowinkler'}]}]}
# Values that only AWS has, or only the laptop: addresses, and what the lake was given as its own names.
ADDRESSES = {'TempDir', 'txn_bucket', 'source_bucket', 'target_bucket', 'catalog', 'txn_spec_prefix_path',
             'txn_sql_prefix_path', 'state_machine_name', 'athena_workgroup', 'JOB_NAME', 'JOB_RUN_ID', 'execution_id',
             'hash_value_table', 'value_lookup_table', 'multi_lookup_table', 'dq_results_table', 'job_audit_table',
             'data_lineage_table'}


def jobs(aws):
    """Return which of the lake's three jobs ran for which file, in order; a user may have added others."""
    own = {f'{job.name}-job' for job in (COLLECT_TO_CLEANSE, CLEANSE_TO_CONSUME, ENTITY_MATCH)}
    runs = [(arguments['--base_file_name'], name.removeprefix('dev-insurancelake-'))
            for name, arguments in aws.jobs_run]
    return [(file, name) for file, name in runs if name in own]


def told(arguments):
    """Return the arguments that both the laptop and AWS give a job."""
    return {name.removeprefix('--'): value for name, value in arguments.items()}


def test_a_landed_file_is_loaded_checked_recorded_and_told_of(aws, tmp_path):
    aws.configure('dq-rules/dq-Gen-Policy.json', RULES)
    aws.configure('transformation-sql/spark-Gen-Policy.sql', SQL)
    aws.drop(KEY, POLICIES)
    (execution,) = aws.settle()

    assert execution.status == 'SUCCEEDED'
    identity = execution.input['execution_id']
    assert aws.rows('SELECT number, year, month, day, execution_id FROM gen.policy ORDER BY number') == [
        ('P1', '2026', '03', '04', identity), ('P2', '2026', '03', '04', identity)]
    assert aws.rows('SELECT state, CAST(premium AS int) FROM gen_consume.policy ORDER BY state') == [
        ('NY', 101), ('TX', 7)]
    assert aws.rows('SELECT number FROM gen.policy_quarantine_before_transform') == [('P3',)]
    assert aws.audits() == {'Gen/Policy': ('SUCCEEDED', '')}
    (notification,) = aws.notifications()
    assert (notification['subject'], notification['status']) == ('Job Completed', 'SUCCEEDED')
    assert {key: notification['message'][key] for key in ('source_key', 'execution_id')} == {
        'source_key': 'Gen/Policy', 'execution_id': identity}
    assert [item['Outcome'] for item in aws.items('dq-results') if 'Rule' in item] == ['Failed']
    assert {item['step_function_execution_id'] for item in aws.items('data-lineage')} == {identity}
    assert aws.items('table-lock') == []

    assert jobs(aws) == [('policies.csv', 'collect-to-cleanse-job'), ('policies.csv', 'cleanse-to-consume-job')]
    landing, laptop = read_key(KEY, datetime.now(UTC)), LakeFolders.of(str(tmp_path / 'laptop'), None)
    for job in (COLLECT_TO_CLEANSE, CLEANSE_TO_CONSUME):
        own = job_arguments(job, laptop, landing, identity)
        # In the cloud events of lineage go only where the configuration says.
        del own['openlineage_transport']
        cloud = told(dict(aws.jobs_run)[f'dev-insurancelake-{job.name}-job']) | {'catalog': 'glue'}
        assert set(own) <= set(cloud), 'the cloud tells a job all that the laptop does'
        differing = {name for name in own if own[name] != cloud[name]}
        assert differing <= ADDRESSES, 'and the same'
    check_pages(aws)


def check_pages(aws):
    """Compare what the pages show with what was loaded; the catalog of these jobs is a file."""
    runtime.open_catalog(aws.catalog)
    dev, = configuration().narrowed('Dev').named_environments
    shown = write_docs.read_summary(dev, aws.bucket('etl-scripts'))
    rows = {table['name']: table['rows'] for table in shown['tables']}
    assert (rows['gen.policy'], rows['gen_consume.policy'], rows['gen.policy_quarantine_before_transform']) == (2, 2, 1)
    run, = shown['runs']
    assert (run['workflow'], run['file'], run['partition'], run['status']) == (
        'Gen/Policy', 'policies.csv', '2026/03/04', 'SUCCEEDED')
    assert sorted(run['written']) == [['gen.policy', 2], ['gen_consume.policy', 2]]
    assert run['quarantined'] == [['before_transform', 'gen.policy_quarantine_before_transform', 3, 1]]
    assert list(run['seconds']) == list(run['usage']) == [COLLECT_TO_CLEANSE.name, CLEANSE_TO_CONSUME.name]


def test_a_job_that_fails_is_recorded_and_told_of_and_publishes_nothing(aws):
    aws.configure('transformation-spec/Gen-Policy.json', '{"transform_spec": {"redcat": {}},}')
    aws.drop(KEY, POLICIES)
    (execution,) = aws.settle()
    assert execution.status == 'FAILED'
    ((status, reason),) = aws.audits().values()
    assert (status, 'Gen-Policy.json' in reason, 'comma' in reason) == ('FAILED', True, True)
    (notification,) = aws.notifications()
    assert (notification['subject'], notification['status'], notification['message']['source_key']) == (
        'Job Failed', 'FAILED', 'Gen/Policy')
    assert jobs(aws) == [('policies.csv', 'collect-to-cleanse-job')]
    with pytest.raises(LakeError, match='There is no lake yet'):
        aws.rows('SELECT * FROM gen.policy')
    assert aws.items('table-lock') == []

    aws.configure('transformation-spec/Gen-Policy.json', {})
    aws.start_again(execution)
    assert [item.status for item in aws.settle()] == ['FAILED', 'SUCCEEDED']
    assert aws.audits() == {'Gen/Policy': ('SUCCEEDED', '')}
    assert aws.rows('SELECT count(*) FROM gen.policy') == [(3,)]


def test_one_event_delivered_again_and_in_parallel_and_two_files_of_one_table_at_once(aws):
    """Runs of a job are limited to one, and the first goes on only when the start of another has been throttled."""
    aws.limit_runs(1)
    aws.before_job = lambda name, arguments: aws.wait_until(lambda: bool(aws.waits.retries))
    holder = {'resources': ['Gen/Policy'], 'Input': {'landed_at': '2026-03-04T05:00:00Z'},
              'execution': {'Id': f'{aws.machine}:earlier', 'StartTime': '2026-03-04T05:00:00Z'}}
    assert aws.invoke('etl-table-lock', holder | {'action': 'acquire'})['granted'], 'somebody else loads the table'
    moment = datetime(2026, 3, 4, 6, tzinfo=UTC)
    later = aws.drop('Gen/Policy/2026/03/04/later.csv', 'number,state,premium\nP9,NY,1\n', moment)
    aws.deliver()
    first = aws.drop(KEY, POLICIES, moment - timedelta(seconds=1))
    aws.drop(ODD_KEY, 'number,paid\nC1,5\n')
    for event in (first, first, later):
        aws.send(event)
    deliveries = [Thread(target=aws.deliver) for _ in range(3)]
    for delivery in deliveries:
        delivery.start()
    for delivery in deliveries:
        delivery.join()
    aws.wait_until(lambda: len([item for item in aws.items('table-lock') if 'policy' in item['resource_name']]) == 4)
    aws.invoke('etl-table-lock', holder | {'action': 'release'})
    executions = aws.settle()
    aws.send(first)

    assert [item.status for item in aws.settle()] == [item.status for item in executions] == ['SUCCEEDED'] * 3
    assert len(jobs(aws)) == 6
    assert [file for file, name in jobs(aws) if file not in ODD_KEY] == [
        'policies.csv', 'policies.csv', 'later.csv', 'later.csv']
    assert aws.rows('SELECT number FROM gen.policy') == [('P9',)], 'the later file is the one that stays'
    assert aws.rows('SELECT number FROM gen.claim') == [('C1',)]
    assert all(0 < seconds <= 300 for seconds in aws.waits.retries), 'a start was throttled, and tried again'
    assert aws.waits.states, 'a load waited for its table'


def test_a_workflow_runs_after_all_that_it_depends_on(aws):
    aws.configure('transformation-spec/Gen-Combined-dependent.json', {'depends_on': {'Gen/Policy': 1, 'Gen/Claim': 1}})
    aws.drop('Gen/Combined/all.csv', 'a\n1\n', datetime(2026, 3, 4, 5, tzinfo=UTC))
    assert aws.settle() == []
    assert aws.audits() == {'Gen/Combined': ('QUEUED', '')}
    aws.drop('Gen/Claim/claims.csv', 'number,paid\nC1,5\n')
    assert [item.status for item in aws.settle()] == ['SUCCEEDED']
    assert aws.audits()['Gen/Combined'] == ('QUEUED', '')
    aws.drop(KEY, POLICIES)
    assert [item.status for item in aws.settle()] == ['SUCCEEDED'] * 3
    assert aws.audits()['Gen/Combined'] == ('SUCCEEDED', '')
    assert [file for file, _ in jobs(aws)][-2:] == ['all.csv', 'all.csv']
    assert aws.rows('SELECT a FROM gen.combined') == [(1,)]


def test_customers_are_matched_where_the_database_has_a_specification_for_it(aws):
    aws.configure('transformation-spec/Customer-entitymatch.json', MATCH)
    aws.configure('transformation-sql/spark-Customer-A01.sql', 'SELECT * FROM customer.a01')
    aws.drop('Customer/A01/2026/03/04/customers.csv',
             'no,system,first,last\n1,A,Ann,Smith\n2,A,Anne,Smith\n3,A,Bob,Jones\n')
    (execution,) = aws.settle()
    assert (execution.status, execution.input['entity_match']) == ('SUCCEEDED', True)
    assert [name for _, name in jobs(aws)] == [
        'collect-to-cleanse-job', 'cleanse-to-consume-job', 'consume-entity-match-job']
    assert aws.rows('SELECT count(DISTINCT globalid) FROM customer_consume.people') == [(2,)]
    assert aws.audits() == {'Customer/A01': ('SUCCEEDED', '')}
    assert aws.items('table-lock') == []


def test_a_stopped_execution_is_closed_by_the_event_of_its_end(aws):
    stopped = []

    def stop(name, arguments):
        stopped.append(aws.stop_execution())
        raise InterruptedError('The run was stopped.')
    aws.before_job = stop
    aws.drop(KEY, POLICIES)
    executions = aws.settle()
    assert [item.status for item in executions] == ['ABORTED']
    aws.send(aws.event_of_end(executions[0]))
    aws.deliver_ends()
    ((status, reason),) = aws.audits().values()
    assert (status, 'stopped by hand' in reason) == ('FAILED', True)
    assert [item['status'] for item in aws.notifications()] == ['FAILED']
    assert aws.items('table-lock') == []


@pytest.mark.parametrize('body', ['{', json.dumps({'detail-type': 'Object Created', 'detail': {}})])
def test_an_event_that_nobody_understands_stays_in_the_queue_for_the_dead_letters(aws, body):
    aws.put_message(body)
    assert len(aws.deliver()) == 1
    assert aws.executions() == []
    queue = aws.environment.resource('AWS::SQS::Queue', 'etl-landed').properties
    letters = aws.environment.resource('AWS::SQS::Queue', 'etl-dead-letters').properties
    assert queue['RedrivePolicy']['deadLetterTargetArn'].endswith(letters['QueueName'])
    assert queue['RedrivePolicy']['maxReceiveCount'] == 5


BY_HAND = {
    'execution_id': 'by-hand', 'source_key': 'Gen/Policy', 'base_file_name': 'policies.csv',
    'database_name_prefix': 'Gen', 'table_name': 'Policy', 'p_year': '2026', 'p_month': '3', 'p_day': '4',
    'data_lineage_table': 'dev-insurancelake-etl-data-lineage',
    'state_machine_name': 'dev-insurancelake-etl-state-machine'}
NAMES = [job.name for job in JOBS]
PEOPLE = 'no,system,first,last\n1,A,Ann,Lee\n2,A,Bob,Ray\n'


@pytest.mark.parametrize('further', [{}, {'source_bucketname': 'dev-insurancelake-collect'}])
def test_the_three_jobs_run_one_after_another(aws, spark, further):
    aws.configure('transformation-sql/spark-Gen-Policy.sql', 'SELECT * FROM gen.policy')
    aws.configure('transformation-spec/Gen-entitymatch.json', MATCH)
    aws.drop('Gen/Policy/policies.csv', PEOPLE)
    for job in NAMES:
        assert aws.start_by_hand(job, BY_HAND | further) == 'SUCCEEDED'
        if real_library():
            run = begun_run(spark)
            assert (run.name(), run.committed()) == (f'dev-insurancelake-{job}-job', True)
            assert run.arguments()['JOB_RUN_ID'] and run.arguments()['job_bookmark_option'] == 'job-bookmark-disable'
    assert is_real() is real_library()
    assert aws.rows('SELECT no, year, month, day, execution_id FROM gen.policy ORDER BY no') == [
        (1, '2026', '03', '04', 'by-hand'), (2, '2026', '03', '04', 'by-hand')]
    assert aws.rows('SELECT count(*) FROM gen_consume.policy') == [(2,)]
    assert {item['step_function_execution_id'] for item in aws.items('data-lineage')} == {'by-hand'}


def test_ids_of_the_run_are_placeholders_of_queries(aws):
    aws.configure('transformation-sql/spark-Gen-Policy.sql',
                  "SELECT '{JOB_ID}' AS job, '{JOB_RUN_ID}' AS run, year, month, day FROM gen.policy LIMIT 1")
    aws.drop('Gen/Policy/policies.csv', PEOPLE)
    assert [aws.start_by_hand(job, BY_HAND) for job in NAMES[:2]] == ['SUCCEEDED'] * 2
    ((job, run),) = aws.rows('SELECT job, run FROM gen_consume.policy')
    assert job == 'j_5a1f' and run not in ('', job)


@pytest.mark.parametrize('job', NAMES)
def test_a_start_without_any_database_fails_by_the_name_of_the_argument(aws, job):
    given = {name: value for name, value in BY_HAND.items() if name != 'database_name_prefix'}
    ended = aws.start_by_hand(job, given | {'source_key': 'policy'})
    assert ended.startswith('GlueArgumentError: Job argument error: the following arguments are required: --')
    assert '_database_name' in ended or 'database_name_prefix' in ended


def test_a_file_whose_name_begins_with_dashes_is_loaded(aws):
    aws.configure('transformation-sql/spark-Gen-Policy.sql', SQL)
    aws.drop(KEY.replace('policies', '--policies -h'), POLICIES)
    assert [item.status for item in aws.settle()] == ['SUCCEEDED']
    assert aws.rows('SELECT count(*) FROM gen.policy') == [(3,)]
