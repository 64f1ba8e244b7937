"""Files that other programs wrote are loaded by the job with the same rows and types, whatever their format."""
from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

GOLDEN = Path(__file__).resolve().parents[1] / 'golden'
SPEC, MAPPING = 'transformation-spec/Gen-Policy.json', 'transformation-spec/Gen-Policy.csv'
COLUMNS = ('policyno', 'insured', 'premium', 'since', 'active', 'note')
ROWS = [
    ('007123', 'Müller & Söhne', 1250.5, date(2024, 1, 31), True, None),
    ('007124', 'O\'Brien, "Bros"', 99.95, date(2024, 2, 29), False, 'two\nlines'),
    ('007125', 'Café Zoë', 12000.0, date(2025, 6, 1), True, 'none'),
    ('007126', 'Smith', 0.1, date(2025, 12, 31), False, None),
    ('007127', 'Ødegård', 345.67, date(2026, 3, 4), True, 'x < y'),
]
TYPES = ('string', 'string', 'double', 'date', 'boolean', 'string')
DOCUMENT_TYPES = {'premium': 'decimal(7,2)', 'since': 'string'}
FIXED = ''.join(f'{name},{name},{width}\n' for name, width in zip(COLUMNS, (10, 21, 13, 15, 8, 17), strict=True))
NUMBERED = ''.join(f'_c{index},{name}\n' for index, name in enumerate(COLUMNS))

# File: the input_spec, the mapping without its header, and the types that are others than TYPES.
FILES = {
    'libreoffice.xlsx': ({}, '', {}),
    'libreoffice.xlsm': ({}, '', {}),
    'libreoffice.xls': ({}, '', {}),
    'libreoffice.ods': ({}, '', {'active': 'int'}),
    'xlwt.xls': ({'excel': {'sheet_names': ['Policies 2026', 'policies']}}, '', {}),
    'pyxlsbwriter.xlsb': ({'excel': {'sheet_names': ['0']}}, '', {}),
    'odfpy-headerless.ods': ({'excel': {'header': False}}, f'SourceName,DestName\n{NUMBERED}', {}),
    'openpyxl-title-and-total.xlsx': ({'excel': {'sheet_names': ['1'], 'data_address': 'B4:G9'}}, '', {}),
    'msoffcrypto-protected.xlsx': ({'excel': {'password': 'Glückauf 1'}}, '', {}),
    'libreoffice-semicolon-windows-1252.csv': ({'csv': {'delimiter': ';'}, 'encoding': 'windows-1252'}, '', {}),
    'libreoffice-tab-utf-16.tsv': ({'tsv': {}, 'encoding': 'utf-16'}, '', {}),
    'duckdb-several-characters.txt': ({'csv': {'delimiter': '~|~'}}, '', {}),
    'titled.csv.gz': ({'skip_rows': 3}, '', {}),
    'encoded.csv.zip': ({}, '', {}),
    'libreoffice-fixed-width.txt': ({'fixed': {}}, f'SourceName,DestName,Width\n{FIXED}', {}),
    'duckdb.parquet': ({}, '', {}),
    'duckdb.jsonl': ({}, '', DOCUMENT_TYPES),
    'duckdb-array.json': ({'json': {'multiline': True}}, '', DOCUMENT_TYPES),
    'encoded.jsonl.gz': ({}, '', DOCUMENT_TYPES),
    'encoded.jsonl.bz2': ({}, '', DOCUMENT_TYPES),
    'encoded.jsonl.zst': ({}, '', DOCUMENT_TYPES),
    'pandas.xml': ({'xml': {'row_tag': 'policy'}},
                   'SourceName,DestName\n_PolicyNo,policyno\n' + ''.join(f'{name},{name}\n' for name in COLUMNS[1:]),
                   {'since': 'string'}),
}


def expected(name: str, kinds: dict[str, str]) -> list[tuple]:
    """Return ROWS as a file of these types gives them."""
    def value(column: str, found):
        if column == 'since' and kinds.get(column) == 'string':
            return found.isoformat()
        if column == 'premium' and kinds.get(column, '').startswith('decimal'):
            return Decimal(str(found)).quantize(Decimal('0.01'))
        if column == 'active' and kinds.get(column) == 'int':
            return int(found)
        if column == 'note' and found and 'fixed' in name:
            return found.replace('\n', ' / ')    # A line break cannot stand in text of fixed width.
        return found
    return [tuple(value(column, found) for column, found in zip(COLUMNS, row, strict=True)) for row in ROWS]


@pytest.mark.parametrize('name', FILES)
def test_a_file_of_another_program_is_loaded_with_its_rows_and_types(lake, name):
    spec, mapping, kinds = FILES[name]
    lake.configure(SPEC, {'input_spec': spec})
    if mapping:
        lake.configure(MAPPING, mapping)
    lake.load(f'Gen/Policy/{name}', (GOLDEN / name).read_bytes())
    assert lake.rows(f'SELECT {", ".join(COLUMNS)} FROM gen.policy ORDER BY policyno') == expected(name, kinds)
    found = lake.types('gen', 'policy')
    assert {column: found[column] for column in COLUMNS} == dict(zip(COLUMNS, TYPES, strict=True)) | kinds
    assert list(found)[len(COLUMNS):] == ['execution_id']
    assert not list(lake.folders.temporary.rglob('reading/*/*')), 'what the reader wrote for itself is gone'


@pytest.mark.parametrize('name', ['libreoffice-odd-header.ods', 'libreoffice-odd-header.csv'])
def test_headers_with_line_breaks_duplicates_and_blanks_have_usable_names(lake, name):
    lake.configure(MAPPING, 'SourceName,DestName\n"Policy\nNo",policyno\nPremium2,net\nPremium3,gross\n_c4,rest\n')
    lake.load(f'Gen/Policy/{name}', (GOLDEN / name).read_bytes())
    assert lake.types('gen', 'policy') == {
        'policyno': 'string', 'net': 'double', 'gross': 'int', 'rest': 'string', 'execution_id': 'string'}
    assert lake.rows('SELECT policyno, net, gross, rest FROM gen.policy') == [('007123', 1.5, 2, 'x')]


def test_every_golden_file_is_read_by_a_test():
    there = {path.relative_to(GOLDEN).as_posix() for path in GOLDEN.rglob('*')
             if path.is_file() and path.parent.name != 'pgp'}
    assert there - set(FILES) == {'README.md', 'libreoffice-odd-header.ods', 'libreoffice-odd-header.csv',
                                  'folder/part-1.csv', 'folder/part-2.csv', 'lake-format-0.zip',
                                  'openpyxl-sheets.xlsx', 'fastavro.avro',
                                  'openpyxl-several-sheets.xlsx', 'xlsxwriter-dates.xlsx'}
