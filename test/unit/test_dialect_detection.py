"""How delimited text is written is found from its first lines; what they do not prove stays as without detection."""
from __future__ import annotations

import csv
import io
from itertools import product
from pathlib import Path

import pytest

from lake_etl.config.input import InputSpec
from lake_etl.errors import DataError
from lake_etl.read.delimiter_detection import delimited_section, with_detected_section
from lake_etl.read.dialect_detection import DetectedText, detect_text
from lake_etl.read.prepare import prepare_file

REPOSITORY = Path(__file__).resolve().parents[2]
CLEAN = sorted([*(REPOSITORY / 'resources').glob('*.csv'), *(REPOSITORY / 'test').rglob('*.csv')])
HEADER = ('Policy No', 'Insured', 'Inception', 'Gross Premium', 'Currency')
BODY = [(f'P{number:06}', name, f'2026-{number % 12 + 1:02}-15', f'{number * 100 + 0.5:.2f}', 'GBP')
        for number, name in enumerate(['Smith, Bob', 'Müller; Anna', "O'Neil", 'Ng | Co', 'Tab\tLtd', 'Plain'] * 3)]
TITLES = {
    'none': [],
    'one line': ['Bordereau March 2026'],
    'a blank line': ['Bordereau March 2026', ''],
    'three lines': ['Bordereau March 2026', 'Printed on 01.04.2026', ''],
    'with a comma': ['Bordereau, March 2026', ''],
    'five lines': ['ACME Insurance', 'Bordereau March 2026', 'Currency: GBP', 'Rows: 18', ''],
    'filled up': ['Bordereau March 2026{d}{d}{d}{d}', '{d}{d}{d}{d}'],
}


def written(delimiter: str, quote: str, titles: list[str], header: bool, end: str, rows: int) -> str:
    text = io.StringIO()
    quoting = csv.QUOTE_ALL if quote == "'" else csv.QUOTE_MINIMAL
    writer = csv.writer(text, delimiter=delimiter, quotechar=quote, lineterminator=end, quoting=quoting)
    writer.writerows([HEADER] * header + BODY[:rows])
    return ''.join(line.replace('{d}', delimiter) + end for line in titles) + text.getvalue()


@pytest.mark.parametrize('end', ['\n', '\r\n', '\r'], ids=['LF', 'CRLF', 'CR'])
@pytest.mark.parametrize('titles', TITLES)
@pytest.mark.parametrize(('delimiter', 'quote'), [*product(',;\t|', '"'), (',', "'"), (';', "'")])
@pytest.mark.parametrize('rows', [3, 18])
def test_titles_delimiter_and_quotes_are_found(delimiter, quote, titles, end, rows):
    text = written(delimiter, quote, TITLES[titles], True, end, rows)
    found = detect_text(text, complete=True)
    assert (found.dialect.delimiter, found.dialect.quote, found.dialect.header, found.title_lines, found.other) == (
        delimiter, quote, True, len(TITLES[titles]), None)
    assert found.doubts == ()


@pytest.mark.parametrize('rows', [3, 18])
@pytest.mark.parametrize(('delimiter', 'quote'), [*product(',;\t|', '"'), (';', "'")])
def test_a_file_without_a_header_is_found_by_several_values_of_its_first_row(delimiter, quote, rows):
    found = detect_text(written(delimiter, quote, [], False, '\n', rows), complete=True)
    assert (found.dialect.delimiter, found.dialect.quote, found.dialect.header) == (delimiter, quote, False)


@pytest.mark.parametrize('text', [
    '',
    'name\n',
    'origin,12,24,36\n2020,1.5,2.5,3.5\n2021,1.5,2.5,\n2022,1.5,,\n',
    'Region,2024,2025\nNorth,1,2\nSouth,3,4\n',
    'Region,2026-01-31,2026-02-28\nNorth,1.5,2.5\nSouth,3.5,4.5\n',
    'Age,0.5,1.0\n20,1.25,1.75\n30,1.5,2.0\n',
    'code,text\nA,B\nB,C\n',
    'a,b\n1,x;y\n2,u;v\n',
    "name,city\n'tHooft,Bern\n'sHaag,Basel\n",
    "a,b\n'x',1\n'y,2\n",
    'a,,\n1,2,3\n4,5,6\n',
    'a,a\n1,2\n3,4\n',
    'Zeile 1\nZeile 2\nZeile 3\n',
    'Q1,Q2\nQ3,Q4\nQ5,Q6\n',
    'x,y\n,\n,\n',
], ids=repr)
def test_what_the_lines_do_not_prove_stays_as_without_detection(text):
    found = detect_text(text, complete=True)
    assert (found.is_plain, found.doubts, found.other) == (True, (), None)


@pytest.mark.parametrize('text', [
    'name\nSmith, Bob\nJones, Al\n', 'Comment\nhello, world\nfoo, 25\n', 'Triangle\norigin,12\n2020,1.5\n'])
def test_rows_with_more_values_than_the_first_line_are_read_as_without_detection_and_said(text):
    found = detect_text(text, complete=True)
    assert found.is_plain and found.doubts[0].startswith('The first line has one value, and the rows below have 2')


