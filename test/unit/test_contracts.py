"""`./lake contract`: foreign contracts, differences, what is left out, and what must never happen."""
from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest
import yaml

from lake_etl.config.entries.known import known_forms
from lake_etl.config.workflow import read_workflow
from lake_etl.ports import Column, Table
from lib.local_lake.cli import main
from lib.local_lake.contracts.column_types import property_type
from lib.local_lake.contracts.configured import configured_contract
from lib.local_lake.contracts.contract_file import read_contract
from lib.local_lake.contracts.data_contract import AFTER, QUARANTINE, ContractRule
from lib.local_lake.contracts.differences import contract_differences
from lib.local_lake.contracts.document import contract_document
from lib.local_lake.contracts.document_reading import read_document
from lib.local_lake.contracts.option_rules import rules_of_options, with_strict_bounds
from lib.local_lake.contracts.quality_items import quality_item, rule_of_item
from lib.local_lake.contracts.sensitivity import is_sensitive
from lib.local_lake.contracts.workflow_texts import workflow_texts
from lib.local_lake.folders import REPOSITORY

PUBLISHED = Path(__file__).parents[1] / 'published'
EXAMPLES = PUBLISHED / 'odcs-examples'
SCHEMAS = {name: jsonschema.Draft201909Validator(json.loads((PUBLISHED / f'odcs-{name}.schema.json').read_text()))
           for name in ('3.0.2', '3.1.0')}
WORKFLOWS = ('Customer/A01', 'Customer/F15', 'SyntheticGeneralData/ClaimData', 'SyntheticGeneralData/NestedPolicyData',
             'SyntheticGeneralData/PolicyData', 'SyntheticGeneralData/WrittenPolicyData',
             'SyntheticLifeData/PolicyData', 'all/transforms-example')


@pytest.fixture
def lake(tmp_path, capsys, caplog):
    """Run a command on an empty configuration folder; return its status, output, and errors with warnings."""
    def run(*arguments, config=tmp_path):
        status = main(['--lake', str(tmp_path / 'lake'), '--config', str(config), *map(str, arguments)])
        captured = capsys.readouterr()
        return status, captured.out, captured.err + '\n'.join([*caplog.messages, ''])
    return run


def written(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob('*') if path.is_file()}


@pytest.mark.parametrize('workflow', WORKFLOWS)
def test_sample_workflows_are_exported_in_the_standard_and_agree_with_their_own_contract(lake, tmp_path, workflow):
    file = tmp_path / 'contract.odcs.yaml'
    assert lake('contract', 'export', workflow, '--out', file, config=REPOSITORY / 'lib' / 'glue_scripts')[0] == 0
    SCHEMAS['3.1.0'].validate(yaml.safe_load(file.read_text(encoding='utf-8')))
    status, out, _ = lake('contract', 'check', file, config=REPOSITORY / 'lib' / 'glue_scripts')
    assert (status, out) == (0, f'{workflow}: the configuration agrees with the contract.\n')


@pytest.mark.parametrize('example', sorted(path.name for path in EXAMPLES.glob('*.yaml')))
def test_what_both_know_of_a_foreign_contract_survives_import_and_export(lake, tmp_path, example):
    document = read_contract(EXAMPLES / example)
    # The standard's own example of data types does not satisfy its schema of that version.
    if document['apiVersion'] in ('v3.0.2', 'v3.1.0') and example != 'all-data-types.odcs.yaml':
        SCHEMAS[document['apiVersion'][1:]].validate(document)
    for table in document['schema']:
        config = tmp_path / table['name']
        config.mkdir()
        assert lake('contract', 'import', EXAMPLES / example, '--workflow', 'Gen/Table', '--table', table['name'],
                    config=config)[0] == 0
        status, out, _ = lake('contract', 'export', 'Gen/Table', config=config)
        exported = yaml.safe_load(out)
        SCHEMAS['3.1.0'].validate(exported)
        before = read_document(document, example, table['name']).contract
        after = read_document(exported, 'exported').contract
        assert sorted(rule.text for rule in after.rules) == sorted(rule.text for rule in before.rules)
        assert (after.description, after.retention) == (before.description, before.retention)
        assert [(column.name, column.type, column.format, column.description) for column in after.columns] == [
            (column.name, column.type, column.format, column.description) for column in before.columns]
        assert (after.required_columns, after.unique_columns, after.primary_key) == (
            before.required_columns, before.unique_columns, before.primary_key)


