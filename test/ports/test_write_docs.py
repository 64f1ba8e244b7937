"""On AWS the script writes the pages that the same lake has on a laptop, as far as the catalog and the records tell."""
from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import boto3
import duckdb
import pytest
from botocore.stub import Stubber
from test_correct_tables import ACCOUNT, DEV, REGION, SETTINGS

from lake_etl.adapters.aws.dynamodb_items import DynamoDBItems
from lake_etl.adapters.aws.glue_catalog import GlueCatalog
from lake_etl.adapters.local.sqlite_catalog import SqliteCatalog
from lake_etl.adapters.local.sqlite_items import SqliteItems
from lake_etl.ports import Catalog, Column, Items, Partition, Publication, Table
from lake_etl.publish.sources import SourceFile, partition_properties
from lib.glue_job_arguments import job_name
from lib.job_table import JOBS
from lib.local_lake.commands.docs import write_pages
from lib.local_lake.folders import LakeFolders
from lib.settings.parts import GlueConfiguration
from resources import write_docs

SCHEDULED = replace(SETTINGS, environments=tuple(
    replace(environment, docs_schedule='rate(1 day)') for environment in SETTINGS.environments))
SCRIPTS, CLEANSE, DOCS = (DEV.bucket_name(kind, ACCOUNT, REGION) for kind in ('etl-scripts', 'cleanse', 'docs'))
KEYS = tuple(Column(name, 'string') for name in ('year', 'month', 'day'))
RULE = 'Completeness "policyno" > 0.9'
MATCH = {'primary_entity_table': 'People', 'global_id_field': 'gid', 'levels': [
    {'id': 1, 'blocks': ['policyno'], 'threshold': 1.0, 'fields': [{'fieldname': 'policyno', 'type': 'exact',
                                                                    'weight': 1.0}]}]}
CONFIGURATION = {
    'transformation-spec/Gen-Policy.json': json.dumps({
        'input_spec': {'table_description': 'All </script><!-- policies'}, 'transform_spec': {'hash': ['taxid']}}),
    'transformation-spec/Gen-Policy.csv': 'SourceName,DestName\nPolicy No,policyno\nTax Id,taxid\n',
    'transformation-sql/spark-Gen-Policy.sql': 'SELECT policyno, year, month, day FROM gen.policy',
    'dq-rules/dq-Gen-Policy.json': json.dumps({'after_transform': {'warn_rules': [RULE]}}),
}


@dataclass(frozen=True)
class LakeStore:
    """A catalog, its items with the address of an item table by its kind, and the address of the Cleanse data."""

    catalog: Catalog
    items: Items
    tables: dict[str, str]
    root: str


def fill(store: LakeStore) -> None:
    """Publish a table of two partitions, and record a run that wrote it, a rule, and what another program wrote."""
    columns = (Column('policyno', 'string', 'number of the policy'), Column('taxid', 'string'))
    place = f'{store.root}/gen/policy'
    store.catalog.create_database('gen', f'{store.root}/gen')
    store.catalog.publish(Publication(Table('gen', 'policy', columns, KEYS, place, 'All policies'), tuple(
        Partition(('2026', '01', day), f'{place}/year=2026/month=01/day={day}', columns,
                  partition_properties([SourceFile(f'Gen/Policy/{day}.csv', rows, '')]))
        for day, rows in (('30', 2), ('31', 3)))))
    store.items.put(store.tables['job-audit'], {
        'execution_id': 'e1', 'source_key': 'Gen/Policy', 'job_latest_status': 'SUCCEEDED',
        'job_start_date': '2026-01-31 10:00:00.000000', 'job_start_date_int': 1,
        'file': '31.csv', 'partition': '2026/01/31', 'seconds': {'collect-to-cleanse': '1.5'}})
    store.items.put(store.tables['job-audit'], {'execution_id': 'of-another-program'})
    store.items.put(store.tables['dq-results'], {
        'execution_id': 'e1', 'job_id_action_rule': 'r1', 'Rule': RULE, 'Outcome': 'Passed',
        'rule_action': 'warn-on-failure', 'ruleset_name': 'after_transform', 'FailureReason': 'secret-1',
        'EvaluatedMetrics': {'Column.policyno.Minimum': 'secret-2', 'Column.policyno.Completeness': 1}})
    for number, (operation, information) in enumerate((
            ('write', {'table': 'gen.policy', 'rows': 3}), ('write', {'format': 'parquet'}),
            ('dataqualityquarantine', {'stage': 'after_transform', 'table': 'gen.q', 'rows': 3, 'quarantined': 1}),
            ('literal', {'literal': {'line': 'secret-3'}}))):
        store.items.put(store.tables['data-lineage'], {
            'step_function_execution_id': 'e1', 'job_id_operation_seq': f'j-{number}', 'dataset_operation': operation,
            'time_of_operation': '2026-01-31 10:00:05', 'info': json.dumps(information)})


