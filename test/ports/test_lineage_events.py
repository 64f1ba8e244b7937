"""OpenLineage events: their content, and the file, web service, queue and domain that take them."""
from __future__ import annotations

import json
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer

import boto3
import jsonschema
import pytest
from botocore.stub import Stubber

from lake_etl import runtime
from lake_etl.adapters.aws.lineage_services import DomainEvents, glue_namespace
from lake_etl.adapters.local.event_file import EventFile
from lake_etl.arguments import load_arguments
from lake_etl.column_lineage.lineage_graph import ColumnLineage, ColumnName, LineageStep, Origin, TableLineage
from lake_etl.errors import DataError, LakeError
from lake_etl.jobs.run_events import RunEvents
from lake_etl.publish.openlineage import EventDataset, RuleAssertion, RunIdentity, code_address, file_dataset, run_event
from openlineage_schema import events_in, validate_event

RUN = RunIdentity(execution_id='e-1', namespace='dev-lake', job='collect-to-cleanse.Gen.Policy', workflow='Gen/Policy',
                  code='s3://scripts/etl/transformation-spec/Gen-Policy.json')
SOURCE, TABLE = ('s3://collect', 'Gen/Policy/p.csv'), ('arn:aws:glue:us-east-2:111122223333', 'table/gen/policy')
HASHED = Origin(ColumnName('collect/Gen/Policy', 'Tax Id'), (
    LineageStep('mapping', 'row 2 of Gen-Policy.csv'), LineageStep('transform', 'hash', masks=True)), masks=True)
LINEAGE = TableLineage('gen.policy', 'cleanse', 'Gen-Policy.json', (
    ColumnLineage('taxid', (HASHED,)), ColumnLineage('year'), ColumnLineage('odd', (HASHED,), unknown='a transform')),
    (HASHED,))
ARGS = {'JOB_NAME': 'job', 'environment': 'Dev', 'TempDir': '/tmp/t', 'txn_bucket': '/tmp/c', 'target_bucket': '/tmp/l',
        'execution_id': 'e-1', 'source_key': 'Gen/Policy', 'table_name': 'Policy', 'target_database_name': 'Gen',
        'p_year': '2026', 'p_month': '3', 'p_day': '4', 'state_machine_name': 'm'}


def event(kind='COMPLETE', **more):
    output = EventDataset(name=TABLE, fields=(('taxid', 'string'),), rows=7, lineage=LINEAGE, assertions=(
        RuleAssertion(rule='IsComplete "taxid"', passed=False, column='taxid'),))
    return run_event(kind, RUN, [EventDataset(name=SOURCE, fields=(('Tax Id', 'string'),))], [output],
                     {'collect/Gen/Policy': SOURCE}, **more)


def test_an_event_has_the_published_form_and_tells_columns_rules_and_rows():
    found = event(query='SELECT 1')
    validate_event(found)
    output, = found['outputs']
    lineage = output['facets']['columnLineage']
    assert lineage['fields'] == {'taxid': {'inputFields': [{
        'namespace': 's3://collect', 'name': 'Gen/Policy/p.csv', 'field': 'Tax Id', 'transformations': [
            {'type': 'DIRECT', 'subtype': 'IDENTITY', 'description': 'row 2 of Gen-Policy.csv', 'masking': False},
            {'type': 'DIRECT', 'subtype': 'TRANSFORMATION', 'description': 'hash', 'masking': True}]}]}}
    assert [field['transformations'][0]['subtype'] for field in lineage['dataset']] == ['FILTER']
    assert output['outputFacets']['outputStatistics']['rowCount'] == 7
    assert output['facets']['dataQualityAssertions']['assertions'] == [
        {'assertion': 'IsComplete "taxid"', 'success': False, 'column': 'taxid'}]
    failed = event('FAIL', error='No rows.')
    validate_event(failed)
    assert failed['run']['facets']['errorMessage']['message'] == 'No rows.'


def test_the_schemas_refuse_what_is_wrong():
    for spoil in (lambda e: e.pop('producer'), lambda e: e['run'].update(runId='one'),
                  lambda e: e['outputs'][0]['outputFacets']['outputStatistics'].update(rowCount='many'),
                  lambda e: e['job']['facets']['jobType'].pop('integration')):
        found = event()
        spoil(found)
        with pytest.raises(jsonschema.ValidationError):
            validate_event(found)


def test_an_event_that_is_sent_again_belongs_to_the_same_run():
    assert event('START')['run']['runId'] == event()['run']['runId'] != str(RUN.parent_id)


@pytest.mark.parametrize('address, name', [
    ('s3://bucket/a/b.csv', ('s3://bucket', 'a/b.csv')),
    ('/lake/cleanse/gen/policy', ('file', '/lake/cleanse/gen/policy')),
    ('file:///lake/x', ('file', '/lake/x'))])
def test_files_are_named_as_openlineage_says(address, name):
    assert file_dataset(address) == name


def test_the_address_of_configuration_is_a_uri():
    assert code_address('/my lake/ü.json') == 'file:///my%20lake/%C3%BC.json'


