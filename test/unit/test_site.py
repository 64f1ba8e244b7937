"""`./lake docs`: the data of the pages, the folder they are written to, and the server."""
from __future__ import annotations

import hashlib
import json
import re
import threading
import urllib.request
from base64 import b64encode
from pathlib import Path

import pytest

from lake_etl.adapters.local.sqlite_catalog import SqliteCatalog
from lake_etl.adapters.local.sqlite_items import SqliteItems
from lake_etl.config.reader import configuration_below
from lake_etl.config.workflow import read_workflow
from lake_etl.errors import LakeError
from lake_etl.ports import Column, Partition, Publication, Table
from lake_etl.transform.discovery import known_transforms
from lib.local_lake.cli import main
from lib.local_lake.commands.docs import HOST, page_server, write_pages
from lib.local_lake.folders import LakeFolders
from lib.local_lake.showing.run_summary import rule_summaries
from lib.local_lake.showing.site import single_page

OWNERS = 'Policy data, policy-data@example.com'
KEYS = tuple(Column(name, 'string') for name in ('year', 'month', 'day'))
SPEC = {'input_spec': {'table_description': 'All policies', 'owner': OWNERS}, 'transform_spec': {'hash': ['TaxId']}}
RULE = 'IsComplete "policyno"'


@pytest.fixture
def folders(tmp_path) -> LakeFolders:
    """Return a lake with one workflow, one published table, and records of two runs."""
    configuration = tmp_path / 'configuration'
    for name, text in (
            ('transformation-spec/Gen-Policy.json', json.dumps(SPEC)),
            ('transformation-spec/Gen-Policy.csv', 'SourceName,DestName\nPolicy No,PolicyNo\nTax Id,TaxId\n'),
            ('transformation-sql/athena-Gen-Policy.sql', 'CREATE VIEW v AS SELECT policyno FROM gen.policy'),
            ('dq-rules/dq-Gen-Policy.json', json.dumps({'after_transform': {'warn_rules': [RULE]}}))):
        (configuration / name).parent.mkdir(parents=True, exist_ok=True)
        (configuration / name).write_text(text)
    return LakeFolders.of(str(tmp_path / 'lake'), str(configuration))


def publish(folders: LakeFolders) -> None:
    import duckdb
    place = folders.cleanse / 'gen/policy/year=2026/month=01/day=31'
    place.mkdir(parents=True)
    duckdb.sql("SELECT 'secret-' || range AS policyno, 'x' AS taxid FROM range(3)").write_parquet(
        str(place / 'part.parquet'))
    columns = (Column('policyno', 'string', 'number of the policy'), Column('taxid', 'string'))
    catalog = SqliteCatalog(folders.catalog)
    catalog.create_database('gen', str(folders.cleanse / 'gen'))
    table = Table('gen', 'policy', columns, KEYS, str(folders.cleanse / 'gen/policy'), 'All policies')
    catalog.publish(Publication(table, (Partition(('2026', '01', '31'), str(place), columns),)))
    failed = folders.cleanse / 'gen/policy_quarantine_after_transform/year=2026/month=01/day=31'
    failed.mkdir(parents=True)
    duckdb.sql(f"SELECT 'secret' AS policyno, ['{RULE}', 'RowCount > 5'] AS failed_rules UNION ALL "
               f"SELECT 'secret', ['{RULE}']").write_parquet(str(failed / 'part.parquet'))
    described = (Column('policyno', 'string'), Column('failed_rules', 'array<string>'))
    quarantine = Table('gen', 'policy_quarantine_after_transform', described, KEYS, str(failed.parents[2]))
    catalog.publish(Publication(quarantine, (Partition(('2026', '01', '31'), str(failed), described),)))
    items = SqliteItems()
    for number, (status, outcome) in enumerate((('SUCCEEDED', 'Passed'), ('FAILED', 'Failed'))):
        items.put(folders.items('job-audit'), {
            'execution_id': f'e{number}', 'source_key': 'Gen/Policy', 'job_latest_status': status,
            'job_start_date': f'2026-01-3{number}T10:00:00.000+00:00', 'job_start_date_int': number,
            'partition': '2026/01/31', 'error_message': 'It stopped.' if number else '',
            'seconds': {'collect-to-cleanse': '1.5'}, 'file': 'Gen/Policy/a.csv',
            'failed_conversions': ['One value did not convert.'],
            'row_counts': [{'table': 'gen.policy', 'read': 9, 'filtered': None, 'quarantined': 2, 'published': 4}],
            'controls': [control('stated', 'the trailer of a.csv', '7'), control('read', '', '7'),
                         control('published', 'filtered', '1')]})
        items.put(folders.items('dq-results'), {
            'execution_id': f'e{number}', 'job_id_action_rule': f'r{number}', 'Rule': RULE, 'Outcome': outcome,
            'rule_action': 'warn-on-failure', 'ruleset_name': 'after_transform',
            'FailureReason': 'secret-1',
            'EvaluatedMetrics': {'Column.policyno.Minimum': 'secret-0', 'Column.policyno.Completeness': 1 - number}})
        items.put(folders.items('data-lineage'), {
            'step_function_execution_id': f'e{number}', 'job_id_operation_seq': f'{number}',
            'dataset_operation': 'write', 'time_of_operation': f'2026-01-3{number}T10:00:05.000+00:00',
            'info': json.dumps({'table': 'gen.policy', 'rows': 3 + number})})
        items.put(folders.items('data-lineage'), {
            'step_function_execution_id': f'e{number}', 'job_id_operation_seq': f'{number}-quarantine',
            'dataset_operation': 'dataqualityquarantine', 'time_of_operation': f'2026-01-3{number}T10:00:04.000+00:00',
            'info': json.dumps({'stage': 'after_transform', 'table': 'gen.policy_quarantine', 'rows': 6,
                                'quarantined': 2})})


