"""Records of a file are told apart, and divided into parts with given values, whichever way the text comes in."""
from __future__ import annotations

import csv
import io
import random

import pytest

from lake_etl.config.record_types import RecordsSection, RecordTypeSection
from lake_etl.errors import DataError
from lake_etl.read.delimited_records import Dialect
from lake_etl.read.record_lines import DelimitedLines, FixedLines, Line, numbered_lines
from lake_etl.read.record_parts import Division, Part, part_names, part_of_table, part_of_type

PIPE = Dialect('|', '"', '"', False)


def section(**types):
    return RecordsSection(field=1, types={key: RecordTypeSection(**item) for key, item in types.items()})


SECTION = section(
    H={'columns': ('K', 'No'), 'give': ('No',)},
    P={'columns': ('K', 'Policy'), 'table': 'Own', 'parent': 'H', 'give': ('Policy',)},
    V={'columns': ('K', 'Cover'), 'parent': 'P', 'nested_in': 'Covers'},
    M={'columns': ('K', 'Month'), 'parent': 'V', 'nested_in': 'Months'},
    C={'columns': ('K', 'Claim'), 'table': 'Claims', 'parent': 'P'}, T={'skip': True})


def divide(records, text, lines=None, replaces=False, pieces=None, states=None):
    """Return the lines of each part, the sentences about the rest, and the lines that may state totals."""
    parts = {name: Part(io.StringIO(newline='')) for name in part_names(records)}
    division = Division(records, lines or DelimitedLines(records, PIPE), parts, 'own', replaces, states)
    trailers: list[str] = []
    numbered = numbered_lines(pieces or [text], 1, 'a.txt')
    division.divide(0, 'a.txt', (lines or DelimitedLines(records, PIPE)).records(numbered, 'a.txt', True), trailers)
    return {name: part.output.getvalue() for name, part in parts.items()}, list(division.findings.sentences()), trailers


def test_each_record_goes_to_its_part_with_its_line_the_line_of_its_parent_and_what_is_given():
    parts, sentences, trailers = divide(
        SECTION, 'H|"a|1"\nP|p1\nV|fire\nM|01\nC|c1\n\nP|p2\nC|c2|\nH|b\nP|"p\r\n3"\nT|3\n')
    assert parts == {
        part_of_table('Own'): 'n2|"a|1"|P|p1\nn7|"a|1"|P|p2\nn10|b|P|"p\r\n3"\n',
        part_of_table('Claims'): 'n5|"a|1"|p1|C|c1\nn8|"a|1"|p2|C|c2|\n',
        part_of_type('V'): 'n3|n2|V|fire\n', part_of_type('M'): 'n4|n3|M|01\n'}
    assert sentences == []
    assert trailers == ['T|3']


def test_records_of_unknown_types_and_without_a_parent_are_malformed_and_told_with_their_line():
    parts, sentences, _ = divide(SECTION, 'P|p1\nH|a\nV|fire\nM|01\nX|x\nP|p2\nH|b\nC|c1\n\nY\n')
    assert parts == {
        part_of_table('Own'): 'x1||P|p1\nx3|\nx4|\nx5|\nn6|a|P|p2\nx10|\n',
        part_of_table('Claims'): 'x8|b||C|c1\n', part_of_type('V'): '', part_of_type('M'): ''}
    assert [sentence.partition(': ')[2] for sentence in sentences] == [
        '1. The first is in line 1 of a.txt.', '1. The first is in line 3 of a.txt.',
        '1. The first is in line 4 of a.txt.', '2. The first is in line 5 of a.txt.',
        '1. The first is in line 8 of a.txt.']
    assert "have type 'V' and no record of type 'P' above them" in sentences[1]
    assert "'records' of the input_spec does not name" in sentences[3]


def test_a_record_that_ends_another_type_leaves_what_follows_without_it():
    types = {**SECTION.types, 'T': RecordTypeSection(skip=True, ends='H')}
    text = 'H|a\nP|p1\nC|c1\nT\nC|c2\nP|p2\nC|c3\nH|b\nP|p3'
    parts, sentences, _ = divide(RecordsSection(field=1, types=types), text)
    assert parts[part_of_table('Own')] == 'n2|a|P|p1\nx6||P|p2\nn9|b|P|p3\n'
    assert parts[part_of_table('Claims')] == 'n3|a|p1|C|c1\nx5|||C|c2\nn7||p2|C|c3\n'
    assert len(sentences) == 2


