"""JSON keeps texts as texts, fractions exact, nesting whole, and documents that cannot be parsed."""
from __future__ import annotations

import gzip
import json
from datetime import date
from decimal import Decimal

import pytest

from lake_etl.config.formats.json_format import JsonSection
from lake_etl.config.input import InputSpec
from lake_etl.errors import DataError
from lake_etl.read.malformed import MALFORMED
from lake_etl.read.source import read_collected_file
from lake_etl.read.source_files import KnownTypes


@pytest.fixture
def read(spark, tmp_path):
    """A function that puts content into a file and reads it as an input_spec says."""
    def read_content(content: str | bytes, name: str = 'a.json', table_types=None, **spec):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(spec.get('encoding', 'utf-8')))
        return read_collected_file(spark, str(path), InputSpec(**spec), scratch=str(tmp_path / 'scratch'),
                                   known_types=lambda names: KnownTypes(table_types=table_types or {}))
    return read_content


def lines(*documents: object) -> str:
    """Return the documents as JSON Lines."""
    return ''.join(f'{json.dumps(item)}\n' for item in documents)


def schema(df) -> dict[str, str]:
    return {field.name: field.dataType.simpleString() for field in df.schema.fields}


# Content and the column types that come of it.
TYPES = {
    'fractions become decimals': (lines({'a': 1.25}, {'a': 100.5}), {'a': 'decimal(5,2)'}),
    'whole numbers and fractions': (lines({'a': 1}, {'a': 1.5}), {'a': 'decimal(21,1)'}),
    'whole numbers': (lines({'a': 1}, {'a': 3_000_000_000}), {'a': 'bigint'}),
    'identifiers in texts stay text': (lines({'id': '007', 'rate': 0.5}), {'id': 'string', 'rate': 'decimal(1,1)'}),
    'texts of digits stay text': (lines({'id': '123456', 'tin': '12.5'}), {'id': 'string', 'tin': 'string'}),
    'dates stay text': (lines({'d': '2026-11-24'}), {'d': 'string'}),
    'booleans': (lines({'b': True}), {'b': 'boolean'}),
    'one document lacks a field': (lines({'a': 1}, {'b': 'x'}), {'a': 'bigint', 'b': 'string'}),
    'nothing but null': (lines({'a': None, 'b': 1}), {'a': 'string', 'b': 'bigint'}),
    'nested fractions and texts': (
        lines({'i': {'id': '01', 'rates': [0.5], 'parts': [{'no': '7', 'x': 1.5}]}}),
        {'i': 'struct<id:string,parts:array<struct<no:string,x:decimal(2,1)>>,rates:array<decimal(1,1)>>'}),
    'texts of digits beside nested fractions': (
        lines({'i': {'no': '12.5', 'x': 1.5}, 'l': ['1.5', '2']}),
        {'i': 'struct<no:string,x:decimal(2,1)>', 'l': 'array<string>'}),
}


def has_fractions(content: str) -> bool:
    found: list[str] = []
    for line in content.splitlines():
        json.loads(line, parse_float=found.append)
    return bool(found)


@pytest.fixture(scope='module')
def settled(spark, tmp_path_factory) -> dict[str, dict[str, str]]:
    """The column types of all cases, from two files: one with fractions, which are read once more, and one without.

    The keys of a case begin with its name.
    """
    cases = {name: (content, {}) for name, (content, _) in TYPES.items()}
    cases |= {name: (lines(document), {'a': published}) for name, (document, published, _) in PUBLISHED.items()}
    assert len(cases) == len(TYPES) + len(PUBLISHED)
    types: dict[str, dict[str, str]] = {}
    for fractions in (False, True):
        chosen = {name: case for name, case in cases.items() if has_fractions(case[0]) is fractions}
        documents: list[dict[str, object]] = [{}, {}]
        for name, (content, _) in chosen.items():
            for document, line in zip(documents, content.splitlines(), strict=False):
                document |= {f'{name}: {key}': value for key, value in json.loads(line).items()}
        known = KnownTypes(table_types={f'{name}: {key}': kind for name, (_, published) in chosen.items()
                                        for key, kind in published.items()})
        folder = tmp_path_factory.mktemp('settled')
        (folder / 'a.json').write_text(lines(*documents))
        df = read_collected_file(spark, str(folder / 'a.json'), InputSpec(), scratch=str(folder / 'scratch'),
                                 known_types=lambda names, known=known: known)
        for column, kind in schema(df).items():
            name, _, key = column.partition(': ')
            types.setdefault(name, {})[key] = kind
    return types


