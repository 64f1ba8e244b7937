"""An Avro file of another program is loaded with Spark's own reader, whose jar is on the class path of the jobs."""
from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from ground import Run
from scenario import GOLDEN

from lib.job_table import COLLECT_TO_CLEANSE

KEY = 'Gen/Claims/2026/03/01/claims.avro'
TYPES = {
    'claimno': 'string', 'paid': 'decimal(16,2)', 'rate': 'decimal(12,6)', 'lossdate': 'date', 'reported': 'timestamp',
    'changed': 'timestamp', 'local': 'timestamp', 'at': 'int', 'id': 'string', 'status': 'string', 'count': 'int',
    'big': 'bigint', 'share': 'double', 'part': 'float', 'litigated': 'boolean', 'photo': 'binary',
    'insured': 'struct<Name:string,Born:date>', 'reserves': 'map<string,double>', 'notes': 'array<string>',
    'amount': 'bigint', 'either': 'struct<member0:string,member1:double>'}
FIRST = {
    'claimno': '007', 'paid': Decimal('-1234567890.05'), 'rate': Decimal('0.015625'), 'lossdate': date(1899, 12, 31),
    'reported': datetime(2024, 3, 31, 1, 30, 0, 123000), 'changed': datetime(2024, 7, 1, 12, 0, 0, 5),
    'local': datetime(2024, 3, 31, 2, 30), 'at': 86_399_001, 'id': '00000000-0000-0000-0000-000000000007',
    'status': 'CLOSED', 'count': -1, 'big': 2 ** 62, 'share': 0.1, 'part': 0.5, 'litigated': False,
    'photo': b'\x00\xff', 'insured': {'Name': 'Zoë', 'Born': date(1970, 1, 1)}, 'reserves': [('GBP', 1.5)],
    'notes': ['a', ''], 'amount': 2 ** 40, 'either': {'member0': 'text', 'member1': None}}


def without_zone(value):
    return value.astimezone(UTC).replace(tzinfo=None) if isinstance(value, datetime) and value.tzinfo else value


def test_logical_types_nested_records_and_unions_have_their_values(aws):
    aws.land(KEY, (GOLDEN / 'fastavro.avro').read_bytes())
    aws.land(KEY.replace('claims.avro', 'cut.avro'), (GOLDEN / 'fastavro.avro').read_bytes()[:-30])
    whole, cut = aws.run(Run(COLLECT_TO_CLEANSE, KEY, 'whole'),
                         Run(COLLECT_TO_CLEANSE, KEY.replace('claims.avro', 'cut.avro'), 'cut'))
    assert whole == '' and 'cut.avro is cut short or damaged' in cut
    types = {column.name: column.type for column in aws.catalog.table('gen', 'claims').columns}
    assert {name: types[name] for name in TYPES} == TYPES
    rows = {row['claimno']: row for row in map(dict, aws.rows('gen', 'claims'))}
    assert {name: without_zone(rows['007'][name]) for name in FIRST} == FIRST
    assert rows['8']['reported'] is not None and rows['8']['paid'] is None and rows['8']['insured'] is None
