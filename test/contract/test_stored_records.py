"""Items that jobs store have the keys, attributes and types that dashboards and queries on them rely on."""
from __future__ import annotations

import hashlib
import json
import re

import pytest

from lake_etl.adapters.local.sqlite_items import SqliteItems

FILE = 'PolicyNo,Premium,Tin,Start,Extra\nP-1,10.5,111,01/02/2024,x\nP-2,-3,222,01/02/2024,y\n'
CONFIGURATION = {
    'transformation-spec/Gen-Policy.csv': 'SourceName,DestName,Threshold,Scorer\nPolicyNo,policyno,,\nPremiun,premium,'
                                          '80,ratio\nTin,tin,,\nStart,start,,\nExtra,Null,,\n',
    'transformation-spec/Gen-Policy.json': {'transform_spec': {
        'currency': [{'field': 'premium'}], 'date': [{'field': 'start', 'format': 'MM/dd/yyyy'}],
        'literal': {'line': 'Auto', 'zone': 1}, 'tokenize': ['tin'], 'hash': ['policyno']}},
    'dq-rules/dq-Gen-Policy.json': {'after_transform': {
        'warn_rules': ["ColumnValues 'premium' > 0"], 'quarantine_rules': ["IsComplete 'policyno'"],
        'halt_rules': ['RowCount > 1']}},
    'transformation-sql/spark-Gen-Policy.sql': 'SELECT policyno, premium, year, month, day FROM gen.policy',
}
TIME = r'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d'
COMMON = {'step_function_execution_id': str, 'job_id_operation_seq': str, 'operation_seq': int, 'job_id': str,
          'job_name': str, 'dataset': str, 'uuid': str, 'time_of_operation': str, 'dataset_operation': str,
          'step_function_name': str, 'info': str}
QUALITY = {'execution_id': str, 'job_id_action_rule': str, 'Rule': str, 'Outcome': str, 'FailureReason': str,
           'EvaluatedMetrics': dict, 'rule_action': str, 'ruleset_name': str, 'job_id': str, 'job_name': str,
           'step_function_name': str}


@pytest.fixture
def loaded(lake):
    """A lake into which one file was loaded; gives the execution too."""
    for name, content in CONFIGURATION.items():
        lake.configure(name, content)
    execution = lake.load('Gen/Policy/a.csv', FILE, JOB_RUN_ID='jr_1', state_machine_name='machine')
    lake.consume('Gen/Policy/a.csv', JOB_RUN_ID='jr_2', state_machine_name='machine', execution_id=execution)
    return lake, execution


def items(lake, table, execution):
    return list(SqliteItems().query(lake.folders.items(table), execution))


def test_items_have_the_shapes_of_the_contract(loaded):
    lake, execution = loaded
    lineage = sorted(items(lake, 'data-lineage', execution), key=lambda item: (item['job_id'], item['operation_seq']))
    for item in lineage:
        assert {name: type(value) for name, value in item.items()} == COMMON
        assert item['job_id_operation_seq'] == f"{item['job_id']}-{item['operation_seq']}"
        assert re.fullmatch(TIME, item['time_of_operation'])
        assert (item['dataset'], item['step_function_name']) == ('Gen/Policy', 'machine')
    results = [item for item in items(lake, 'dq-results', execution)]
    assert {item['rule_action']: item['Outcome'] for item in results} == {
        'warn-on-failure': 'Failed', 'quarantine-on-failure': 'Passed', 'halt-on-failure': 'Passed'}
    for item in results:
        assert {name: type(value) for name, value in item.items()} == QUALITY
        assert item['job_id_action_rule'] == f"jr_1-{item['rule_action']}-after_transform-{item['Rule']}"
    digest = hashlib.sha256(b'111').hexdigest()
    assert {'hash_key': digest, 'raw_data': '111'} in SqliteItems().scan(lake.folders.items('hash-values'))
    informations = [(item['dataset_operation'], json.loads(item['info'])) for item in lineage]
    _check_information(informations)


def _check_information(informations):
    def of(operation):
        return [info for name, info in informations if name == operation]
    assert of('mapping') == [{'sourcename': 'PolicyNo', 'destname': 'policyno'},
                             {'sourcename': 'Tin', 'destname': 'tin'}, {'sourcename': 'Start', 'destname': 'start'}]
    [fuzzy] = of('fuzzymapping')
    assert {name: fuzzy[name] for name in ('sourcename', 'destname', 'match')} == {
        'sourcename': 'Premiun', 'destname': 'premium', 'match': 'Premium'}
    assert of('dropped') == [{'dropped': 'Extra'}]
    assert of('currencyconversion') == [{'currencyconversion': {'field': 'premium'}}]
    assert of('literal') == [{'literal': {'line': 'Auto', 'zone': 1}}]
    assert (of('tokenize'), of('hash')) == ([{'tokenize': 'tin'}], [{'hash': 'policyno'}])
    assert of('numericaudit')[0]['dataset_counts'] == {'row': 2, 'column': 7}
    assert of('numericaudit')[0]['field_total'] == {'premium': '7.50'}
    assert of('read')[0]['datasetname'] == 'Gen/Policy/a.csv'
    assert of('write')[0] | {'format': 'parquet', 'dataset_counts': {'row': 2, 'column': 7}} == of('write')[0]
    assert 'SELECT policyno' in of('sparksql')[0]['sparksql']