@pytest.mark.parametrize('case', TYPES)
def test_types_follow_what_the_document_says_and_not_what_a_text_looks_like(settled, case):
    assert settled[case] == TYPES[case][1]


def test_fractions_keep_every_digit_and_texts_every_character(read):
    df = read('{"premium": 1234567890123.45, "tin": "012.50"}\n{"premium": 0.1, "tin": "7"}\n')
    assert sorted(map(tuple, df.collect())) == [
        (Decimal('0.10'), '7'), (Decimal('1234567890123.45'), '012.50')]


@pytest.mark.parametrize(('content', 'multiline'), [
    ('{"a": 1, "b": {"c": "x"}}\n\n{"a": 2, "b": {"c": "y"}}', False),
    ('[{"a": 1, "b": {"c": "x"}},\n {"a": 2,\n  "b": {"c": "y"}}]', True),
    ('\ufeff{"a": 1, "b": {"c": "x"}}\n{"a": 2, "b": {"c": "y"}}\n', False),
], ids=['lines', 'one array', 'byte-order mark'])
def test_documents_stand_on_lines_or_in_one_array(read, content, multiline):
    df = read(content, json=JsonSection(multiline=multiline))
    assert sorted((row.a, row.b.c) for row in df.collect()) == [(1, 'x'), (2, 'y')]


@pytest.mark.parametrize('fraction', ['1', '1.5'], ids=['without decimals', 'with decimals'])
def test_a_document_that_cannot_be_parsed_is_kept_as_its_text(read, fraction):
    df = read(f'{{"a": {fraction}}}\n{{"a": broken\n')
    assert set(df.columns) == {'a', '_corrupt_record', MALFORMED}
    assert {(row.a is None, row._corrupt_record, row[MALFORMED]) for row in df.collect()} == {
        (False, None, False), (True, '{"a": broken', True)}


@pytest.mark.parametrize(('encoding', 'multiline'), [
    ('windows-1252', False), ('latin_1', False), ('cp1252', True), ('utf-16', True), ('utf-8-sig', False)])
@pytest.mark.parametrize('fraction', ['1', '1.5'], ids=['without decimals', 'with decimals'])
def test_documents_are_read_in_the_encoding_that_the_input_spec_names(read, encoding, multiline, fraction):
    df = read(f'{{"a": {fraction}, "b": "Grüße"}}\n', encoding=encoding, json=JsonSection(multiline=multiline))
    assert [row.b for row in df.collect()] == ['Grüße']


def test_compressed_lines_and_other_extensions_are_read(read):
    content = lines({'a': 1}).encode()
    assert [row.a for name, body in (('a.json.gz', gzip.compress(content)), ('a.JSONL', content))
            for row in read(body, name).collect()] == [1, 1]


PUBLISHED = {
    'whole numbers for a decimal': ({'a': 1}, 'decimal(16,2)', 'decimal(16,2)'),
    'narrower, and the values fit': ({'a': 2}, 'int', 'int'),
    'narrower, and a value is too large': ({'a': 3000000000}, 'int', 'bigint'),
    'more decimals than published': ({'a': 1.25}, 'decimal(16,1)', 'decimal(3,2)'),
    'fewer decimals': ({'a': 1.5}, 'decimal(16,2)', 'decimal(16,2)'),
    'text of digits': ({'a': '7'}, 'int', 'int'),
    'identifier': ({'a': '007'}, 'int', 'string'),
    'date in a text': ({'a': '2026-11-24'}, 'date', 'date'),
    'number published as text': ({'a': 1.50}, 'string', 'string'),
    'nothing but null for a date': ({'a': None, 'b': 1}, 'date', 'date'),
    'structure stays': ({'a': {'b': 1}}, 'int', 'struct<b:bigint>'),
}


@pytest.mark.parametrize('case', PUBLISHED)
def test_the_published_type_wins_where_every_value_keeps_its_meaning_in_it(settled, case):
    assert settled[case]['a'] == PUBLISHED[case][2]


