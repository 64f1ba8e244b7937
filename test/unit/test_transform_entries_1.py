"""Entries of type, text, protection and lookup transforms: their meaning and their mistakes."""
from __future__ import annotations

from decimal import Decimal

import pytest

from lake_etl.config.entries.known import ALIASES, known_forms
from lake_etl.syntax.datetime_pattern import datetime_pattern_problems
from lake_etl.syntax.format_string import FormatField, FormatStringError, parse_format
from lake_etl.syntax.java_regex import RegexError, capture_groups, replacement_problems
from lake_etl.syntax.records import Findings
from lake_etl.syntax.type_text import TypeTextError, parse_type
from lake_etl.transform.discovery import all_transforms
from lake_etl.transform.json_values import as_type, json_type, scalar_type
from lake_etl.transform.lookup_items import join_key, keyed_items, split_key

OPERATIONS = {'currency': 'currencyconversion', 'date': 'dateconversion', 'timestamp': 'timestampconversion',
              'implieddecimal': 'implieddecimalconversion'}
PROTECTING = {'hash', 'redact', 'tokenize'}
PARSING_TEXT = {'currency', 'changetype', 'date', 'timestamp', 'implieddecimal', 'titlecase', 'columnfromcolumn',
                'columnreplace', *PROTECTING}


@pytest.mark.parametrize('name', sorted(set(known_forms()) - set(ALIASES)))
def test_each_transform_records_its_operation_and_says_whether_it_protects(name):
    transform = all_transforms()[name]
    assert (transform.name, transform.operation) == (name, OPERATIONS.get(name, name))
    assert transform.protects == (name in PROTECTING)
    assert transform.documentation


def test_transforms_of_text_leave_their_columns_as_the_text_of_the_file():
    assert {name for name in PARSING_TEXT if all_transforms()[name].parses_text} == PARSING_TEXT
    assert not all_transforms()['lookup'].parses_text and not all_transforms()['literal'].parses_text


SOUND = [
    ('currency', [{'field': 'Premium'}], ('Premium',), ('Premium',)),
    ('currency', {'field': 'Premium', 'source': 'Text', 'format': '18, 4', 'euro': True}, ('Text',), ('Premium',)),
    ('changetype', {'Term': 'INT'}, ('Term',), ('Term',)),
    ('changetype', {'Insured': 'struct<name:string,`a b`:array<map<string,date>>>'}, ('Insured',), ('Insured',)),
    ('changetype', {'Insured': 'json'}, ('Insured',), ('Insured',)),
    ('date', [{'field': 'Start', 'format': 'MM/dd/yyyy'}], ('Start',), ('Start',)),
    ('timestamp', [{'field': 'At', 'format': "yyyy-MM-dd'T'HH:mm:ss[.SSS]XXX"}], ('At',), ('At',)),
    ('implieddecimal', [{'field': 'A', 'format': '16,2'}], ('A',), ('A',)),
    ('implieddecimal', [{'field': 'A', 'format': '16,2', 'num_implied': '3'}], ('A',), ('A',)),
    ('titlecase', ['City'], ('City',), ('City',)),
    ('columnfromcolumn', [{'field': 'A', 'source': 'B', 'pattern': r'^(\p{L}+)'}], ('B',), ('A',)),
    ('columnreplace', [{'field': 'A', 'pattern': '(a)', 'replacement': r'\$$1'}], ('A',), ('A',)),
    ('combinecolumns', [{'field': 'K', 'format': '{}-{:>5}', 'source_columns': ['A', 'B']}], ('A', 'B'), ('K',)),
    ('literal', {'Source': {'system': ['a', 1]}}, (), ('Source',)),
    ('literal', {'Source': None}, (), ('Source',)),
    ('filename', [{'field': 'Code', 'pattern': '^([A-Z]+)-', 'required': True}], (), ('Code',)),
    ('filename', [{'field': 'Code', 'pattern': r'\(?P<(?P<a_b>.)(?P=a_b)(?(1)x|y)', 'required': False}], (), ('Code',)),
    ('hash', ['TaxId'], ('TaxId',), ('TaxId',)),
    ('redact', {'TaxId': '***'}, ('TaxId',), ('TaxId',)),
    ('tokenize', ['TaxId'], ('TaxId',), ('TaxId',)),
    ('lookup', {'field': 'State', 'source': 'Code', 'lookup': 'StateCode', 'nomatch': 'N/A'}, ('Code',), ('State',)),
    ('multilookup', {'lookup_group': 'G', 'match_columns': ['A', 'B'], 'return_attributes': ['C']}, ('A', 'B'), ('C',)),
]


