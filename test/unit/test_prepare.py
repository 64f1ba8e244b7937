"""Files are decompressed, recoded and freed of their first lines in chunks, and damaged files are refused by name."""
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
from lake_etl.config.input_formats import COMPRESSIONS, split_compression
from lake_etl.errors import DataError
from lake_etl.read.prepare import OPENERS, open_file, prepare_file, recode_to_utf8, skip_lines

TEXT = 'id,name\n' + ''.join(f'{number},Grüße {number * 2654435761 % 999983}\n' for number in range(2000))


def zipped(content: bytes, *names: str) -> bytes:
    compressed = io.BytesIO()
    with zipfile.ZipFile(compressed, 'w', zipfile.ZIP_DEFLATED) as archive:
        for name in names or ('a.csv',):
            archive.writestr(name, content)
    return compressed.getvalue()


def zstandard(content: bytes) -> bytes:
    import pyarrow
    return pyarrow.Codec('zstd').compress(content, asbytes=True)


COMPRESSORS = {'.gz': gzip.compress, '.bz2': bz2.compress, '.zip': zipped, '.zst': zstandard}


@pytest.fixture
def prepare(tmp_path):
    """A function that writes a file and prepares it; returns the prepared file, its content and its format."""
    def make(name: str, content: bytes, **spec):
        (tmp_path / name).write_bytes(content)
        target = str(tmp_path / 'scratch' / 'prepared')
        file, file_format = prepare_file(str(tmp_path / name), InputSpec(**spec), target)
        with open(file.uri, 'rb') as stored:
            return file, stored.read(), file_format
    return make


@pytest.mark.parametrize('extension', COMPRESSORS)
def test_a_compressed_file_is_decompressed_whatever_the_case_of_its_extension(prepare, extension):
    compressed = COMPRESSORS[extension](TEXT.encode())
    for name in (f'a.csv{extension}', f'A.CSV{extension.upper()}'):
        file, content, file_format = prepare(name, compressed)
        assert (content, file.size, file_format) == (TEXT.encode(), len(TEXT.encode()), DELIMITED)
        assert file.name.endswith(name) and not file.uri.endswith(name)


@pytest.mark.parametrize('extension', COMPRESSORS)
@pytest.mark.parametrize('fault', ['cut short', 'damaged', 'not compressed', 'nearly nothing'])
def test_a_damaged_archive_is_refused_by_name(prepare, extension, fault):
    compressed = COMPRESSORS[extension](TEXT.encode())
    middle = len(compressed) // 2
    content = {'cut short': compressed[:middle], 'damaged': compressed[:middle] + b'\0' * 40 + compressed[middle + 40:],
               'not compressed': TEXT.encode(), 'nearly nothing': compressed[:3]}[fault]
    with pytest.raises(DataError, match=f'a.csv{extension} is (cut short|damaged|compressed).*Land the file again'):
        prepare(f'a.csv{extension}', content)


def test_every_compression_that_is_known_by_its_extension_can_be_decompressed():
    assert set(COMPRESSORS) == set(COMPRESSIONS) and set(COMPRESSIONS.values()) == set(OPENERS)


@pytest.mark.parametrize(('name', 'parts'), [
    ('a.csv', ('a.csv', None)),
    ('a.csv.gz', ('a.csv', 'gzip')), ('A.ZIP', ('A', 'zip')), ('a.gz.csv', ('a.gz.csv', None)),
    ('a.json.zst', ('a.json', 'zstandard')), ('gz', ('gz', None)), ('.bz2', ('', 'bzip2')),
])
def test_the_extension_of_a_compression_is_split_from_a_name(name, parts):
    assert split_compression(name) == parts


def test_a_zip_archive_holds_one_file_whose_name_tells_the_format(prepare):
    assert prepare('a.zip', zipped(b'{}', 'folder/', 'folder/b.json', '__MACOSX/folder/._b.json'))[2] is JSON
    with pytest.raises(DataError, match='a.zip holds 2 files, and one was expected'):
        prepare('a.zip', zipped(b'x', 'a.csv', 'b.csv'))
    with pytest.raises(DataError, match='a.zip holds 0 files'):
        prepare('a.zip', zipped(b'x', 'empty/'))


def test_a_zip_archive_with_a_password_is_refused(prepare, tmp_path):
    (tmp_path / 'a.csv').write_text('id\n1\n')
    subprocess.run(['zip', '-q', '-P', 'secret', 'p.zip', 'a.csv'], cwd=tmp_path, check=True)
    with pytest.raises(DataError, match='p.zip is protected by a password'):
        prepare('p.zip', (tmp_path / 'p.zip').read_bytes())


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
def test_a_text_file_is_rewritten_only_where_spark_could_not_split_it(prepare, spec, content, expected):
    file, found, _ = prepare('a.csv', content, **spec)
    assert found == expected and (file.uri == file.name) is (content == expected)


@pytest.mark.parametrize(('name', 'content', 'spec', 'message'), [
    ('a.csv', b'', {}, 'is empty'),
    ('a.csv', b'a\n\xff', {'encoding': 'utf-16'}, "is not text in encoding 'utf-16'"),
    ('a.xml', b'<a/>', {'skip_rows': 1}, "is XML, .*'skip_rows' does not work for XML; take it out"),
    ('a.parquet', b'PAR1', {'skip_rows': 1}, 'is Parquet, .*ignored: .skip_rows'),
])
def test_a_file_that_cannot_be_prepared_is_refused_by_name(prepare, name, content, spec, message):
    with pytest.raises(DataError, match=f'{name} {message}'):
        prepare(name, content, csv=DelimitedSection(), **spec)


@settings(deadline=None)
@given(st.lists(st.sampled_from(['', 'a', 'bc,d', '"']), max_size=8), st.sampled_from(['\n', '\r\n', '\r']),
       st.integers(1, 9), st.integers(1, 5))
def test_lines_are_skipped_however_the_chunks_are_cut(lines, end, count, size):
    text = end.join([*lines, 'rest']).encode()
    chunks = [text[start:start + size] for start in range(0, len(text), size)]
    assert b''.join(skip_lines(chunks, count)) == end.join([*lines, 'rest'][count:]).encode()


@settings(deadline=None)
@given(st.text(max_size=20), st.sampled_from(['utf-16', 'utf-32', 'utf-16-be', 'utf-8']), st.integers(1, 5))
def test_text_is_recoded_however_the_chunks_are_cut(text, encoding, size):
    text = text.lstrip('\ufeff')
    raw = text.encode(encoding)
    chunks = [raw[start:start + size] for start in range(0, len(raw), size)]
    assert b''.join(recode_to_utf8(chunks, encoding, 'a.csv')).decode() == text


def test_a_stored_file_is_read_from_any_position(tmp_path):
    from lake_etl.adapters.local.folder_files import FolderFiles
    (tmp_path / 'a').write_bytes(bytes(range(100)))
    file = open_file(FolderFiles(), str(tmp_path / 'a'))
    assert file.read(3) == bytes([0, 1, 2])
    assert (file.seek(-2, io.SEEK_END), file.read()) == (98, bytes([98, 99]))
    assert (file.seek(10), file.seek(5, io.SEEK_CUR), file.read(1)) == (10, 15, bytes([15]))
