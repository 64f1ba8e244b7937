"""Sheets are selected, cells written as text, and areas extracted as a workbook's section defines."""
from __future__ import annotations

import io
import zipfile
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from lake_etl.config.formats.excel_format import ExcelSection
from lake_etl.errors import DataError
from lake_etl.read.excel import table_rows
from lake_etl.read.source_files import PreparedFile
from lake_etl.read.workbook import Area, cell_area, cell_text, choose_sheet, choose_sheets, open_sheets
from lake_etl.read.workbook_formulas import formulas_without_results

GOLDEN = Path(__file__).resolve().parents[1] / 'golden'


def workbook(name: str) -> PreparedFile:
    return PreparedFile(name, str(GOLDEN / name), (GOLDEN / name).stat().st_size)


@pytest.mark.parametrize(('requested', 'combine', 'chosen', 'missing'), [
    (['*'], False, ['Policies', '2026'], []), (['Policies', '0', 'cover'], True, ['Policies', 'Cover'], []),
    (['Gone', '2026'], True, ['2026'], ['Gone']), (['Gone', '2026'], False, ['2026'], []),
    (['Gone', '9'], False, [], ['Gone', '9'])])
def test_one_sheet_or_several_are_chosen(requested, combine, chosen, missing):
    assert choose_sheets(['Cover', 'Policies', '2026'], requested, {'Cover'}, combine) == (chosen, missing)


@pytest.mark.parametrize(('value', 'text'), [
    ('007', '007'), (' a ', ' a '), ('', None), ('  ', None), (1.0, '1'), (-2.0, '-2'), (0.1, '0.1'), (1e16, '1e+16'),
    (7, '7'), (True, 'true'), (False, 'false'), (date(2026, 1, 31), '2026-01-31'),
    (datetime(2026, 1, 31, 10, 5), '2026-01-31 10:05:00'), (time(10, 5), '10:05:00'),
    (timedelta(hours=30, seconds=5), '30:00:05')])
def test_a_cell_is_written_as_delimited_text_would_have_it(value, text):
    assert cell_text(value) == text


@pytest.mark.parametrize(('wishes', 'found'), [
    (('0',), 'Cover'), (('1',), 'Policies'), (('policies',), 'Policies'), (('none', '2'), '2026'), (('2026',), '2026'),
    (('7', 'Cover'), 'Cover'), (('none',), None), (('9',), None), (('-1',), None)])
def test_the_first_sheet_that_there_is_by_name_or_else_position_is_chosen(wishes, found):
    assert choose_sheet(['Cover', 'Policies', '2026'], wishes) == found


@pytest.mark.parametrize(('requested', 'found'), [
    (('0',), 'Policies'), (('1',), '2026'), (('2',), None), (('cover',), 'Cover'), (('9', 'Cover'), 'Cover')])
def test_a_hidden_sheet_is_found_only_by_its_name(requested, found):
    assert choose_sheet(['Cover', 'Policies', '2026'], requested, {'Cover'}) == found


@pytest.mark.parametrize(('address', 'cells'), [
    ('A1', 'C2, C3, H9'), ('A1:C4', 'C2, C3'), ('C3', 'C3, H9'), ('A1:B4', ''), ('A4:C4', '')])
def test_formulas_without_a_stored_result_are_named_where_they_are_read(address, cells):
    section = ExcelSection(sheet_names=('Sums',), data_address=address)
    if not cells:
        assert open_sheets(workbook('openpyxl-sheets.xlsx'), section)[0].left == 0
        return
    with pytest.raises(DataError, match=f"stored result in the cells {cells} of the sheet 'Sums'"):
        open_sheets(workbook('openpyxl-sheets.xlsx'), section)


@pytest.mark.parametrize('name', ['libreoffice.xlsx', 'libreoffice.xls', 'libreoffice.ods', 'pyxlsbwriter.xlsb'])
def test_formulas_that_were_calculated_are_no_mistake(name):
    content = (GOLDEN / name).read_bytes()
    assert list(formulas_without_results(content, 'Policies')) == []


@pytest.mark.parametrize(('cell', 'expected'), [
    ('<c r="B2"><f>A2</f><v/></c>', ['B2']), ('<c r="B2"><f>A2</f></c>', ['B2']), ('<c r="B2" s="1"><f/></c>', ['B2']),
    ('<x:c r="B2"><x:f>A2</x:f><x:v></x:v></x:c>', ['B2']), ('<c r="B2"><f t="shared" si="0"/><v> </v></c>', ['B2']),
    ('<c r="B2"><f>A2</f><v>0</v></c>', []), ('<c r="B2" t="str"><f>A2</f><v></v></c>', []),
    ('<c r="B2" t="e"><f>A2</f><v>#REF!</v></c>', []), ('<c r="B2"><v>1</v></c>', []), ('<c r="B2"/>', []),
    ('<c r="A2"/><c r="B2"><f>A2</f></c><c r="C2"><v>1</v></c>', ['B2'])])
