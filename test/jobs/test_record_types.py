"""A file with several record types fills a table for each: with values of its header, nested records, and rules."""
from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path

import pytest

from lake_etl.errors import ConfigurationError, ControlTotalsError, DataError, QualityError

PAGE = (Path(__file__).parents[2] / 'docs' / 'file-formats.md').read_text(encoding='utf-8')
SPEC = 'transformation-spec/Binder-Premiums.json'
CLAIMS = 'transformation-spec/Binder-Claims.json'
KEY = 'Binder/Premiums/bordereau.txt'
# Spark splits files of a few hundred bytes into tasks, as it splits large ones by default.
SMALL_TASKS = {'spark.sql.files.maxPartitionBytes': '1500', 'spark.sql.files.openCostInBytes': '1'}


def shown(beginning):
    """Return the text of the block of the page on file formats that begins with this text."""
    return PAGE.partition(f'```{beginning}')[2].partition('```')[0]


def specification():
    return json.loads(shown(f'json\n// {SPEC}'))


def premiums(lake):
    return lake.rows('SELECT bordereauno, coverholder, policyno, insured, premium, covers FROM binder.premiums '
                     'ORDER BY policyno')


def test_the_bordereau_of_the_page_on_file_formats_fills_its_tables_also_with_a_further_level(lake):
    spec = specification()
    spec['input_spec']['records']['types']['M'] = {
        'columns': ['Type', 'Month', 'Amount'], 'parent': 'V', 'nested_in': 'Months'}
    lake.configure(SPEC, spec)
    lake.configure(CLAIMS, shown(f'json\n// {CLAIMS}'))
    with pytest.raises(ConfigurationError, match='land the file for Binder/Premiums'):
        lake.load('Binder/Claims/own.csv', 'ClaimNo,Paid\nC-1,2\n')
    lake.configure('transformation-sql/spark-Binder-Loss.sql', 'SELECT * FROM binder.claims')
    with pytest.raises(ConfigurationError, match='load Binder/Premiums, then binder/loss;'):
        lake.load('Binder/Loss/own.csv', 'ClaimNo,Paid\nC-1,2\n')
    text = '\ufeffH|' + shown('\nH|').replace('1000\n', '1000\nM|01|1.5\nM|02|2.5\n\n').replace(
        'Brown', '"two\nlines"').replace('T|', 'M|03|9\nT|').replace('\n', '\r\n')
    # A month without a cover above it is a malformed row of the table in which it would be nested.
    text = text.replace('T|2', 'T|3')
    result = lake.run(KEY, text)
    assert result.status == 'SUCCEEDED', result.reason
    months = [{'Type': 'M', 'Month': '01', 'Amount': 1.5}, {'Type': 'M', 'Month': '02', 'Amount': 2.5}]
    assert premiums(lake) == [
        ('0042', 'Müller & Co', 'P-1', '*', 100.5,
         [{'Type': 'V', 'Cover': 'Fire', 'Limit': 1000, 'Months': months},
          {'Type': 'V', 'Cover': 'Theft', 'Limit': 50, 'Months': []}]),
        ('0042', 'Müller & Co', 'P-2', '*', 200.0, []), (None, None, None, '*', None, None)]
    claims = 'SELECT bordereauno, policyno, length(claimno), paid FROM binder.claims ORDER BY policyno'
    assert lake.rows(claims) == [('0042', 'P-1', 64, 12.5)]
    assert [notice for notice in result.notices if 'line 11 of bordereau.txt' in notice and "type 'M'" in notice]
    lake.configure('dq-rules/dq-Binder-Claims.json', {'after_transform': {'halt_rules': ['ColumnValues "paid" < 5']}})
    before = premiums(lake), lake.rows(claims), lake.unreferenced_files()
    with pytest.raises(QualityError, match="rows of Binder/Claims are not good enough.*'ColumnValues"):
        lake.load('Binder/Premiums/other.txt', text.replace('P-1', 'P-7'))
    assert before == (premiums(lake), lake.rows(claims), lake.unreferenced_files())


