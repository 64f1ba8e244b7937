"""A file with several record types fills a table for each: with values of its header, nested records, and rules."""
from __future__ import annotations

from pathlib import Path

import pytest

from lake_etl.errors import ControlTotalsError, DataError, QualityError

SPEC = 'transformation-spec/Gen-Premiums.json'
CLAIMS = 'transformation-spec/Gen-Claims.json'
KEY = 'Gen/Premiums/bordereau.txt'
TYPES = {
    'H': {'columns': ['Kind', 'BordereauNo', 'Coverholder'], 'give': ['BordereauNo', 'Coverholder']},
    'P': {'columns': ['Kind', 'PolicyNo', 'Insured', 'Premium'], 'table': 'Premiums', 'parent': 'H',
          'give': ['PolicyNo']},
    'V': {'columns': ['Kind', 'Cover', 'Limit'], 'parent': 'P', 'nested_in': 'Covers'},
    'M': {'columns': ['Kind', 'Month', 'Amount'], 'parent': 'V', 'nested_in': 'Months'},
    'C': {'columns': ['Kind', 'ClaimNo', 'Paid'], 'table': 'Claims', 'parent': 'P'},
    'T': {'skip': True}}
INPUT = {
    'pipe': {}, 'records': {'field': 1, 'types': TYPES},
    'controls': {'trailer': {'pattern': r'T\|(?P<rows>\d+)\|(?P<premium>[\d.]+)', 'sums': {'Premium': 'premium'}}}}
# Spark splits files of a few hundred bytes into tasks, as it splits large ones by default.
SMALL_TASKS = {'spark.sql.files.maxPartitionBytes': '400', 'spark.sql.files.openCostInBytes': '1'}
BORDEREAU = '\ufeff' + '\r\n'.join([
    'H|0042|Müller & Co', 'P|P-1|"Smith, ""J"" | Son"|100.50', 'V|Fire|1000', 'M|01|1.5', 'M|02|2.5', 'V|Theft|50', '',
    'C|C-9|12.5', 'P|P-2|"two\nlines"|200.00', 'H|0043|Brown', 'P|P-3|x|0.25', 'M|03|9', 'C|C-10|1', 'T|4|300.75', ''])


def premiums(lake):
    return lake.rows('SELECT bordereauno, coverholder, policyno, insured, premium, covers FROM gen.premiums '
                     'ORDER BY policyno')


def test_a_bordereau_fills_a_table_for_each_record_type_with_header_values_and_nested_records(lake):
    lake.configure(SPEC, {'input_spec': INPUT})
    lake.configure(CLAIMS, {'transform_spec': {'hash': ['claimno']}})
    result = lake.run(KEY, BORDEREAU)
    assert result.status == 'SUCCEEDED', result.reason
    months = [{'Kind': 'M', 'Month': '01', 'Amount': 1.5}, {'Kind': 'M', 'Month': '02', 'Amount': 2.5}]
    assert premiums(lake) == [
        ('0042', 'Müller & Co', 'P-1', 'Smith, "J" | Son', 100.5,
         [{'Kind': 'V', 'Cover': 'Fire', 'Limit': 1000, 'Months': months},
          {'Kind': 'V', 'Cover': 'Theft', 'Limit': 50, 'Months': []}]),
        ('0042', 'Müller & Co', 'P-2', 'two\nlines', 200.0, []),
        ('0043', 'Brown', 'P-3', 'x', 0.25, []),
        # The month without a cover above it is a malformed row of the table in which it would be nested.
        (None, None, None, None, None, [])]
    claims = lake.rows('SELECT bordereauno, policyno, length(claimno), paid FROM gen.claims ORDER BY policyno')
    assert claims == [('0042', 'P-1', 64, 12.5), ('0043', 'P-3', 64, 1.0)]
    assert [notice for notice in result.notices if 'line 13 of bordereau.txt' in notice and "type 'M'" in notice]
    lake.configure('dq-rules/dq-Gen-Claims.json', {'after_transform': {'halt_rules': ['ColumnValues "paid" < 5']}})
    before = premiums(lake), lake.rows('SELECT * FROM gen.claims ORDER BY policyno'), lake.unreferenced_files()
    with pytest.raises(QualityError, match="rows of Gen/Claims are not good enough.*'ColumnValues"):
        lake.load('Gen/Premiums/other.txt', BORDEREAU.replace('P-1', 'P-7'))
    assert before == (premiums(lake), lake.rows('SELECT * FROM gen.claims ORDER BY policyno'),
                      lake.unreferenced_files())


