"""Jobs on the cluster survive a bad S3 and a bad Data Catalog, or end in a clear error while the old data stays."""
from __future__ import annotations

import json
import re

import pytest
from ground import Run

from fault_proxy import Fault, RefusedPartition, fault_proxy
from lib.job_table import CLEANSE_TO_CONSUME, COLLECT_TO_CLEANSE

ROWS, PARTITIONS = 4000, 12
DAYS = tuple(f'Gen/Bad/2026/03/0{day}/bad.csv' for day in (1, 2))
STEPS = {'changetype': {'premium': 'decimal(12,2)'}, 'tokenize': ['taxid'],
         'lookup': [{'field': 'name', 'source': 'state', 'lookup': 'StateCd', 'nomatch': 'N/A'}]}
SQL = f"""SELECT count(*) AS policies, sum(premium) AS premium,
lpad(CAST(number % {PARTITIONS} AS string), 4, '0') AS year, month, day FROM gen.bad GROUP BY 3, 4, 5"""
# S3A would ask for minutes before it gives up.
QUICKLY = {'spark.hadoop.fs.s3a.retry.limit': '2', 'spark.hadoop.fs.s3a.retry.interval': '50ms',
           'spark.task.maxFailures': '2'}
# Each of these ends well: S3A and boto3 ask again.
PASSING = (
    ('GET /[^?]*collect/.*bad.csv', 'cut', 'SlowDown', 2), ('GET .*collect', 'refuse', 'SlowDown', 3),
    ('PUT .*cleanse', 'refuse', 'SlowDown', 4), ('POST .*cleanse', 'refuse', 'InternalError', 3),
    ('HEAD .*cleanse', 'lose', '', 2), ('GET .*cleanse.*parquet', 'cut', 'SlowDown', 3),
    ('PUT .*consume', 'lose', '', 3), ('POST .*consume', 'refuse', 'SlowDown', 3),
    ('BatchWriteItem', 'refuse', 'ProvisionedThroughputExceededException', 3), ('GetItem', 'lose', '', 2),
    ('GetTable', 'refuse', 'ThrottlingException', 2), ('BatchCreatePartition', 'lose', '', 1))


def policies():
    lines = (f'{number},T{number % 300},{("NY", "TX", "XX")[number % 3]},{number % 89}.50' for number in range(ROWS))
    return '\n'.join(['number,taxid,state,premium', *lines]).encode()


@pytest.fixture(scope='module')
def network(aws):
    """A proxy in front of a ground with two landed files, whose buckets encrypt."""
    aws.encrypt_buckets()
    aws.configure('transformation-spec/Gen-Bad.json', {'transform_spec': STEPS})
    aws.configure('transformation-sql/spark-Gen-Bad.sql', SQL)
    state = {'source_system': 'Gen', 'column_name': 'StateCd', 'lookup_data': '{"NY": "York"}'}
    aws.put_items('value-lookup', [state])
    for key in DAYS:
        aws.land(key, policies())
    with fault_proxy(aws.endpoint) as proxy:
        yield proxy


@pytest.fixture(scope='module')
def first_day(aws, network):
    """What ended the runs of a first day on a bad network, and of a second day whose files S3 refuses."""
    network.faults = [*(Fault(*fault) for fault in PASSING),
                      Fault('PUT .*cleanse/.*-refused-', 'refuse', 'PreconditionFailed', 1000)]
    return aws.run(Run(COLLECT_TO_CLEANSE, DAYS[0], 'first'), Run(CLEANSE_TO_CONSUME, DAYS[0], 'first'),
                   Run(COLLECT_TO_CLEANSE, DAYS[1], 'refused'), settings=QUICKLY, endpoint=network.endpoint)


def rows_by_day(aws, database):
    found = {}
    for row in map(dict, aws.rows(database, 'bad')):
        found.setdefault(row['day'], []).append(row)
    return found


def test_throttling_and_broken_connections_change_no_row(aws, network, first_day):
    assert first_day[:2] == ['', '']
    assert [(fault.matches, fault.happened) for fault in network.faults[:len(PASSING)]] == [
        (matches, times) for matches, _, _, times in PASSING]
    rows = rows_by_day(aws, 'gen')['01']
    assert sorted(row['number'] for row in rows) == list(range(ROWS))
    assert {row['name'] for row in rows} == {'York', 'N/A'} and len({row['taxid'] for row in rows}) == 300
    assert len(aws.items('hash-values')) == 300
    consumed = rows_by_day(aws, 'gen_consume')['01']
    assert sum(row['policies'] for row in consumed) == ROWS and len(consumed) == PARTITIONS


def test_files_that_s3_refuses_are_a_clear_error_and_the_old_data_stays(aws, network, first_day):
    assert re.fullmatch(r'JobFailure: (Amazon )?S3 refused a request \(PreconditionFailed, status 412\)\. Something '
                        r'else changed a file .* Run again\.', first_day[2])
    assert network.faults[-1].happened and list(rows_by_day(aws, 'gen')) == ['01']


def test_writes_rely_on_the_encryption_of_the_buckets(aws, network, first_day):
    writes = [request for request in network.requests if request.method in ('PUT', 'POST') and not request.operation]
    assert len(writes) > 20
    assert [request.path for request in writes if any('encryption' in name for name in request.headers)] == []
    policies = json.dumps([policy.properties for policy in aws.environment.resources('AWS::S3::BucketPolicy')])
    assert 'aws:SecureTransport' in policies and 'encryption' not in policies
    for kind in ('cleanse', 'consume', 'glue-temp'):
        assert {aws.encryption(entry.uri) for entry in aws.files.list(f's3://{aws.bucket(kind)}')} == {'aws:kms'}


def test_a_rerun_gives_the_right_rows_and_a_partition_that_the_catalog_refuses_changes_nothing(aws, network, first_day):
    network.reset()
    network.refused = RefusedPartition(('0007', '03', '02'))
    before = aws.rows('gen_consume', 'bad')
    loaded, refused = aws.run(Run(COLLECT_TO_CLEANSE, DAYS[1], 'second'), Run(CLEANSE_TO_CONSUME, DAYS[1], 'denied'),
                              endpoint=network.endpoint)
    assert loaded == '' and network.refused.happened == 3
    assert {day: len(rows) for day, rows in rows_by_day(aws, 'gen').items()} == {'01': ROWS, '02': ROWS}
    assert aws.rows('gen_consume', 'bad') == before
    assert refused == (
        'PublicationError: gen_consume.bad was not published: Glue refused 1 of 24 partitions '
        '(InternalServiceException). Readers see the old data. Remove the cause, then run the load again.')