def test_an_import_writes_valid_files_and_names_what_it_left_out(lake, tmp_path):
    config = tmp_path / 'etl'
    config.mkdir()
    status, out, err = lake('contract', 'import', EXAMPLES / 'full-example.odcs.yaml', '--workflow', 'Seller/Payments',
                            '--table', 'tbl', config=config)
    assert status == 0 and written(config) == {
        'transformation-spec/Seller-Payments.csv', 'transformation-spec/Seller-Payments.json',
        'dq-rules/dq-Seller-Payments.json'}
    assert (config / 'transformation-spec' / 'Seller-Payments.csv').read_text() == (
        'SourceName,DestName,Description\n'
        'txn_ref_dt,transaction_reference_date,Reference date for transaction\n'
        'rcvr_id,rcvr_id,A description for column rcvr_id.\n'
        'rcvr_cntry_code,rcvr_cntry_code,Country code\n')
    assert json.loads((config / 'transformation-spec' / 'Seller-Payments.json').read_text()) == {
        'input_spec': {'table_description': 'Provides core payment metrics', 'retention': '3 y'},
        'transform_spec': {'changetype': {'transaction_reference_date': 'date', 'rcvr_id': 'string',
                                          'rcvr_cntry_code': 'string'}}}
    assert json.loads((config / 'dq-rules' / 'dq-Seller-Payments.json').read_text()) == {
        'convert_single_quotes': False, 'after_transform': {
            'quarantine_rules': ['IsComplete "rcvr_cntry_code"', 'IsPrimaryKey "rcvr_id"'],
            'halt_rules': ['RowCount > 1000000']}}
    left_out = err.partition('no place for it: ')[2].partition('.\n')[0].split(', ')
    assert set(left_out) == {
        'tbl.businessName', 'tbl.tags', 'tbl.dataGranularityDescription', 'domain', 'dataProduct', 'description',
        'tenant', 'servers', 'slaDefaultElement', 'support', 'tags', 'customProperties', 'slaProperties.latency',
        'customProperties.anonymizationStrategy of 1 column', 'businessName of 2 columns',
        'transformLogic of 1 column', 'examples of 1 column', 'classification of 2 columns',
        'encryptedName of 1 column'}
    assert "column 'rcvr_id' is classified as restricted. Protect it" in err
    assert lake('validate', 'Seller/Payments', config=config)[0] == 0
    status, out, _ = lake('contract', 'check', EXAMPLES / 'full-example.odcs.yaml', '--workflow', 'Seller/Payments',
                          '--table', 'tbl', config=config)
    assert status == 1 and out.splitlines() == [
        "full-example.odcs.yaml: rcvr_id: is classified as 'restricted', and neither hash, redact or tokenize protects "
        'it nor does input_spec.left_unprotected give the reason']


def test_a_column_that_somebody_adds_to_an_exported_contract_is_mapped(lake, tmp_path, payments):
    file = tmp_path / 'payments.odcs.yaml'
    assert lake('contract', 'export', 'Gen/Pay', '--out', file)[0] == 0
    document = yaml.safe_load(file.read_text(encoding='utf-8'))
    document['schema'][0]['properties'].append({'name': 'Broker', 'logicalType': 'string', 'physicalType': 'string',
                                                'customProperties': [{'property': 'madeBy', 'value': True}]})
    file.write_text(yaml.safe_dump(document), encoding='utf-8')
    status, _, said = lake('contract', 'import', file, '--workflow', 'Gen/Pay', '--force')
    assert status == 0, said
    mapping = (tmp_path / 'transformation-spec' / 'Gen-Pay.csv').read_text()
    assert 'Broker,Broker' in mapping.splitlines()[-1], mapping


