"""What happens to one table over time on S3A and in the metastore: types that widen, and two loads at once."""
from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from ground import Run

from lib.job_table import CLEANSE_TO_CONSUME, COLLECT_TO_CLEANSE

KEYS = [f'Gen/Widened/2026/03/0{day}/a.csv' for day in (1, 2)]
BEFORE = {'whole': 'int', 'amount': 'decimal(10,2)', 'share': 'float', 'since': 'date', 'number': 'string'}
AFTER = {'whole': 'bigint', 'amount': 'decimal(14,4)', 'share': 'double', 'since': 'timestamp', 'number': 'int'}
FILE = b'key,whole,amount,share,since,number\na,7,7.25,0.5,2026-02-03,007\nb,,,,,\n'
SQL = ('-- mode: {}\nSELECT key, whole, amount, share, since, number, year, month, day FROM gen.widened')
IDS = 20_000
WRITERS = ('-- mode: partition\nSELECT id, year, month, day FROM gen.widened CROSS JOIN range({}) '
           "WHERE key = 'a' AND day = lpad('{{p_day}}', 2, '0')")


def specification(types):
    return {'input_spec': {'allow_schema_change': 'evolve', 'types': {'key': 'string', **types}}}


def test_widened_columns_of_old_partitions_are_read_through_the_metastore(aws):
    aws.configure('transformation-spec/Gen-Widened.json', specification(BEFORE))
    aws.configure('transformation-sql/spark-Gen-Widened.sql', SQL.format('table'))
    for key in KEYS:
        aws.land(key, FILE)
    assert aws.run(Run(COLLECT_TO_CLEANSE, KEYS[0], 'first'), Run(CLEANSE_TO_CONSUME, KEYS[0], 'first-too')) == ['', '']
    aws.configure('transformation-spec/Gen-Widened.json', specification(AFTER))
    assert aws.run(Run(COLLECT_TO_CLEANSE, KEYS[1], 'second'),
                   Run(CLEANSE_TO_CONSUME, KEYS[1], 'second-too')) == ['', '']
    types = {column.name: column.type for column in aws.catalog.table('gen', 'widened').columns}
    assert {name: types[name] for name in AFTER} == AFTER
    for database in ('gen', 'gen_consume'):
        rows = [dict(row) for row in aws.rows(database, 'widened')]
        values = [tuple(row[name] for name in ('day', 'key', *AFTER)) for row in rows]
        full = (7, Decimal('7.2500'), 0.5, datetime(2026, 2, 3), 7)
        assert sorted(values, key=repr) == sorted([
            (day, key, *(full if key == 'a' else (None,) * 5)) for day in ('01', '02') for key in 'ab'], key=repr)


def test_two_loads_of_one_table_at_once_lose_no_row(aws):
    aws.configure('transformation-sql/spark-Gen-Writers.sql', WRITERS.format(IDS))
    loads = [aws.start(Run(CLEANSE_TO_CONSUME, f'Gen/Writers/2026/03/0{day}/a.csv', f'load-{day}')) for day in (1, 2)]
    assert [aws.results(load) for load in loads] == [[''], ['']]
    rows = [dict(row) for row in aws.rows('gen_consume', 'writers')]
    assert sorted((row['day'], row['id']) for row in rows) == [
        (day, number) for day in ('01', '02') for number in range(IDS)]