@pytest.mark.parametrize('name, raw, reads, writes', SOUND)
def test_sound_specifications_name_what_they_read_and_write(name, raw, reads, writes):
    findings = Findings('Gen-Policy.json')
    entry, = known_forms()[name].parse(raw, name, findings)
    assert (findings.problems, entry.reads(), entry.writes()) == ([], reads, writes)


FAULTY = [
    ('currency', [{'field': 'A', 'format': '16'}], "'format': expected 'precision,scale' such as '16,2', got '16'"),
    ('currency', [{'field': 'A', 'format': '39,2'}], 'a decimal has 1 to 38 digits'),
    ('currency', [{'field': 'A', 'euro': 'yes'}], "expected true or false, got 'yes'"),
    ('changetype', {'A': 'decimel(10,2)'}, "did you mean 'decimal'?"),
    ('changetype', {'A': 5}, 'expected a text or an object, got 5'),
    ('changetype', {'A': {'type': 'decimel(10,2)'}}, "did you mean 'decimal'?"),
    ('changetype', {'A': {'type': 'int', 'on_eror': 'fail'}}, "changetype.A.value.on_eror: unknown key (did you mean"),
    ('date', [{'field': 'A', 'format': 'yyyy', 'on_error': 'stop'}], "expected one of 'null', 'fail', got 'stop'"),
    ('date', [{'field': 'A', 'format': 'YYYY-MM-dd'}], 'the calendar year is y'),
    ('date', [{'field': 'A'}], "missing required key 'format'"),
    ('timestamp', [{'field': 'A', 'format': 'yyyy-MM-ddTHH:mm'}], "quoted: 'T'"),
    ('implieddecimal', [{'field': 'A', 'format': '16,2', 'num_implied': 'two'}], 'expected a number from 0 to 38'),
    ('implieddecimal', [{'field': 'A', 'format': '2,16'}], 'a decimal has 1 to 38 digits'),
    ('titlecase', {'City': True}, 'expected a list of column names'),
    ('columnfromcolumn', [{'field': 'A', 'pattern': '[a-z]+'}], 'has no group'),
    ('columnfromcolumn', [{'field': 'A', 'pattern': '([a-z]+'}], 'a ( is not closed'),
    ('columnreplace', [{'field': 'A', 'pattern': 'a', 'replacement': '$1'}], 'the pattern has 0 groups'),
    ('columnreplace', [{'field': 'A', 'pattern': '[a', 'replacement': ''}], 'a [ is not closed'),
    ('columnfromcolumn', [{'field': 'A', 'pattern': '((a+)+)b'}], 'could keep a job busy for ever'),
    ('columnreplace', [{'field': 'A', 'pattern': '(a|a)*', 'replacement': ''}], 'could keep a job busy for ever'),
    ('combinecolumns', [{'field': 'A', 'format': '{}{}', 'source_columns': ['B']}], 'needs 2 columns'),
    ('filename', [{'field': 'A', 'pattern': '(', 'required': True}], 'is no regular expression'),
    ('filename', [{'field': 'A', 'pattern': 'a', 'required': True}], 'has no group'),
    ('filename', [{'field': 'A', 'pattern': '((?P<no_1>a+)+)b', 'required': True}],
     "pattern '((?P<no_1>a+)+)b' could keep a job busy for ever"),
    ('filename', [{'field': 'A', 'pattern': '(a)'}], "missing required key 'required'"),
    ('hash', ['A', 5], 'expected a text, got 5'),
    ('redact', ['A'], 'expected an object of column names and values'),
    ('lookup', [{'field': 'A', 'lookup': 'B', 'nomatch': []}], 'nomatch: expected a text or a number'),
    ('multilookup', [{'lookup_group': 'G', 'match_columns': [], 'return_attributes': ['C', 'c']}], 'names no column'),
    ('multilookup', [{'lookup_group': 'G', 'match_columns': ['A'], 'return_attributes': ['C', 'c']}],
     'an attribute twice'),
    ('multilookup', [{'lookup_group': 'G', 'match_columns': ['A'], 'return_attributes': []}], 'names no attribute'),
]


@pytest.mark.parametrize('name, raw, expected', FAULTY)
def test_mistakes_in_specifications_are_found(name, raw, expected):
    findings = Findings('Gen-Policy.json')
    known_forms()[name].parse(raw, f'transform_spec.{name}', findings)
    assert expected in '\n'.join(map(str, findings.problems))