def test_many_writers_append_whole_lines(tmp_path):
    path = tmp_path / 'lineage' / 'events.jsonl'
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda number: EventFile(str(path)).send(event(error='x' * number)), range(64)))
    assert len(events_in(path)) == 64


def test_a_line_that_a_killed_process_left_does_not_spoil_the_next(tmp_path):
    path = tmp_path / 'events.jsonl'
    path.write_text('{"eventType": "STA')
    EventFile(str(path)).send(event())
    first, second = path.read_text().splitlines()
    assert first == '{"eventType": "STA'
    validate_event(json.loads(second))


@pytest.fixture
def service():
    """A web service that keeps what it gets, and refuses events of failed runs."""
    taken = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            taken.append((self.path, self.headers['Content-Type'],
                          json.loads(self.rfile.read(int(self.headers['Content-Length'])))))
            self.send_response(503 if taken[-1][2]['eventType'] == 'FAIL' else 201)
            self.end_headers()

        def log_message(self, *arguments):
            pass
    server = HTTPServer(('127.0.0.1', 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f'http://127.0.0.1:{server.server_port}/api/v1/lineage', taken
    server.shutdown()
    server.server_close()


def test_a_web_service_gets_each_event_and_its_refusal_never_ends_a_load(service, caplog):
    address, taken = service
    with RunEvents({**ARGS, 'openlineage_transport': address}, load_arguments(ARGS)).told():
        pass
    assert [(path, kind, found['eventType']) for path, kind, found in taken] == [
        ('/api/v1/lineage', 'application/json', 'START'), ('/api/v1/lineage', 'application/json', 'COMPLETE')]
    with pytest.raises(DataError), RunEvents(
            {**ARGS, 'openlineage_transport': address}, load_arguments(ARGS)).told():
        raise DataError('There are no rows.')
    assert taken[-1][2]['run']['facets']['errorMessage']['message'] == 'There are no rows.'
    assert '1 of 2 OpenLineage events of this run were not sent; the load is not affected. HTTPError' in caplog.text


@pytest.mark.parametrize('address', ['http://127.0.0.1:9/x', 'arn:aws:s3:::bucket', '/dev/null/events.jsonl'])
def test_a_transport_that_does_not_work_is_a_warning_with_numbers(address, caplog):
    with RunEvents({**ARGS, 'openlineage_transport': address}, load_arguments(ARGS)).told():
        pass
    assert '2 of 2 OpenLineage events of this run were not sent' in caplog.text


def test_the_error_of_a_run_never_quotes_a_library(tmp_path):
    path = tmp_path / 'events.jsonl'
    with pytest.raises(ValueError), RunEvents(
            {**ARGS, 'openlineage_transport': str(path)}, load_arguments(ARGS)).told():
        raise ValueError("cannot cast 'Jane Roe' to number")
    assert 'Jane Roe' not in path.read_text() and events_in(path)[-1]['eventType'] == 'FAIL'


def test_without_a_transport_nothing_is_collected_or_sent(caplog):
    caplog.set_level(logging.INFO)
    events = RunEvents(ARGS, load_arguments(ARGS))
    with events.told():
        events.trace(lambda: 1 / 0)
    assert caplog.text == ''


def test_a_lineage_that_cannot_be_computed_is_a_warning(tmp_path, caplog):
    events = RunEvents({**ARGS, 'openlineage_transport': str(tmp_path / 'e.jsonl')}, load_arguments(ARGS))
    with events.told():
        events.trace(lambda: 1 / 0)
    assert 'OpenLineage events of this run lack the lineage of columns. ZeroDivisionError' in caplog.text
    assert [found['eventType'] for found in events_in(tmp_path / 'e.jsonl')] == ['START', 'COMPLETE']


def test_a_queue_gets_each_event(aws):
    client = boto3.client('sqs')
    url = client.create_queue(QueueName='lineage')['QueueUrl']
    arn = client.get_queue_attributes(QueueUrl=url, AttributeNames=['QueueArn'])['Attributes']['QueueArn']
    runtime.lineage_events(arn).send(event())
    message, = client.receive_message(QueueUrl=url)['Messages']
    validate_event(json.loads(message['Body']))
    with pytest.raises(LakeError, match='a message of Amazon SQS has at most 262,144'):
        runtime.lineage_events(arn).send(event(query='x' * 300_000))


def test_a_domain_of_datazone_gets_each_event(aws):
    client = boto3.client('datazone')
    with Stubber(client) as stub:
        stub.add_response('post_lineage_event', {}, {
            'domainIdentifier': 'dzd_4x', 'event': json.dumps({'eventType': 'START'}).encode()})
        DomainEvents('arn:aws:datazone:us-east-2:111122223333:domain/dzd_4x', client).send({'eventType': 'START'})
        stub.assert_no_pending_responses()


def test_tables_on_aws_are_named_after_account_and_region(aws):
    assert glue_namespace() == f'arn:aws:glue:{boto3.client("glue").meta.region_name}:123456789012'
