"""The trigger and the watched folder treat a landed file the same, whatever the case of its folders."""
from __future__ import annotations

import json

import pytest
from test_laptop_and_cloud import in_the_cloud, on_the_laptop, seen
from test_trigger import deliver, event, message

FOLDER = {'HV-Tbl.json': {'input_spec': {'files': 'folder'}}}
WAITING = {'hv-TBL-Dependent.json': {'depends_on': {'gen/POLICY': 1, 'x/Y': 1}}, 'Gen-Policy.json': {}}


@pytest.mark.parametrize(('keys', 'files', 'recorded'), [
    (['hv/tbl/a.csv', 'HV/TBL/b.csv'], FOLDER, []),
    (['hv/tbl/a.csv'], WAITING, [('hv/TBL', 'QUEUED')]),
    (['hv/tbl/a.csv', 'hV/tbl/_SUCCESS'], FOLDER | WAITING, [('HV/Tbl', 'QUEUED')]),
    (['hv/Tbl/a.csv'], FOLDER | {'hv-tbl.json': {}}, [('hv/Tbl/a.csv', 'FAILED')]),
    (['hv/Tbl/a.csv'], WAITING | {'HV-Tbl-dependent.json': {}}, [('hv/Tbl/a.csv', 'FAILED')])])
def test_both_record_the_same_in_any_letter_case(account, tmp_path, keys, files, recorded):
    laptop, cloud = on_the_laptop(tmp_path, keys, files), in_the_cloud(account, keys, files)
    assert seen(laptop) == seen(cloud)
    assert [(key, status) for key, status, _ in seen(cloud)] == recorded


def test_a_landing_starts_the_workflow_that_its_files_name(account):
    account.configure('HV-Tbl.json', {})
    account.configure('hv-EntityMatch.json', {})
    assert deliver(message(event('hv/TBL/2026/01/02/a.csv'))) == []
    record, = account.records()
    state = json.loads(record['sfn_input'])
    assert record['source_key'] == state['source_key'] == 'HV/Tbl'
    assert (state['target_database_name'], state['table_name'], state['entity_match']) == ('HV', 'Tbl', True)
    assert f'{state["source_path"]}/{state["base_file_name"]}' == 'hv/TBL/2026/01/02/a.csv', 'where the object lies'


def test_a_workflow_waits_for_another_one_by_the_name_of_its_files(account):
    for name, content in WAITING.items():
        account.configure(name, content)
    deliver(message(event('hv/tbl/a.csv')))
    record, = account.records()
    assert (record['depends_on'], record['dependency_key']) == (['Gen/Policy', 'x/Y'], 'Gen/Policy')
    deliver(message(event('GEN/policy/a.csv')))
    assert sorted(item['source_key'] for item in account.records()) == ['Gen/Policy', 'hv/TBL']


def test_files_that_differ_by_letter_case_alone_are_refused_by_name_and_a_mended_configuration_is_seen(account):
    account.configure('HV-Tbl.json', {})
    account.configure('hv-tbl.json', {})
    assert deliver(message(event('hv/tbl/a.csv'))) == []
    record, = account.records()
    assert 'HV-Tbl.json' in record['error_message'] and 'hv-tbl.json' in record['error_message']
    told, = account.told()
    assert told['status'] == 'FAILED'
    account.files.delete_object(Bucket='scripts', Key='etl/transformation-spec/hv-tbl.json')
    deliver(message(event('hv/tbl/b.csv')))
    assert len(account.started()) == 1
