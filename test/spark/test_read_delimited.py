"""Delimited text of every dialect gives its rows, names and types, in a known number of Spark jobs."""
from __future__ import annotations

import bz2
import gzip
import logging
from datetime import date
from decimal import Decimal

import pytest

from lake_etl.config.formats.delimited_format import DelimitedSection
from lake_etl.config.input import InputSpec
from lake_etl.errors import DataError
from lake_etl.read import delimited
from lake_etl.read.malformed import MALFORMED, malformed_column
from lake_etl.read.source import read_collected_file
from lake_etl.read.source_files import KnownTypes

LOOKING = 1
SETTLING = 2  # Spark counts a shuffle and what follows it as two jobs.
BROKEN = 'id,note\n' + ''.join(f'{number},"line one\nline two of {number}"\n' for number in range(40))


@pytest.fixture
def read(spark, tmp_path):
    """A function that puts content into a file and reads it as an input_spec says; marks of bad rows are left out."""
    def read_content(content: str | bytes, name: str = 'a.csv', known_types=None, marks=False, **spec):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(spec.get('encoding', 'utf-8')))
        known = [lambda names: KnownTypes(**known_types)] if known_types else []
        df = read_collected_file(spark, str(path), InputSpec(**spec), *known, scratch=str(tmp_path / 'scratch'))
        return df if marks else df.drop(malformed_column(df) or '')
    return read_content


def types(df) -> list[str]:
    return [field.dataType.simpleString() for field in df.schema.fields]


def rows(df) -> list[tuple]:
    return sorted(map(tuple, df.collect()), key=repr)


# Content, input_spec, and the column names that come of it.
HEADERS = {
    'plain': ('a,B,c d\n1,2,3\n', {}, ['a', 'B', 'c d']),
    'quoted': ('"a,b","say ""x""","two\nlines"\n1,2,3\n', {}, ['a,b', 'say "x"', 'two\nlines']),
    'odd characters': ('a.b,c`d,`e`,{f}\n1,2,3,4\n', {}, ['a.b', 'c`d', '`e`', '{f}']),
    'spaces kept': (' a , b\n1,2\n', {}, [' a ', ' b']),
    'empty names': ('a,,c,\n1,2,3,4\n', {}, ['a', '_c1', 'c', '_c3']),
    'duplicates, every occurrence': ('a,b,a\n1,2,3\n', {}, ['a0', 'b', 'a2']),
    'duplicates without case': ('Name,NAME,x\n1,2,3\n', {}, ['Name0', 'NAME1', 'x']),
    'a number that another column has': ('a,a,a1\n1,2,3\n', {}, ['a0', 'a1_1', 'a1']),
    'an empty name that another column has': ('_c1,,x\n1,2,3\n', {}, ['_c1', '_c1_1', 'x']),
    'byte-order mark': ('\ufeffa,b\n1,2\n', {}, ['a', 'b']),
    'byte-order mark before a quote': ('\ufeff"a","b"\n1,2\n', {}, ['a', 'b']),
    'blank lines above': ('\n\na,b\n1,2\n', {}, ['a', 'b']),
    'one column': ('a\n1\n', {}, ['a']),
    'headerless': ('1,2,3\n', {'csv': DelimitedSection(header=False)}, ['_c0', '_c1', '_c2']),
    'semicolon': ('a;b,c\n1;2\n', {'csv': DelimitedSection(delimiter=';')}, ['a', 'b,c']),
    'several characters': ('a||b|c\n1||2\n', {'pipe': DelimitedSection(delimiter='||')}, ['a', 'b|c']),
    'tab': ('a\tb\n1\t2\n', {'tsv': DelimitedSection()}, ['a', 'b']),
    'other quote': ("'a,b',c\n1,2\n", {'csv': DelimitedSection(quote_character="'")}, ['a,b', 'c']),
    'no quote': ('"a,b"\n1,2\n', {'csv': DelimitedSection(quote_character='')}, ['"a', 'b"']),
    'escaped quote': ('"a\\"b",c\n1,2\n', {'csv': DelimitedSection(escape_character='\\')}, ['a"b', 'c']),
    'latin-1': ('Prämie,Straße\n1,2\n', {'encoding': 'iso-8859-1'}, ['Prämie', 'Straße']),
    'windows': ('a,b\r\n1,2\r\n', {}, ['a', 'b']),
}


