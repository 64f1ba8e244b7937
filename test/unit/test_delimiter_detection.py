"""The delimiter of a file is found from its first rows; a header that the named delimiter does not split is refused."""
from __future__ import annotations

import pytest

from lake_etl.config.formats.delimited_format import DelimitedSection
from lake_etl.config.formats.json_format import JsonSection
from lake_etl.config.formats.xml_format import XmlSection
from lake_etl.config.input import InputSpec
from lake_etl.config.input_formats import choose_format
from lake_etl.errors import DataError
from lake_etl.read.delimited_records import Dialect
from lake_etl.read.delimiter_detection import with_detected_section
from lake_etl.read.dialect_detection import detect_delimiter
from lake_etl.read.prepare import begins_with_separator_line
from lake_etl.read.source_files import PreparedFile

COMMAS = Dialect(',', '"', '"', header=True)


@pytest.mark.parametrize(('text', 'delimiter'), [
    ('policy;gross;net\nP1;100;90\n', ';'),
    ('policy;gross\nP1;100,50\nP2;1,25\n', ';'),
    ('name, first;amt;day\nSmith, Bob;5;x\n', ';'),
    ('a\tb\n1\t2\n', '\t'),
    ('a|b|c\n1|2|3\n', '|'),
    ('a\x01b\n1\x012\n', '\x01'),
    ('a,b\n1,2\n', ','),
    ('a,b|c\n1,2|3\n', ','),
    ('a,b;c\n1,2\n', ','),
    ('a;"x,y";c\n1;"2,3";4\n', ';'),
    ('a,b,c\n1,2,3\n4,5\n' + '6,7,8\n' * 20, ','),
    ('name\nSmith, Bob\nJones; Al\n', None),
    ('a;b\n', ';'),
    ('a\n', None),
    ('', None),
])
def test_the_delimiter_splits_header_and_rows_alike(text, delimiter):
    assert detect_delimiter(text, True, COMMAS) == delimiter


def prepared(tmp_path, content: str) -> tuple[PreparedFile]:
    file = tmp_path / 'a.csv'
    file.write_text(content, encoding='utf-8')
    return (PreparedFile(str(file), str(file), file.stat().st_size),)


def test_a_named_delimiter_that_does_not_split_the_header_is_refused_with_the_one_that_does(tmp_path):
    files = prepared(tmp_path, 'policy;gross;net\nP1;1,5;2\n')
    assert with_detected_section(InputSpec(), files)[0].delimited().delimiter == ';'
    with pytest.raises(DataError, match='a.csv: the delimiter comma .* semicolon splits it into 3 columns'):
        with_detected_section(InputSpec(csv=DelimitedSection()), files)
    headerless = InputSpec(csv=DelimitedSection(header=False))
    assert with_detected_section(headerless, files) == (headerless, [])


def test_a_file_of_one_column_keeps_it(tmp_path):
    spec = InputSpec(csv=DelimitedSection(delimiter=';'))
    files = prepared(tmp_path, 'name\nSmith, Bob\n')
    assert with_detected_section(spec, files) == (spec, [])
    found, guesses = with_detected_section(InputSpec(), files)
    assert (found.delimited(), guesses) == (InputSpec().delimited(), [])


@pytest.mark.parametrize(('skip_rows', 'content'), [
    (0, 'Bordereau March 2026\n\nPolicy;Start;Gross\nP1;2026-01-01;5\nP2;2026-01-02;6\n'),
    (1, '\nPolicy;Start;Gross\nP1;2026-01-01;5\n'[1:].replace('Policy', 'Total 7\nPolicy', 1))])
def test_titles_above_the_header_of_a_named_delimiter_are_refused_with_the_number_of_lines(
        tmp_path, skip_rows, content):
    spec = InputSpec(csv=DelimitedSection(delimiter=';'), skip_rows=skip_rows)
    with pytest.raises(DataError, match='in line 3, below titles. Set "skip_rows": 2'):
        with_detected_section(spec, prepared(tmp_path, content))


@pytest.mark.parametrize(('content', 'found'), [
    ('sep=;\na;b\n', True), ('\ufeffSEP=,\r\na,b\n', True), ('"sep=;"\na;b\n', True), ('sep=\t\na\tb\n', True),
    ('sep=;;\n', True), ('separator\n1\n', False), ('sep=ab\n', False), ('sep=;', False)])
def test_a_line_that_only_names_the_delimiter_is_no_header(content, found):
    assert begins_with_separator_line(content.encode(), 'utf-8') is found


@pytest.mark.parametrize(('name', 'sections', 'chosen'), [
    ('a.ndjson', {}, 'JSON'),
    ('a.NDJSON.gz', {}, 'JSON'),
    ('a.txt', {'json': JsonSection()}, 'JSON'),
    ('a.dat', {'xml': XmlSection()}, 'XML'),
    ('a.txt', {'json': JsonSection(), 'csv': DelimitedSection()}, 'delimited text'),
    ('a.xml', {'json': JsonSection()}, 'XML'),
    ('a.json', {'csv': DelimitedSection()}, 'JSON'),
    ('a.csv', {}, 'delimited text'),
])
def test_the_only_section_tells_the_format_where_the_extension_does_not(name, sections, chosen):
    assert choose_format(name, InputSpec(**sections)).name == chosen
