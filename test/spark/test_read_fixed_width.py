"""Text of fixed width gives trimmed columns in characters or bytes of any encoding, and lines that do not fit."""
from __future__ import annotations

from datetime import date

import pyarrow.parquet
import pytest

from lake_etl.config.formats.fixed_width_format import FixedSection
from lake_etl.config.input import InputSpec
from lake_etl.errors import DataError
from lake_etl.read.fixed_width import cut_line, field_positions
from lake_etl.read.malformed import MALFORMED
from lake_etl.read.source import read_collected_file
from lake_etl.read.source_files import KnownTypes

WIDTHS = (('no', 6), ('Filler', 2), ('name', 7), ('filler', 1), ('paid', 10))


@pytest.fixture
def read(spark, tmp_path):
    """A function that puts lines into a file and reads them by WIDTHS."""
    def read_content(content: str, widths=WIDTHS, unit='characters', encoding='utf-8', known=KnownTypes(),
                     written_in='', **spec):
        (tmp_path / 'a.txt').write_bytes(content.encode(written_in or encoding))
        return read_collected_file(
            spark, str(tmp_path / 'a.txt'), InputSpec(fixed=FixedSection(unit=unit), encoding=encoding, **spec),
            lambda names: known, scratch=str(tmp_path / 'scratch'), widths=widths)
    return read_content


def rows(df, *names: str) -> list[tuple]:
    return [tuple(row) for row in df.select(*names).collect()]


@pytest.mark.parametrize(('unit', 'encoding'), [
    ('characters', 'utf-8'), ('characters', 'iso-8859-1'), ('bytes', 'iso-8859-1'), ('characters', 'shift_jis'),
    ('characters', 'utf-16'), ('characters', 'utf-8-sig')])
@pytest.mark.parametrize('end', ['\n', '\r\n'])
def test_values_stand_where_the_widths_say_in_every_encoding(read, unit, encoding, end):
    name = '保険' if encoding == 'shift_jis' else 'Müller'
    lines = [f'007123XX{name:7}X2026-11-24', f'  0124XX{"":7}X2026-11-25']
    df = read(end.join(lines) + end, unit=unit, encoding=encoding)
    assert rows(df, 'no', 'name', 'paid') == [('007123', name, date(2026, 11, 24)), ('0124', None, date(2026, 11, 25))]
    assert df.columns == ['no', 'Filler', 'name', 'filler_2', 'paid', MALFORMED]


def test_widths_in_bytes_count_what_an_encoding_needs_for_a_character(read):
    df = read('ü1\nü2\nabc\n', (('a', 2), ('b', 1)), unit='bytes')
    assert rows(df, 'a', 'b') == [('ü', '1'), ('ü', '2'), ('ab', 'c')]
    df = read('保険1\n', (('a', 4), ('b', 1)), unit='bytes', encoding='shift_jis')
    assert rows(df, 'a', 'b') == [('保険', 1)]


@pytest.mark.parametrize(('encoding', 'unit', 'widths'), [
    ('cp037', 'bytes', (2, 1)), ('cp500', 'characters', (2, 1)), ('cp1140', 'bytes', (2, 1)),
    ('utf-16', 'bytes', (4, 2)), ('utf-16-le', 'bytes', (4, 2)), ('utf-32', 'bytes', (8, 4)),
    ('cp1252', 'bytes', (2, 1))])
def test_bytes_are_those_of_the_file(read, encoding, unit, widths):
    df = read('ü 1\nü 2\nabc\n', tuple(zip('ab', widths)), unit=unit, encoding=encoding)
    assert rows(df, 'a', 'b', MALFORMED) == [('ü', '1', False), ('ü', '2', False), ('ab', 'c', False)]


def test_a_column_that_ends_inside_a_character_is_malformed(read):
    df = read('abü\nabc\n', (('a', 3), ('b', 1)), unit='bytes')
    assert rows(df, 'a', 'b', MALFORMED) == [('ab�', '�', True), ('abc', None, False)]


@pytest.mark.parametrize('end', ['\x85', '\r\x85', ''], ids=['NEL', 'CR and NEL', 'none'])
@pytest.mark.parametrize(('encoding', 'unit'), [
    ('cp500', 'bytes'), ('cp037', 'characters'), ('utf-8', 'characters'), ('latin-1', 'bytes'), ('utf-16', 'bytes')])
def test_every_record_is_read_whatever_ends_it(read, end, encoding, unit):
    wide = 2 if encoding == 'utf-16' else 1
    content = ''.join(f'{number:05}ü{end}' for number in range(20_000))
    df = read(content, (('a', 5 * wide), ('b', 1 * wide)), unit=unit, encoding=encoding, infer_types=False)
    found = rows(df, 'a', 'b', MALFORMED)
    assert len(found) == 20_000 and found[-1] == ('19999', 'ü', False)


@pytest.mark.parametrize(('content', 'unit'), [('ab1ab2ab', 'characters'), ('ab保ab1ab2', 'bytes')])
def test_records_without_line_ends_that_do_not_fit_the_widths_are_refused(read, content, unit):
    with pytest.raises(DataError, match=f'a.txt has no line ends.*3 {unit}'):
        read(content, (('a', 2), ('b', 1)), unit=unit)


@pytest.mark.parametrize('unit', ['characters', 'bytes'])
def test_a_line_that_is_not_in_the_encoding_is_refused_with_its_place(read, tmp_path, unit):
    with pytest.raises(DataError, match="a.txt is not text in encoding 'utf-8'.*byte 6 in line 2.*windows-1252"):
        read('ab1\nRé1\n', (('a', 2), ('b', 1)), unit=unit, written_in='cp1252')


