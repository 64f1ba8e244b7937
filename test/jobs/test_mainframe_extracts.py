"""Mainframe extracts are loaded by the job: fixed and variable records in EBCDIC, laid out by a copybook."""
from __future__ import annotations

import gzip
import re
from decimal import Decimal
from pathlib import Path

from lake_etl.read import cobol_records

DOCUMENT = Path(__file__).resolve().parents[2] / 'docs' / 'file-formats.md'
SPEC, MAPPING, COPYBOOK, RULES = (f'{name}Gen-Policy.{ending}' for name, ending in (
    ('transformation-spec/', 'json'), ('transformation-spec/', 'csv'), ('transformation-spec/', 'cpy'),
    ('dq-rules/dq-', 'json')))
FIELDS = '''
       01  POLICY-RECORD.
           05  POLICY-NO    PIC 9(6).
           05  INSURED      PIC X(10).
           05  PREMIUM      PIC S9(5)V99 COMP-3.
           05  INSTALMENT   PIC 9(2) OCCURS 2.
'''


def record(number, name, cents):
    """Return a record of FIELDS in cp037."""
    packed = bytes.fromhex(f'{abs(cents):07}{"d" if cents < 0 else "c"}')
    return f'{number:06}{name:10}'.encode('cp037') + packed + '0199'.encode('cp037')


def test_fixed_records_are_loaded_exactly_and_keep_their_order_and_zeros(lake, monkeypatch):
    monkeypatch.setattr(cobol_records, 'BLOCK_BYTES', 24 * 10)
    lake.configure(SPEC, {'input_spec': {'cobol': {}, 'types': {'policy_no': 'string'}},
                          'transform_spec': {'rownumber': [{'field': 'row'}]}})
    lake.configure(MAPPING, 'SourceName,DestName\nPOLICY_NO,policy_no\nPREMIUM,premium\nINSTALMENT,due\nINSURED,name\n')
    lake.configure(COPYBOOK.upper().replace('TRANSFORMATION-SPEC', 'transformation-spec'), FIELDS)
    lake.configure(RULES, {'before_transform': {'quarantine_rules': ['ColumnValues "policy_no" != "000034"']}})
    content = b''.join(record(number, 'Méier', -number) for number in range(1, 33))
    damaged = record(33, 'Bob', 0)[:19] + b'\xff' + '0199'.encode('cp037')
    result = lake.run('Gen/Policy/x.dat.gz', gzip.compress(content + damaged + record(34, 'Al', 9999999)))
    assert result.status == 'SUCCEEDED', result.reason
    assert lake.types('gen', 'policy') == {'policy_no': 'string', 'premium': 'decimal(7,2)', 'due': 'array<int>',
                                           'name': 'string', 'row': 'int', 'execution_id': 'string'}
    rows = lake.rows('SELECT policy_no, premium, name, row FROM gen.policy ORDER BY policy_no')
    assert rows == [(f'{number:06}', Decimal(-number) / 100, 'Méier', number) for number in range(1, 33)] + [
        ('000033', None, 'Bob', 33)]
    quarantined, = lake.rows('SELECT * FROM gen.policy_quarantine_before_transform')
    assert '000034' in quarantined and Decimal('99999.99') in quarantined


def shown(name):
    """Return a configuration file that the page of file formats shows."""
    text = DOCUMENT.read_text(encoding='utf-8')
    return re.search(rf'```\w+\n(\S* *\*? ?{re.escape(name)}\n.*?)```', text, re.DOTALL)[1]


def test_the_extract_that_the_page_of_file_formats_shows_is_loaded(lake):
    for ending in ('json', 'cpy'):
        lake.configure(f'transformation-spec/Claims-Mainframe.{ending}', shown(
            f'transformation-spec/Claims-Mainframe.{ending}'))
    head, payment = 'C00000007Müller', 'P00000007Werkstatt'
    claim = f'{head:29}'.encode('cp1141') + b'\x00\x00\x01\x23\x45\x6c' + '02'.encode('cp1141')
    claim += '20260131000012345'.encode('cp1141') + '2026022800000010}'.encode('cp1141')
    unpaid = claim[:37].replace(b'\xf0\xf2', b'\xf0\xf0')
    items = (claim, f'{payment:39}'.encode('cp1141'), unpaid)
    content = b''.join((len(item) + 4).to_bytes(2, 'big') + bytes(2) + item for item in items)
    lake.load('Claims/Mainframe/claims.dat', content)
    rows = lake.rows('SELECT claim_no, insured_name, reserve, payment_count FROM claims.mainframe ORDER BY 4')
    assert rows == [('00000007', 'Müller', Decimal('1234.56'), 0), ('00000007', 'Müller', Decimal('1234.56'), 2)]
    assert lake.types('claims', 'mainframe')['payment'] == 'array<struct<PAID_ON:int,AMOUNT:decimal(9,2)>>'


def test_a_file_that_does_not_fit_stops_the_load_and_so_does_a_missing_copybook(lake):
    lake.configure(SPEC, {'input_spec': {'cobol': {}}})
    missing = lake.run('Gen/Policy/x.dat', record(1, 'A', 1))
    assert missing.status == 'FAILED' and 'needs the copybook transformation-spec/Gen-Policy.cpy' in missing.reason
    lake.configure(COPYBOOK, FIELDS)
    short = lake.run('Gen/Policy/x.dat', record(1, 'A', 1)[:-1])
    assert short.status == 'FAILED' and '23 bytes, which are 0 records of 24 bytes' in short.reason