def control(stage: str, by: str, amount: str) -> dict[str, str]:
    return {'stage': stage, 'by': by, 'column': 'rows', 'group': '', 'amount': amount, 'difference': ''}


def data_of(folder: Path) -> dict:
    text = (folder / 'lake-data.js').read_text()
    return json.loads(json.loads(text.removeprefix('window.LAKE = JSON.parse(').removesuffix(');\n')))


def test_the_pages_show_catalog_runs_rules_and_lineage(folders, tmp_path):
    publish(folders)
    assert write_pages(folders, tmp_path / 'out') == tmp_path / 'out/index.html'
    found = data_of(tmp_path / 'out')
    tables = {table['name']: table for table in found['tables']}
    policy = tables['gen.policy']
    assert (policy['rows'], policy['parts'], policy['description']) == (3, ['2026/01/31'], 'All policies')
    assert {name: table['owner'] for name, table in tables.items()} == dict.fromkeys(
        ('gen.policy', 'gen_consume.v', 'gen.policy_quarantine_after_transform'), OWNERS) | {'collect/Gen/Policy': ''}
    assert found['workflows'][0]['owner'] == OWNERS
    assert policy['history'] == [['2026-01-30T10:00', 3], ['2026-01-31T10:00', 4]]
    assert [column[:4] for column in policy['columns'][:2]] == [
        ['policyno', 'string', 'number of the policy', 0], ['taxid', 'string', '', 1]]
    assert found['rules'] == [{'workflow': 'Gen/Policy', 'stage': 'after_transform', 'action': 'warn', 'rule': RULE,
                               'results': [['2026-01-30T10:00', 1], ['2026-01-31T10:00', 0]], 'threshold': None,
                               'metrics': {'Column.policyno.Completeness': [['2026-01-30T10:00', 1],
                                                                            ['2026-01-31T10:00', 0]]}}]
    assert tables['gen.policy_quarantine_after_transform']['failed'] == [[RULE, 2], ['RowCount > 5', 1]]
    run = found['runs'][0]
    assert (run['id'], run['file'], run['written']) == ('e1', 'a.csv', [['gen.policy', 4]])
    assert run['quarantined'] == [['after_transform', 'gen.policy_quarantine', 6, 2]]
    assert (run['read'], run['filtered'], run['rows']) == (7, 1, [['gen.policy', 9, None, 2, 4]])
    assert run['controls'] == [['stated', 'the trailer of a.csv', 'rows', '', '7', ''],
                               ['read', '', 'rows', '', '7', ''],
                               ['published', 'filtered', 'rows', '', '1', '']]
    assert run['rules'] == [['after_transform', 'warn', RULE, 0]] and run['told'] == ['One value did not convert.']
    assert [(run['status'], run['error'], run['seconds']) for run in found['runs']] == [
        ('FAILED', 'It stopped.', {'collect-to-cleanse': 1.5}), ('SUCCEEDED', '', {'collect-to-cleanse': 1.5})]
    assert found['workflows'][0]['transforms'] == ['hash'] and found['workflows'][0]['status'] == 'FAILED'
    names = [table['name'] for table in found['tables']]
    edges = [(names[edge[0]], edge[1], names[edge[2]], edge[3], edge[5]) for edge in found['edges']]
    assert ('collect/Gen/Policy', 'Tax Id', 'gen.policy', 'taxid', 1) in edges
    assert ('gen.policy', 'policyno', 'gen_consume.v', 'policyno', 0) in edges


