"""The input_spec: its keys and values, and which format a file is read in."""
from __future__ import annotations

from typing import get_args

import pytest

from lake_etl.config.formats.delimited_format import DELIMITED, DelimitedSection
from lake_etl.config.formats.excel_format import EXCEL, ExcelSection
from lake_etl.config.formats.fixed_width_format import FIXED_WIDTH, FixedSection
from lake_etl.config.formats.json_format import JSON, JsonSection
from lake_etl.config.formats.parquet_format import PARQUET, ParquetSection
from lake_etl.config.formats.xml_format import XML, XmlSection
from lake_etl.config.input import InputSpec, SchemaChange, default_schema_change, parse_input
from lake_etl.config.input_formats import choose_format
from lake_etl.publish.schema_evolution import SETTINGS
from lake_etl.syntax.records import Findings

EVERYTHING = {
    'description': 'anything', 'table_description': 'Policies', 'owner': 'Policy data, policy-data@example.com',
    'allow_schema_change': 'evolve',
    'strict_schema_mapping': True, 'types': {'Amount': 'decimal(16, 2)', 'Tags': 'array<string>', 'Day': 'DATE'},
    'infer_types': False, 'load_mode': 'by_file', 'files': 'folder', 'trigger': '_SUCCESS', 'multiline': False,
    'encoding': 'windows-1252', 'null_values': ['', 'N/A'], 'skip_rows': 2,
    'csv': {'header': False, 'quote_character': "'", 'escape_character': '', 'delimiter': '||'},
    'json': {'multiline': True}, 'xml': {'row_tag': 'ns:policy'}, 'fixed': {'unit': 'bytes'}, 'parquet': {},
    'excel': {'sheet_names': ['Policies', '0'], 'data_address': 'B3:F35', 'header': False, 'password': 'secret'},
}


def test_every_key_is_read():
    findings = Findings('Gen-Policy.json')
    assert parse_input(EVERYTHING, findings) == InputSpec(
        table_description='Policies', owner='Policy data, policy-data@example.com', allow_schema_change='evolve',
        strict_schema_mapping=True, types=EVERYTHING['types'], infer_types=False, load_mode='by_file',
        files='folder', trigger='_SUCCESS',
        multiline=False, encoding='windows-1252', null_values=('', 'N/A'), skip_rows=2,
        csv=DelimitedSection(header=False, quote_character="'", escape_character='', delimiter='||'),
        json=JsonSection(multiline=True), xml=XmlSection(row_tag='ns:policy'), fixed=FixedSection(unit='bytes'),
        parquet=ParquetSection(),
        excel=ExcelSection(sheet_names=('Policies', '0'), data_address='B3:F35', header=False, password='secret'))
    assert findings.problems == findings.warnings == []


def test_no_key_is_needed():
    findings = Findings('Gen-Policy.json')
    spec = parse_input({}, findings)
    assert (spec, findings.problems) == (InputSpec(), [])
    assert (spec.multiline, spec.load_mode, spec.infer_types) == ('auto', 'replace', True)


@pytest.mark.parametrize(('raw', 'problems'), [
    (None, ['input_spec: expected an object, got null']),
    ({'alow_schema_change': 'evolve'}, ["input_spec.alow_schema_change: unknown key (did you mean "
                                        "'allow_schema_change'?)"]),
    ({'allow_schema_change': 'evolv'}, ["input_spec.allow_schema_change: expected one of 'permissive', 'evolve', "
                                        "'reorder', 'strict', got 'evolv' (did you mean 'evolve'?)"]),
    ({'strict_schema_mapping': 'true'}, ["input_spec.strict_schema_mapping: expected true or false, got 'true'"]),
    ({'multiline': 'always'}, ["input_spec.multiline: expected true or false or 'auto', got 'always'"]),
    ({'multiline': 1}, ["input_spec.multiline: expected true or false or 'auto', got 1"]),
    ({'encoding': 'utf-9'}, ["input_spec: 'encoding' must be the name of a text encoding such as utf-8, got 'utf-9'"]),
    ({'encoding': 'base64'}, ["input_spec: 'encoding' must be the name of a text encoding such as utf-8, "
                              "got 'base64'"]),
    ({'skip_rows': -1}, ["input_spec: 'skip_rows' must not be negative, got -1"]),
    ({'load_mode': 'append'}, ["input_spec.load_mode: expected one of 'replace', 'by_file', got 'append'"]),
    ({'null_values': 'N/A'}, ["input_spec.null_values: expected a list, got 'N/A'"]),
    ({'trigger': '_SUCCESS'}, ['input_spec: \'trigger\' must be the name of a file and needs "files": "folder"']),
    ({'types': {'A': 'strng', 'B': 5}}, [
        "input_spec: types.A: 'strng' is no Spark type: 'strng' is unknown, did you mean 'string'?",
        "input_spec: types.B: expected a type such as 'decimal(16,2)', got 5"]),
    ({'csv': {}, 'pipe': {}}, ['input_spec: only one of csv, tsv and pipe can describe the files, got csv and pipe']),
    ({'csv': {'delimiter': ''}}, ["input_spec.csv: 'delimiter' must be one or more characters without a line break"]),
    ({'csv': {'delimiter': '\n'}}, ["input_spec.csv: 'delimiter' must be one or more characters without a line break"]),
    ({'tsv': {'quote_character': '""'}}, ["input_spec.tsv: 'quote_character' must be one character or empty, "
                                          "got '\"\"'"]),
    ({'pipe': {'escape_character': '\\\\'}}, ["input_spec.pipe: 'escape_character' must be one character or empty, "
                                              "got '\\\\\\\\'"]),
    ({'csv': {'delimiter': '"'}}, ["input_spec.csv: 'delimiter' and 'quote_character' are both '\"'"]),
    ({'xml': {'row_tag': '<row>'}}, ["input_spec.xml: 'row_tag' must be the name of an element, without angle "
                                     "brackets, "
                                     "got '<row>'"]),
    ({'fixed': {'unit': 'byte'}}, ["input_spec.fixed.unit: expected one of 'characters', 'bytes', got 'byte' "
                                   "(did you mean 'bytes'?)"]),
    ({'excel': {'sheet_names': []}}, ["input_spec.excel: 'sheet_names' must be a list of one or more names or "
                                      "positions such as [\"Policies\", \"0\"]"]),
    ({'excel': {'data_address': 'F35:B3'}}, ["input_spec.excel: 'data_address' must be a cell or a range such as A1 "
                                             "or B3:F35, got 'F35:B3'"]),
    ({'excel': {'data_address': '3B'}}, ["input_spec.excel: 'data_address' must be a cell or a range such as A1 or "
                                         "B3:F35, got '3B'"]),
])
def test_what_does_not_fit_is_named_with_its_place(raw, problems):
    findings = Findings('i.json')
    assert parse_input(raw, findings) is None
    assert [str(item).removeprefix('i.json: ') for item in findings.problems] == problems


