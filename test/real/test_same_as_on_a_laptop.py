"""Both loading jobs on the cluster, on S3A and with the metastore, give exactly what they give on a laptop."""
from __future__ import annotations

import pytest
from comparison import require_same_items, require_same_table, tables_of
from ground import Run
from scenario import CUSTOMERS, ROWS, configure, records, starts


@pytest.fixture(scope='module')
def done(aws, laptop):
    """The ground on which all has run that the laptop has run, but the customers, who have a test of their own."""
    configure(aws)
    aws.put_items('job-audit', records(laptop.executions))
    wanted = [start for start in starts() if start.key not in CUSTOMERS]
    ended = aws.run(*(Run(start.job, start.key, laptop.executions[start.key]) for start in wanted))
    assert [(str(start), text) for start, text in zip(wanted, ended, strict=True) if text] == []
    return aws


def test_every_table_has_the_same_rows_types_and_partitions(done, laptop):
    names = tables_of(laptop, ('formats', 'gen', 'gen_consume'))
    known = {(table.database, table.name) for table in done.catalog.tables()}
    assert known == set(names)
    rows = {name: require_same_table(done, laptop, *name) for name in names}
    assert rows['gen', 'policy'] > ROWS * 0.9
    assert {name for _, name in names if 'quarantine' in name} == {
        'policy_quarantine_before_transform', 'policy_quarantine_after_transform',
        'policy_quarantine_after_sparksql'}


def test_tokens_quality_results_and_lineage_with_its_audits_and_failed_conversions_are_the_same(done, laptop):
    assert require_same_items(done, laptop, 'hash-values') == 800
    assert require_same_items(done, laptop, 'dq-results') > 5
    assert require_same_items(done, laptop, 'data-lineage', 'Gen/Policy') > 15
    assert require_same_items(done, laptop, 'job-audit') == len(records(laptop.executions))
    assert [len(item['row_counts']) for item in done.items('job-audit')] == [1] * len(records(laptop.executions))
    assert sum('failed_conversions' in item for item in done.items('job-audit')) == 1


def test_nothing_of_a_load_is_left_in_the_temporary_bucket(done):
    left = [entry.uri for entry in done.files.list(f's3://{done.bucket("glue-temp")}/etl/reading')]
    assert [uri for uri in left if not uri.endswith('/')] == []
