"""Hand-written JSON: comments and byte order marks are allowed, mistakes are named with their position."""
from __future__ import annotations

import codecs
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lake_etl.syntax.json_with_comments import parse_json, parse_json_object
from lake_etl.syntax.records import Findings

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=12)


@pytest.mark.parametrize(('content', 'expected'), [
    (b'{"a": 1}', {'a': 1}),
    (codecs.BOM_UTF8 + b'{"a": 1}', {'a': 1}),
    ('{"a": "ü"}'.encode('utf-16'), {'a': 'ü'}),
    (codecs.BOM_UTF16_BE + '{"a": "ü"}'.encode('utf-16-be'), {'a': 'ü'}),
    ('{"a": "ü"}'.encode('utf-32'), {'a': 'ü'}),
    (b'{\r\n"a": 1,\r\n"b": 2\r\n}', {'a': 1, 'b': 2}),
    (b'// first\n{"a": 1, // second, with "quotes"\n"b": 2} // last', {'a': 1, 'b': 2}),
    (b'{"address": "s3://bucket/key", "quote": "\\"// none"}', {'address': 's3://bucket/key', 'quote': '"// none'}),
    (b'{"a": {"b": [1, {"c": null}]}}', {'a': {'b': [1, {'c': None}]}}),
    (b'[1, 2]', [1, 2]),
])
def test_a_value_is_read_whatever_surrounds_it(content, expected):
    findings = Findings('a.json')
    assert parse_json(content, findings) == expected
    assert findings.problems == findings.warnings == []


@pytest.mark.parametrize(('content', 'problem'), [
    (b'', 'a.json: the file is empty (write {} for no settings, or delete the file)'),
    (b' \n// only a comment\n', 'a.json: the file is empty (write {} for no settings, or delete the file)'),
    (b'{"a": 1,}', 'a.json: line 1, column 8: a comma stands before a closing bracket (remove the comma)'),
    (b'{"a": [1,\n  2,\n]}', 'a.json: line 2, column 4: a comma stands before a closing bracket (remove the comma)'),
    (b'{"a": 1, // why\n}', 'a.json: line 1, column 8: a comma stands before a closing bracket (remove the comma)'),
    (b'{\r\n"a": 1\r\n"b": 2}',
     'a.json: line 3, column 1: expected a comma or the closing bracket, found \'"\' (is a comma missing after the '
     'value before it?)'),
    (b'{"a" 1}', "a.json: line 1, column 6: expected ':' after the key, found '1'"),
    (b'{a: 1}', "a.json: line 1, column 2: expected a key in double quotes, found 'a'"),
    (b'{"a": }', "a.json: line 1, column 7: expected a value, found '}'"),
    (b'{"a": ', 'a.json: line 1, column 7: expected a value, found the end of the file'),
    (b'{} {}', "a.json: line 1, column 4: expected the end of the file, found '{'"),
    (b'{"a": "x\n"}', 'a.json: line 1, column 9: a line break or control character stands inside a text '
                      '(write it as \\n, \\t or \\u)'),
    (b'{"a": "x', 'a.json: line 1, column 7: the text that begins here has no closing double quote in its line'),
    (b'{"a": "\\d+"}', "a.json: line 1, column 8: expected a JSON escape such as \\\\ or \\n, found '\\\\' "
                       '(write a backslash as \\\\)'),
    (b'{"a": NaN}', 'a.json: a number cannot be read: NaN is not JSON'),
    (b'{"a": "\xff"}', 'a.json: byte 8 is not UTF-8 text (save the file as UTF-8)'),
    (b'[' * 100_000, 'a.json: objects and lists are nested more than 100 levels deep'),
    (b'[' * 102 + b']' * 102, 'a.json: objects and lists are nested more than 100 levels deep'),
    (b'{"a": 1e999}', 'a.json: a number cannot be read: 1e999 is too large'),
    (b'{"a": ["\\ud83d"]}', 'a.json: a[0]: the text holds one half of a character that is written as two, such as '
                            '\\ud83d (write the character itself)'),
    (b'{"a": {"\\udc00": 1}}', 'a.json: a.\\udc00: the text holds one half of a character that is written as two, '
                               'such as \\ud83d (write the character itself)'),
])
def test_a_mistake_is_named_with_line_and_column(content, problem):
    findings = Findings('a.json')
    assert parse_json(content, findings) is None
    assert [str(item) for item in findings.problems] == [problem]


def test_a_key_given_twice_is_a_warning_at_its_place_and_the_last_value_counts():
    findings = Findings('a.json')
    content = b'{"t": {"date": 1, "x": [{"k": 1, "k": 2, "k": 3}], "date": 4}}'
    assert parse_json(content, findings) == {'t': {'date': 4, 'x': [{'k': 3}]}}
    assert [str(item) for item in findings.warnings] == [
        'a.json: t.date: key given 2 times, the last value counts',
        'a.json: t.x[0].k: key given 3 times, the last value counts']
    assert findings.problems == []


@pytest.mark.parametrize(('content', 'found'), [(b'[1]', 'a list'), (b'null', 'null'), (b'"text"', "'text'")])
def test_a_file_must_hold_an_object(content, found):
    findings = Findings('a.json')
    assert parse_json_object(content, findings) is None
    assert [str(item) for item in findings.problems] == [f'a.json: expected an object, got {found}']


@settings(max_examples=200, deadline=None)
@given(JSON_VALUES, st.sampled_from(['utf-8', 'utf-8-sig', 'utf-16', 'utf-32']), st.booleans())
def test_every_json_value_is_read_back_as_python_reads_it(value, encoding, indented):
    findings = Findings('a.json')
    text = json.dumps(value, indent=2 if indented else None).replace('\n', ' // a comment "\r\n')
    assert parse_json(text.encode(encoding), findings) == value
    assert findings.problems == []


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60) | st.text('{}[]",:/\\ntrue1.e- \n', max_size=40).map(str.encode))
def test_any_bytes_give_a_value_or_a_problem(content):
    findings = Findings('a.json')
    value = parse_json_object(content, findings)
    assert (value is None) == bool(findings.problems)