def test_records_of_unknown_types_count_and_quarantined_rows_tell_their_line(lake, spark_settings, spark_jobs):
    types = specification()['input_spec']['records']['types']
    del types['V']
    lake.configure(SPEC, {'input_spec': {'pipe': {}, 'skip_rows': 1, 'records': {'field': 1, 'types': types}}})
    lake.configure('dq-rules/dq-Binder-Premiums.json', {
        'before_transform': {'quarantine_rules': ['ColumnValues "premium" < 1000', 'IsComplete "policyno"']}})
    lines = ['a title', 'H|0042|Müller']
    for number in range(1, 201):
        lines += [f'P|P-{number:03}|{"x" * (number % 9)}|{5000 if number % 50 == 0 else number}']
        lines += [f'C|C-{number}|1'] * (number % 3)
    lines[10:10] = ['X|whatever|1|2', '']
    with spark_settings(SMALL_TASKS), spark_jobs() as jobs:
        execution = lake.load(KEY, '\n'.join([*lines, 'T|200']))
    # As many as two files would take: seven with rules that quarantine, three without.
    assert jobs() == 10
    found = lake.rows('SELECT source_row, policyno FROM binder.premiums_quarantine_before_transform '
                      'ORDER BY source_row')
    expected = [(number, line.split('|')[1]) for number, line in enumerate(lines, 1) if line.endswith('|5000')]
    assert found == sorted([(11, None), *expected])
    assert lake.rows('SELECT count(*), count(DISTINCT policyno) FROM binder.claims') == [(201, 134)]
    assert lake.rows("SELECT count(*), count(bordereauno) FROM binder.premiums") == [(196, 196)]
    failed = [item['info'] for item in lake.lineage(execution) if item['dataset_operation'] == 'failedconversions']
    assert failed[0]['conversions'][0]['failed'] == 1
    # A later file without claims leaves none of them for the day, and the types as they are.
    lake.load(KEY, 'a title\nH|0042|x\nP|P-1|x|1\n')
    assert lake.rows('SELECT count(*) FROM binder.claims') == [(0,)]
    assert lake.types('binder', 'claims')['paid'] == 'int'


def nacha(*records):
    """Return records of 94 characters, each given by the texts at some positions, counted from 1."""
    found = []
    for record in records:
        line = [' '] * 94
        for place, text in record.items():
            line[place - 1:place - 1 + len(text)] = text
        found.append(''.join(line))
    return found


NACHA_TYPES = {
    '1': {'skip': True},
    '5': {'columns': {'Type': 1, 'ServiceClass': 3, 'Company': 16, 'Filler': 67, 'BatchNumber': 7},
          'give': ['Company', 'BatchNumber']},
    '6': {'columns': {'Type': 1, 'Transaction': 2, 'Routing': 9, 'Account': 17, 'Amount': 10, 'IndividualId': 15,
                      'Name': 22, 'Filler': 2, 'Addenda': 1, 'Trace': 15}, 'table': 'Entries', 'parent': '5'},
    '7': {'columns': {'Type': 1, 'AddendaType': 2, 'Information': 80, 'Filler': 11}, 'parent': '6',
          'nested_in': 'AddendaRecords'},
    '8': {'skip': True, 'ends': '5'}, '9': {'skip': True}}


def test_a_bank_file_of_fixed_width_agrees_with_the_totals_of_its_batches(lake):
    source = {'fixed': {}, 'records': {'positions': [1, 1], 'types': NACHA_TYPES},
              'controls': {'trailer': {'pattern': r'8.{3}(?P<rows>\d{6}).{10}(?P<amount>\d{12}).*',
                                       'sums': {'Amount': 'amount'}, 'implied_decimals': 2}}}
    spec = {'input_spec': source, 'transform_spec': {'implieddecimal': [{'field': 'amount', 'format': '12,2'}]}}
    lake.configure('transformation-spec/Bank-Entries.json', spec)
    lake.configure('transformation-spec/Bank-Entries.csv', 'SourceName,DestName\n' + ''.join(
        f'{name},{name}\n' for name in ('Company', 'BatchNumber', 'Amount', 'Account', 'AddendaRecords')))
    entry = {1: '622', 4: '063100277', 13: '0012345', 30: '0000012550', 55: 'A NAME', 80: '000000000000001'}
    records = nacha(
        {1: '101', 35: '094101'}, {1: '5220', 5: 'ACME INSURANCE', 88: '0000001'}, entry,
        {1: '705', 4: 'CLAIM 4711', 84: '00010000001'}, entry | {13: '0099', 30: '0000000001'},
        {1: '8220', 5: '000002', 21: '000000012551'}, {1: '5220', 5: 'ACME LIFE', 88: '0000002'}, entry,
        {1: '8220', 5: '000001', 21: '000000012550'}, {1: '9000002'}, {1: '9' * 94})
    addenda = [{'Type': 7, 'AddendaType': '05', 'Information': 'CLAIM 4711', 'Filler': '00010000001'}]
    expected = [('ACME INSURANCE', 1, 0.01, '0099', []),
                ('ACME INSURANCE', 1, 125.5, '0012345', addenda), ('ACME LIFE', 2, 125.5, '0012345', [])]
    # Such files often have no line ends.
    lake.load('Bank/Entries/ach.txt', ''.join(records))
    assert lake.rows('SELECT company, CAST(batchnumber AS int), CAST(amount AS double), account, addendarecords '
                     'FROM bank.entries ORDER BY company, amount') == expected
    with pytest.raises(ControlTotalsError, match='the trailer of ach.txt states 251.01, found 250.01'):
        lake.load('Bank/Entries/ach.txt', '\n'.join(records).replace('0000012550 ', '0000012450 ', 1))
    lake.configure('transformation-spec/Bank-Entries.json', spec | {'input_spec': source | {'encoding': 'cp037'}})
    packed = bytes.fromhex('0000000000000012550c')
    with pytest.raises(DataError, match='ach.txt has packed decimals .* in Amount'):
        lake.load('Bank/Entries/ach.txt', ''.join(records[:3]).encode('cp037').replace(
            '0000012550'.encode('cp037'), packed))


