"""Files with several record types are divided whatever their encoding, compression, line ends and number."""
from __future__ import annotations

import bz2
import gzip

import pytest

from lake_etl.config.input import parse_input
from lake_etl.errors import DataError
from lake_etl.read.record_files import divide_files
from lake_etl.read.record_parts import part_of_table
from lake_etl.syntax.records import Findings

TYPES = {'H': {'columns': ['K', 'No'], 'give': ['No']}, 'P': {'columns': ['K', 'Name'], 'table': 'Own', 'parent': 'H'},
         'T': {'skip': True}}
FIXED = {'H': {'columns': {'K': 1, 'No': 3}, 'give': ['No']},
         'P': {'columns': {'K': 1, 'Name': 3}, 'table': 'Own', 'parent': 'H'}}
TEXT = 'H;Zoë\nP;Müller\n\nP;"a;\nb"\nT;2\n'
LINES = 'No;K;Name\nn3;Zoë;P;Müller\nn5;Zoë;P;"a;\nb"\n'


def spec(**keys):
    findings = Findings('i.json')
    found = parse_input({'csv': {'delimiter': ';'}, 'records': {'field': 1, 'types': TYPES}, **keys}, findings)
    assert found is not None, findings.problems
    return found


def divided(tmp_path, content, name='a.txt', hides=False, **keys):
    """Return the text of the part of the own table without the name of the lake's own column, and the division."""
    file = tmp_path / name
    file.write_bytes(content)
    found = divide_files(str(file), spec(**keys), 'own', str(tmp_path / 'scratch'), hides)
    with open(found.parts[part_of_table('own')].uri, encoding='utf-8', newline='') as part:
        return part.read().partition(';')[2] if 'fixed' not in keys else part.read(), found


@pytest.mark.parametrize('encoding', ['utf-8', 'utf-8-sig', 'utf-16', 'utf-32-le', 'cp1252', 'cp500'])
@pytest.mark.parametrize('pack', [bytes, gzip.compress, bz2.compress], ids=['plain', 'gzip', 'bzip2'])
def test_encodings_and_compressions_give_the_same_part(tmp_path, encoding, pack):
    ending = {gzip.compress: '.gz', bz2.compress: '.bz2'}.get(pack, '')
    text = f'a title\n{TEXT}T;the end\n'
    content = (text.replace('\n', '\x85') if encoding == 'cp500' else text).encode(encoding)
    rest = {'skip_rows': 1, 'skip_footer': 1, 'encoding': 'utf-8' if encoding == 'utf-8-sig' else encoding,
            'controls': {'trailer': {'pattern': 'T;(?P<rows>.)'}}}
    part, found = divided(tmp_path, pack(content), f'a.txt{ending}', **rest)
    assert part == LINES
    assert list(found.footers.values()) == [('T;the end', 'T;2')]
    assert found.parts[part_of_table('own')].joined and found.parts[part_of_table('own')].malformed == 0


def test_bytes_outside_the_encoding_are_refused_with_their_place_or_make_the_record_malformed(tmp_path):
    content = b'H;1\nP;x\nP;\xff\n'
    with pytest.raises(DataError, match="a.txt.*line 3"):
        divided(tmp_path, content)
    part, found = divided(tmp_path, content, on_undecodable='replace')
    assert part == 'No;K;Name\nn2;1;P;x\nx3;1;P;\ufffd\n'
    assert found.parts[part_of_table('own')].malformed == 1


def test_the_files_of_a_folder_are_one_load_and_no_header_reaches_into_the_next_file(tmp_path):
    folder = tmp_path / 'files'
    folder.mkdir()
    for name, text in (('b.txt', 'P;two\n'), ('a.txt', 'H;1\nP;one\n'), ('_SUCCESS', '')):
        (folder / name).write_text(text)
    found = divide_files(str(folder / '_SUCCESS'), spec(files='folder'), 'own', str(tmp_path / 'scratch'))
    with open(found.parts[part_of_table('own')].uri, encoding='utf-8') as part:
        assert part.read().splitlines()[1:] == ['n2;1;P;one', f'x{2 ** 33 + 1};;P;two']
    assert [name.rpartition('/')[2] for name in found.files] == ['a.txt', 'b.txt']
    assert 'The first is in line 1 of b.txt.' in found.notices[0]


@pytest.mark.parametrize('content', ['H001PabcPxyz', 'H001\nPabc\nPxyz\n', 'H001\r\nPabc\r\n\r\nPxyz'])
def test_fixed_width_is_divided_with_line_ends_and_without_if_all_records_have_one_length(tmp_path, content):
    part, _ = divided(tmp_path, content.encode(), csv=None, fixed={}, records={'positions': [1, 1], 'types': FIXED})
    assert [line[21:] for line in part.splitlines()] == ['001Pabc', '001Pxyz']


def test_fixed_width_without_line_ends_and_of_several_lengths_is_refused(tmp_path):
    types = {**FIXED, 'H': {'columns': {'K': 1, 'No': 4}, 'give': ['No']}}
    with pytest.raises(DataError, match='has no line ends, and the record types have several lengths'):
        divided(tmp_path, b'H0001PabcPxyz', csv=None, fixed={}, records={'positions': [1, 1], 'types': types})


def test_a_file_without_a_record_of_the_own_table_is_refused_with_what_to_check(tmp_path):
    with pytest.raises(DataError, match="no record of type 'P', which fills the workflow's table own, and 2 records"):
        divided(tmp_path, b'H;1\np;x\np;y\n')
    with pytest.raises(DataError, match='is JSON, and keys of the input_spec would be ignored'):
        divided(tmp_path, b'{}\n', 'a.json')


@pytest.mark.parametrize(('header', 'fixed'), [('H;Zoë;1', False), ('H', False), ('H0011', True)])
def test_a_malformed_record_gives_no_values_where_a_table_protects_some(tmp_path, header, fixed):
    keys = {'csv': None, 'fixed': {}, 'records': {'positions': [1, 1], 'types': FIXED}} if fixed else {}
    content = f'{header}\n{"Pabc" if fixed else "P;abc"}\n'.encode()
    part, found = divided(tmp_path, content, hides=True, **keys)
    assert part.endswith('   Pabc\n' if fixed else 'n2;;P;abc\n')
    assert found.notices == ("Records that have type 'H', which gives values, and more or fewer values than columns, "
                             'so they give none: 1. The first is in line 1 of a.txt.',)
    part, found = divided(tmp_path, content, **keys)
    assert ('001P' in part or 'Zoë' in part) == (len(header) > 1) and 'none' not in found.notices[0]