def test_an_import_never_overwrites_a_file_unless_told(lake, tmp_path):
    place = tmp_path / 'dq-rules'
    place.mkdir()
    (place / 'DQ-gen-table.json').write_text('{}')
    command = ('contract', 'import', EXAMPLES / 'all-data-types.odcs.yaml', '--workflow', 'Gen/Table')
    status, _, err = lake(*command)
    assert status == 1 and 'DQ-gen-table.json exists and was not changed; give --force' in err
    assert written(tmp_path) == {'dq-rules/DQ-gen-table.json'} and (place / 'DQ-gen-table.json').read_text() == '{}'
    assert lake(*command, '--force')[0] == 0
    assert written(tmp_path) == {'dq-rules/DQ-gen-table.json', 'transformation-spec/Gen-Table.csv',
                                 'transformation-spec/Gen-Table.json'}
    assert 'ColumnLength' in (place / 'DQ-gen-table.json').read_text()


@pytest.mark.parametrize('content, message', [
    ('a: [1', 'the file is neither YAML nor JSON from here on'),
    ('just words', 'expected the object of a data contract'),
    ('', 'expected the object of a data contract'),
    ('&a [*a]', 'expected the object of a data contract'),
    ('!!python/object/apply:os.system ["true"]', 'neither YAML nor JSON'),
    ('{apiVersion: v2.2.2, kind: DataContract}', "apiVersion: version 'v2.2.2' of the standard is given"),
    ('{apiVersion: v4.0.0, kind: DataContract}', 'reads the Open Data Contract Standard v3.0.0 to v3.2.0'),
    ('{kind: DataContract}', 'apiVersion: no version of the standard is given'),
    ('{dataContractSpecification: 1.1.0}', 'follows another standard'),
    ('{apiVersion: v3.1.0, kind: Thing}', "kind: expected 'DataContract'"),
    ('{apiVersion: v3.1.0}', 'schema: the contract describes no table'),
    ('{apiVersion: v3.1.0, schema: [{name: a}, {name: b}]}', 'describes 2 tables: a, b (choose one with --table)'),
    ('{apiVersion: v3.1.0, schema: [{properties: []}]}', "the table's 'name' must be a text"),
    ('{apiVersion: v3.1.0, schema: [{name: a, properties: {b: 1}}]}', 'expected a list of objects'),
    ('{apiVersion: v3.1.0, schema: [{name: a, properties: [{name: x}, {name: X}]}]}', "2 columns are named 'x'"),
    ('{apiVersion: v3.1.0, schema: [{name: a, properties: [{name: no}]}]}', "a column's 'name' must be a text"),
    ('{apiVersion: v3.1.0, schema: [{name: a, properties: [{name: x, physicalName: "// y"}]}]}',
     'cannot name the source'),
])
def test_a_file_that_is_no_contract_is_refused_with_the_reason(lake, tmp_path, content, message):
    file = tmp_path / 'foreign.yaml'
    file.write_text(content)
    status, _, err = lake('contract', 'import', file, '--workflow', 'Gen/Table')
    assert status == 1 and message in err and written(tmp_path) == {'foreign.yaml'}


def test_a_table_that_contains_itself_and_odd_values_do_no_harm(tmp_path):
    file = tmp_path / 'odd.yaml'
    file.write_text('apiVersion: v3.1.0\nschema:\n- name: t\n  quality: 7\n  properties:\n'
                    '  - &x {name: x, logicalType: object, properties: [*x], quality: [1, {metric: [a]}, {rule: {}}]}\n'
                    '  - {name: y, logicalType: [1], physicalType: 3, logicalTypeOptions: 4, customProperties: [5]}\n'
                    '  - {name: z, logicalType: string, logicalTypeOptions: {minLength: .inf, pattern: 1}, enum: [~],\n'
                    '     customProperties: [{property: madeBy, value: 7}, {property: threshold, value: .nan}],\n'
                    '     quality: [{metric: rowCount, mustBe: 1, customProperties: [{property: {}, value: []}]}]}\n'
                    'slaProperties: [1, {property: retention, value: 1.5}, {property: retention, value: 2, unit: x}]')
    read = read_document(read_contract(file), 'odd.yaml')
    types = {column.name: column.type for column in read.contract.columns}
    assert types == {'x': None, 'y': None, 'z': 'string'}
    assert [rule.text for rule in read.contract.rules] == ['RowCount = 1'] and read.contract.retention == ''
    assert "the type of column 'x'" in read.left_out and 'slaProperties.retention' in read.left_out
    assert sum('a rule of column' in part for part in read.left_out) == 3


