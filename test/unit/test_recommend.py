"""Proposed configuration for a new file is valid as it stands and keeps the types that were found."""
from __future__ import annotations

import json

import pytest

from lake_etl.config.workflow import read_workflow
from lake_etl.mapping.recommendation import recommended_mapping, recommended_spec
from lake_etl.transform.discovery import all_transforms

COLUMNS = [('policynumber', 'string'), ('term', 'int'), ('premium', 'double'), ('rate', 'decimal(9,4)'),
           ('start', 'date'), ('insured', 'struct<name:string>'), ('tags', 'array<string>'), ('inforce', 'boolean')]


@pytest.mark.parametrize(('extension', 'section'), [
    ('csv', {'csv': {'header': True}}),
    ('.CSV', {'csv': {'header': True}}),
    ('txt', {'csv': {'header': True}}),
    ('tsv', {'tsv': {'header': True}}),
    ('json', {'json': {'multiline': False}}),
    ('jsonl', {'json': {'multiline': False}}),
    ('parquet', {'parquet': {}}),
    ('xml', {'xml': {'row_tag': 'row'}}),
    ('xls', {'excel': {'sheet_names': ['0'], 'data_address': 'A1'}}),
    ('xlsx', {'excel': {'sheet_names': ['0'], 'data_address': 'A1'}}),
    ('ods', {'excel': {'sheet_names': ['0'], 'data_address': 'A1'}}),
    ('gz', {}),
    ('', {}),
])
def test_the_extension_decides_the_input_section(extension, section):
    assert recommended_spec(COLUMNS, extension)['input_spec'] == section


def test_found_types_are_fixed_and_amounts_become_decimals():
    assert recommended_spec(COLUMNS, 'csv')['transform_spec'] == {'changetype': {
        'term': 'int', 'premium': 'decimal(16,2)', 'rate': 'decimal(9,4)', 'start': 'date', 'inforce': 'boolean'}}
    assert recommended_spec([('a', 'string')], 'csv')['transform_spec'] == {}


def test_the_mapping_lists_every_column_and_quotes_what_needs_it():
    rows = [{'sourcename': 'Policy Number', 'destname': 'policy_number'},
            {'sourcename': 'Paid, "net"', 'destname': 'x'}]
    assert recommended_mapping(rows) == 'SourceName,DestName\nPolicy Number,policy_number\n"Paid, ""net""",x\n'
    assert recommended_mapping([]) == 'SourceName,DestName\n'


@pytest.mark.parametrize('extension', ['csv', 'tsv', 'json', 'parquet', 'xml', 'xlsx', 'dat'])
def test_a_proposal_is_accepted_in_production_as_it_stands(extension):
    rows = [{'sourcename': f'Source {name}', 'destname': name} for name, _ in COLUMNS]
    files = {'transformation-spec/Gen-Policy.json': json.dumps(recommended_spec(COLUMNS, extension)),
             'transformation-spec/Gen-Policy.csv': recommended_mapping(rows)}
    workflow = read_workflow('Gen', 'Policy', lambda name: files[name].encode() if name in files else None,
                             all_transforms(), 'Prod')
    assert [row.dest_name for row in workflow.mapping.rows] == [name for name, _ in COLUMNS]
    assert [step.name for step in workflow.steps] == ['changetype']