@pytest.mark.parametrize(('owner', 'accepted'), [
    ('Policy data', True), ('Schäden & Rente, 保険@example.com', True), ('ä' * 127, True), ('ä' * 128, False),
    ('', False), (' ', False), ('Policy\ndata', False), ('Policy\x00', False), ('Policy\u2028data', False), (7, False),
    (['Policy data'], False)])
def test_an_owner_is_one_line_that_a_catalog_can_store(owner, accepted):
    findings = Findings('i.json')
    spec = parse_input({'owner': owner}, findings)
    assert (spec is not None and spec.owner == owner) is accepted and bool(findings.problems) is not accepted
    assert all('owner' in str(problem) for problem in findings.problems)


def test_a_password_is_never_shown():
    findings = Findings('i.json')
    assert parse_input({'excel': {'password': 987654}}, findings) is None
    assert [str(item) for item in findings.problems] == [
        'i.json: input_spec.excel.password: expected a text; what was found is not shown']
    assert 'secret' not in repr(parse_input(EVERYTHING, findings))


@pytest.mark.parametrize(('raw', 'file_name', 'expected'), [
    ({}, 'a.csv', DELIMITED), ({}, 'a.txt', DELIMITED), ({}, 'no_extension', DELIMITED),
    ({}, 'a.xls', EXCEL), ({}, 'a.XLSX', EXCEL), ({}, 'a.xlsm', EXCEL),
    ({}, 'a.xlm', EXCEL), ({}, 'a.xlsb', EXCEL),
    ({}, 'a.ods', EXCEL), ({'csv': {}}, 'a.xlsx', EXCEL),
    ({}, 'a.json', JSON), ({}, 'a.JSONL', JSON), ({}, 'a.xml', XML),
    ({}, 'a.parquet', PARQUET), ({}, 'a.snappy.parquet', PARQUET),
    ({'parquet': {}}, 'a.dat', PARQUET), ({'parquet': {}}, 'a.csv', PARQUET),
    ({'fixed': {}}, 'a.json', FIXED_WIDTH), ({'fixed': {}, 'parquet': {}}, 'a.parquet', FIXED_WIDTH),
    ({'json': {}}, 'a.csv', DELIMITED), ({}, 'a.csv.gz', DELIMITED), ({}, 'a.json.gz', JSON),
    ({}, 'a.xml.zip', XML), ({}, 'a.jsonl.zst', JSON), ({}, 'json', DELIMITED),
])
def test_the_format_follows_from_the_spec_and_the_extension(raw, file_name, expected):
    assert choose_format(file_name, parse_input(raw, Findings('i.json'))) is expected


@pytest.mark.parametrize(('raw', 'delimiter', 'header'), [
    ({}, ',', True), ({'csv': {}}, ',', True), ({'tsv': {}}, '\t', True), ({'pipe': {'header': False}}, '|', False),
    ({'csv': {'delimiter': ';'}}, ';', True), ({'csv': {'delimiter': '~|~'}}, '~|~', True),
    ({'csv': {'delimiter': '\\t'}}, '\t', True), ({'tsv': {'delimiter': ','}}, ',', True), ({'json': {}}, ',', True),
])
def test_delimited_text_is_written_as_its_section_says(raw, delimiter, header):
    section = parse_input(raw, Findings('i.json')).delimited()
    assert (section.delimiter, section.header) == (delimiter, header)
    assert (section.quote_character, section.escape_character) == ('"', '"')


@pytest.mark.parametrize(('environment', 'setting'), [
    ('Dev', 'permissive'), ('dev', 'permissive'), ('Test', 'reorder'), ('Prod', 'strict'), ('Staging', 'strict')])
def test_each_environment_has_its_default_for_schema_changes(environment, setting):
    assert default_schema_change(environment) == setting


def test_the_settings_for_schema_changes_are_those_that_the_publisher_knows():
    assert get_args(SchemaChange) == SETTINGS
