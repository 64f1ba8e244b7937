"""Jobs on the cluster survive a bad S3 and a bad Data Catalog, or end in a clear error while the old data stays."""
from __future__ import annotations

import pytest
from ground import Run

from fault_proxy import Fault, RefusedPartition, fault_proxy
from lib.job_table import CLEANSE_TO_CONSUME, COLLECT_TO_CLEANSE

ROWS, PARTITIONS = 4000, 100
DAYS = tuple(f'Gen/Bad/2026/03/0{day}/bad.csv' for day in (1, 2))
STEPS = {'changetype': {'premium': 'decimal(12,2)'}, 'tokenize': ['taxid'],
         'lookup': [{'field': 'name', 'source': 'state', 'lookup': 'StateCd', 'nomatch': 'N/A'}]}
# One partition for each number below a hundred, in years of their own.
SQL = f"""SELECT count(*) AS policies, sum(premium) AS premium, lpad(CAST(number % {PARTITIONS} AS string), 4, '0') AS year,
'01' AS month, '01' AS day FROM gen.bad GROUP BY 3, 4, 5"""
# Each of these ends well: S3A and boto3 ask again.
PASSING = (
    ('GET /[^?]*collect/.*bad.csv', 'cut', 'SlowDown', 2), ('GET .*collect', 'refuse', 'SlowDown', 3),
    ('PUT .*cleanse', 'refuse', 'SlowDown', 4), ('POST .*cleanse', 'refuse', 'InternalError', 3),
    ('HEAD .*cleanse', 'lose', '', 2), ('GET .*cleanse.*parquet', 'cut', 'SlowDown', 3),
    ('PUT .*consume', 'lose', '', 3), ('POST .*consume', 'refuse', 'SlowDown', 3),
    ('BatchWriteItem', 'refuse', 'ProvisionedThroughputExceededException', 3), ('GetItem', 'lose', '', 2),
    ('GetTable', 'refuse', 'ThrottlingException', 2), ('BatchCreatePartition', 'lose', '', 1))


def file_of(day):
    lines = ['number,taxid,state,premium']
    lines += [f'{number},T{number % 300},{("NY", "TX", "XX")[number % 3]},{number % 89}.50' for number in range(ROWS)]
    return '\n'.join(lines[:1] + [f'{line}' for line in lines[1:ROWS // day + 1]]).encode()


@pytest.fixture(scope='module')
def network(aws):
    """A proxy in front of the ground, on which the first day was loaded although requests failed on the way."""
    aws.configure('transformation-spec/Gen-Bad.json', {'transform_spec': STEPS})
    aws.configure('transformation-sql/spark-Gen-Bad.sql', SQL)
    aws.put_items('value-lookup', [{'source_system': 'Gen', 'column_name': 'StateCd', 'lookup_data': '{"NY": "York"}'}])
    for day, key in enumerate(DAYS, 1):
        aws.land(key, file_of(day))
    with fault_proxy(aws.endpoint) as proxy:
        yield proxy


def cleansed(aws):
    return aws.rows('gen', 'bad')


def test_throttling_and_broken_connections_change_no_row(aws, network):
    network.faults = [Fault(*fault) for fault in PASSING]
    assert aws.run(Run(COLLECT_TO_CLEANSE, DAYS[0], 'first'), Run(CLEANSE_TO_CONSUME, DAYS[0], 'first'),
                   endpoint=network.endpoint) == ['', '']
    assert [(fault.matches, fault.happened) for fault in network.faults] == [
        (matches, times) for matches, _, _, times in PASSING]
    rows = [dict(row) for row in cleansed(aws)]
    assert sorted(row['number'] for row in rows) == sorted(map(str, range(ROWS)))
    assert {row['name'] for row in rows} == {'York', 'N/A'} and len({row['taxid'] for row in rows}) == 300
    assert len(aws.items('hash-values')) == 300
    consumed = [dict(row) for row in aws.rows('gen_consume', 'bad')]
    assert sum(row['policies'] for row in consumed) == ROWS and len(consumed) == PARTITIONS