@pytest.fixture
def payments(tmp_path):
    """A configuration with its contract, in one folder."""
    files = {
        'transformation-spec/Gen-Pay.csv': 'SourceName,DestName,Description\nNo,Number,The number\nPaid,Paid,\n'
                                           'Mail,Mail,\nAgent,Agent,\n',
        'transformation-spec/Gen-Pay.json': json.dumps({
            'input_spec': {'table_description': 'Payments', 'owner': 'Claims data', 'retention': '10 y',
                           'left_unprotected': {'Agent': 'works for us'},
                           'excel': {'sheet_names': ['a'], 'password': 'Sesame'}},
            'transform_spec': {'date': [{'field': 'Paid', 'format': 'dd/MM/yy'}], 'changetype': {'Number': 'int'},
                               'hash': ['Mail']}}),
        'dq-rules/dq-Gen-Pay.json': json.dumps({'after_transform': {
            'quarantine_rules': ["IsComplete 'Number'", "IsUnique 'Number'"],
            'warn_rules': ["Completeness 'Paid' > 0.5"]}})}
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def changed(document, change):
    change(document, {column['name']: column for column in document['schema'][0]['properties']})
    return document


@pytest.mark.parametrize('change, lines', [
    (lambda d, c: c['Number'].update(physicalType='bigint'),
     ['Number: has the type bigint in the contract and int in the configuration']),
    (lambda d, c: (c['Number'].pop('physicalType'), c['Number'].update(logicalType='number')), []),
    (lambda d, c: (c['Number'].pop('physicalType'), c['Number'].update(logicalType='string')),
     ['Number: has the type string in the contract and int in the configuration']),
    (lambda d, c: c['Agent'].update(physicalType='string'),
     ['Agent: has the type string in the contract, and the configuration leaves it to the data']),
    (lambda d, c: c['Paid']['logicalTypeOptions'].update(format='yyyy'),
     ["Paid: values are read by the pattern 'dd/MM/yy' and not by 'yyyy'"]),
    (lambda d, c: c['Number'].pop('required'),
     ['Number: a rule ensures that it is required, and the contract does not say so']),
    (lambda d, c: c['Paid'].update(required=True),
     ['Paid: is required in the contract, and no quarantine or halt rule ensures it']),
    (lambda d, c: c['Paid'].update(unique=True),
     ['Paid: is unique in the contract, and no quarantine or halt rule ensures it']),
    (lambda d, c: c['Number'].update(description='Another'),
     ["Number: the description is 'Another' in the contract and 'The number' in the configuration"]),
    (lambda d, c: d['schema'][0].pop('description'),
     ["description: is not given in the contract and 'Payments' in the configuration"]),
    (lambda d, c: d['slaProperties'][0].update(value=2),
     ["retention: is '2 y' in the contract and '10 y' in the configuration"]),
    (lambda d, c: d['team'].update(name='Finance'),
     ["team: is 'Finance' in the contract and 'Claims data' in the configuration"]),
    (lambda d, c: d.update(team=[{'username': 'ada'}]),
     ["team: is not given in the contract and 'Claims data' in the configuration"]),
    (lambda d, c: c['Paid'].update(classification='Confidential'),
     ["Paid: is classified as 'Confidential', and neither hash, redact or tokenize protects it nor does "
      'input_spec.left_unprotected give the reason']),
    (lambda d, c: c['Mail'].update(classification='public'),
     ["Mail: hash protects it, and the contract classifies it as 'public'"]),
    (lambda d, c: c['Mail']['customProperties'][1].update(value='tokenize'),
     ['Mail: is protected by tokenize in the contract and by hash in the configuration']),
    (lambda d, c: d['schema'][0]['properties'].remove(c['Agent']),
     ['Agent: the configuration makes the column, and the contract does not name it']),
    (lambda d, c: d['schema'][0]['properties'].append({'name': 'Claim'}),
     ['Claim: no row of the mapping and no transform makes the column']),
    (lambda d, c: c['Paid'].pop('quality'),
     ['after_transform.warn_rules: the contract lacks the rule Completeness "Paid" > 0.5']),
    (lambda d, c: c['Paid']['quality'][0].update(mustBeLessThan=10),
     ['after_transform.warn_rules: the configuration lacks the rule Completeness "Paid" > 0.9',
      'after_transform.warn_rules: the contract lacks the rule Completeness "Paid" > 0.5']),
    (lambda d, c: c['Number'].update(name='number'), []),
])
def test_each_difference_is_one_line(lake, payments, change, lines):
    file = payments / 'pay.yaml'
    assert lake('contract', 'export', 'gen/pay', '--out', file)[0] == 0
    file.write_text(json.dumps(changed(yaml.safe_load(file.read_text()), change)))
    status, out, _ = lake('contract', 'check', file)
    assert status == bool(lines)
    assert out.splitlines() == [f'pay.yaml: {line}' for line in lines] or not lines


