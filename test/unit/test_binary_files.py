"""Binary files and text in another encoding are recognized by their first bytes; text never is."""
from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lake_etl.config.formats.delimited_format import DELIMITED
from lake_etl.config.formats.json_format import JSON
from lake_etl.config.input import InputSpec
from lake_etl.errors import DataError
from lake_etl.read.binary_files import require_text
from lake_etl.read.encoding_check import likely_encodings, wrong_encoding_error
from lake_etl.read.prepare import prepare_file

TEXT = b'a,b\n1,x\n' * 20


def tar_of(content: bytes) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode='w') as archive:
        member = tarfile.TarInfo('a.csv')
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return target.getvalue()


def zip_of(content: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, 'w') as archive:
        archive.writestr('a.csv', content)
    return target.getvalue()


def parquet_of() -> bytes:
    target = io.BytesIO()
    pq.write_table(pa.table({'a': [1]}), target)
    return target.getvalue()


@pytest.mark.parametrize(('name', 'content', 'kind'), [
    ('a.csv', gzip.compress(TEXT, mtime=0), 'compressed by gzip'),
    ('a.csv', bz2.compress(TEXT), 'compressed by bzip2'),
    ('a.txt', lzma.compress(TEXT), 'compressed by xz'),
    ('a.csv', zip_of(TEXT), 'a zip archive or a workbook'),
    ('a.csv', parquet_of(), 'a Parquet file'),
    ('a.tar', tar_of(TEXT), 'a tar archive'),
    ('a.tar.gz', gzip.compress(tar_of(TEXT), mtime=0), 'a tar archive'),
    ('a.tgz', gzip.compress(tar_of(TEXT), mtime=0), 'compressed by gzip'),
    ('a.csv.pgp', b'\x85\x01\x0c\x03' + bytes(range(256)) * 4, 'encrypted by OpenPGP'),
    ('a.csv', b'\xc1\xc1\x4c\x03' + bytes(range(256)) * 4, 'an encrypted or signed PGP file'),
    ('a.csv', b'\x8c\x0d\x04\x09\x03\x02' + bytes(range(256)), 'an encrypted or signed PGP file'),
    ('a.asc', b'-----BEGIN PGP MESSAGE-----\n\nhQEMA9+fxgMG36BVAQ\n', 'encrypted by OpenPGP'),
    ('a.csv', b'-----BEGIN PGP SIGNED MESSAGE-----\n\na,b\n', 'an encrypted or signed PGP message'),
    ('a.json', b'%PDF-1.7\n', 'a PDF document'),
    ('a.csv', bytes(range(1, 255)) * 10, 'a binary file'),
])
def test_a_binary_file_is_refused_by_what_it_is_whatever_its_name(tmp_path, name, content, kind):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=f'{name} is {kind}'):
        prepare_file(str(tmp_path / name), InputSpec(), str(tmp_path / 'prepared'))


@pytest.mark.parametrize('text', [
    'ORC,PAR1\n1,2\n', 'BZh,Prämie\n', 'GIF8\n1\n', 'SASID;x\n', '…,Ä\n', 'Äa,\x85\n',
    'a\x01b\x01c\n1\x012\x013\n' * 3 + 'x' * 80,
    'a\tb\x1a', 'x' * 300 + 'ustar\n'])
def test_text_is_no_binary_file(text):
    for encoding in ('utf-8', 'windows-1252'):
        require_text('a.csv', text.encode(encoding, 'replace'), encoding, DELIMITED)


@pytest.mark.parametrize(('encoding', 'said', 'likely'), [
    ('utf-16', 'utf-8', 'utf-16'), ('utf-16-le', 'windows-1252', 'utf-16-le'), ('utf-16-be', 'utf-8', 'utf-16-be'),
    ('utf-8', 'utf-16', 'utf-8'), ('ascii', 'utf-32', 'utf-8')])
def test_text_of_another_unicode_encoding_is_refused_with_its_name(encoding, said, likely):
    content = 'policy,name\nA1,Smith\n'.encode(encoding)
    with pytest.raises(DataError, match=f"not text in encoding '{said}'.*The file is likely {likely}"):
        require_text('a.csv', content, said, DELIMITED)
    require_text('a.csv', content, encoding, DELIMITED)


def test_json_in_another_unicode_encoding_is_left_to_its_reader():
    require_text('a.json', '{"a": 1}'.encode('utf-16'), 'utf-8', JSON)


@pytest.mark.parametrize('encoding', ['windows-1252', 'cp850', 'mac_roman'])
def test_the_likely_encoding_is_guessed_from_letters_among_letters(encoding):
    assert likely_encodings('é,Größe,Prämie,Straße,señor,café\n'.encode(encoding))[0] == encoding


@pytest.mark.parametrize('encoding', ['cp037', 'cp273', 'cp1047'])
def test_text_of_a_mainframe_is_recognized_by_its_blanks_digits_and_letters(encoding):
    text = '00120260131BROKER    \n10 00012345 Hans Mueller, 0000000012345\n20FIRE 000001000.00\n'
    assert likely_encodings(text.encode(encoding)) == ('cp037', 'cp1047')


def test_no_encoding_is_guessed_from_nothing():
    assert 'likely' not in str(wrong_encoding_error('a.csv', 'utf-8', 'a line does not fit it', b''))


def test_the_place_of_a_bad_byte_counts_the_skipped_lines(tmp_path):
    (tmp_path / 'a.csv').write_bytes(b'title\na,b\n')
    prepared, _ = prepare_file(str(tmp_path / 'a.csv'), InputSpec(skip_rows=1), str(tmp_path / 'prepared'))
    assert (prepared.skipped, prepared.size) == (6, 4)