WORKBOOK = (Path(__file__).parents[1] / 'golden' / 'openpyxl-several-sheets.xlsx').read_bytes()


def without_rows(workbook, sheet):
    """Return a workbook with only the first row of a sheet."""
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as before, zipfile.ZipFile(changed, 'w') as after:
        for name in before.namelist():
            content = before.read(name)
            after.writestr(name, re.sub(rb'</row>.*</sheetData>', b'</row></sheetData>', content)
                           if name == sheet else content)
    return changed.getvalue()


def test_sheets_of_a_workbook_fill_several_tables_each_with_its_own_configuration(lake):
    lake.configure(SPEC, {'input_spec': {'excel': {'sheet_names': ['South'], 'tables': {'Notes': 'Claims'}}}})
    lake.configure(CLAIMS, {'input_spec': {'excel': {'header': False}, 'skip_rows': 1},
                            'transform_spec': {'hash': ['name']}})
    lake.configure('transformation-spec/Binder-Claims.csv', 'SourceName,DestName\n_c0,Number\n_c1,Name\n')
    lake.configure('transformation-sql/spark-Binder-Premiums.sql',
                   'SELECT p.*, c.number FROM binder.premiums p LEFT JOIN binder.claims c ON true')
    result = lake.run('Binder/Premiums/book.xlsx', WORKBOOK)
    assert result.status == 'SUCCEEDED', result.reason
    assert lake.rows('SELECT no, name, number FROM binder_consume.premiums ORDER BY no') == [(2, 'b', 4), (3, 'c', 4)]
    assert lake.rows('SELECT number, length(name) FROM binder.claims') == [(4, 64)]
    sheets = {'sheet_names': ['South'], 'tables': {'Notes': 'Claims', 'Empty': 'Fees'}}
    lake.configure(SPEC, {'input_spec': {'excel': sheets}})
    lake.configure('dq-rules/dq-Binder-Claims.json', {'before_transform': {'quarantine_rules': ['IsComplete "name"']}})
    result = lake.run('Binder/Premiums/book.xlsx', without_rows(WORKBOOK, 'xl/worksheets/sheet4.xml'))
    assert result.status == 'SUCCEEDED', result.reason
    assert [notice for notice in result.notices if notice.startswith('Fees: the file has no rows for this table')]
    assert lake.rows('SELECT count(*) FROM binder.claims') == [(0,)]
    assert lake.types('binder', 'claims')['number'] == 'int' and lake.types('binder', 'fees') == {}
    lake.configure(SPEC, {'input_spec': {'excel': sheets | {'sheet_names': ['Empty'], 'tables': {'Notes': 'Claims'}}}})
    with pytest.raises(DataError, match="book.xlsx holds no rows in sheet 'Empty'"):
        lake.load('Binder/Premiums/book.xlsx', WORKBOOK)
    lake.configure(SPEC, {'input_spec': {'excel': {'sheet_names': ['South'], 'tables': {'Otter': 'Claims'}}}})
    with pytest.raises(DataError, match="no sheet 'Otter'"):
        lake.load('Binder/Premiums/book.xlsx', WORKBOOK)
