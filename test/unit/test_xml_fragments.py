"""Row elements of XML are extracted whole, wherever chunks end, and a broken one affects no other row."""
from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lake_etl.read import xml_fragments
from lake_etl.read.xml_fragments import RowTooLong, fragments
from lake_etl.read.xml_rows import xml_encoding

P = ' xmlns:p="urn:p"'
# Text, and the rows that are cut out of it.
CUTS = {
    'plain': ('<r><row>1</row>\n<row a="2"/></r>', ['<row>1</row>', '<row a="2"/>']),
    'other elements': ('<r><rows/><ro>x</ro><row>1</row><x/></r>', ['<row>1</row>']),
    'name space of an ancestor': (f'<p:r{P}><p:row><p:a>1</p:a></p:row></p:r>',
                                  [f'<p:row{P}><p:a>1</p:a></p:row>']),
    'name space of its own': (f'<r{P}><p:row xmlns:p="urn:q"/></r>', ['<p:row xmlns:p="urn:q"/>']),
    'comments and sections': ('<r><!-- <row>0</row> --><row><![CDATA[</row><row>]]><!-- </row> --></row></r>',
                              ['<row><![CDATA[</row><row>]]><!-- </row> --></row>']),
    'greater in attributes': ('<r><row a="1>2" b=\'/>\'>1</row></r>', ['<row a="1>2" b=\'/>\'>1</row>']),
    'inside each other': ('<r><row><row>1</row><row/></row><row>2</row></r>',
                          ['<row><row>1</row><row/></row>', '<row>2</row>']),
    'end tag with a blank': ('<row>1</row ><row>2</row\n>', ['<row>1</row >', '<row>2</row\n>']),
    'no end': ('<r><row>1<row>2</row><row>3</row></r>', ['<row>1', '<row>2</row>', '<row>3</row>']),
    'no end, the last one': ('<r><row>1</row><row>2', ['<row>1</row>', '<row>2']),
    'open attribute': ('<r><row a="1>x</row><row>2</row></r>', ['<row a="1>x</row>', '<row>2</row>']),
    'open comment': ('<r><row>1</row><!-- <row>2</row></r>', ['<row>1</row>', '<row>2</row>']),
    'open comment in a row': ('<r><row><!-- 1</row><row>2</row></r>', ['<row><!-- 1</row>', '<row>2</row>']),
    'end without beginning': ('<r></row><row>1</row></r>', ['<row>1</row>']),
    'nothing': ('', []),
    'no rows': ('<r><a>1</a></r>', []),
}


@pytest.mark.parametrize('size', [1, 7, 10_000])
@pytest.mark.parametrize('case', CUTS)
def test_rows_are_cut_out_whole(case, size):
    text, expected = CUTS[case]
    assert list(fragments([text[start:start + size] for start in range(0, len(text), size)], 'row')) == expected


def test_a_row_tag_with_prefix_means_that_prefix_alone():
    text = f'<r{P}><row>1</row><p:row>2</p:row></r>'
    assert list(fragments([text], 'p:row')) == [f'<p:row{P}>2</p:row>']
    assert len(list(fragments([text], 'row'))) == 2


def test_memory_is_bounded_where_a_row_has_no_end(monkeypatch):
    monkeypatch.setattr(xml_fragments, 'LONG_ROW', 100)
    monkeypatch.setattr(xml_fragments, 'LONGEST_ROW', 1000)
    good = [f'<row>{number:05}</row>' for number in range(50)]
    text = '<r><row>broken ' + ''.join(good)
    found = list(fragments([text[start:start + 10] for start in range(0, len(text), 10)], 'row'))
    assert found == ['<row>broken ', *good]
    with pytest.raises(RowTooLong):
        list(fragments(['<row>', *['x' * 100] * 20], 'row'))


ROWS = st.sampled_from(['<row>1</row>', '<row a="1"/>', '<row><a>1</a><a>2</a></row>', '<row><![CDATA[<]]></row>'])
NOISE = st.sampled_from(['', ' ', '\n', '<x/>', 'text', '<!-- -->', '</row>', '<ro', '&', '<?pi?>', ']]>'])
BROKEN = st.sampled_from(['<row>', '<row', '<row a="', "<row a='", '<row><a>', '<row><a'])


@settings(deadline=None, max_examples=300)
@given(st.lists(st.tuples(NOISE, ROWS)), st.integers(1, 20))
def test_rows_between_anything_are_all_found(parts, size):
    text = ''.join(noise + row for noise, row in parts)
    assert list(fragments([text[start:start + size] for start in range(0, len(text), size)], 'row')) == [
        row for _, row in parts]


@settings(deadline=None, max_examples=300)
@given(st.lists(st.tuples(BROKEN | NOISE, ROWS)), st.integers(1, 20))
def test_no_text_of_a_row_is_lost_where_others_are_broken(parts, size):
    text = ''.join(noise + row for noise, row in parts)
    found = ''.join(fragments([text[start:start + size] for start in range(0, len(text), size)], 'row'))
    assert [row for _, row in parts if row not in found] == []


@pytest.mark.parametrize(('content', 'encoding'), [
    (b'<a/>', 'utf-8'), (b'\xef\xbb\xbf<a/>', 'utf-8-sig'), ('<a/>'.encode('utf-16'), 'utf-16'),
    (b'<?xml version="1.0" encoding="ISO-8859-1"?><a/>', 'ISO-8859-1'),
    (b"<?xml version='1.0' encoding = 'windows-1252' standalone='yes'?>", 'windows-1252'),
    (b'<a encoding="x"/>', 'utf-8'),
])
def test_the_encoding_is_the_one_that_the_text_names(content, encoding):
    assert xml_encoding(content) == encoding