@pytest.mark.parametrize(('rule', 'threshold', 'shown'), [
    ('Completeness "a" > 0.9', 0.9, ['Column.a.Completeness']), ('RowCount >= 1000', 1000, ['Dataset.*.RowCount']),
    ('RowCount > avg(last(5)) * 0.5', None, ['Dataset.*.RowCount']),
    ('ColumnValues "a" >= 0', None, ['Column.a.ColumnValues.Compliance']), ('Sum "a" > 5', 5, [])])
def test_metrics_that_may_be_values_of_a_row_are_not_shown_and_thresholds_are_numbers_of_the_rule(
        folders, rule, threshold, shown):
    (folders.configuration / 'dq-rules/dq-Gen-Policy.json').write_text(
        json.dumps({'after_transform': {'warn_rules': [rule]}}))
    workflow = read_workflow('Gen', 'Policy', configuration_below(str(folders.configuration)), known_transforms(),
                             'Dev')
    names = ('Column.a.Completeness', 'Column.a.ColumnValues.Compliance', 'Column.a.Minimum', 'Column.a.Sum',
             'Dataset.*.RowCount')
    result = {'rule_action': 'warn-on-failure', 'ruleset_name': 'after_transform', 'Rule': rule, 'Outcome': 'Passed',
              'EvaluatedMetrics': {name: 1 for name in names if name in shown or name.endswith(('Minimum', 'Sum'))}}
    run = {'execution_id': 'e', 'source_key': 'Gen/Policy', 'job_start_date': '2026-01-30T10:00:00'}
    found, = rule_summaries({('Gen', 'Policy'): workflow}, [run], {'e': [result]})
    assert (found['threshold'], list(found['metrics'])) == (threshold, shown)


def test_no_value_from_a_row_is_in_any_file(folders, tmp_path):
    publish(folders)
    write_pages(folders, tmp_path / 'out')
    assert all('secret' not in path.read_text() for path in (tmp_path / 'out').iterdir())


def test_one_page_holds_everything_and_runs_its_own_scripts_alone():
    summary = {'text': '</script><script>alert(1)</script><!--<script>', 'runs': []}
    page = single_page(summary)
    scripts = re.findall(r'<script>(.*?)</script>', page, re.DOTALL)
    styles = re.findall(r'<style>(.*?)</style>', page, re.DOTALL)
    assert [len(scripts), len(styles)] == [2, 1] and 'src=' not in page and 'href="site' not in page
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1]
    digests = [f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in (*scripts, *styles)]
    assert policy == (f"default-src 'none'; script-src {digests[0]} {digests[1]}; style-src {digests[2]}; "
                      'img-src data:')
    data = scripts[0].removeprefix('window.LAKE = JSON.parse(').removesuffix(');\n')
    assert '<' not in scripts[0] and json.loads(json.loads(data)) == summary


def quarantine(folders: LakeFolders, columns: str) -> None:
    """Publish seven quarantined rows of the workflow, each with these columns."""
    import duckdb
    place = folders.cleanse / 'gen/policy_quarantine_before_transform/year=2026/month=01/day=31'
    place.mkdir(parents=True)
    rows = duckdb.sql(f"SELECT {columns}, 7 - range AS source_row, MAP {{'Tax Id': '{MARK}raw'}} AS raw_values, "
                      f"['{RULE}'] AS failed_rules FROM range(7)")
    rows.write_parquet(str(place / 'part.parquet'))
    kinds = {'VARCHAR': 'string', 'BIGINT': 'bigint', 'VARCHAR[]': 'array<string>'}
    described = tuple(Column(name, kinds.get(str(kind), 'map<string,string>'))
                      for name, kind in zip(rows.columns, rows.types, strict=True))
    table = Table('gen', 'policy_quarantine_before_transform', described, KEYS, str(place.parents[2]))
    SqliteCatalog(folders.catalog).publish(
        Publication(table, (Partition(('2026', '01', '31'), str(place), described),)))


MARK = 'zqx'