def test_bad_bytes_are_replaced_and_their_rows_counted_where_the_input_spec_says_so(read):
    df = read('ab1\nRé1\n', (('a', 2), ('b', 1)), written_in='cp1252', on_undecodable='replace')
    assert rows(df, 'a', 'b', MALFORMED) == [('ab', 1, False), ('R\ufffd', 1, True)]


@pytest.mark.parametrize('unit', ['characters', 'bytes'])
@pytest.mark.parametrize('end', [b'\n', b''], ids=['line ends', 'no line ends'])
def test_replaced_bytes_shift_no_value_and_leave_a_table_that_can_be_read(spark, tmp_path, unit, end):
    (tmp_path / 'a.dat').write_bytes(end.join([b'01Ren\xe9 7', b'02Bob  8', b'\xff3Al   9']) + end)
    spec = InputSpec(fixed=FixedSection(unit=unit), on_undecodable='replace')
    df = read_collected_file(spark, str(tmp_path / 'a.dat'), spec, scratch=str(tmp_path / 'scratch'),
                             widths=(('a', 2), ('b', 5), ('c', 1)))
    df.write.parquet(str(tmp_path / 'table'))
    assert pyarrow.parquet.read_table(tmp_path / 'table').to_pylist() == [
        {'a': '01', 'b': 'Ren\ufffd', 'c': 7, MALFORMED: True}, {'a': '02', 'b': 'Bob', 'c': 8, MALFORMED: False},
        {'a': '\ufffd3', 'b': 'Al', 'c': 9, MALFORMED: True}]


@pytest.mark.parametrize(('amounts', 'kind'), [
    ((b'\x12\x34\x56\x7c', b'\x00\x00\x50\x0d'), 'packed decimals'),
    ((b'\xf0\xf0\xf1\xc5', b'\xf0\xf0\xf0\xd0'), 'zoned')])
def test_numbers_of_a_mainframe_are_refused_unless_their_column_is_dropped_or_declared_as_text(
        spark, tmp_path, amounts, kind):
    (tmp_path / 'a.dat').write_bytes(b''.join('ü1'.encode('cp037') + amount for amount in amounts))

    def read_file(known=KnownTypes(), **spec):
        spec = InputSpec(fixed=FixedSection(unit='bytes'), encoding='cp037', **spec)
        return read_collected_file(spark, str(tmp_path / 'a.dat'), spec, lambda names: known,
                                   scratch=str(tmp_path / 'scratch'), widths=(('a', 2), ('b', 4)))
    with pytest.raises(DataError, match=f'a.dat has {kind}.* in b.*copybook'):
        read_file()
    assert read_file(KnownTypes(used=frozenset('a'))).columns == ['a', 'b', MALFORMED]
    assert read_file(types={'B': 'string'}).columns == ['a', 'b', MALFORMED]


def test_lines_that_do_not_fit_are_kept_and_marked_and_empty_ones_are_none(read):
    lines = ['123456789', '12345', '1234567', '123', '123456789  ', '123456789 x', '', '         ']
    df = read('\n'.join(lines), (('a', 3), ('b', 3), ('c', 3)), infer_types=False)
    assert rows(df, 'a', 'b', 'c', MALFORMED) == [
        ('123', '456', '789', False), ('123', '45', None, True), ('123', '456', '7', False), ('123', None, None, True),
        ('123', '456', '789', False), ('123', '456', '789', True), (None, None, None, False)]


def test_types_are_settled_as_for_delimited_text(read):
    content = ''.join(f'{number:5}{number * 10:6}{"N/A" if number == 7 else number:5}0\n' for number in range(600))
    widths = (('a', 5), ('b', 6), ('c', 5), ('d', 1))
    known = KnownTypes(text_columns=frozenset({'d'}), table_types={'b': 'decimal(16,2)'})
    df = read(content, widths, known=known, null_values=('N/A',), types={'A': 'string'})
    assert [field.dataType.simpleString() for field in df.schema.fields[:4]] == [
        'string', 'decimal(16,2)', 'int', 'string']
    assert df.where('c is null').count() == 1


def test_title_lines_above_are_skipped_and_a_large_file_is_split(spark_settings, read):
    with spark_settings({'spark.sql.files.maxPartitionBytes': 2000}):
        df = read('Title\n\n' + ''.join(f'{number:9}\n' for number in range(2000)), (('a', 9),), skip_rows=2)
        assert df.rdd.getNumPartitions() > 1
    assert (df.count(), df.schema['a'].dataType.simpleString()) == (2000, 'int')


@pytest.mark.parametrize(('content', 'widths', 'message'), [
    ('\n\n', WIDTHS, 'holds no rows'), ('', WIDTHS, 'is empty'), ('abc\n', (), 'no widths are known')])
def test_a_file_that_cannot_be_cut_is_refused_by_name(read, content, widths, message):
    with pytest.raises(DataError, match=f'a.txt .*{message}'):
        read(content, widths)


@pytest.mark.parametrize(('line', 'encoding', 'expected'), [
    ('ab cd', None, ('ab', 'cd')), ('ab', None, ('ab', '')), ('üb cd', 'utf-8', ('üb', 'c')),
    ('abü', 'utf-8', ('ab�', '�')), ('', None, ('', ''))])
def test_one_line_is_cut_as_spark_cuts_all(line, encoding, expected):
    assert cut_line(line, field_positions((('a', 3), ('b', 2))), encoding) == expected
