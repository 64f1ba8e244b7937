"""`./lake recommend` proposes a specification that loads the file: what it detects, and what its options say."""
from __future__ import annotations

import json
from pathlib import Path

import pytest

from lake_etl.errors import ConfigurationError, DataError
from lib.local_lake.cli import build_parser
from lib.local_lake.commands.recommend import described_input, propose
from lib.local_lake.folders import LakeFolders

GOLDEN = Path(__file__).resolve().parents[1] / 'golden'


@pytest.fixture
def recommend(spark, tmp_path):
    """A function that writes a file and returns the proposed source columns and input_spec."""
    (tmp_path / 'configuration').mkdir()
    folders = LakeFolders.of(str(tmp_path / 'lake'), str(tmp_path / 'configuration'))

    def proposed(name: str, content: bytes, *options: str):
        file = tmp_path / name
        file.write_bytes(content)
        described = described_input(build_parser().parse_args(['recommend', str(file), *options]))
        mapping, spec = propose(folders, file, described)
        return [line.split(',')[0] for line in mapping.splitlines()[1:]], json.loads(spec)['input_spec']
    return proposed


@pytest.mark.parametrize(('name', 'content', 'options', 'columns', 'input_spec'), [
    ('a.tsv', b'pol\tname\tamt\nA1\tBob\t5\n', [], ['pol', 'name', 'amt'], {'tsv': {'header': True}}),
    ('a.csv', b'pol;name\nA1;Bob\n', [], ['pol', 'name'], {'csv': {'header': True, 'delimiter': ';'}}),
    ('a.csv', b'pol#name\nA1#Bob\n', ['--delimiter', '#'], ['pol', 'name'],
     {'csv': {'header': True, 'delimiter': '#'}}),
    ('a.csv', 'pol,prämie\nA1,5\n'.encode('cp1252'), ['--encoding', 'windows-1252'], ['pol', 'prämie'],
     {'csv': {'header': True}, 'encoding': 'windows-1252'}),
    ('a.xml', b'<r><item><pol>A1</pol></item></r>', ['--row-tag', 'item'], ['pol'], {'xml': {'row_tag': 'item'}}),
])
def test_a_proposal_says_how_the_file_is_read(recommend, name, content, options, columns, input_spec):
    assert recommend(name, content, *options) == (columns, input_spec)


def test_a_sheet_and_an_address_are_part_of_the_proposal(recommend):
    content = (GOLDEN / 'openpyxl-title-and-total.xlsx').read_bytes()
    columns, input_spec = recommend('a.xlsx', content, '--sheet', '1', '--address', 'B4:G9')
    assert len(columns) == 6 and not any(name.startswith('_c') for name in columns)
    assert input_spec == {'excel': {'sheet_names': ['1'], 'data_address': 'B4:G9'}}


def test_titles_quotes_and_dates_are_part_of_the_proposal_and_unclear_dates_are_said(spark, tmp_path):
    (tmp_path / 'configuration').mkdir()
    folders = LakeFolders.of(str(tmp_path / 'lake'), str(tmp_path / 'configuration'))
    (tmp_path / 'a.csv').write_text("Bordereau\n\n'No';'Start';'Paid on';'Due'\n'A1';'31.01.2026';'01/02/2026';'x'\n"
                                    "'A2';'01.02.2026';'03/04/2026';'02.02.2026'\n")
    _, text = propose(folders, tmp_path / 'a.csv', {})
    spec = json.loads(text)
    assert spec['input_spec'] == {'skip_rows': 2, 'csv': {
        'header': True, 'delimiter': ';', 'quote_character': "'", 'escape_character': "'"}}
    assert spec['transform_spec'] == {'date': [{'field': 'start', 'format': 'dd.MM.yyyy'}]}
    assert 'The dates in paid_on fit dd/MM/yyyy and MM/dd/yyyy; write a transform' in spec['description']


def test_a_mistake_in_an_option_is_named(recommend):
    with pytest.raises(ConfigurationError, match="'encoding' must be the name"):
        recommend('a.csv', b'a,b\n1,2\n', '--encoding', 'utf8-16')
    with pytest.raises(DataError, match='does not split its header'):
        recommend('a.csv', b'a;b\n1;2\n', '--delimiter', '|')
