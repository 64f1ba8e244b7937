"""Records of executions, inputs of the state machine and answers have the attributes that others rely on."""
from __future__ import annotations

import json
import re
from decimal import Decimal

from test_dependencies import landed
from test_trigger import deliver, event, message

from lib.etl_job_auditor.lambda_handler import lambda_handler as auditor

TIME = r'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}'
TEXTS = ('execution_id', 'sfn_execution_name', 'sfn_arn', 'sfn_input', 'source_key', 'job_latest_status',
         'job_start_date', 'job_last_updated_timestamp', 'principal_id', 'source_ipaddress', 'dependency_key')
INPUT = {'target_database_name': 'Db', 'source_bucketname': 'collect', 'source_key': 'Db/Tbl', 'source_path': 'Db/Tbl',
         'base_file_name': 'a.csv', 'p_year': '2026', 'p_month': '03', 'p_day': '04', 'table_name': 'Tbl',
         'entity_match': False}


def test_a_record_has_the_attributes_and_types_of_the_contract(account):
    deliver(message(event()))
    [record] = account.records()
    assert {name for name in TEXTS if isinstance(record[name], str)} == set(TEXTS)
    assert isinstance(record['job_start_date_int'], Decimal)
    assert all(re.fullmatch(TIME, record[name]) for name in ('job_start_date', 'job_last_updated_timestamp'))
    assert (record['job_latest_status'], record['dependency_key']) == ('STARTED', 'None')
    state = json.loads(record['sfn_input'])
    assert state | INPUT == state
    assert state['execution_id'] == record['execution_id']


def test_a_waiting_record_names_what_it_waits_for(account):
    account.configure('Db-Tbl-dependent.json', {'depends_on': {'A/B': 1}})
    landed('Db/Tbl/a.csv')
    [record] = account.records()
    assert (record['job_latest_status'], record['dependency_key']) == ('QUEUED', 'A/B')


def test_the_auditor_answers_with_a_status_code_and_a_text(account):
    deliver(message(event()))
    [record] = account.records()
    identity = record['execution_id']
    for result, status, text in (({'JobRunState': 'SUCCEEDED'}, 'SUCCEEDED', 'SUCCEEDED'),
                                 ({'Cause': json.dumps({'ErrorMessage': 'why'})}, 'FAILED', 'FAILED why')):
        answer = auditor({'Input': {'execution_id': identity, 'taskresult': result}}, None)
        assert (answer['statusCode'], answer['status']) == (200, status)
        assert answer['body'].endswith(text)
        [record] = account.records()
        assert record['job_latest_status'] == status
        assert re.fullmatch(TIME, record['job_last_updated_timestamp'])
    assert record['error_message'] == 'why'
