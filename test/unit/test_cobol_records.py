"""Records of mainframe extracts: blocks of whole records, the byte of each mistake, and what is proposed for a file."""
from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

import pytest

pytest.importorskip('pyarrow')
pytest.importorskip('pyspark')
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'cobol'))
from written_files import layout_from  # noqa: E402  # the folder has to be on the path first

from lake_etl.config.formats.cobol_format import CobolSection  # noqa: E402  # after the check for pyarrow
from lake_etl.errors import DataError, LakeError  # noqa: E402  # after the check for pyarrow
from lake_etl.read import cobol_records  # noqa: E402  # after the check for pyarrow
from lake_etl.read.cobol_proposal import propose_extract  # noqa: E402  # after the check for pyarrow
from lake_etl.read.source_files import PreparedFile  # noqa: E402  # after the check for pyarrow
from lib.local_lake.commands.recommend import propose_by_copybook  # noqa: E402  # after the check for pyarrow

COPYBOOK = '01 R. 05 A PIC X(6). 05 B PIC S9(3) COMP-3. 05 C PIC X(4).'
RECORDS = [f'{number:06}'.encode('cp037') + b'\x12\x3c' + b'abcd'.decode().encode('cp037') for number in range(60)]


def words(records, added=4):
    return b''.join((len(record) + added).to_bytes(2, 'big') + bytes(2) + record for record in records)


def blocked(records, size=7):
    found = b''
    for start in range(0, len(records), size):
        content = words(records[start:start + size])
        extended = start % 2
        found += ((0x80000000 | (len(content) + 4)).to_bytes(4, 'big') if extended
                  else (len(content) + 4).to_bytes(2, 'big') + bytes(2)) + content
    return found


CONTENTS = {'F': b''.join(RECORDS), 'FB': b''.join(RECORDS), 'V': words(RECORDS), 'VB': blocked(RECORDS)}


def found_records(path, content, monkeypatch=None, **options):
    """Return the numbers of all records of a file and the text of their first field, block by block."""
    path.write_bytes(content)
    section = CobolSection(**options)
    shape = cobol_records.record_shape(section, layout_from(COPYBOOK, section))
    file = PreparedFile('claims.dat', str(path), len(content))
    blocks = cobol_records.file_blocks(file, 3, shape)
    found = []
    for block in blocks:
        part = content[block.start:block.start + block.length]
        records = cobol_records.block_records(block, part, shape, file)
        assert block.file == 3 and sum(len(item.starts) for item in records.slices(4)) == len(records.starts)
        found.append([(number, bytes(records.content[start:end])) for number, start, end in zip(
            records.numbers.tolist(), records.starts.tolist(), records.ends.tolist(), strict=True)])
    return found


@pytest.mark.parametrize('record_format', CONTENTS)
@pytest.mark.parametrize('block', [1, 100, 10 ** 6])
def test_every_record_is_in_one_block_with_its_number(tmp_path, monkeypatch, record_format, block):
    monkeypatch.setattr(cobol_records, 'BLOCK_BYTES', block)
    monkeypatch.setattr('lake_etl.read.prepare.READ_BYTES', 64)
    blocks = found_records(tmp_path / 'x.dat', CONTENTS[record_format], record_format=record_format)
    assert [item for part in blocks for item in part] == list(enumerate(RECORDS, 1))
    assert (len(blocks) > 1) == (block < 10 ** 6)


def test_records_may_be_longer_than_the_copybook_says_and_an_rdw_may_not_count_itself(tmp_path):
    longer = b''.join(record + b'++' for record in RECORDS)
    assert found_records(tmp_path / 'x.dat', longer, record_length=14)[0][1] == (2, RECORDS[1] + b'++')
    content = words(RECORDS, added=0)
    assert found_records(tmp_path / 'x.dat', content, record_format='V', rdw_includes_itself=False)[0][59][0] == 60