@pytest.mark.parametrize(('text', 'delimiter', 'titles'), [
    ('Paid claims\nAY,12,24,36\n2020,1.5,2.5,3.5\n2021,1.5,2.5,\n2022,1.5,,\n', ',', 1),
    ('Paid claims,,,\nAY,12,24,36\n2020,1.5,2.5,3.5\n2021,1.5,2.5,\n2022,1.5,,\n', ',', 1),
    ('Paid claims\n\n;12;24;36\n2020;1,5;2,5;3,5\n2021;1,5;2,5\n2022;1,5\nTotal;4,5\n', ';', 2),
    ('AY;12;24;36\n2020;100;150;170\n2021;110;160\n2022;120\n', ';', 0),
    ('Incurred by year\norigin\t2020\t2021\t2022\n2020-12-31\t1\t2\t3\n2021-12-31\t\t4\t5\n', '\t', 1),
    ('Triangle\n\norigin,12\n2020,1.5\n', ',', 2),
], ids=repr)
def test_a_triangle_has_its_periods_as_names_whatever_stands_above(text, delimiter, titles):
    found = detect_text(text, complete=True)
    assert (found.dialect.delimiter, found.title_lines, found.dialect.header) == (delimiter, titles, True)
    assert found.doubts == () and found.other is None


@pytest.mark.parametrize('text', [
    'Bordereau\nSmith,12,24,36\nJones,13,25,37\n', 'Claims\n2020,12,24,36\n2021,1,2,3\n',
    'Claims\nAY,12,24,36\n2020,a,b,c\n', 'Claims\nAY,12,30,36\n2020,1,2,3\n', 'AY,12,24,36\n'], ids=repr)
def test_numbers_below_a_name_are_no_triangle_unless_they_are_periods_above_years(text):
    assert detect_text(text, complete=True).title_lines == 0


@pytest.mark.parametrize('text', [
    'a;b;c\nP1;2;x\nTotal;6\n', 'a;b;c\nP1;2;x\nP2;4;y\nTotal;6\nend\n',
    'Report\n\na;b;c\nP1;2;x\nP2;4;y\nTotal;6\n'])
def test_totals_at_the_end_hide_neither_delimiter_nor_titles(text):
    found = detect_text(text, complete=True)
    assert (found.dialect.delimiter, found.title_lines) == (';', 2 * text.startswith('Report'))


def test_a_first_line_that_may_be_data_is_read_as_a_header_and_said():
    found = detect_text('A,2026-01-05,x\nB,2026-01-06,y\nC,2026-01-07,z\n', complete=True)
    assert found.is_plain and found.doubts[0].startswith('The first line looks like data. If the file has no header')


@pytest.fixture
def detected(tmp_path):
    """A function that returns the section, the guesses and the prepared content of a file without configuration."""
    def prepare(content: str, **spec):
        (tmp_path / 'a.csv').write_text(content, encoding='utf-8', newline='')
        file, _ = prepare_file(str(tmp_path / 'a.csv'), InputSpec(**spec), str(tmp_path / 'prepared'))
        found, guesses = with_detected_section(InputSpec(**spec), (file,))
        return delimited_section(InputSpec(**spec), file), guesses, Path(file.uri).read_text(encoding='utf-8')
    return prepare


def test_a_guess_is_said_and_proposed_and_the_titles_are_skipped(detected):
    section, guesses, content = detected("Report\n\n'pol';'amt'\n'P1';'5'\n'P2';'6'\n")
    assert section == {'csv': {'header': True, 'delimiter': ';', 'quote_character': "'", 'escape_character': "'"},
                       'skip_rows': 2}
    assert content.startswith("'pol'")
    assert len(guesses) == 1 and guesses[0].endswith(
        'so it was read with semicolon as the delimiter, single quotes and the header in line 3.')


def test_titles_are_guessed_only_where_the_input_spec_does_not_say_them(detected):
    section, _, content = detected('Report\n\na;b;c\n1;2;3\n', skip_rows=2)
    assert section == {'csv': {'header': True, 'delimiter': ';'}, 'skip_rows': 2} and content.startswith('a;b')


def test_text_that_can_be_read_in_two_ways_is_refused_with_the_keys_to_write(detected):
    with pytest.raises(DataError, match='two ways: with comma .* line 1, or with semicolon .* line 2.*skip_rows'):
        detected('Bordereau, March 2026\nPolicy;Name, First;Amt\nP1;Smith, Bob;5\nP2;Jones, Al;6\n')


@pytest.mark.parametrize('file', CLEAN, ids=lambda file: file.name)
def test_the_clean_files_of_the_repository_are_read_as_before(file):
    content = file.read_bytes()[:64 * 1024]
    text = content.decode('utf-8', 'replace')
    found = detect_text(text, len(content) < 64 * 1024)
    assert found.title_lines == 0 and found.dialect.header and found.other is None and found.doubts == ()
    assert found.dialect.quote == '"'


def test_the_same_first_bytes_give_the_same_answer_whatever_follows():
    text = written(';', '"', TITLES['three lines'], True, '\n', 18)
    assert detect_text(text, complete=False) == detect_text(text, complete=True)
    assert isinstance(detect_text('', complete=True), DetectedText)


@pytest.mark.parametrize(('text', 'types'), [
    ('H|0042|Müller & Co\nP|P-1|"Smith | Son"|1\nV|Fire|10\nV|Theft|5\nC|C-9|1\nP|P-2|Brown|2\nT|2\n', 5),
    ('HDR,B1,2026\nDTL,P1,Smith,100.5\nDTL,P2,Brown,7\nDTL,P3,X,8\nTRL,3,115.5,\n', 3)])
def test_lines_of_several_record_types_are_told_with_the_key_to_write(text, types):
    doubt = detect_text(text, True).doubts[-1]
    assert f'seem to be of {types} record types' in doubt and "'records' in the input_spec" in doubt


@pytest.mark.parametrize('text', [
    'Policy,Premium\nP1,1\nP2,2,3\nP2,2,3\nP1,1\nA long name,2\n', 'A\nB,2\nB,2\nB,2\n',
    'A,1\nA,1,2\nB,1\nB,2,1\n'])
def test_ragged_rows_alone_are_not_taken_for_record_types(text):
    assert not any('record types' in doubt for doubt in detect_text(text, True).doubts)
