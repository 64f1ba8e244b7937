"""Every reader can tell the file and the number of each row, however Spark splits the files into tasks."""
from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lake_etl.config.formats.excel_format import ExcelSection
from lake_etl.config.formats.fixed_width_format import FixedSection
from lake_etl.config.formats.json_format import JsonSection
from lake_etl.config.formats.parquet_format import ParquetSection
from lake_etl.config.formats.xml_format import XmlSection
from lake_etl.config.input import InputSpec
from lake_etl.quality.row_origin import TrackedRows
from lake_etl.read.source import read_collected_file
from lake_etl.read.source_files import KnownTypes
from lake_etl.spark.source_rows import CountedBlock, RawColumn, number_blocks, place_in_file, raw_columns

ROWS = 200
SMALL_TASKS = {'spark.sql.files.maxPartitionBytes': '2000', 'spark.sql.files.openCostInBytes': '100'}


def delimited(path: Path, start: int = 1) -> None:
    lines = [f'{number},{number:04}.10' + '\n' * (1 + number % 3 // 2) for number in range(start, ROWS + start)]
    path.write_text('no,amount\n\n' + ''.join(lines))


def folder(path: Path) -> None:
    for number in range(3):
        delimited(path.parent / f'part {number}+é%20.csv')
    path.write_text('')


def json_lines(path: Path) -> None:
    rows = [json.dumps({'no': number, 'amount': f'{number:04}.10'}) for number in range(1, ROWS + 1)]
    rows[9:12] = [f'[{", ".join(rows[9:12])}]']
    path.write_text('\n\n'.join(rows) + '\n')


def json_documents(path: Path) -> None:
    rows = [{'no': number, 'amount': f'{number:04}.10'} for number in range(1, ROWS + 1)]
    path.write_text(json.dumps(rows, indent=1))


def parquet(path: Path) -> None:
    numbers = range(1, ROWS + 1)
    table = pa.table({'no': pa.array(numbers), 'amount': [f'{number:04}.10' for number in numbers]})
    pq.write_table(table, path, row_group_size=40, compression='none')


def fixed(path: Path) -> None:
    path.write_text(''.join(f'{number:<5}{number:04}.10\n' + '\n' * (number % 2) for number in range(1, ROWS + 1)))


def xml(path: Path) -> None:
    rows = (f'<row><no>{number}</no><amount>{number:04}.10</amount></row>' for number in range(1, ROWS + 1))
    path.write_text(f'<all>{" ".join(rows)}</all>')


def workbook(path: Path) -> None:
    formats, office = 'http://schemas.openxmlformats.org', 'http://schemas.openxmlformats.org/officeDocument/2006'
    kind, sheets = f'xmlns="{formats}/spreadsheetml/2006/main"', 'application/vnd.openxmlformats-officedocument.'
    cells = {2: ('no', 'amount')} | {number: (number, f'{number:04}.10') for number in range(4, 22, 3)}
    rows = ''.join(f'<row r="{number}">' + ''.join(
        f'<c r="{letter}{number}" t="inlineStr"><is><t>{value}</t></is></c>' for letter, value in zip('BC', values))
        + '</row>' for number, values in cells.items())

    def link(target: str, relation: str) -> str:
        return (f'<Relationships xmlns="{formats}/package/2006/relationships"><Relationship Id="r1" '
                f'Type="{office}/relationships/{relation}" Target="{target}"/></Relationships>')
    main = f'PartName="/xl/workbook.xml" ContentType="{sheets}spreadsheetml.sheet.main+xml"'
    parts = {
        '[Content_Types].xml': f'<Types xmlns="{formats}/package/2006/content-types"><Override {main}/></Types>',
        '_rels/.rels': link('xl/workbook.xml', 'officeDocument'),
        'xl/workbook.xml': f'<workbook {kind} xmlns:r="{office}/relationships"><sheets><sheet name="S" sheetId="1" '
                           'r:id="r1"/></sheets></workbook>',
        'xl/_rels/workbook.xml.rels': link('worksheets/sheet1.xml', 'worksheet'),
        'xl/worksheets/sheet1.xml': f'<worksheet {kind}><sheetData>{rows}</sheetData></worksheet>'}
    with zipfile.ZipFile(path, 'w') as archive:
        for name, content in parts.items():
            archive.writestr(name, f'<?xml version="1.0"?>{content}')


@dataclass(frozen=True)
class Case:
    """How a file is written and read; each row has its number in the column `no`."""

    name: str
    write: object
    spec: InputSpec = InputSpec()
    known: dict = field(default_factory=dict)
    files: int = 1


TEXT = {'text_columns': frozenset({'no', 'amount'})}
CASES = [
    Case('a.csv', delimited),
    Case('filtered.csv', delimited, InputSpec(row_filter='no % 7 != 0')),
    Case('text.csv', delimited, known=TEXT),
    Case('done.csv', folder, InputSpec(files='folder', multiline=True), TEXT, 3),
    Case('a.json', json_lines, InputSpec(json=JsonSection())),
    Case('b.json', json_documents, InputSpec(json=JsonSection(multiline=True))),
    Case('a.parquet', parquet, InputSpec(parquet=ParquetSection())),
    Case('a.txt', fixed, InputSpec(fixed=FixedSection())),
    Case('a.xml', xml, InputSpec(xml=XmlSection(row_tag='row'))),
    Case('a.xlsx', workbook, InputSpec(excel=ExcelSection(data_address='B2'))),
]


@pytest.mark.parametrize('case', CASES, ids=[f'{case.name} {case.files} {bool(case.known)}' for case in CASES])
def test_each_row_has_its_file_its_number_and_its_text(spark, spark_settings, tmp_path, case):
    case.write(tmp_path / case.name)
    raw = (RawColumn('amount', 'Amount', '`amount`'), RawColumn('no', 'No', '`no`'))
    with spark_settings(SMALL_TASKS):
        df = read_collected_file(spark, str(tmp_path / case.name), case.spec,
                                 lambda names: KnownTypes(raw_columns=raw, **case.known), tracked=True,
                                 scratch=str(tmp_path / 'scratch'), widths=[('no', 5), ('amount', 7)])
        assert [item.name for item in raw_columns(df)] == ['amount', 'no']
        place = place_in_file(TrackedRows(df).blocks)
        rows = df.select(place['file'], place['number'], 'no', '_lake_etl_raw_values').collect()
    assert len(rows) > 5
    found = [(file.rpartition('/')[2], number, no, raw) for file, number, no, raw in rows]
    names = [case.name] if case.files == 1 else [f'part {number}+é%20.csv' for number in range(3)]
    assert {file for file, *_ in found} == set(names)
    assert len({(file, number) for file, number, *_ in found}) == len(found)
    assert all((number, raw) == (int(no), [f'{number:04}.10', str(number)]) for _, number, no, raw in found)


def test_blocks_are_numbered_file_by_file_whatever_the_order_of_tasks():
    counted = [CountedBlock('b', 0, 7, 5), CountedBlock('a', 100, 0, 2), CountedBlock('a', 0, 1 << 33, 3)]
    assert [(item.position, item.number, item.file) for item in number_blocks(counted, {'a': 'x/a'})] == [
        (0, 4, 'x/a'), (7, 1, 'b'), (1 << 33, 1, 'x/a')]
