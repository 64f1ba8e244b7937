"""A file that is not in its encoding is refused, whatever its size, or the rows with replaced bytes are counted."""
from __future__ import annotations

import pytest

from lake_etl.config.input import InputSpec
from lake_etl.errors import DataError
from lake_etl.read import delimited
from lake_etl.read.malformed import malformed_column
from lake_etl.read.source import read_collected_file

LINES = [f'A{number:05},name {number},{number}\n' for number in range(30_000)]
TEXT = 'pol,name,amt\n' + ''.join(LINES) + 'A99999,René Prämie £5,7\n'


@pytest.fixture
def read(spark, tmp_path):
    """A function that reads content as an input_spec says."""
    def read_content(content: bytes, name: str = 'a.csv', **spec):
        (tmp_path / name).write_bytes(content)
        return read_collected_file(spark, str(tmp_path / name), InputSpec(**spec), scratch=str(tmp_path / 'scratch'))
    return read_content


@pytest.mark.parametrize('spec', [{}, {'multiline': False}, {'multiline': True}], ids=str)
@pytest.mark.parametrize('split_bytes', [10, 1 << 25], ids=['larger than the split', 'small'])
def test_a_byte_far_into_the_file_is_found_in_any_case(read, monkeypatch, split_bytes, spec):
    monkeypatch.setattr(delimited, 'SPLIT_BYTES', split_bytes)
    content = TEXT.encode('windows-1252')
    place = f'{content.index(0xe9) + 1:,}'
    with pytest.raises(DataError, match=f'byte {place} does not fit it. The file is likely windows-1252'):
        read(content, **spec)


def test_the_right_encoding_gives_every_letter_and_replacing_counts_the_rows(read):
    content = TEXT.encode('windows-1252')
    found = read(content, encoding='windows-1252')
    assert [row.name for row in found.where("pol = 'A99999'").collect()] == ['René Prämie £5']
    assert found.count() == 30_001
    replaced = read(content, on_undecodable='replace')
    assert [(row.pol, row.name) for row in replaced.where(f'`{malformed_column(replaced)}`').collect()] == [
        ('A99999', 'Ren\ufffd Pr\ufffdmie \ufffd5')]
    assert malformed_column(read(TEXT.encode(), on_undecodable='replace')) is None


def test_letters_of_headers_never_vanish(read):
    with pytest.raises(DataError, match='byte 3 does not fit'):
        read('Prämie\n'.encode('windows-1252') + b'1\n' * 200_000)


def test_utf_16_with_a_broken_end_is_refused_with_the_place(read):
    content = 'a,b\n1,x\n'.encode('utf-16-le') + b'\x00\xd8,\x00'
    with pytest.raises(DataError, match='byte 17 does not fit'):
        read(content, encoding='utf-16-le')
    found = read(content, encoding='utf-16-le', on_undecodable='replace')
    assert [tuple(row)[:2] for row in found.collect()] == [('1', 'x'), ('\ufffd', None)]


@pytest.mark.parametrize('encoding', ['utf_8', 'UTF8', 'utf-8-sig', 'U8'])
def test_a_byte_order_mark_is_no_part_of_the_header_by_whatever_name_utf_8_goes(read, encoding):
    assert read('\ufeffpol,amt\nA1,5\n'.encode(), encoding=encoding).columns == ['pol', 'amt']


def test_a_column_with_the_name_of_sparks_own_column_keeps_its_value(read):
    names = ['a', '_corrupt_record', 'malformed_row', 'unparsed', 'extra', 'b']
    found = read((','.join(names) + '\n1,2,3,4,5,6\n1,2\n').encode())
    assert [tuple(row)[:6] for row in found.collect()] == [(1, 2, 3, 4, 5, 6), (1, 2, None, None, None, None)]
    assert [row[6] for row in found.collect()] == [False, True] and found.columns[:6] == names