def test_samples_of_quarantined_rows_are_only_there_when_asked_for_and_have_no_personal_data(folders, tmp_path):
    spec = {'input_spec': {'left_unprotected': {'Broker': 'public'}},
            'transform_spec': {'hash': ['TaxId'], 'combinecolumns': [
                {'field': 'Both', 'format': '{}-{}', 'source_columns': ['PolicyNo', 'TaxId']}]}}
    (folders.configuration / 'transformation-spec/Gen-Policy.json').write_text(json.dumps(spec))
    (folders.configuration / 'transformation-spec/Gen-Policy.csv').write_text(
        'SourceName,DestName\nPolicy No,PolicyNo\nTax Id,TaxId\nTax Id,Copy\nLast Name,Code1\nBroker,Broker\n'
        'Kind,Kind\nMemo,Memo\nPhone,Code2\nHolder,Ref\nSum insured,SumInsured\n')
    publish(folders)
    quarantine(folders, f"""'P-' || range AS policyno, '{MARK}1' AS taxid, '{MARK}2' AS copy, '{MARK}3' AS code1,
        '{MARK}4' AS broker, '{MARK}5' AS both, 'car' AS kind, '{MARK}6' AS code2, '{MARK}0' AS ref,
        7 + range AS suminsured, '{MARK}7' AS contactname,
        CASE range WHEN 5 THEN '{MARK}8@a.example' WHEN 6 THEN 'called {MARK}9' ELSE 'B' || range END AS memo""")
    write_pages(folders, tmp_path / 'without')
    assert all(not table['samples'] for table in data_of(tmp_path / 'without')['tables'])
    arguments = ['--lake', str(folders.root), '--config', str(folders.configuration), 'docs', '--samples', '--out']
    assert main([*arguments, str(tmp_path / 'out')]) == 0
    found = {table['name']: table['samples'] for table in data_of(tmp_path / 'out')['tables'] if table['samples']}
    assert found.pop('gen.policy_quarantine_before_transform') == [{
        'rule': RULE, 'columns': ['policyno', 'kind', 'suminsured', 'memo', 'source_row'], 'rows': [
            ['P-6', 'car', '13', '…', '1'], ['P-5', 'car', '12', '…', '2'], ['P-4', 'car', '11', 'B4', '3'],
            ['P-3', 'car', '10', 'B3', '4'], ['P-2', 'car', '9', 'B2', '5']]}]
    assert all(MARK.encode() not in path.read_bytes() for path in (tmp_path / 'out').iterdir())


@pytest.mark.parametrize('change', [
    {'transform_spec': {'own': ['TaxId']}}, {'transform_spec': {'hash': ['PolicyNo', 'TaxId']}}])
def test_no_samples_are_shown_of_steps_that_nobody_knows_or_that_protect_all(folders, tmp_path, change):
    (folders.configuration / 'transformation-spec/Gen-Policy.json').write_text(json.dumps(change))
    publish(folders)
    quarantine(folders, f"'{MARK}1' AS policyno, '{MARK}2' AS taxid")
    write_pages(folders, tmp_path / 'out', samples=True)
    assert all(MARK.encode() not in path.read_bytes() for path in (tmp_path / 'out').iterdir())


def test_pages_refer_to_nothing_outside_their_folder(folders, tmp_path):
    write_pages(folders, tmp_path / 'out')
    texts = ''.join(path.read_text() for path in (tmp_path / 'out').iterdir()).replace('http://www.w3.org/2000/svg', '')
    assert 'http:' not in texts and 'https:' not in texts and 'fetch(' not in texts


def test_without_a_lake_the_pages_come_from_configuration(folders, tmp_path, capsys):
    arguments = ['--lake', str(folders.root), '--config', str(folders.configuration), 'docs', '--out',
                 str(tmp_path / 'out')]
    assert main(arguments) == 0 and main(arguments) == 0
    assert str(tmp_path / 'out/index.html') in capsys.readouterr().out
    found = data_of(tmp_path / 'out')
    assert found['runs'] == [] and [flow['name'] for flow in found['workflows']] == ['Gen/Policy']
    assert not folders.root.exists()


def test_a_folder_with_other_files_stays_as_it_is(folders, tmp_path, capsys):
    (tmp_path / 'notes.txt').write_text('mine')
    assert main(['--lake', str(folders.root), '--config', str(folders.configuration), 'docs', '--out',
                 str(tmp_path)]) == 1
    assert 'holds other files' in capsys.readouterr().err
    assert not (tmp_path / 'index.html').exists()


def test_a_circle_of_tables_is_an_error_and_writes_nothing(folders, tmp_path):
    (folders.configuration / 'transformation-sql/athena-Gen-Policy.sql').write_text(
        'CREATE VIEW a AS SELECT x FROM b; CREATE VIEW b AS SELECT x FROM a')
    with pytest.raises(LakeError, match='in a circle'):
        write_pages(folders, tmp_path / 'out')
    assert not (tmp_path / 'out').exists()


def test_the_server_shows_what_was_published_since(folders, tmp_path):
    write_pages(folders, tmp_path / 'out')
    with page_server(folders, tmp_path / 'out', 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f'http://{HOST}:{server.server_port}'
        publish(folders)
        page = urllib.request.urlopen(f'{address}/')
        assert page.status == 200 and page.headers['Cache-Control'] == 'no-store'
        assert 'All policies' in urllib.request.urlopen(f'{address}/lake-data.js').read().decode()
        with pytest.raises(LakeError, match='--port'):
            page_server(folders, tmp_path / 'out', server.server_port)
        server.shutdown()