@pytest.fixture
def on_aws(aws, tables, monkeypatch) -> LakeStore:
    """A Dev environment with the lake, whose buckets and tables have the names of its configuration."""
    monkeypatch.setattr('lib.configuration.configuration', lambda: SCHEDULED)
    client = boto3.client('s3')
    for bucket in (SCRIPTS, CLEANSE, DOCS):
        client.create_bucket(Bucket=bucket, CreateBucketConfiguration={'LocationConstraint': REGION})
    for name, text in CONFIGURATION.items():
        client.put_object(Bucket=SCRIPTS, Key=f'etl/{name}', Body=text.encode())
    client.put_object(Bucket=SCRIPTS, Key='etl/transformation-spec/old/Gen-Claim.json', Body=b'{}')
    for job in JOBS:
        boto3.client('glue').create_job(Name=job_name(job, DEV), Role='role', Command={'Name': 'glueetl'})
    kinds = ('job-audit', 'dq-results', 'data-lineage')
    store = LakeStore(GlueCatalog(), DynamoDBItems(), {kind: tables(kind) for kind in kinds}, f's3://{CLEANSE}')
    assert store.tables == {kind: DEV.table_name(kind) for kind in kinds}
    fill(store)
    return store


def on_laptop(folder: Path) -> dict:
    """Return what the pages of the same lake show on a laptop."""
    for name, text in CONFIGURATION.items():
        (folder / 'configuration' / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / 'configuration' / name).write_text(text)
    folders = LakeFolders.of(str(folder / 'lake'), str(folder / 'configuration'))
    tables = {kind: folders.items(kind) for kind in ('job-audit', 'dq-results', 'data-lineage')}
    for day, rows in (('30', 2), ('31', 3)):
        place = folders.cleanse / f'gen/policy/year=2026/month=01/day={day}'
        place.mkdir(parents=True)
        rows_of_day = duckdb.sql(f"SELECT 'secret' AS policyno, 'x' AS taxid FROM range({rows})")
        rows_of_day.write_parquet(str(place / 'a.parquet'))
    fill(LakeStore(SqliteCatalog(folders.catalog), SqliteItems(), tables, str(folders.cleanse)))
    return data_in((write_pages(folders, folder / 'pages').parent / 'lake-data.js').read_text())


def data_in(text: str) -> dict:
    """Return the data of a script or page."""
    return json.loads(json.loads(re.search(r'window\.LAKE = JSON\.parse\((".*")\);\n', text)[1]))


def typed(capsys, *arguments):
    """Return the exit status of the script and what it printed."""
    status = write_docs.main(list(arguments))
    captured = capsys.readouterr()
    return status, captured.out + captured.err


def page_in_bucket() -> str | None:
    found = boto3.client('s3').list_objects_v2(Bucket=DOCS).get('Contents', ())
    assert [item['Key'] for item in found] in ([], ['index.html'])
    return boto3.client('s3').get_object(Bucket=DOCS, Key='index.html')['Body'].read().decode() if found else None