@pytest.mark.parametrize('case', HEADERS)
def test_the_header_gives_the_columns_their_names(read, case):
    content, spec, names = HEADERS[case]
    # Settling types runs two jobs. What it makes of odd names shows where only the names are out of the ordinary.
    assert read(content, **spec, infer_types=not spec).columns == names


# Content, input_spec, expected rows.
CONTENTS = {
    'types': ('i,b,x,d,t,f,z,e\n1,3000000000,1.5,2026-11-24,word,true,007,\n', {},
              [(1, 3000000000, 1.5, date(2026, 11, 24), 'word', True, '007', None)]),
    'blanks, plain and quoted': ('a,b,c\n1,,x\n"","2",""\n,"3",\n', {},
                                 [(1, None, 'x'), (None, 2, None), (None, 3, None)]),
    'line breaks in quotes': ('a,b\n1,"x\ny"\n2,"x\r\ny"\n', {}, [(1, 'x\ny'), (2, 'x\r\ny')]),
    'quotes in quotes': ('a,b\n1,"say ""x"", y"\n', {}, [(1, 'say "x", y')]),
    'quotes inside a value': ('a,b\n1,5" pipe\n2,6" pipe\n', {}, [(1, '5" pipe'), (2, '6" pipe')]),
    'escaped by backslash': ('a,b\n1,"say \\"x\\", y"\n', {'csv': DelimitedSection(escape_character='\\')},
                             [(1, 'say "x", y')]),
    'windows line ends': ('a,b\r\n1,x\r\n2,y', {}, [(1, 'x'), (2, 'y')]),
    'short and long rows': ('a,b\n1\n2,x,y\n', {}, [(1, None), (2, 'x')]),
    'several characters': ('a~|b\n1~|x|y\n2~|~\n', {'csv': DelimitedSection(delimiter='~|')}, [(1, 'x|y'), (2, '~')]),
    'null values, also in numbers': ('a,b\nN/A,x\n-,-\n3,N/A\n', {'null_values': ('N/A', '-')},
                                     [(3, None), (None, 'x'), (None, None)]),
    'no types': ('a,b\n1,2026-11-24\n', {'infer_types': False}, [('1', '2026-11-24')]),
    'types as given': ('PolicyNo,b,c\n1,2.5,x\n', {'types': {'policyno': 'bigint', 'b': 'decimal(8,2)', 'c': 'int'}},
                       [(1, Decimal('2.50'), None)]),
    'text as given': ('a\n1\n', {'types': {'a': 'string'}}, [('1',)]),
    'headerless': ('1,x\n2,y\n', {'csv': DelimitedSection(header=False)}, [(1, 'x'), (2, 'y')]),
    'not split at line ends': ('a,b\n1,x\n', {'multiline': True}, [(1, 'x')]),
    'always split at line ends': ('a,b\n1,x\n2,y\n', {'multiline': False}, [(1, 'x'), (2, 'y')]),
    'latin-1': ('a,b\n1,Grüße\n', {'encoding': 'iso-8859-1'}, [(1, 'Grüße')]),
    'windows-1252': ('a,b\n1,5 €\n', {'encoding': 'windows-1252'}, [(1, '5 €')]),
    'names that Python has for encodings': ('a,b\n1,Grüße\n', {'encoding': 'latin_1'}, [(1, 'Grüße')]),
    'utf-8 with byte-order mark by name': ('a,b\n1,Grüße\n', {'encoding': 'utf-8-sig'}, [(1, 'Grüße')]),
    'utf-16': ('a,b\n1,Grüße\n2,"x\ny"\n', {'encoding': 'utf-16'}, [(1, 'Grüße'), (2, 'x\ny')]),
}


