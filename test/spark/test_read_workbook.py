"""Cells with dates are dates, whatever a step would read from text, and only the sheets that a user sees are read."""
from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from lake_etl.config.formats.excel_format import ExcelSection
from lake_etl.config.input import InputSpec
from lake_etl.errors import DataError
from lake_etl.read.source import read_collected_file
from lake_etl.read.source_files import KnownTypes

GOLDEN = Path(__file__).resolve().parents[1] / 'golden'
SEVERAL = 'openpyxl-several-sheets.xlsx'


@pytest.fixture
def read(spark, tmp_path):
    """A function that reads a workbook; the steps parse the columns `parsed` from text."""
    def read_workbook(name: str, parsed=(), **spec):
        return read_collected_file(spark, str(GOLDEN / name), InputSpec(**spec), scratch=str(tmp_path / 'scratch'),
                                   known_types=lambda names: KnownTypes(text_columns=frozenset(parsed)))
    return read_workbook


@pytest.mark.parametrize('parsed', [(), ('since', 'at', 'paid')])
def test_cells_with_dates_are_dates_and_serials_below_1_are_null(read, parsed):
    rows = read('openpyxl-sheets.xlsx', parsed).collect()
    assert [(row.since, row.at, row.paid) for row in rows] == [
        (date(2024, 1, 5), datetime(2024, 1, 5, 10, 30), date(2024, 1, 5)),
        (None, datetime(2024, 1, 6), None), (None, None, date(2024, 3, 1)),
        (date(1900, 2, 28), datetime(1900, 3, 1), date(1900, 2, 28))]


def test_dates_stay_text_where_the_input_spec_says_so(read):
    df = read('xlsxwriter-dates.xlsx', ('inception',), types={'Inception': 'string'})
    assert [row.inception for row in df.collect()] == ['2024-01-05', '2024-01-06']


@pytest.mark.parametrize(('requested', 'column'), [(('0',), 'pol'), (('old',), 'old'), (('Chart', 'gone'), 'gone')])
def test_charts_and_hidden_sheets_are_skipped_unless_named(read, requested, column):
    assert read('openpyxl-sheets.xlsx', excel=ExcelSection(sheet_names=requested)).columns[0] == column


@pytest.mark.parametrize(('section', 'sheets'), [
    ({'sheet_names': ('*',)}, ['2024', 'South', 'South']),
    ({'sheet_names': ('Notes', '1'), 'combine_sheets': True}, ['Notes', 'South', 'South']),
    ({'sheet_names': ('Notes', 'South')}, ['Notes'])])
def test_several_sheets_are_one_table_with_their_names_as_a_column(read, section, sheets):
    df = read(SEVERAL, excel=ExcelSection(sheet_column='Region', **section))
    assert [row.Region for row in df.collect()] == sheets
    assert [field.dataType.simpleString() for field in df.schema.fields] == ['int', 'string', 'string']


@pytest.mark.parametrize(('section', 'message'), [
    ({'sheet_names': ('South', 'North'), 'combine_sheets': True},
     "several-sheets.xlsx has no sheet 'North'; it has '2024'"),
    ({'sheet_column': 'NAME'}, "has a column 'NAME' already"),
    ({'sheet_names': ('Empty',)}, 'several-sheets.xlsx holds no rows'),
])
def test_sheets_that_cannot_be_one_table_are_refused_by_name(read, section, message):
    with pytest.raises(DataError, match=message):
        read(SEVERAL, excel=ExcelSection(**section))


def test_sheets_with_other_columns_are_refused_by_name(read):
    with pytest.raises(DataError, match="sheet 'Other' has the columns no, title, but .*sheet '2024' has no, name"):
        read(SEVERAL, excel=ExcelSection(sheet_names=('2024', 'Other'), combine_sheets=True))