def test_a_foreign_contract_is_kept_by_a_rule_of_any_stage_that_ensures_the_same(lake, tmp_path):
    (tmp_path / 'transformation-spec').mkdir()
    (tmp_path / 'transformation-spec' / 'Gen-Air.csv').write_text('SourceName,DestName\nid,UniqueId\nx,Value\n')
    (tmp_path / 'dq-rules').mkdir()
    (tmp_path / 'dq-rules' / 'dq-Gen-Air.json').write_text(json.dumps({'before_transform': {
        'halt_rules': ["IsComplete 'uniqueid'"], 'warn_rules': ["ColumnValues 'VALUE' in ['a']"]}}))
    file = tmp_path / 'air.yaml'
    file.write_text(json.dumps({'apiVersion': 'v3.0.2', 'kind': 'DataContract', 'schema': [{
        'name': 'air', 'properties': [{'name': 'UniqueID', 'required': True}, {'name': 'Value', 'quality': [
            {'metric': 'invalidValues', 'mustBe': 0, 'arguments': {'validValues': ['a']}}]}]}]}))
    assert lake('contract', 'check', file, '--workflow', 'gen/air')[:2] == (
        0, 'gen/air: the configuration agrees with the contract.\n')


def test_a_published_table_adds_the_types_that_configuration_leaves_open(payments):
    files = {path.relative_to(payments).as_posix(): path.read_bytes() for path in payments.rglob('*') if path.is_file()}
    workflow = read_workflow('Gen', 'Pay', files.get, known_forms(), 'Prod')
    columns = Column('number', 'bigint'), Column('agent', 'string', 'as seen in the console')
    table = Table('gen', 'pay', columns, (), '/x')

    def contract(published):
        return configured_contract('Gen', 'Pay', workflow, {'hash': True}, published)
    exported = contract_document(contract(table), '1.0.0')
    SCHEMAS['3.1.0'].validate(exported)
    read = read_document(exported, 'x')
    assert (read.contract.column('Number').type, read.contract.column('Agent').type) == ('int', 'string')
    texts = workflow_texts('Gen', 'Pay', read.contract)
    assert 'Agent' not in json.loads(texts['transformation-spec/Gen-Pay.json'])['transform_spec']['changetype']
    for where in (table, None):     # A build server has no lake.
        assert list(contract_differences(read, contract(where), 'x')) == []
    changed = Table('gen', 'pay', (Column('agent', 'int'),), (), '/x')
    assert [problem.message for problem in contract_differences(read, contract(changed), 'x')] == [
        'has the type int in the table and string in the contract']


@pytest.mark.parametrize('wrong', ['10 years', '0 y', 'y', '10y', '', '-1 d'])
def test_a_retention_that_is_not_a_number_with_a_unit_is_a_problem(lake, tmp_path, wrong):
    (tmp_path / 'transformation-spec').mkdir()
    (tmp_path / 'transformation-spec' / 'Gen-Air.json').write_text(json.dumps({'input_spec': {'retention': wrong}}))
    status, _, err = lake('validate')
    assert status == 1 and "'retention' must be a number and one of hdwmy such as '10 y'" in err