def test_a_folder_gets_the_pages_that_the_same_lake_has_on_a_laptop(on_aws, tmp_path, capsys):
    status, text = typed(capsys, '--out', str(tmp_path / 'out'))
    assert status == 0 and str(tmp_path / 'out/index.html') in text
    files = {path.name: path.read_text() for path in (tmp_path / 'out').iterdir()}
    assert {'index.html', 'site.js', 'site.css', 'lake-data.js'} == set(files)
    assert all('secret' not in content for content in files.values())
    found, laptop = data_in(files['lake-data.js']), on_laptop(tmp_path)
    assert (found['matches'], laptop['matches']) == (None, []), 'no row was read, so no figures of matches are known'
    assert found | {'generated': '', 'matches': []} == laptop | {'generated': ''}
    policy = next(table for table in found['tables'] if table['name'] == 'gen.policy')
    assert (policy['rows'], policy['parts']) == (5, ['2026/01/30', '2026/01/31'])
    assert found['runs'][0]['written'] == [['gen.policy', 3]] and len(found['runs']) == 1
    assert found['rules'][0]['results'] == [['2026-01-31 10:00', 1]]


def test_one_page_is_written_to_the_bucket_only_when_asked_for_and_opens_by_an_address(on_aws, capsys):
    assert typed(capsys, '--address')[0] == 1
    status, text = typed(capsys, '--bucket')
    assert status == 0 and 'Nothing was written' in text and page_in_bucket() is None
    status, text = typed(capsys, '--bucket', '--apply')
    page = page_in_bucket()
    assert status == 0 and f's3://{DOCS}/index.html' in text and data_in(page)['tables']
    status, text = typed(capsys, '--address', '--hours', '3')
    address = urlsplit(text.strip())
    asked = {name: value for name, (value,) in parse_qs(address.query).items()}
    assert (status, address.scheme, address.netloc) == (0, 'https', f'{DOCS}.s3.{REGION}.amazonaws.com')
    assert (asked['X-Amz-Expires'], asked['response-content-type']) == ('10800', 'text/html; charset=utf-8')
    for hours in ('0', '169'):
        status, text = typed(capsys, '--address', '--hours', hours)
        assert status == 1 and 'expected 1 to 168' in text


def test_rows_of_a_table_are_unknown_when_a_partition_does_not_tell_them(on_aws, tmp_path, capsys):
    columns = (Column('policyno', 'string'),)
    place = f's3://{CLEANSE}/gen/policy/year=2026/month=02/day=01'
    table = on_aws.catalog.table('gen', 'policy')
    on_aws.catalog.publish(Publication(table, (Partition(('2026', '02', '01'), place, columns),)))
    assert typed(capsys, '--out', str(tmp_path / 'out'))[0] == 0
    tables = data_in((tmp_path / 'out/lake-data.js').read_text())['tables']
    assert [table['rows'] for table in tables if table['name'] == 'gen.policy'] == [None]


def test_tables_of_a_match_are_shown_with_their_present_columns_and_other_databases_are_not(on_aws, tmp_path, capsys):
    boto3.client('s3').put_object(Bucket=SCRIPTS, Key='etl/transformation-spec/Gen-entitymatch.json',
                                  Body=json.dumps(MATCH).encode())
    glue = boto3.client('glue')
    former = {'Name': 'old', 'Type': 'int', 'Parameters': {'iceberg.field.current': 'false'}}
    present = {'Name': 'gid', 'Type': 'string', 'Parameters': {'iceberg.field.current': 'true'}}
    for database, name in (('gen_consume', 'people'), ('payroll', 'salaries')):
        glue.create_database(DatabaseInput={'Name': database})
        glue.create_table(DatabaseName=database, TableInput={
            'Name': name, 'Parameters': {'table_type': 'ICEBERG'} if name == 'people' else {},
            'StorageDescriptor': {'Columns': [present, former], 'Location': f's3://{CLEANSE}/{name}'}})
    assert typed(capsys, '--out', str(tmp_path / 'out'))[0] == 0
    tables = {table['name']: table for table in data_in((tmp_path / 'out/lake-data.js').read_text())['tables']}
    people = tables['gen_consume.people']
    assert (people['kind'], people['rows']) == ('match', None) and 'payroll.salaries' not in tables
    types = {column[0]: column[1] for column in people['columns']}
    assert types['gid'] == 'string' and 'old' not in types


