"""Lookup files become items of the lookup tables, or every reason why not."""
from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from lake_etl import runtime
from lake_etl.errors import ConfigurationError
from lake_etl.transform.lookup_items import lookup_items, multilookup_items

RESOURCES = Path(__file__).resolve().parents[2] / 'resources'
RATES = 'State,LOB,Territory,BaseRate\nOH,GL,Central,1.25\nN-Y,G-L,"North, east",\n'


def test_each_lookup_becomes_one_item_that_holds_its_values_as_json():
    content = '\ufeff{"LOB": {"GL": "Général"}, // lines\r\n "Rate": {"01": 1.5, "02": null, "03": true}}'
    items = lookup_items('Gen', content.encode())
    assert [(item['source_system'], item['column_name']) for item in items] == [('Gen', 'LOB'), ('Gen', 'Rate')]
    assert [json.loads(item['lookup_data']) for item in items] == [
        {'GL': 'Général'}, {'01': 1.5, '02': None, '03': True}]


@pytest.mark.parametrize('content, problems', [
    ('{"LOB": ["GL"], "State": {}, "Rate": 5}', ['LOB: expected', 'State: expected', 'Rate: expected']),
    ('{}', ['the file holds no lookup']),
    ('[1]', ['expected an object, got a list']),
    ('{"LOB": {"GL": "General",}}', ['a comma stands before a closing bracket']),
    ('', ['the file is empty'])])
def test_a_file_that_is_no_lookup_is_refused_with_every_problem(content, problems):
    with pytest.raises(ConfigurationError) as error:
        lookup_items('Gen', content.encode(), 'lines.json')
    assert len(error.value.problems) == len(problems)
    for problem, expected in zip(error.value.problems, problems):
        assert problem.file == 'lines.json' and expected in str(problem)


def test_each_row_becomes_one_item_with_its_key_escaped_and_empty_cells_left_out():
    assert multilookup_items('Rates', ['LOB', 'State'], RATES.encode()) == [
        {'lookup_group': 'Rates', 'lookup_item': 'GL-OH', 'Territory': 'Central', 'BaseRate': '1.25'},
        {'lookup_group': 'Rates', 'lookup_item': r'G\-L-N\-Y', 'Territory': 'North, east'}]


def test_keys_that_differ_only_in_where_a_hyphen_belongs_are_two_items():
    items = multilookup_items('G', ['One', 'Two'], b'One,Two,Value\r\nA-B,C,1\r\n\r\nA,B-C,2\r\n')
    assert len({item['lookup_item'] for item in items}) == 2


@pytest.mark.parametrize('content, problems', [
    ('State,Lob,Value\nOH,GL,1\n', ["header: has no match column 'LOB' (did you mean 'Lob'?)"]),
    ('State,LOB\nOH,GL\n', ['header: has no column besides the match columns']),
    ('State,LOB,lookup_item\nOH,GL,1\n', ["column 'lookup_item' has the name of the table's own key"]),
    ('State,LOB,Value,Value,\nOH,GL,1,2,3\n', ["column 'Value' is there 2 times", 'a column has no name']),
    ('State,LOB,Value\nOH,GL,1\nOH,GL,2\n', ['row 3: has the match values of an earlier row']),
    ('State,LOB,Value\nOH,GL\n,,1\nOH,WC,1,2\n', ['row 2: has 2 cells', 'row 3: has no value', 'row 4: has 4 cells']),
    ('State,LOB,Value\n', ['the file has no row below its header']),
    ('State,LOB,Value\n"OH,GL,1\n', ['row 2: cannot be read as CSV'])])
def test_a_file_whose_rows_cannot_be_items_is_refused_with_every_problem(content, problems):
    with pytest.raises(ConfigurationError) as error:
        multilookup_items('Rates', ['LOB', 'State'], content.encode(), 'rates.csv')
    assert len(error.value.problems) == len(problems)
    for problem, expected in zip(error.value.problems, problems):
        assert problem.file == 'rates.csv' and expected in str(problem)


@pytest.mark.parametrize('content', [b'', b'\xff\xfe\x00'])
def test_a_file_without_a_header_or_text_is_refused(content):
    with pytest.raises(ConfigurationError):
        multilookup_items('Rates', ['LOB'], content)


def test_the_scripts_load_files_into_the_tables(tmp_path):
    values, items = (f'sqlite:///{tmp_path}/lake.db#{name}' for name in ('value-lookup', 'multi-lookup'))
    rates = tmp_path / 'rates.csv'
    rates.write_text(RATES)
    _run('load_dynamodb_lookup_table.py', 'Gen', values, RESOURCES / 'syntheticgeneral_lookup_data.json')
    _run('load_dynamodb_multilookup_table.py', items, rates, 'Rates', 'LOB', 'State')
    states = runtime.items(values).get(values, {'source_system': 'Gen', 'column_name': 'StateCd'})
    assert json.loads(states['lookup_data'])['OH'] == 'Ohio'
    loaded = list(runtime.items(items).query(items, 'Rates'))
    assert [item['lookup_item'] for item in loaded] == ['GL-OH', r'G\-L-N\-Y']


def test_a_script_that_cannot_load_says_why_and_fails(tmp_path):
    table = f'sqlite:///{tmp_path}/lake.db#value-lookup'
    wrong = tmp_path / 'wrong.json'
    wrong.write_text('{"LOB": 5}')
    for file, reason in ((wrong, 'wrong.json: LOB: expected'), (tmp_path / 'absent.json', 'absent.json')):
        run = _run('load_dynamodb_lookup_table.py', 'Gen', table, file, status=1)
        assert reason in run.stderr and 'Traceback' not in run.stderr


def _run(script: str, *arguments: object, status: int = 0) -> subprocess.CompletedProcess:
    run = subprocess.run([sys.executable, RESOURCES / script, *map(str, arguments)], capture_output=True, text=True)
    assert run.returncode == status, run.stderr
    return run