def test_records_of_unknown_types_count_and_quarantined_rows_tell_their_line(lake, spark_settings, spark_jobs):
    lake.configure(SPEC, {'input_spec': {'pipe': {}, 'skip_rows': 1, 'records': {'field': 1, 'types': {
        **{key: TYPES[key] for key in 'HPC'}, 'T': {'skip': True}}}}})
    lake.configure('dq-rules/dq-Gen-Premiums.json', {
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
    found = lake.rows('SELECT source_row, policyno FROM gen.premiums_quarantine_before_transform ORDER BY source_row')
    expected = [(number, line.split('|')[1]) for number, line in enumerate(lines, 1) if line.endswith('|5000')]
    assert found == sorted([(11, None), *expected])
    assert lake.rows('SELECT count(*), count(DISTINCT policyno) FROM gen.claims') == [(200, 133)]
    assert lake.rows("SELECT count(*), count(bordereauno) FROM gen.premiums") == [(196, 196)]
    failed = [item['info'] for item in lake.lineage(execution) if item['dataset_operation'] == 'failedconversions']
    assert failed[0]['conversions'][0]['failed'] == 1
    # A later file without claims leaves none of them for the day, and the types as they are.
    lake.load(KEY, 'a title\nH|0042|x\nP|P-1|x|1\n')
    assert lake.rows('SELECT count(*) FROM gen.claims') == [(0,)]
    assert lake.types('gen', 'claims')['paid'] == 'int'


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
    '8': {'skip': True}, '9': {'skip': True}}


def test_a_bank_file_of_fixed_width_agrees_with_the_totals_of_its_batches_with_and_without_line_ends(lake):
    lake.configure('transformation-spec/Bank-Entries.json', {
        'input_spec': {
            'fixed': {}, 'records': {'positions': [1, 1], 'types': NACHA_TYPES},
            'controls': {'trailer': {'pattern': r'8.{3}(?P<rows>\d{6}).{10}(?P<amount>\d{12}).*',
                                     'sums': {'Amount': 'amount'}, 'implied_decimals': 2}}},
        'transform_spec': {'implieddecimal': [{'field': 'amount', 'format': '12,2'}]}})
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
    for end in ('\r\n', ''):
        lake.load('Bank/Entries/ach.txt', end.join(records))
        assert lake.rows('SELECT company, CAST(batchnumber AS int), CAST(amount AS double), account, '
                         'addendarecords FROM bank.entries ORDER BY company, amount') == expected
    with pytest.raises(ControlTotalsError, match='the trailer of ach.txt states 251.01, found 250.01'):
        lake.load('Bank/Entries/ach.txt', '\n'.join(records).replace('0000012550 ', '0000012450 ', 1))


WORKBOOK = (Path(__file__).parents[1] / 'golden' / 'openpyxl-several-sheets.xlsx').read_bytes()


def test_sheets_of_a_workbook_fill_several_tables_each_with_its_own_configuration(lake):
    spec = {'excel': {'sheet_names': ['South'], 'tables': {'Notes': 'Claims', 'Other': 'Titles'}}}
    lake.configure(SPEC, {'input_spec': spec})
    lake.configure(CLAIMS, {'input_spec': {'excel': {'header': False}, 'skip_rows': 1}})
    lake.configure('transformation-spec/Gen-Claims.csv', 'SourceName,DestName\n_c0,Number\n_c1,Name\n')
    lake.configure('transformation-spec/Gen-Titles.json', {'transform_spec': {'hash': ['title']}})
    lake.configure('transformation-sql/spark-Gen-Premiums.sql',
                   'SELECT p.*, c.name AS claim FROM gen.premiums p CROSS JOIN gen.claims c')
    result = lake.run('Gen/Premiums/book.xlsx', WORKBOOK)
    assert result.status == 'SUCCEEDED', result.reason
    assert lake.rows('SELECT no, name, claim FROM gen_consume.premiums ORDER BY no') == [(2, 'b', 'd'), (3, 'c', 'd')]
    assert lake.rows('SELECT number, name FROM gen.claims') == [(4, 'd')]
    assert lake.rows('SELECT no, length(title) FROM gen.titles') == [(5, 64)]
    with pytest.raises(DataError, match="sheet 'Other'|no sheet|does not exist"):
        lake.configure(SPEC, {'input_spec': {'excel': {'sheet_names': ['South'], 'tables': {'Otter': 'Claims'}}}})
        lake.load('Gen/Premiums/book.xlsx', WORKBOOK)