@pytest.mark.parametrize('pattern, expected', [
    ('  ', 'is empty'),
    ("yyyy'T", 'opens a quote'),
    ('dd.MM.yyyyyyy', 'expected y or yy'),
    ('hh:mm aa', 'has aa, expected a'),
    ('yyyy]', '] without ['),
    ('yyyy{MM}', 'has {, which needs quotes'),
    ('EEE d', 'weekdays cannot be read'),
    ('yyyy-qq', 'quarters cannot be read'),
    ('yyyy b', 'known letters are'),
])
def test_a_faulty_datetime_pattern_says_what_is_wrong_with_it(pattern, expected):
    assert expected in '\n'.join(datetime_pattern_problems(pattern))


@pytest.mark.parametrize('text, expected', [
    ('string', 'string'),
    (' Long ', 'bigint'),
    ('decimal', 'decimal(10,0)'),
    ('numeric(5)', 'decimal(5,0)'),
    ('DECIMAL( 16 , 2 )', 'decimal(16,2)'),
    ('varchar(20)', 'varchar(20)'),
    ('array<array<int>>', 'array<array<int>>'),
    ('map<string, struct<a int, b:date>>', 'map<string,struct<`a`:int,`b`:date>>'),
    ('struct<`x``y z`:short>', 'struct<`x``y z`:smallint>'),
])
def test_types_are_read_in_every_spelling(text, expected):
    assert str(parse_type(text)) == expected


@pytest.mark.parametrize('text, expected', [
    ('', 'expected a type at its end'),
    ('text', "'text' is unknown"),
    ('array', "expected '<' at its end"),
    ('array<int', "expected '>' at its end"),
    ('map<int>', "expected ',', found '>'"),
    ('struct<a b:int>', "'b' is unknown"),
    ('struct<a-b:int>', 'need back-ticks'),
    ('struct<(:int>', "expected a member name, found '('"),
    ('int int', "nothing was expected after 'int'"),
    ('decimal(5,6)', 'found 5 and 6'),
    ('decimal(0)', 'found 0 and 0'),
    ('decimal(a)', "expected a number, found 'a'"),
    ('interval day', "'interval' is unknown"),
])
def test_a_faulty_type_says_what_is_wrong_with_it(text, expected):
    with pytest.raises(TypeTextError) as raised:
        parse_type(text)
    assert expected in str(raised.value)


@pytest.mark.parametrize('pattern, groups', [
    ('', ()), ('a{2}{3}', ()), ('a*+b??', ()), ('[]a(]', ()), ('[a[b&&[^c(]]]', ()), (r'\Q(\E(x)', ('',)),
    (r'\p{L}+(?<year>\d{4})', ('year',)), ('(?i)(a)|(?:b)|(?=c)|(?<!d)|(?>e)|(?-i:f)', ('',)), ('()*|(b)', ('', '')),
    ('(?x) a # (\n(b)', ('',)), (r'\x{41}\k<n>', ()), ('a}', ()),
])
def test_groups_of_a_sound_pattern_are_counted(pattern, groups):
    assert capture_groups(pattern) == groups


@pytest.mark.parametrize('pattern, expected', [
    ('(', 'a ( is not closed'), (')', 'a ) was not opened'), ('[[]', 'a [ is not closed'), ('a**', '* repeats nothing'),
    ('a|*', '* repeats nothing'), ('(?i)*', '* repeats nothing'), ('a{,2}', 'a { is no repetition'),
    ('a{3,2}', 'a { is no repetition'), ('{a', '{ repeats nothing'), ('a+++', '+ repeats nothing'),
    ('(?P<n>a)', 'a named group is written (?<name>…)'), ('a\\', 'single backslash'),
])
def test_a_faulty_pattern_says_what_is_wrong_with_it(pattern, expected):
    with pytest.raises(RegexError) as raised:
        capture_groups(pattern)
    assert expected in str(raised.value)


@pytest.mark.parametrize('replacement, pattern, expected', [
    ('$0 ${n} $2 \\$', '(?<n>a)(b)', []),
    ('$2', '(a)', ["replacement '$2' uses $2, but the pattern has 1 groups"]),
    ('${m}', '(?<n>a)', ["replacement '${m}' uses ${m}, but the pattern has no group of that name"]),
    ('5 $', 'a', ["replacement '5 $' has $ without a group number; write \\$ for a dollar sign"]),
    ('a\\', 'a', ["replacement 'a\\\\' ends in a single backslash; write two for one"]),
    ('$1', '(', []),
])
def test_references_of_a_replacement_need_a_group(replacement, pattern, expected):
    assert list(replacement_problems(replacement, pattern)) == expected