def test_a_check_tells_build_servers(lake, payments):
    file = payments / 'pay.yaml'
    lake('contract', 'export', 'Gen/Pay', '--out', file)
    file.write_text(file.read_text().replace('physicalType: int', 'physicalType: bigint'))
    status, out, _ = lake('contract', 'check', file, '--format', 'sarif')
    result, = json.loads(out)['runs'][0]['results']
    line = result['locations'][0]['physicalLocation']['region']['startLine']
    assert status == 1 and file.read_text().splitlines()[line - 1].strip() == '- name: Number'
    status, out, _ = lake('contract', 'check', file, '--format', 'junit')
    assert status == 1 and ElementTree.fromstring(out)[0].get('failures') == '1'
    status, out, _ = lake('contract', 'check', file, '--format', 'json')
    assert status == 1 and json.loads(out)['agrees'] is False


def test_an_export_holds_no_secret_and_says_what_hides_personal_data(lake, payments):
    status, out, _ = lake('contract', 'export', 'Gen/Pay')
    assert status == 0 and 'Sesame' not in out and 'sheet' not in out
    columns = {column['name']: column for column in yaml.safe_load(out)['schema'][0]['properties']}
    assert [name for name, column in columns.items() if column.get('classification') == 'restricted'] == [
        'Mail', 'Agent']
    assert {'property': 'protectedBy', 'value': 'hash'} in columns['Mail']['customProperties']
    assert columns['Number']['required'] and columns['Number']['unique']
    assert columns['year']['partitionKeyPosition'] == 1


def test_an_existing_contract_is_replaced_only_on_demand(lake, payments):
    file = payments / 'pay.yaml'
    file.write_text('mine')
    assert lake('contract', 'export', 'Gen/Pay', '--out', file)[0] == 1 and file.read_text() == 'mine'
    assert lake('contract', 'export', 'Gen/Pay', '--out', file, '--force', '--contract-version', '2.1.0')[0] == 0
    assert read_contract(file)['version'] == '2.1.0'


@pytest.mark.parametrize('arguments, message', [
    (['export', 'Gen'], 'expected DATABASE/TABLE'),
    (['export', 'Gen/Nothing'], 'no configuration files of Gen/Nothing'),
    (['check', 'nowhere.yaml'], 'nowhere.yaml: there is no such file'),
    (['check', EXAMPLES / 'column-custom.odcs.yaml'], 'does not name a workflow. Name it with --workflow'),
    (['import', EXAMPLES / 'full-example.odcs.yaml', '--workflow', 'a/b', '--table', 'receiver'],
     "did you mean 'receivers'?")])
def test_a_mistaken_command_says_what_to_do(lake, arguments, message):
    status, _, err = lake('contract', *arguments)
    assert status == 1 and message in err


@pytest.mark.parametrize('item, column, text', [
    ({'metric': 'nullValues', 'mustBeLessThan': 1, 'unit': 'percent'}, 'a', 'Completeness "a" > 0.99'),
    ({'metric': 'nullValues', 'mustBeLessThan': 5}, 'a',
     'CustomSql "select count(*) from primary where `a` is null" < 5'),
    ({'rule': 'nullCheck', 'mustBe': 0}, 'a', 'IsComplete "a"'),
    ({'metric': 'invalidValues', 'mustBe': 0, 'arguments': {'validValues': ['lb', 'kg']}}, 'a',
     'ColumnValues "a" in ["lb","kg"]'),
    ({'rule': 'validValues', 'validValues': ['lb', 3]}, 'a', None),
    ({'metric': 'invalidValues', 'mustBeLessThan': 5, 'arguments': {'pattern': 'x'}}, 'a', None),
    ({'metric': 'duplicateValues', 'mustBe': 0, 'arguments': {'properties': ['a', 'b']}}, None, 'IsUnique "a" "b"'),
    ({'metric': 'duplicateValues', 'mustBeLessThan': 1, 'unit': 'percent'}, 'a', None),
    ({'metric': 'rowCount', 'mustBeBetween': [100, 120]}, None, '(RowCount >= 100) AND (RowCount <= 120)'),
    ({'type': 'sql', 'query': 'SELECT COUNT(*) FROM ${table}\n WHERE {property} IS NOT NULL', 'mustBeLessThan': 3600},
     'a', 'CustomSql "SELECT COUNT(*) FROM primary WHERE `a` IS NOT NULL" < 3600'),
    ({'type': 'text', 'description': 'verified by the system'}, 'a', None),
    ({'type': 'custom', 'engine': 'soda', 'implementation': 'x'}, 'a', None),
    ({'type': 'custom', 'engine': 'dqdl', 'implementation': 'IsCompletely "a"'}, 'a', None),
    ({'metric': 'nullValues', 'mustBe': 0, 'mustNotBe': 1}, 'a', None),
    ({'metric': 'rowCount', 'mustBe': True}, None, None)])