def test_types_that_are_given_take_the_text_of_the_document(read):
    content = '{"no": 7, "rate": 1.10, "since": "2026-11-24", "more": {"a": 1}, "odd": [1], "b": "x"}\n'
    df = read(content, types={'NO': 'string', 'rate': 'decimal(8,3)', 'since': 'date', 'more': 'struct<a:int>',
                              'odd': 'string', 'b': 'int'})
    assert df.collect()[0].asDict(recursive=True) == {
        'no': '7', 'rate': Decimal('1.100'), 'since': date(2026, 11, 24), 'more': {'a': 1}, 'odd': '[1]', 'b': None}
    untyped = read('{"no": 7, "rate": 1.10, "more": [{"a": true}]}\n', infer_types=False)
    assert schema(untyped) == {'more': 'array<struct<a:string>>', 'no': 'string', 'rate': 'string'}
    assert untyped.collect()[0].rate == '1.10'


@pytest.mark.parametrize(('content', 'message'), [
    (b'', 'is empty'),
    (b'\n\n', 'holds no rows'),
    (b'[]', 'no rows'),
    (b'premium,term\n1,2\n', 'no document that can be parsed'),
    (b'{\n  "a": 1\n}\n', "set 'multiline' of the json section"),
])
def test_a_file_without_documents_is_refused_by_name(read, content, message):
    with pytest.raises(DataError, match=f'a.json.*{message}'):
        read(content, json=JsonSection(multiline=content == b'[]'))


# Content, the expected rows without the mark, and the numbers of malformed rows.
MERGED_KEYS = {
    'columns': ('{"PolicyId": 1, "amt": 2}\n{"policyid": 3, "amt": 4}\n', [(1, 2), (3, 4)], []),
    'members of structs': ('{"p": {"City": "Bern"}}\n{"p": {"city": "Basel"}}\n{"p": {"CITY": "Chur"}}\n{"p": null}\n',
                           [(('Bern',),), (('Basel',),), (('Chur',),), (None,)], []),
    'members in arrays': ('{"p": [{"q": {"A": 1}}, {"q": {"a": 2}}]}\n{"p": []}\n',
                          [([((1,),), ((2,),)],), ([],)], []),
    'numbers of two types': ('{"A": 1}\n{"a": 2.5}\n', [(Decimal('1.0'),), (Decimal('2.5'),)], []),
    'numbers and texts': ('{"A": 1}\n{"a": "x"}\n', [('1',), ('x',)], []),
    'both in one document': ('{"A": 1, "a": 2}\n{"A": 3}\n', [(1,), (3,)], [0]),
    'both in one member': ('{"p": [{"A": 1, "a": 2}]}\n{"p": [{"A": 3}]}\n', [([(1,)],), ([(3,)],)], [0]),
    'the same key twice': ('{"a": 1, "a": 2, "b": 3}\n{"a": 5, "b": 6}\n', [(2, 3), (5, 6)], [0]),
    'the same key twice in a member': ('{"p": {"a": 1}}\n{"p": {"a": 1, "a": 2}}\n', [((1,),), ((2,),)], [1]),
}


@pytest.mark.parametrize('case', MERGED_KEYS)
def test_equal_keys_become_one_column_and_lost_values_are_counted(read, case):
    content, expected, malformed = MERGED_KEYS[case]
    df = read(content)
    rows = df.collect()
    assert [row[MALFORMED] for row in rows] == [index in malformed for index in range(len(rows))]
    assert [tuple(row) for row in df.drop(MALFORMED).collect()] == expected


# Content, the expected type, and the expected values.
NUMBERS = {
    'exponents': ('{"a": 1.0E7}\n{"a": 2500000.5}\n', 'decimal(9,1)', [Decimal('10000000.0'), Decimal('2500000.5')]),
    'an exponent with a fraction': ('{"a": 1.25e1}\n{"a": 5E-2}\n', 'decimal(4,2)',
                                    [Decimal('12.50'), Decimal('0.05')]),
    'integers beyond decimals': (f'{{"a": {"7" * 43}}}\n{{"a": 1}}\n', 'string', ['7' * 43, '1']),
    'integers up to decimals': (f'{{"a": {"7" * 38}}}\n{{"a": 1}}\n', 'decimal(38,0)',
                                [Decimal('7' * 38), Decimal(1)]),
    'wide exponents': ('{"a": 1E40}\n{"a": 0.5}\n', 'double', [1e40, 0.5]),
    'not a number': ('{"a": NaN}\n{"a": 0.5}\n', 'double', [None, 0.5]),
    'negative': ('{"a": -0.75}\n{"a": -12.5}\n', 'decimal(4,2)', [Decimal('-0.75'), Decimal('-12.50')]),
}