def test_fields_of_a_format_string_take_columns_in_turn_or_by_number():
    plain, shaped = FormatField(0, plain=True, text=True), FormatField(1, plain=False, text=False)
    assert parse_format('{}-{:>5}', 2) == (plain, '-', shaped)
    assert parse_format('{0}{{}}{1:>5}', 2) == (plain, '{', '}', shaped)
    nested = FormatField(1, plain=False, text=False)
    assert parse_format('{!s:>{}}', 2) == (FormatField(0, plain=False, text=True), nested)
    assert parse_format('nothing', 0) == ('nothing',)


@pytest.mark.parametrize('text, expected', [
    ('{}{0}', 'mixes'), ('{0}{}', 'mixes'), ('{0.real}', "has the field '0.real'"), ('{0[1]}', "has the field '0[1]'"),
    ('{name}', "has the field 'name'"), ('{', 'is no Python format string'), ('}', 'is no Python format string'),
    ('{2}', 'needs 3 columns, source_columns has 2'), ('{!x}', 'unknown conversion !x'),
    ('{:{:{}}}', 'nested too deeply'),
])
def test_a_faulty_format_string_says_what_is_wrong_with_it(text, expected):
    with pytest.raises(FormatStringError) as raised:
        parse_format(text, 2)
    assert expected in str(raised.value)


@pytest.mark.parametrize('values, key', [
    (('A', 'B'), 'A-B'), (('A-B', 'C'), r'A\-B-C'), (('A', 'B-C'), r'A-B\-C'), ((r'C:\x', ''), r'C:\\x-'), (('',), ''),
    ((r'\-', '\n'), '\\\\\\--\n'),
])
def test_a_joined_key_splits_into_the_same_values(values, key):
    assert join_key(values) == key
    assert split_key(key) == values


def test_a_key_joined_without_escapes_is_plain_text():
    assert join_key(('A-B', r'\C'), escape=False) == r'A-B-\C'
    assert split_key(r'C:\x-B') is None


@pytest.mark.parametrize('keys, columns, certain, ambiguous', [
    (['A-B'], 2, ['A-B'], []),
    (['2024-01-31'], 1, [r'2024\-01\-31'], []),
    (['A-B-C'], 2, [], ['A-B-C']),
    (['A'], 2, [], []),
    ([r'A\-B-C', 'A-B-C'], 2, [r'A\-B-C'], []),
    ([r'C:\x-B'], 2, [r'C:\\x-B'], []),
])
def test_keys_of_both_forms_are_understood(keys, columns, certain, ambiguous):
    keyed = keyed_items([(key, {'key': key}) for key in keys], columns)
    assert (list(keyed.certain), list(keyed.ambiguous)) == (certain, ambiguous)


@pytest.mark.parametrize('values, kind, converted', [
    ([], 'string', []),
    ([None], 'string', [None]),
    ([1, None, Decimal(2)], 'bigint', [1, None, 2]),
    ([1, Decimal('2.5')], 'double', [1.0, 2.5]),
    ([True, False], 'boolean', [True, False]),
    ([2 ** 64], 'decimal(38,0)', [2 ** 64]),
    ([10 ** 40], 'string', [str(10 ** 40)]),
    ([True, 1], 'string', ['true', '1']),
    (['a', Decimal('1.50')], 'string', ['a', '1.50']),
    ([{'a': 'é'}, [1]], 'string', ['{"a": "é"}', '[1]']),
])
def test_values_of_a_lookup_take_one_type(values, kind, converted):
    assert scalar_type(values) == kind
    assert [as_type(value, kind) for value in values] == converted


@pytest.mark.parametrize('value, kind', [
    ([1, 2], 'array<bigint>'), ([], 'array<string>'), ([1, 'a'], 'array<string>'), ({}, 'map<string,string>'),
    ({'a b': 1.5, 'c': None}, 'struct<`a b`:double,`c`:string>'),
    ([{'a': 1}, {'b': [True]}], 'array<struct<`a`:bigint,`b`:array<boolean>>>'),
])
def test_lists_and_objects_have_a_type(value, kind):
    assert json_type([value]) == kind
