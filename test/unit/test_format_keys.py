"""Each key of the input_spec works for a format or is refused with its name, in configuration and at the load."""
from __future__ import annotations

from dataclasses import fields

import pytest

from lake_etl.config.formats.input_format import FORMAT_KEYS, formats_by_key
from lake_etl.config.input import InputSpec, parse_input
from lake_etl.config.input_formats import FORMATS, InputSections
from lake_etl.errors import DataError
from lake_etl.read.prepare import prepare_file
from lake_etl.syntax.records import Findings

SECTIONS = tuple(formats_by_key(InputSections))
# A value for each key that is not its default, and the sections whose format uses the key.
TEXT = {'csv', 'tsv', 'pipe', 'fixed', 'json'}
EVERY = set(SECTIONS)
USED = {
    'table_description': ('Policies', EVERY),
    'owner': ('Policy data, policy-data@example.com', EVERY),
    'takes_over': ('Gen/Old', EVERY),
    'no_longer_protected': ({'TaxId': 'public numbers'}, EVERY),
    'left_unprotected': ({'TaxId': 'public numbers'}, EVERY),
    'retention': ('10 y', EVERY),
    'allow_schema_change': ('evolve', EVERY),
    'strict_schema_mapping': (True, EVERY),
    'types': ({'a': 'string'}, EVERY),
    # Where files declare types themselves, nothing is inferred.
    'infer_types': (False, EVERY),
    'load_mode': ('by_file', EVERY),
    'file_key': ('^a', EVERY),
    'max_row_change': (50, EVERY),
    'controls': ({'rows': 3}, EVERY),
    'pgp': ({'secret': 'lake/pgp-key'}, EVERY),
    'files': ('folder', EVERY),
    'trigger': ('_DONE', EVERY),
    # The text as written is what every format hashes.
    'hash_text': ('as_inferred', {'csv', 'tsv', 'pipe'}),
    'multiline': (True, {'csv', 'tsv', 'pipe'}),
    'encoding': ('windows-1252', TEXT | {'xml'}),
    'on_undecodable': ('replace', TEXT | {'xml', 'cobol'}),
    'null_values': (['-'], TEXT - {'json'} | {'excel'}),
    'keep_malformed_text': ('invented persons', TEXT | {'xml', 'cobol'}),
    'skip_rows': (1, TEXT | {'excel'}),
    'skip_footer': (1, TEXT),
    'row_filter': ("a <> 'Total'", TEXT - {'json'} | {'excel'}),
    'records': ({'pattern': '^.', 'types': {'P': {'columns': ['a'], 'table': 'Policy'}}}, TEXT - {'json'}),
}
# The records of a file with columns of fixed width name the width of each.
FIXED_RECORDS = {'pattern': '^.', 'types': {'P': {'columns': {'a': 1}, 'table': 'Policy'}}}
NEEDS = {'file_key': {'load_mode': 'by_file'}, 'trigger': {'files': 'folder'}}
NAMES = {'cobol': 'a mainframe extract', 'parquet': 'Parquet', 'orc': 'ORC', 'avro': 'Avro', 'json': 'JSON',
         'xml': 'XML', 'excel': 'Excel', 'fixed': 'fixed width', 'csv': 'delimited text', 'tsv': 'delimited text',
         'pipe': 'delimited text'}
CONTENT = {'.xml': b'<a/>'}


def test_the_table_has_every_key_and_every_format():
    assert set(USED) == {item.name for item in fields(InputSpec)} - EVERY
    assert set(NAMES) == EVERY


@pytest.mark.parametrize('section', SECTIONS)
@pytest.mark.parametrize('key', USED)
def test_a_key_is_used_or_refused_by_validation_with_the_format(key, section):
    value, used_by = USED[key]
    if (key, section) == ('records', 'fixed'):
        value = FIXED_RECORDS
    findings = Findings('Gen-Policy.json')
    spec = parse_input({section: {}, key: value, **NEEDS.get(key, {})}, findings)
    texts = [str(item) for item in findings.problems]
    if section in used_by:
        assert spec is not None and texts == []
    else:
        assert spec is None and len(texts) == 1
        assert texts[0].startswith(f"Gen-Policy.json: input_spec: '{key}' does not work for {NAMES[section]}; ")


@pytest.mark.parametrize('key', FORMAT_KEYS)
@pytest.mark.parametrize('extension', sorted({item for found in FORMATS for item in found.extensions}))
def test_a_key_that_the_format_of_a_file_does_not_use_stops_its_load(tmp_path, extension, key):
    file = tmp_path / f'a{extension}'
    file.write_bytes(CONTENT.get(extension, b'a\n1\n'))
    value, used_by = USED[key]
    spec = InputSpec(**{key: value})
    section = next(name for name, found in formats_by_key(InputSections).items() if extension in found.extensions)
    if section in used_by:
        prepare_file(str(file), spec, str(tmp_path / 'prepared'))
    else:
        with pytest.raises(DataError, match=f"a{extension} is {NAMES[section]}.*ignored: '{key}' does not work"):
            prepare_file(str(file), spec, str(tmp_path / 'prepared'))


def test_a_key_is_accepted_if_one_of_several_described_formats_uses_it():
    findings = Findings('i.json')
    assert parse_input({'csv': {}, 'json': {}, 'row_filter': 'a > 1'}, findings)
    assert parse_input({'parquet': {}, 'json': {}, 'row_filter': 'a > 1'}, findings) is None
    assert str(findings.problems[0]).endswith("'row_filter' does not work for JSON or Parquet; use the transform "
                                              'filterrows')


@pytest.mark.parametrize('key', ['encoding', 'multiline', 'skip_rows', 'null_values', 'on_undecodable'])
def test_a_value_that_changes_nothing_is_accepted(key):
    value = {'encoding': 'UTF8', 'multiline': False, 'skip_rows': 0, 'null_values': [], 'on_undecodable': 'refuse'}[key]
    assert parse_input({'parquet': {}, key: value}, Findings('i.json'))


def test_the_encoding_of_a_mainframe_extract_belongs_into_its_section():
    findings = Findings('i.json')
    assert parse_input({'cobol': {}, 'encoding': 'cp037'}, findings) is None
    assert str(findings.problems[0]).endswith('does not work for a mainframe extract; give it in the cobol section')