def test_rules_of_other_tools_are_read_where_the_lake_has_the_same(item, column, text):
    rule = rule_of_item(item, column)
    assert (rule.text if rule else None) == text


def test_bounds_that_are_excluded_are_read_in_both_forms_of_the_standard():
    assert with_strict_bounds({'minimum': 0, 'exclusiveMinimum': True, 'maximum': 9, 'exclusiveMaximum': False}) == {
        'exclusiveMinimum': 0, 'maximum': 9}
    assert dict(rules_of_options('a', 'number', {'exclusiveMinimum': 0, 'maximum': 9.5})) == {
        'exclusiveMinimum': 'ColumnValues "a" > 0', 'maximum': 'ColumnValues "a" <= 9.5'}


@pytest.mark.parametrize('severity, text, action', [
    ('error', 'IsComplete "a"', QUARANTINE), ('ERROR', 'RowCount > 1', 'halt_rules'),
    ('warning', 'IsComplete "a"', 'warn_rules'),
    (None, 'RowCount > 1', 'warn_rules')])
def test_the_severity_decides_what_a_foreign_rule_does(severity, text, action):
    item = {'type': 'custom', 'engine': 'dqdl', 'implementation': text, 'severity': severity}
    assert rule_of_item(item, None) == ContractRule(AFTER, action, text)


def test_a_rule_of_a_column_in_another_spelling_stays_as_it_is_written():
    rule = ContractRule(AFTER, 'warn_rules', 'IsComplete "number"')
    assert quality_item(rule, 'Number')['type'] == 'custom' and quality_item(rule, 'number')['type'] == 'library'


@pytest.mark.parametrize('described, kind', [
    ({'physicalType': 'VARCHAR(18)'}, ('string', True)), ({'physicalType': 'NUMBER(10,2)'}, ('decimal(10,2)', True)),
    ({'physicalType': 'NUMBER', 'logicalType': 'number'}, ('double', False)),
    ({'physicalType': 'BOOL'}, ('boolean', True)),
    ({'physicalType': 'timestamp with time zone'}, ('timestamp', True)), ({'physicalType': 'INTEGER'}, ('int', True)),
    ({'logicalType': 'integer', 'logicalTypeOptions': {'format': 'i32'}}, ('int', False)),
    ({'logicalType': 'integer'}, ('bigint', False)), ({'logicalType': 'object'}, (None, False)),
    ({'logicalType': 'array', 'items': {'logicalType': 'object', 'properties': [
        {'name': 'a b', 'physicalType': 'int'}]}}, ('array<struct<`a b`:int>>', False)),
    ({'physicalType': 'geometry'}, (None, False)), ({}, (None, False))])
def test_types_of_other_systems_become_types_of_spark(described, kind):
    assert property_type(described) == kind


@pytest.mark.parametrize('words, sensitive', [
    ('restricted', True), ('Strictly Confidential', True), ('PII', True), ('non-personal', False), ('not PII', False),
    ('public', False), ('internal', False), ('pilot', False), ('', False)])
def test_a_classification_asks_for_protection_or_not(words, sensitive):
    assert is_sensitive(words) is sensitive


def test_contracts_need_neither_spark_nor_the_packages_of_tables():
    program = ('import sys\n'
               'for name in ("pyspark", "duckdb", "rich", "pandas", "pyarrow", "boto3"): sys.modules[name] = None\n'
               'from lib.local_lake.cli import main\n'
               'raise SystemExit(main(["contract", "export", "SyntheticGeneralData/PolicyData"]))')
    done = subprocess.run([sys.executable, '-c', program], cwd=REPOSITORY, capture_output=True, text=True,
                          env={'PYTHONPATH': 'lib/glue_scripts/lib:.', 'PATH': '/usr/bin:/bin'}, check=False)
    assert done.returncode == 0, done.stderr
    SCHEMAS['3.1.0'].validate(yaml.safe_load(done.stdout))