@pytest.mark.parametrize('case', CONTENTS)
def test_the_content_is_read_as_its_input_spec_says(read, case):
    content, spec, expected = CONTENTS[case]
    assert rows(read(content, **spec)) == sorted(expected, key=repr)


@pytest.mark.parametrize(('name', 'compress'), [('a.csv.gz', gzip.compress), ('A.CSV.bz2', bz2.compress)])
def test_compressed_files_are_read_like_plain_ones(read, name, compress):
    df = read(compress(BROKEN.encode()), name)
    assert types(df) == ['int', 'string'] and df.count() == 40


@pytest.mark.parametrize('split_bytes', [10, 32 * 1024 * 1024], ids=['larger than the split', 'small'])
@pytest.mark.parametrize(('content', 'count', 'line_breaks'), [
    (BROKEN, 40, True),
    (BROKEN.replace('\n', '\r\n'), 40, True),
    (BROKEN.replace('\nline two', ' ""line"" two'), 40, False),
    ('id,note\n' + '1,x\n' * 50, 50, False),
], ids=['line breaks', 'windows line breaks', 'doubled quotes', 'none'])
def test_quoted_line_breaks_are_read_right_and_files_without_any_are_split(
        spark_settings, read, monkeypatch, caplog, split_bytes, content, count, line_breaks):
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(delimited, 'SPLIT_BYTES', split_bytes)
    with spark_settings({'spark.sql.files.maxPartitionBytes': len(content) // 3, 'spark.sql.files.openCostInBytes': 1}):
        df = read(content)
        tasks, found = df.rdd.getNumPartitions(), df.collect()
    assert len(found) == count and all(row.id is not None and row.note for row in found)
    large = split_bytes == 10
    assert (tasks > 1) is not line_breaks
    assert any('a single task reads it' in message for message in caplog.messages) is (large and line_breaks)


def test_a_type_is_settled_by_values_far_beyond_the_first_ones(read):
    head = 'a,b,c\n' + '1,2026-11-24,\n' * 600
    assert types(read(head)) == ['int', 'date', 'string']
    assert types(read(head + '1.5,2026-11-24 10:00:00,7\n')) == ['double', 'timestamp', 'int']
    assert types(read(head + '007,x,7\n')) == ['string', 'string', 'int']


def test_long_numbers_far_beyond_the_first_values_need_no_further_pass(read, spark_jobs):
    head = 'a,b\n' + '1,2\n' * 600
    with spark_jobs() as jobs:
        assert types(read(head + '12345678901234567890,99999999999999.99\n')) == ['decimal(38,0)', 'decimal(38,2)']
        assert jobs() == SETTLING


def test_what_is_known_about_the_columns_goes_before_what_their_values_show(read):
    known_types = {'text_columns': frozenset({'amount'}),
                   'table_types': {'Rate': 'decimal(16,2)', 'Day': 'timestamp', 'Code': 'string',
                                   'Nested': 'struct<a:int>'}}
    df = read('Amount,Rate,Day,Code,Nested,Free\n1,2,2026-11-24,3,,4\n', known_types=known_types)
    assert types(df) == ['string', 'decimal(16,2)', 'timestamp', 'string', 'string', 'int']


@pytest.mark.parametrize(('content', 'name', 'spec', 'message'), [
    (b'', 'a.csv', {}, 'is empty'),
    (b'\n\r\n\n', 'a.csv', {}, 'is empty'),
    (b'a,b\n', 'a.csv', {}, 'holds a header but no rows'),
    (b'a,b', 'a.csv', {}, 'holds a header but no rows'),
    (b'a,b\n', 'a.csv', {'infer_types': False}, 'holds a header but no rows'),
    (gzip.compress(b'a,b\n\n', mtime=0), 'a.csv.gz', {}, 'holds a header but no rows'),
    (b'a,b\n1,2\n', 'a.csv.gz', {}, 'is damaged, or its compression does not match its extension'),
    ('a\nGrüße\n'.encode('iso-8859-1'), 'a.csv', {}, "not text in encoding 'utf-8'.*such as windows-1252"),
    (b'a\n1\n', 'a.csv', {'skip_rows': 2}, 'is empty'),
])
def test_a_file_that_cannot_be_loaded_is_refused_by_name(read, content, name, spec, message):
    with pytest.raises(DataError, match=f'{name}.*{message}'):
        read(content, name, **spec)


def test_a_missing_file_is_refused_by_name(spark, tmp_path):
    with pytest.raises(DataError, match='nowhere.csv does not exist'):
        read_collected_file(spark, str(tmp_path / 'nowhere.csv'), InputSpec(), scratch=str(tmp_path))


@pytest.mark.parametrize(('content', 'spec', 'split_bytes', 'expected'), [
    ('a,b\n' + '1,x\n' * 50, {}, 1 << 25, SETTLING),
    ('a,b\n' + '1,x\n' * 50, {}, 10, LOOKING + SETTLING),
    (BROKEN, {}, 10, LOOKING + SETTLING),
    (','.join(f'c{number}' for number in range(60)) + '\n' + ','.join('7' * 60) + '\n', {}, 1 << 25, SETTLING),
    ('a,b\nx,y\n', {}, 1 << 25, 0),
    ('a,b\n1,2\n', {'infer_types': False}, 1 << 25, 0),
], ids=['small', 'large', 'large with line breaks', 'many columns', 'only text', 'no types'])
def test_types_and_line_breaks_are_settled_in_one_pass_whatever_the_columns(
        read, spark_jobs, monkeypatch, content, spec, split_bytes, expected):
    monkeypatch.setattr(delimited, 'SPLIT_BYTES', split_bytes)
    with spark_jobs() as jobs:
        read(content, **spec)
        assert jobs() == expected


# Content, and which of its rows do not fit the header.
MISFITS = {
    'too few and too many': ('a,b,c\n1,2,3\n4,5\n6,7,8,9\n', {4, 6}),
    'the last value is blank': ('a,b,c\n1,2,\n4,,\n6,7,8\n', set()),
    'blank and too few': ('a,b,c\n1,2,\n4,5\n', {4}),
    'no types to settle': ('a,b\nx,y\nz\n', {'z'}),
    'line breaks in quotes': ('a,b\n1,"x\ny"\n2\n', {2}),
    'one column': ('a\n1\n2,3\n', {2}),
    'a quote that is never closed': ('a,b\n1,x\n2,"y\n3,z\n4,v\n', set()),
    'null values': ('a,b\n1,-\n2,x,y\n', {2}),
}


@pytest.mark.parametrize('split_bytes', [10, 1 << 25], ids=['larger than the split', 'small'])
@pytest.mark.parametrize('case', MISFITS)
def test_rows_that_do_not_fit_the_header_are_kept_and_marked(read, monkeypatch, case, split_bytes):
    monkeypatch.setattr(delimited, 'SPLIT_BYTES', split_bytes)
    content, misfits = MISFITS[case]
    df = read(content, marks=True, null_values=('-',))
    found = df.collect()
    assert len(found) == len(content.splitlines()) - 1 - ('quotes' in case)
    assert {row.a for row in found if malformed_column(df) and row[MALFORMED]} == misfits


def test_where_reading_everything_showed_no_sign_of_misfits_marking_costs_nothing(read):
    assert not malformed_column(read('a,b\n1,2\n', marks=True))
    assert malformed_column(read('a,b\n1,2,3\n', marks=True))


@pytest.mark.parametrize('encoding', ['utf-16', 'utf-16-le', 'utf-32', 'windows-1252'])
def test_large_files_in_any_encoding_are_read_whole(read, monkeypatch, encoding):
    monkeypatch.setattr(delimited, 'SPLIT_BYTES', 10)
    content = 'id,note\n' + ''.join(f'{number},Grüße\n' for number in range(50))
    for multiline in ('auto', False):
        df = read(content, encoding=encoding, multiline=multiline)
        assert rows(df) == sorted([(number, 'Grüße') for number in range(50)], key=repr)
