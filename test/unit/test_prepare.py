"""Files are unpacked, recoded and freed of their first lines piece by piece, and damaged ones are refused by name."""
from __future__ import annotations

import bz2
import gzip
import io
import subprocess
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lake_etl.config.formats.delimited_format import DELIMITED, DelimitedSection
from lake_etl.config.formats.fixed_width_format import FixedSection
from lake_etl.config.formats.json_format import JSON
from lake_etl.config.input import InputSpec
from lake_etl.errors import DataError
from lake_etl.read.prepare import open_stored, plain_file, recoded, without_first_lines

TEXT = 'id,name\n' + ''.join(f'{number},Grüße {number * 2654435761 % 999983}\n' for number in range(2000))


def zipped(content: bytes, *names: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, 'w', zipfile.ZIP_DEFLATED) as archive:
        for name in names or ('a.csv',):
            archive.writestr(name, content)
    return packed.getvalue()


def zstandard(content: bytes) -> bytes:
    import pyarrow
    return pyarrow.Codec('zstd').compress(content, asbytes=True)


PACKERS = {'.gz': gzip.compress, '.bz2': bz2.compress, '.zip': zipped, '.zst': zstandard}


@pytest.fixture
def plain(tmp_path):
    """A function that puts content into a file and makes it plain; returns what comes of it, and the format."""
    def make(name: str, content: bytes, **spec):
        (tmp_path / name).write_bytes(content)
        file, file_format = plain_file(str(tmp_path / name), InputSpec(**spec), str(tmp_path / 'scratch' / 'plain'))
        with open(file.uri, 'rb') as stored:
            return file, stored.read(), file_format
    return make


@pytest.mark.parametrize('ending', PACKERS)
def test_a_packed_file_is_unpacked_whatever_the_case_of_its_ending(plain, ending):
    packed = PACKERS[ending](TEXT.encode())
    for name in (f'a.csv{ending}', f'A.CSV{ending.upper()}'):
        file, content, file_format = plain(name, packed)
        assert (content, file.size, file_format) == (TEXT.encode(), len(TEXT.encode()), DELIMITED)
        assert file.name.endswith(name) and not file.uri.endswith(name)


@pytest.mark.parametrize('ending', PACKERS)
@pytest.mark.parametrize('fault', ['cut short', 'damaged', 'not packed', 'nearly nothing'])
def test_an_archive_that_is_no_good_is_refused_by_name(plain, ending, fault):
    packed = PACKERS[ending](TEXT.encode())
    middle = len(packed) // 2
    content = {'cut short': packed[:middle], 'damaged': packed[:middle] + b'\0' * 40 + packed[middle + 40:],
               'not packed': TEXT.encode(), 'nearly nothing': packed[:3]}[fault]
    with pytest.raises(DataError, match=f'a.csv{ending} is (cut short|damaged|compressed).*Land the file again'):
        plain(f'a.csv{ending}', content)


def test_a_zip_archive_holds_one_file_whose_name_tells_the_format(plain):
    assert plain('a.zip', zipped(b'{}', 'folder/', 'folder/b.json', '__MACOSX/folder/._b.json'))[2] is JSON
    with pytest.raises(DataError, match='a.zip holds 2 files, and one was expected'):
        plain('a.zip', zipped(b'x', 'a.csv', 'b.csv'))
    with pytest.raises(DataError, match='a.zip holds 0 files'):
        plain('a.zip', zipped(b'x', 'empty/'))


def test_a_zip_archive_with_a_password_is_refused(plain, tmp_path):
    (tmp_path / 'a.csv').write_text('id\n1\n')
    subprocess.run(['zip', '-q', '-P', 'secret', 'p.zip', 'a.csv'], cwd=tmp_path, check=True)
    with pytest.raises(DataError, match='p.zip is protected by a password'):
        plain('p.zip', (tmp_path / 'p.zip').read_bytes())


@pytest.mark.parametrize(('spec', 'content', 'expected'), [
    ({}, b'a\n1\n', b'a\n1\n'),
    ({'encoding': 'windows-1252'}, b'a\n\x80\n', b'a\n\x80\n'),
    ({'encoding': 'utf-16'}, 'a\n€\n'.encode('utf-16'), 'a\n€\n'.encode()),
    ({'encoding': 'utf-16-le'}, '\ufeffa\n€\n'.encode('utf-16-le'), 'a\n€\n'.encode()),
    ({'skip_rows': 2}, b'Title\r\n\r\na\r\n1\r\n', b'a\r\n1\r\n'),
    ({'skip_rows': 1, 'encoding': 'utf-16'}, 'Title\na\n'.encode('utf-16'), b'a\n'),
    ({'skip_rows': 9}, b'Title\na\n', b''),
    ({'skip_rows': 1, 'fixed': FixedSection()}, b'Title\n  1\n', b'  1\n'),
], ids=str)
def test_a_text_file_is_rewritten_only_where_spark_could_not_split_it(plain, spec, content, expected):
    file, found, _ = plain('a.csv', content, **spec)
    assert found == expected and (file.uri == file.name) is (content == expected)


@pytest.mark.parametrize(('name', 'content', 'spec', 'message'), [
    ('a.csv', b'', {}, 'is empty'),
    ('a.csv', b'a\n\xff', {'encoding': 'utf-16'}, "is not text in encoding 'utf-16'"),
    ('a.xml', b'<a/>', {'skip_rows': 1}, "is XML, which has no lines to skip; take 'skip_rows' out"),
    ('a.parquet', b'PAR1', {'skip_rows': 1}, 'is Parquet, which has no lines to skip'),
])
def test_a_file_that_cannot_be_made_plain_is_refused_by_name(plain, name, content, spec, message):
    with pytest.raises(DataError, match=f'{name} {message}'):
        plain(name, content, csv=DelimitedSection(), **spec)


@settings(deadline=None)
@given(st.lists(st.sampled_from(['', 'a', 'bc,d', '"']), max_size=8), st.sampled_from(['\n', '\r\n', '\r']),
       st.integers(1, 9), st.integers(1, 5))
def test_lines_are_left_out_however_the_pieces_fall(lines, end, count, size):
    text = end.join([*lines, 'rest']).encode()
    pieces = [text[start:start + size] for start in range(0, len(text), size)]
    assert b''.join(without_first_lines(pieces, count)) == end.join([*lines, 'rest'][count:]).encode()


@settings(deadline=None)
@given(st.text(max_size=20), st.sampled_from(['utf-16', 'utf-32', 'utf-16-be', 'utf-8']), st.integers(1, 5))
def test_text_is_recoded_however_the_pieces_fall(text, encoding, size):
    text = text.lstrip('\ufeff')
    raw = text.encode(encoding)
    pieces = [raw[start:start + size] for start in range(0, len(raw), size)]
    assert b''.join(recoded(pieces, encoding, 'a.csv')).decode() == text


def test_a_stored_file_is_read_from_any_position(tmp_path):
    from lake_etl.adapters.local.folder_files import FolderFiles
    (tmp_path / 'a').write_bytes(bytes(range(100)))
    file = open_stored(FolderFiles(), str(tmp_path / 'a'))
    assert file.read(3) == bytes([0, 1, 2])
    assert (file.seek(-2, io.SEEK_END), file.read()) == (98, bytes([98, 99]))
    assert (file.seek(10), file.seek(5, io.SEEK_CUR), file.read(1)) == (10, 15, bytes([15]))
