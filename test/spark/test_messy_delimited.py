"""Delimited text with totals, stray quotes, records of several lengths and a line that names the delimiter."""
from __future__ import annotations

from datetime import date

import pytest

from lake_etl.config.formats.delimited_format import DelimitedSection
from lake_etl.config.input import InputSpec
from lake_etl.errors import DataError
from lake_etl.read import delimited, line_scan
from lake_etl.read.malformed import malformed_column
from lake_etl.read.source import read_collected_file, read_errors_named

TOTALS = 'policy,inception,premium\nP1,2024-01-01,100.10\n,2024-02-01,200.20\nTotal,,300.30\n'
SETTLING = 2


@pytest.fixture
def read(spark, tmp_path):
    """A function that reads content as an input_spec says."""
    def read_content(content: str, name: str = 'a.csv', **spec):
        (tmp_path / name).write_text(content, encoding='utf-8', newline='')
        return read_collected_file(spark, str(tmp_path / name), InputSpec(**spec), scratch=str(tmp_path / 'scratch'))
    return read_content


@pytest.mark.parametrize('spec', [{'row_filter': "policy <> 'Total'"}, {'skip_footer': 1}], ids=str)
@pytest.mark.parametrize('number', ['premium', 'policy'])
def test_totals_are_left_out_before_types_are_inferred(read, spark_jobs, spec, number):
    content = TOTALS if number == 'premium' else TOTALS.replace('P1', '7')
    with spark_jobs() as jobs:
        found = read(content, **spec)
        assert jobs() == SETTLING
    first = 7 if number == 'policy' else 'P1'
    assert [tuple(row) for row in found.collect()] == [
        (first, date(2024, 1, 1), 100.1), (None, date(2024, 2, 1), 200.2)]


@pytest.mark.parametrize('condition', ["Policies <> 'Total'", 'policy NOT LIKE (', "sum(premium) > 1"])
def test_a_filter_that_does_not_fit_the_columns_is_refused_with_them(read, condition):
    with pytest.raises(DataError, match='row_filter.*policy, inception, premium'):
        read(TOTALS, row_filter=condition).collect()


def test_detection_costs_no_spark_job(read, spark_jobs):
    with spark_jobs() as plain:
        expected = read('policy,start,gross\nP1,2024-01-01,5.5\nP2,2024-01-02,6.5\n').collect()
        count = plain()
    with spark_jobs() as detected:
        titled = "Bordereau March 2026\n\n'policy';'start';'gross'\n'P1';'2024-01-01';'5.5'\n'P2';'2024-01-02';'6.5'\n"
        assert read(titled, name='b.csv').collect() == expected
        assert detected() == count


def test_a_filter_works_where_all_columns_are_text(read):
    assert [row.a for row in read('a,b\nx,y\nT,z\n', row_filter="a <> 'T'").collect()] == ['x']


def test_a_footer_counts_no_blank_lines_and_may_be_longer_than_the_file(read):
    assert [row.a for row in read('a,b\r\nx,y\r\nT\r\n\r\nU\r\n \r\n', skip_footer=2).collect()] == ['x']
    with pytest.raises(DataError, match='is empty'):
        read('a,b\n', skip_footer=5)


@pytest.mark.parametrize('split_bytes', [10, 1 << 25], ids=['larger than the split', 'small'])
def test_values_with_unescaped_quotes_are_counted(read, monkeypatch, split_bytes):
    monkeypatch.setattr(delimited, 'SPLIT_BYTES', split_bytes)
    found = read('pol,descr,amt\nA1,"Smith, "Bob" Jones",5\nA2,plain,6\nA3,6" pipe of 2",7\n')
    assert [row.pol for row in found.where(f'`{malformed_column(found)}`').collect()] == ['A1']
    assert malformed_column(read('pol,descr\nA1,"""x"" y"\n')) is None


@pytest.mark.parametrize('split_bytes', [10, 1 << 25], ids=['larger than the split', 'small'])
def test_stray_and_unclosed_quotes_are_noticed_in_files_with_line_breaks(read, monkeypatch, split_bytes):
    monkeypatch.setattr(delimited, 'SPLIT_BYTES', split_bytes)
    monkeypatch.setattr(line_scan, 'RANGE_BYTES', 16)
    found = read('pol,descr,amt\nA0,"l1\nl2",4\nA1,"Smith, "Bob" Jones",5\nA2,plain,6\nA3,"l1\r\nl2",7\n')
    assert [(row.pol, row.amt) for row in found.where(f'`{malformed_column(found)}`').collect()] == [('A1', 5)]
    assert found.count() == 4
    rows = read('pol,descr,amt\nA1,"l1\nl2",5\nA2,"plain,6\nA3,x,7\nA4,y,8\n').collect()
    assert [row.pol for row in rows][-2:] == ['A3', 'A4']


def test_a_file_without_a_header_has_the_columns_of_its_longest_row(read):
    found = read('HDR,20240131\nDTL,P1,100.10,2024-01-05\nTRL,2\n', csv=DelimitedSection(header=False))
    assert found.columns[:4] == ['_c0', '_c1', '_c2', '_c3']
    assert [tuple(row)[:4] for row in found.where("_c0 = 'DTL'").collect()] == [
        ('DTL', 'P1', 100.1, date(2024, 1, 5))]


@pytest.mark.parametrize('spec', [{}, {'csv': DelimitedSection(delimiter=';')}], ids=['detected', 'named'])
def test_a_line_that_names_the_delimiter_is_skipped(read, spec):
    found = read('\ufeffsep=;\r\npolicy;amt\r\nA1;5\r\n', **spec)
    assert [row.asDict() for row in found.collect()] == [{'policy': 'A1', 'amt': 5}]


def test_an_error_of_a_library_names_the_file_and_shows_no_value():
    named = read_errors_named('a.csv', 'a.csv', InputSpec())
    with pytest.raises(DataError, match='a.csv could not be read') as failure, named:
        raise ValueError('the secret value')
    assert 'secret' not in str(failure.value)
    with pytest.raises(ValueError, match='of the job'), read_errors_named('a.csv', 'a.csv', InputSpec(), True):
        raise ValueError('of the job')