def test_a_header_with_missing_values_is_told_and_gives_nothing():
    parts, sentences, _ = divide(SECTION, 'H\nP|p1\n')
    assert parts[part_of_table('own')] == 'n2||P|p1\n'
    assert 'more or fewer values than columns: 1. The first is in line 1' in sentences[0]


@pytest.mark.parametrize('end', ['\n', '\r\n', '\r'])
@pytest.mark.parametrize('size', [1, 2, 3, 7])
def test_the_pieces_in_which_a_text_comes_do_not_matter(end, size):
    text = end.join(['H|a', 'P|"one', '', 'two"', '', 'V|f', 'P|x', 'T|', '\x1a'])
    pieces = [text[start:start + size] for start in range(0, len(text), size)]
    assert divide(SECTION, '', pieces=pieces) == divide(SECTION, text)
    assert divide(SECTION, text)[0][part_of_table('own')] == f'n2|a|P|"one{end}{end}two"\nn7|a|P|x\n'


def test_values_are_split_as_the_csv_module_splits_them():
    rng = random.Random(7)
    lines = DelimitedLines(SECTION, PIPE)
    for _ in range(500):
        values = [''.join(rng.choice('ab"|\n ') for _ in range(rng.randint(0, 5))) for _ in range(rng.randint(1, 5))]
        output = io.StringIO(newline='')
        csv.writer(output, delimiter='|', lineterminator='\n').writerow(values)
        written = output.getvalue().removesuffix('\n')
        raw = lines.values(written)
        assert '|'.join(raw) == written
        assert [next(csv.reader(io.StringIO(item, newline=''), delimiter='|'), [''])[0] for item in raw] == values


def test_a_quote_that_is_never_closed_is_refused_with_its_line_unless_lines_are_read_alone():
    lines = DelimitedLines(SECTION, PIPE)
    text = [Line(1, 'H|a'), Line(2, 'P|"x'), Line(3, 'P|y')]
    with pytest.raises(DataError, match='a.txt: a quote that opens a value in line 2 is never closed.*"multiline"'):
        list(lines.records(text, 'a.txt', True))
    assert list(lines.records(text, 'a.txt', False)) == text
    inches = [Line(1, 'P|12" pipe'), Line(2, 'P|"a "" b"'), Line(3, "P|'")]
    assert list(lines.records(inches, 'a.txt', True)) == inches


def test_lines_of_fixed_width_are_told_by_positions_in_characters_or_bytes_or_by_a_pattern():
    records = RecordsSection(positions=(1, 2), types={
        'H1': RecordTypeSection(columns={'K': 2, 'No': 4}, give=('No',)),
        'D': RecordTypeSection(columns={'K': 2, 'Name': 6}, table='Own', parent='H1')})
    text = 'H1é  7\nD Müller\nD ab\n'
    parts, sentences, _ = divide(records, text, FixedLines(records, None, 5))
    assert parts == {part_of_table('own'): 'n2   é  7D Müller\nn3   é  7D ab\n'}
    assert sentences == []
    parts, _, _ = divide(records, text, FixedLines(records, 'utf-8', 5))
    assert parts == {part_of_table('own'): 'n2   é  D Müller\nn3   é  D ab\n'}
    parts, _, _ = divide(records, text, FixedLines(RecordsSection(pattern='^.(.)', types=records.types), None, 5))
    assert parts == {part_of_table('own'): 'x1   \nx2   \nx3   \n'}


def test_records_with_replaced_bytes_are_malformed_and_lines_that_state_totals_are_kept():
    parts, _, trailers = divide(SECTION, 'H|a\nP|\ufffd\n' + 'T|x\n' * 1001 + 'T|9\n', replaces=True, states=r'T\|\d')
    assert parts[part_of_table('own')] == 'x2|a|P|\ufffd\n'
    assert trailers == ['T|x'] * 1000 + ['T|9']


def test_a_file_without_lines_is_refused(monkeypatch):
    monkeypatch.setattr('lake_etl.read.record_lines.LONGEST_LINE', 10)
    with pytest.raises(DataError, match='a.txt: line 2 has more than 10 characters'):
        list(numbered_lines(['a\n', 'b' * 8, 'b' * 8], 1, 'a.txt'))