@pytest.mark.parametrize('filler', [0, 5_000_000])
def test_a_formula_lacks_its_result_when_the_cell_has_no_value(cell, expected, filler):
    content = io.BytesIO()
    with zipfile.ZipFile(GOLDEN / 'openpyxl-sheets.xlsx') as source, zipfile.ZipFile(content, 'w') as target:
        for name in source.namelist():
            text = f'<worksheet><row>{"<c/>" * (filler // 4)}{cell}</row></worksheet>'.encode()
            target.writestr(name, text if name.endswith('worksheets/sheet1.xml') else source.read(name))
    assert list(formulas_without_results(content.getvalue(), 'Old')) == expected


@pytest.mark.parametrize(('address', 'area'), [
    ('A1', Area(0, 0)), ('c3', Area(2, 2)), ('AA10', Area(26, 9)), ('B3:F35', Area(1, 2, 5, 34))])
def test_an_address_is_a_corner_or_an_area(address, area):
    assert cell_area(address) == area


# Rows of a sheet whose first column is B, and what an area of it holds.
SHEET = [['', ''], ['t', ''], ['a', 'b'], ['', ''], [1.0, ''], ['x', 2.0]]


@pytest.mark.parametrize(('address', 'skip', 'expected'), [
    ('A1', 0, [(2, (None, 't', None)), (3, (None, 'a', 'b')), (5, (None, '1', None)), (6, (None, 'x', '2'))]),
    ('A1', 2, [(3, (None, 'a', 'b')), (5, (None, '1', None)), (6, (None, 'x', '2'))]),
    ('B3', 0, [(3, ('a', 'b')), (5, ('1', None)), (6, ('x', '2'))]),
    ('C3', 0, [(3, ('b',)), (6, ('2',))]),
    ('B3:B5', 0, [(3, ('a',)), (5, ('1',))]),
    ('B3:E4', 0, [(3, ('a', 'b', None, None))]),
    ('A3:A9', 0, []),
    ('F20', 0, []),
])
def test_an_area_gives_its_rows_that_hold_something_with_their_numbers_in_the_sheet(address, skip, expected):
    assert list(table_rows(SHEET, 1, cell_area(address), skip)) == expected


@pytest.mark.parametrize(('name', 'section', 'message'), [
    ('libreoffice.xlsx', {'sheet_names': ('Claims', '5')}, "has no sheet 'Claims' or '5'; it has 'Policies'"),
    ('msoffcrypto-protected.xlsx', {}, "is protected by a password. Set 'password'"),
    ('msoffcrypto-protected.xlsx', {'password': 'hunter2'}, 'does not open with the password'),
    ('README.md', {}, 'cannot be opened as a workbook'),
])
def test_a_workbook_that_cannot_be_read_is_refused_by_name_and_no_password_is_shown(name, section, message):
    path = GOLDEN / name
    with pytest.raises(DataError, match=f'{name} {message}') as refused:
        open_sheets(PreparedFile(str(path), str(path), path.stat().st_size), ExcelSection(**section))
    assert 'hunter2' not in str(refused.value)


def test_a_password_for_a_workbook_without_any_is_no_matter():
    path = GOLDEN / 'libreoffice.xls'
    sheet, = open_sheets(PreparedFile(str(path), str(path), path.stat().st_size), ExcelSection(password='x'))
    assert len(list(sheet.rows)) == 6


def test_a_workbook_at_which_the_library_gives_up_is_refused_by_name(tmp_path):
    path = tmp_path / 'cut.xls'
    path.write_bytes((GOLDEN / 'libreoffice.xls').read_bytes()[:6574])
    with pytest.raises(DataError, match=r'cut.xls cannot be opened as a workbook: it is damaged'):
        open_sheets(PreparedFile(str(path), str(path), path.stat().st_size), ExcelSection())


def test_a_cell_in_the_far_corner_is_an_error_and_not_the_end_of_the_process(tmp_path):
    path = tmp_path / 'far.xls'
    content = bytearray((GOLDEN / 'xlwt.xls').read_bytes())
    content[2139:2144] = bytes.fromhex('5e83ff0001')
    path.write_bytes(content)
    with pytest.raises(DataError, match='far.xls needs more than 4 GiB of memory, or is damaged. Delete cells'):
        open_sheets(PreparedFile(str(path), str(path), path.stat().st_size), ExcelSection())
