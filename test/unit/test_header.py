"""The beginning of a delimited file gives distinct column names and the same rows as any reader of such text."""
from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lake_etl.errors import DataError
from lake_etl.read.delimited_records import Dialect, ends_inside_quotes, records
from lake_etl.read.header import FIRST_BYTES, SAMPLE_ROWS, distinct_names, read_header
from lake_etl.read.source_files import PreparedFile

CSV = Dialect(',', '"', '"', header=True)
ODD_NAMES = ['', 'a', 'A', 'a0', 'a1', 'A1', 'a2', '_c0', '_c1', '_C2', '_c1_1', 'a1_1']
NAMES = st.lists(st.sampled_from(ODD_NAMES), max_size=9)
VALUES = st.text(st.sampled_from('ab ,"\n|ü日'), max_size=6)


@settings(deadline=None)
@given(NAMES)
def test_names_are_distinct_without_case_and_unique_ones_stay(names):
    distinct = distinct_names(tuple(names))
    lower = [name.lower() for name in names]
    assert len({name.lower() for name in distinct}) == len(names)
    assert all(new == old for new, old in zip(distinct, names, strict=True) if old and lower.count(old.lower()) == 1)
    assert all(str(index) in new for index, new in enumerate(distinct) if lower.count(lower[index]) > 1)


@settings(deadline=None)
@given(st.lists(st.lists(VALUES, min_size=2, max_size=4), max_size=6), st.sampled_from(['\n', '\r\n']))
def test_rows_are_those_that_were_written(rows, line_end):
    text = io.StringIO()
    csv.writer(text, lineterminator=line_end).writerows(rows)
    assert list(records(text.getvalue(), CSV, complete=True)) == [tuple(row) for row in rows]


@pytest.mark.parametrize(('text', 'dialect', 'expected'), [
    ('a||"b||c"||d\n', Dialect('||', '"', '"', True), [('a', 'b||c', 'd')]),
    ("'a,''b',c\n", Dialect(',', "'", "'", True), [("a,'b", 'c')]),
    ('"a\\"b","c\\d"\n', Dialect(',', '"', '\\', True), [('a"b', 'c\\d')]),
    ('"a",b\n', Dialect(',', '', '', True), [('"a"', 'b')]),
    ('5" pipe,6\n', CSV, [('5" pipe', '6')]),
    ('a,b\rc,d\r', CSV, [('a', 'b'), ('c', 'd')]),
    ('\n\n,\n', CSV, [('', '')]),
])
def test_dialects_differ_in_delimiter_quote_and_escape(text, dialect, expected):
    assert list(records(text, dialect, complete=True)) == expected


@pytest.mark.parametrize(('text', 'expected'), [('a,b\nc,d', [('a', 'b')]), ('a,b\n"c\n', [('a', 'b')])])
def test_a_row_that_may_be_cut_short_is_left_out(text, expected):
    assert list(records(text, CSV, complete=False)) == expected


def beginning(tmp_path, content: bytes, name: str = 'a.csv', dialect: Dialect = CSV):
    (tmp_path / name).write_bytes(content)
    return read_header(PreparedFile(name, str(tmp_path / name), len(content), dialect.encoding), dialect)


def test_a_sample_of_a_large_file_is_taken_from_its_first_bytes(tmp_path):
    content = 'id,größe\n' + ''.join(f'{number},ü{number}\n' for number in range(100_000))
    found = beginning(tmp_path, content.encode())
    assert len(content.encode()) > FIRST_BYTES
    assert found.columns == ('id', 'größe')
    assert found.rows == tuple((str(number), f'ü{number}') for number in range(SAMPLE_ROWS))


def test_a_header_longer_than_the_first_bytes_is_read_whole(tmp_path):
    names = tuple(f'column_{number:06}' for number in range(30_000))
    content = f'{",".join(names)}\n{",".join("1" * len(names))}\n'.encode()
    assert len(content) > FIRST_BYTES
    assert beginning(tmp_path, content).columns == names


def test_a_file_in_another_encoding_is_refused_with_the_name_of_the_encoding(tmp_path):
    with pytest.raises(DataError, match="a.csv is not text in encoding 'utf-8': byte 3 .* likely windows-1252"):
        beginning(tmp_path, 'a\nü\n'.encode('latin-1'))


@pytest.mark.parametrize(('text', 'dialect', 'inside'), [
    ('a,b\n1,"x\n2,y\n', CSV, True),
    ('a,b\n1,"x ""y\n2,z\n', CSV, True),
    ('a,b\n1,"x\n2,y"\n', CSV, False),
    ('a,b\n1,5" pipe\n', CSV, False),
    ('a,b\n1,"x\ny",5" pipe\n', CSV, False),
    ('a,b\n1,"x""', CSV, True),
    ('"', CSV, True),
    ('\ufeff"a', CSV, True),
    ('a\n"x\\"\n2\n', Dialect(',', '"', '\\', True), True),
    ('a\n"x\\"y"\n"2\n', Dialect(',', '"', '\\', True), True),
    ('a\n"x\\"y"\n"2"\n', Dialect(',', '"', '\\', True), False),
    ('a,b\n5" pipe,"x\n', CSV, True),
    ('a\n"x\\"y\n2\n"3"\n"4', Dialect(',', '"', '\\', True), True),
    ('a||"b\n', Dialect('||', '"', '', True), True),
    ('a,"b\n', Dialect(',', '', '', True), False),
])
def test_a_quote_that_is_never_closed_is_noticed(text, dialect, inside):
    assert ends_inside_quotes(text.encode(), dialect) is inside


@settings(deadline=None)
@given(st.lists(st.lists(VALUES, min_size=2, max_size=4), max_size=6))
def test_text_that_was_written_whole_does_not_end_inside_quotes(rows):
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    assert not ends_inside_quotes(text.getvalue().encode(), CSV)