@pytest.mark.parametrize('case', NUMBERS)
def test_numbers_are_exact_in_every_notation(read, case):
    content, kind, expected = NUMBERS[case]
    df = read(content)
    assert schema(df) == {'a': kind}
    assert [None if row.a != row.a else row.a for row in df.collect()] == expected


def test_a_second_document_on_a_line_is_not_lost_without_a_word(read):
    df = read('{"a": 1}{"a": 2}\n{"a": 3}\n[{"a": 4}, {"a": 5}]\n[]\n')
    assert [(row.a, row._corrupt_record, row[MALFORMED]) for row in df.collect()] == [
        (None, '{"a": 1}{"a": 2}', True), (3, None, False), (4, None, False), (5, None, False)]


@pytest.mark.parametrize('content', [
    '{\n "a": 1\n}\n{\n "a": 2\n}', '[{"a": 1},\n{"a":\n2}]', '[{"a": 1}]\n[{"a": 2}]', '{"a":1}{"a":2}',
    '\ufeff[\n{"a": 1}\n,{"a": 2}\n]\n'])
def test_multiline_reads_every_document(read, content):
    assert [row.a for row in read(content, json=JsonSection(multiline=True)).collect()] == [1, 2]


def test_a_document_of_several_lines_that_cannot_be_parsed_affects_no_other(read):
    df = read('{"a": 1}\n{\n"a": oops}\n{"a": 3}', json=JsonSection(multiline=True))
    assert [(row.a, row[MALFORMED]) for row in df.collect()] == [(1, False), (None, True), (3, False)]


@pytest.mark.parametrize('content', ['[{"a": 1}, {"a": 2}', '{"a": 1}\n{"a": {"b": 2}', '[{"a": 1}, {"a": "x'])
def test_a_file_that_ends_inside_a_document_is_refused(read, content):
    with pytest.raises(DataError, match='a.json ends inside a document'):
        read(content, json=JsonSection(multiline=True))


@pytest.mark.parametrize('multiline', [False, True])
@pytest.mark.parametrize(('content', 'encoding', 'place'), [
    (b'{"id": 1}\n{"n": "Ren\xe9"}\n', 'utf-8', 'byte 21 in line 2.*windows-1252'),
    (b'{"n": "\xed\xa0\x80"}\n', 'utf-8', 'byte 8 in line 1'),
    (b'{"n": "a"}\n' * 100_000 + b'{"n": "\xff"}\n', 'utf-8', 'byte 1,100,008 in line 100,001'),
    (b'{"n": "a"}\n{"n": "\x81"}\n', 'cp1252', 'byte 19 in line 2'),
], ids=['windows-1252', 'surrogate', 'far below', 'unassigned'])
def test_a_file_that_is_not_in_its_encoding_is_refused_with_the_place(read, content, encoding, place, multiline):
    with pytest.raises(DataError, match=f"a.json is not text in encoding '{encoding}'.*{place}"):
        read(content, encoding=encoding, json=JsonSection(multiline=multiline))


@pytest.mark.parametrize('multiline', [False, True])
def test_bad_bytes_are_replaced_and_their_rows_counted_where_the_input_spec_says_so(read, multiline):
    df = read(b'{"n": "Ren\xe9"}\n{"n": "x"}\n', on_undecodable='replace', json=JsonSection(multiline=multiline))
    assert [(row.n, row[MALFORMED]) for row in df.collect()] == [('Ren\ufffd', True), ('x', False)]


@pytest.mark.parametrize(('documents', 'most'), [(lines({'a': 1}), 1), (lines({'a': 1.5, 'b': '7'}), 2)])
def test_the_schema_costs_one_pass_and_decimals_one_more(read, spark_jobs, documents, most):
    with spark_jobs() as jobs:
        read(documents)
        assert jobs() <= most, 'one for the schema, and one for the digits of fractions'
