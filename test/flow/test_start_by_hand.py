"""A job that is started by hand with the least arguments does what it does in the state machine."""
from __future__ import annotations

import pytest
from test_landing_to_tables import KEY, MATCH, POLICIES, SQL

from glue_half import begun_run, is_real, real_library
from lib.job_table import JOBS

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