@pytest.mark.parametrize(('content', 'record_format', 'messages'), [
    (CONTENTS['F'] + b'x', 'F', ['721 bytes, which are 60 records of 12 bytes and 1 bytes more', 'byte 721']),
    (CONTENTS['V'] + b'x', 'F', ['"record_format": "V"']), (CONTENTS['VB'] + b'x', 'F', ['"record_format": "VB"']),
    (CONTENTS['V'][:-3], 'V', ['ends inside a record', 'from byte 945 on there are 13 bytes']),
    (CONTENTS['VB'], 'V', ['RDW', 'at byte 1', 'a record of 112 bytes', 'the longest record of the copybook has 12']),
    (CONTENTS['V'], 'VB', ['at byte 5', 'transferred without block descriptor words']),
    (CONTENTS['V'][:32] + bytes(4) + CONTENTS['V'], 'V', ['at byte 33', 'the length 0']),
    (CONTENTS['V'][:32] + b'\0\4\0\0' + CONTENTS['V'], 'V', ['at byte 33', 'the length 4']),
    (CONTENTS['V'][:16] + b'\0\x10\1\0' + RECORDS[0], 'V', ['at byte 17', '00 10 01 00', 'VBS']),
    (CONTENTS['VB'][:-1], 'VB', ['ends inside a record or block']),
    (b'\0\x20\0\0' + words(RECORDS[:2])[:28], 'VB', ['a block at byte 1 of 32 bytes that does not end with a record'])])
def test_the_byte_of_a_mistake_is_named_with_what_to_do(tmp_path, content, record_format, messages):
    with pytest.raises(DataError) as raised:
        found_records(tmp_path / 'x.dat', content, record_format=record_format)
    text = str(raised.value)
    assert 'claims.dat' in text and all(message in text for message in [*messages, 'record_format']), text


@pytest.mark.parametrize(('content', 'keys'), [
    (CONTENTS['F'], {}), (CONTENTS['V'], {'record_format': 'V'}), (CONTENTS['VB'], {'record_format': 'VB'}),
    (words(RECORDS, added=0), {'record_format': 'V', 'rdw_includes_itself': False}),
    (b''.join(b'%06d\x12\x3cab  ' % number for number in range(60)), {'encoding': 'windows-1252'})])
def test_format_and_encoding_are_detected(tmp_path, content, keys):
    (tmp_path / 'x.dat').write_bytes(content)
    layout, proposed = propose_extract(str(tmp_path / 'x.dat'), COPYBOOK.encode(), 'x.cpy', {})
    assert proposed == keys and layout.size == 12


def test_lines_are_detected_and_a_copybook_that_does_not_fit_is_told(tmp_path, caplog):
    (tmp_path / 'x.dat').write_bytes(b'000001 1\n000002 2\n')
    _, proposed = propose_extract(str(tmp_path / 'x.dat'), b'01 R. 05 A PIC 9(6). 05 B PIC X(2).', 'x.cpy', {})
    assert proposed == {'encoding': 'windows-1252', 'record_format': 'D'} and not caplog.messages
    (tmp_path / 'x.dat').write_bytes('00000112'.encode('cp037') * 2)
    propose_extract(str(tmp_path / 'x.dat'), b'01 R. 05 A PIC X(6). 05 B PIC S9(3) COMP-3.', 'x.cpy', {})
    assert '2 of the first 2 records' in caplog.text


def test_recommend_prints_mapping_and_specification_without_spark(tmp_path):
    (tmp_path / 'x.dat').write_bytes(CONTENTS['V'])
    (tmp_path / 'claims.cpy').write_text(COPYBOOK, encoding='utf-8')
    options = Namespace(encoding=None, record_format=None, workflow=None)
    mapping, spec = propose_by_copybook(tmp_path / 'x.dat', tmp_path / 'claims.cpy', options)
    assert mapping == 'SourceName,DestName\nA,a\nB,b\nC,c\n'
    assert '"copybook": "claims.cpy"' in spec and '"record_format": "V"' in spec
    options.encoding = 'no-such-page'
    with pytest.raises(LakeError, match='cobol'):
        propose_by_copybook(tmp_path / 'x.dat', tmp_path / 'claims.cpy', options)