def test_a_run_on_aws_has_its_file_and_partition_from_the_input_of_its_execution(on_aws, tmp_path, capsys):
    given = {'base_file_name': 'a.csv', 'p_year': '2026', 'p_month': '02', 'p_day': '03'}
    for number, values in ((3, {'landed_at': '2026-02-03T10:00:00+00:00', 'error_message': 'It stopped.'}),
                           (4, {'error_message': 'secret-4'})):
        on_aws.items.put(on_aws.tables['job-audit'], {
            'execution_id': f'e{number}', 'source_key': 'Gen/Policy', 'job_latest_status': 'FAILED',
            'job_start_date_int': number, 'job_start_date': f'2026-02-0{number} 10:00:00.000000',
            'sfn_input': json.dumps(given)} | values)
    assert typed(capsys, '--out', str(tmp_path / 'out'))[0] == 0
    theirs, ours, _ = data_in((tmp_path / 'out/lake-data.js').read_text())['runs']
    for run in (theirs, ours):
        assert (run['file'], run['partition'], run['status']) == ('a.csv', '2026/02/03', 'FAILED')
    assert (ours['error'], theirs['error']) == ('It stopped.', ''), 'theirs may quote values of rows'


def test_what_cannot_be_written_is_told(on_aws, tmp_path, capsys, monkeypatch):
    boto3.client('s3').put_object(Bucket=SCRIPTS, Key='etl/dq-rules/dq-Gen-Policy.json', Body=b'{"after_transform": 1}')
    status, text = typed(capsys, '--out', str(tmp_path / 'out'))
    assert status == 1 and 'dq-Gen-Policy.json' in text and not (tmp_path / 'out').exists()
    monkeypatch.setattr('lib.configuration.configuration', lambda: SETTINGS)
    for target in (['--bucket', '--apply'], ['--address']):
        status, text = typed(capsys, *target)
        assert status == 1 and 'docs_schedule' in text
    status, text = typed(capsys, '--environment', 'Test', '--out', str(tmp_path / 'out'))
    assert status == 1 and 'test-insurancelake' in text
    assert typed(capsys, '--environment', 'Staging', '--out', str(tmp_path / 'out'))[0] == 1
    monkeypatch.setenv('AWS_PROFILE', 'nobody')
    status, text = typed(capsys, '--out', str(tmp_path / 'out'))
    assert status == 1 and text == ('AWS did not answer as expected: ProfileNotFound. Check credentials and region, '
                                    'then run again.\n')


def test_the_script_asks_for_what_the_build_may_do_and_reads_no_file_of_a_table(on_aws, capsys, monkeypatch):
    boto3.client('s3').put_object(Bucket=SCRIPTS, Key='etl/transformation-spec/Gen-entitymatch.json',
                                  Body=json.dumps(MATCH).encode())
    calls, session = set(), boto3.Session()
    session.events.register('before-parameter-build', lambda params, model, **_: calls.add(
        (model.name, params.get('Bucket', params.get('TableName', '')) if model.service_model.service_name != 'glue'
         else 'glue')))
    monkeypatch.setattr(boto3, 'DEFAULT_SESSION', session)
    assert typed(capsys, '--bucket', '--apply')[0] == 0
    assert calls == {
        *((name, 'glue') for name in ('GetTable', 'GetTables', 'GetPartitions', 'GetJobRuns')),
        *(('Scan', table) for table in on_aws.tables.values()),
        ('ListObjectsV2', SCRIPTS), ('GetObject', SCRIPTS), ('PutObject', DOCS)}


