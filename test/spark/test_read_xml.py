"""XML gives a row for each element, types that hold, and keeps elements that are not well-formed as their text."""
from __future__ import annotations

from decimal import Decimal

import pytest

from lake_etl.config.formats.xml_format import XmlSection
from lake_etl.config.input import InputSpec
from lake_etl.errors import DataError
from lake_etl.read.malformed import MALFORMED, malformed_column
from lake_etl.read.source import read_collected_file
from lake_etl.read.source_files import KnownTypes

POLICIES = '''<?xml version="1.0" encoding="windows-1252"?>
<!DOCTYPE p:list>
<p:list xmlns:p="urn:p" xmlns="urn:q">
  <!-- <p:policy no="000"/> -->
  <p:policy no="0071" p:state="open">
    <p:name>Grüße &amp; <![CDATA[<Söhne>]]></p:name><premium currency="EUR">12.50</premium>
    <claim><paid>1</paid></claim><claim><paid>2.5</paid></claim><year>2026</year>
  </p:policy>
  <policy no="0072"><premium currency="USD">7</premium><year/></policy>
  <p:policy/>
</p:list>
'''


@pytest.fixture
def read(spark, tmp_path):
    """A function that puts content into a file and reads it as an input_spec says."""
    def read_content(content: str | bytes, row_tag: str, known=KnownTypes(), **spec):
        (tmp_path / 'a.xml').write_bytes(content if isinstance(content, bytes) else content.encode('windows-1252'))
        return read_collected_file(spark, str(tmp_path / 'a.xml'), InputSpec(xml=XmlSection(row_tag=row_tag), **spec),
                                   lambda names: known, scratch=str(tmp_path / 'scratch'))
    return read_content


def schema(df) -> dict[str, str]:
    return {field.name: field.dataType.simpleString() for field in df.schema.fields}


def test_attributes_text_repeats_and_name_spaces_become_columns(read):
    df = read(POLICIES, 'policy')
    assert schema(df) == {
        '_no': 'string', '_state': 'string', 'claim': 'array<struct<paid:double>>', 'name': 'string',
        'premium': 'struct<_currency:string,_VALUE:double>', 'year': 'bigint'}
    assert [row.asDict(recursive=True) for row in df.collect()] == [
        {'_no': '0071', '_state': 'open', 'claim': [{'paid': 1.0}, {'paid': 2.5}], 'name': 'Grüße & <Söhne>',
         'premium': {'_currency': 'EUR', '_VALUE': 12.5}, 'year': 2026},
        {'_no': '0072', '_state': None, 'claim': None, 'name': None,
         'premium': {'_currency': 'USD', '_VALUE': 7.0}, 'year': None},
        {'_no': None, '_state': None, 'claim': None, 'name': None, 'premium': None, 'year': None}]
    assert not malformed_column(df)


# Content of the file below the root, and the rows.
EQUAL_NAMES = {
    'two name spaces': ('<row><a:amt>1</a:amt><b:amt>2</b:amt></row><row><b:amt>3</b:amt></row>',
                        [{'amt': 1, 'amt_2': 2}, {'amt': None, 'amt_2': 3}]),
    'with and without a name space': ('<row><b:n>x</b:n><n>y</n></row>', [{'n': 'y', 'n_2': 'x'}]),
    'attributes of two name spaces': ('<row a:k="1" b:k="2" k="3"/>', [{'_k': 3, '_k_2': 1, '_k_3': 2}]),
    'an attribute and a child': ('<row id="1"><_id>2</_id></row>', [{'_id': 1, '_id_2': 2}]),
    'letter case': ('<row><Amt>1</Amt><amt>2</amt></row>', [{'Amt': 1, 'amt_2': 2}]),
    'the text of the row': ('<row><_VALUE>1</_VALUE>x</row>', [{'_VALUE': 'x', '_VALUE_2': 1}]),
    'in a structure': ('<row><p><a:q>1</a:q><b:q>2</b:q></p></row>', [{'p': {'q': 1, 'q_2': 2}}]),
    'repeated in one name space': ('<row><a:q>1</a:q><a:q>2</a:q><b:q>3</b:q></row>', [{'q': [1, 2], 'q_2': 3}]),
}


@pytest.mark.parametrize('case', EQUAL_NAMES)
def test_values_with_equal_names_are_all_there(read, case):
    rows, expected = EQUAL_NAMES[case]
    df = read(f'<r xmlns:a="urn:a" xmlns:b="urn:b">{rows}</r>', 'row')
    assert [row.asDict(recursive=True) for row in df.collect()] == expected


def test_a_nil_element_is_null_and_changes_no_type(read):
    df = read('<r xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><row><amt xsi:nil="true"/><k>1</k></row>'
              '<row><amt>5</amt><k xsi:nil="1"/></row></r>', 'row')
    assert schema(df) == {'amt': 'bigint', 'k': 'bigint'}
    assert [tuple(row) for row in df.collect()] == [(None, 1), (5, None)]


@pytest.mark.parametrize(('declaration', 'encoding', 'byte', 'place'), [
    ('', 'utf-8', b'\xe9', 'at byte 18, in line 2'), ('', 'utf-8', b'\xc3', 'at byte 18, in line 2'),
    ("<?xml version='1.0' encoding='US-ASCII'?>", 'US-ASCII', b'\xe9', 'at byte 59, in line 2')])
@pytest.mark.parametrize('rows', [0, 100_000])
def test_a_byte_that_is_not_in_the_encoding_is_named(read, declaration, encoding, byte, place, rows):
    first = b'<r>\n<row><n>Ren\t' + byte + b'</n></row>'
    content = declaration.encode() + first + b'<row><n>1</n></row>' * rows + b'</r>'
    with pytest.raises(DataError, match=f"a.xml is not text in encoding '{encoding}'.*{place}"):
        read(content, 'row')


def test_given_and_published_types_go_before_those_of_the_text(read):
    content = '<r><row><a>1.10</a><b>7</b><c>20260131</c><d>5</d><e><x>1</x></e></row></r>'
    df = read(content, 'row', KnownTypes(frozenset({'c'}), {'b': 'decimal(16,2)', 'd': 'string'}),
              types={'A': 'decimal(8,3)'})
    assert schema(df) == {'a': 'decimal(8,3)', 'b': 'decimal(16,2)', 'c': 'string', 'd': 'string',
                          'e': 'struct<x:bigint>'}
    assert tuple(df.collect()[0])[:4] == (Decimal('1.100'), Decimal('7.00'), '20260131', '5')
    assert schema(read(content, 'row', infer_types=False))['e'] == 'struct<x:string>'


def test_elements_that_are_not_well_formed_are_kept_as_their_text_and_marked(read):
    df = read('<r><row><a>1</a></row><row><a>2</row><row><a>3</a></row><row><a>4', 'row')
    assert [tuple(row) for row in df.select('a', '_corrupt_record', MALFORMED).collect()] == [
        (1, None, False), (None, '<row><a>2</row>', True), (3, None, False), (None, '<row><a>4', True)]


@pytest.mark.parametrize(('content', 'message'), [
    (b'<list><policy/></list>', "has no element <row>. Set 'row_tag'"),
    (b'no xml', 'has no element <row>. Set'),
    (b'<r><row><a></row></r>', 'has no element <row> that is well-formed'),
    (b'<?xml version="1.0" encoding="x-klingon"?><row/>', "its encoding is 'x-klingon', which is not known"),
])
def test_a_file_without_rows_is_refused_by_name(read, content, message):
    with pytest.raises(DataError, match=f'a.xml .*{message}'):
        read(content, 'row')