def pages_of(folder: Path, capsys) -> tuple[dict, str]:
    """Write the pages; return their data and what was printed."""
    status, text = typed(capsys, '--out', str(folder))
    assert status == 0 and (folder / 'index.html').exists()
    return data_in((folder / 'lake-data.js').read_text()), text


def test_a_run_shows_what_its_jobs_took_of_glue_and_one_that_glue_no_longer_knows_shows_nothing(
        on_aws, tmp_path, capsys):
    for job, load in ((JOBS[0], 'e2'), (JOBS[1], 'e2'), (JOBS[0], 'e2'), (JOBS[0], 'other')):
        boto3.client('glue').start_job_run(JobName=job_name(job, DEV), Arguments={'--execution_id': load},
                                           WorkerType='G.1X', NumberOfWorkers=10)
        boto3.client('glue').get_job_runs(JobName=job_name(job, DEV))
    on_aws.items.put(on_aws.tables['job-audit'], {
        'execution_id': 'e2', 'source_key': 'Gen/Policy', 'job_latest_status': 'SUCCEEDED',
        'job_start_date': '2026-02-01 10:00:00.000000', 'job_start_date_int': 2})
    found, text = pages_of(tmp_path / 'out', capsys)
    known, forgotten = found['runs']
    assert (forgotten['id'], forgotten['usage'], forgotten['total']) == ('e1', {}, [])
    # Each run of a job takes 123 seconds in moto, on 10 DPUs.
    assert known['seconds'] == {'collect-to-cleanse': 246, 'cleanse-to-consume': 123}
    assert [value[1:] for value in known['usage'].values()] == [[pytest.approx(246 / 360, abs=1e-6), None],
                                                                [pytest.approx(123 / 360, abs=1e-6), None]]
    assert found['usage']['workflows'] == [['Gen/Policy', [pytest.approx(369 / 360, abs=1e-6)], [None]]]
    assert (found['usage']['months'], found['usage']['price'], found['usage']['missing']) == (['2026-02'], None, '')
    boto3.client('glue').delete_job(JobName=job_name(JOBS[1], DEV))
    found, text = pages_of(tmp_path / 'out', capsys)
    assert found['usage']['missing'] in text and f'there is no job {job_name(JOBS[1], DEV)}' in text
    assert [(run['id'], run['usage']) for run in found['runs']] == [('e2', {}), ('e1', {})]
    assert found['usage']['months'] == []


def test_runs_of_jobs_come_in_pages_of_the_form_that_glue_answers(aws):
    environment = replace(DEV, docs_dpu_hour_price=0.5, glue=GlueConfiguration('6.0', flex=True))
    client = boto3.client('glue')
    run = {'Id': 'jr_1', 'JobName': 'a', 'JobRunState': 'SUCCEEDED', 'StartedOn': datetime(2026, 2, 3, tzinfo=UTC),
           'Arguments': {'--execution_id': 'e1'}, 'ExecutionTime': 60, 'DPUSeconds': 1800.0, 'GlueVersion': '6.0',
           'ExecutionClass': 'FLEX', 'WorkerType': 'G.1X', 'NumberOfWorkers': 4, 'MaxCapacity': 4.0}
    with Stubber(client) as answers:
        for job in JOBS:
            asked = {'JobName': job_name(job, environment), 'MaxResults': 200}
            answers.add_response('get_job_runs', {'JobRuns': [run], 'NextToken': 'next'}, asked)
            answers.add_response('get_job_runs', {'JobRuns': [run]}, asked | {'NextToken': 'next'})
        found = write_docs.read_usage(environment, client)
        answers.assert_no_pending_responses()
        assert {job: (usage.seconds, usage.dpu_hours, usage.cost) for job, usage in found.loads['e1'].items()} == {
            job.name: (120, 1.0, 0.5) for job in JOBS}
        answers.add_client_error('get_job_runs', 'AccessDeniedException', http_status_code=400)
        found = write_docs.read_usage(environment, client)
    assert found.loads == {} and 'glue:GetJobRuns' in found.missing
