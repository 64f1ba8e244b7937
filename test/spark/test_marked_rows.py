"""Marked rows come back from the files they were written aside to as they were, and no others are for readers."""
from __future__ import annotations

from datetime import timedelta

import pytest
from pyspark.sql import functions as F

from lake_etl import runtime
from lake_etl.arguments import PARTITION_KEYS
from lake_etl.publish.marked_rows import marked, unmarked
from lake_etl.publish.partition import publish_partition
from lake_etl.publish.target import Target
from lake_etl.publish.whole_table import publish_table

VALUES = """id % 3 AS id, cast(id AS decimal(38,18)) / 7 AS amount, date '0001-01-01' + cast(id AS int) AS old_day,
    timestamp '2026-03-04 05:06:07.123456' AS moment, timestamp_ntz '1999-12-31 23:59:59' AS local_moment,
    encode(concat('ä', id), 'UTF-8') AS raw, double('NaN') AS no_number, -0.0D AS zero, '' AS empty,
    cast(NULL AS string) AS nothing, array(named_struct('a', id, 'b', map('k', id))) AS `nested value`,
    year, month, day, failed"""
ROWS = """VALUES (1, array(), '2026', '03', '04'), (2, array(0, 2), '2026', '03', '04'),
    (3, array(5), '2026', '1/2 =%?*[x]', '04'), (4, array(0, 2), '2026', '1/2 =%?*[x]', '04'),
    (5, array(), '2027', 'ä', '05') AS t(id, failed, year, month, day)"""


@pytest.fixture
def target(lake):
    lake.folders.root.mkdir()
    runtime.open_catalog(lake.folders.catalog)
    return Target('gen', 'policy', str(lake.folders.cleanse), PARTITION_KEYS, 'e1', 'a.csv', 'strict',
                  timedelta(hours=1))


@pytest.fixture
def rows(spark):
    return spark.sql(f'SELECT {VALUES} FROM {ROWS}')


def texts(df):
    """Return every row as a text, which tells apart what equality does not, in order."""
    return sorted(repr(row) for row in df.collect())


def test_rows_of_one_partition_come_back_as_they_were(lake, target, rows):
    seen = []
    publish_partition(marked(rows, 'failed'), target, ('2026', '03', '04'),
                      lambda audit, aside: seen.append((audit.rows, audit.columns, texts(unmarked(aside, 'failed')))))
    data = rows.drop('year', 'month', 'day')
    assert seen == [(2, 11, texts(data.where(F.size('failed') > 0)))]
    assert lake.rows('SELECT count(*) FROM gen.policy') == [(2,)]
    assert list(lake.types('gen', 'policy')) == data.drop('failed').columns
    assert lake.unreferenced_files() == []


def test_rows_come_back_from_the_partitions_that_they_name(lake, target, rows):
    seen = []

    def check(audit, partitions, aside):
        seen.append((audit.rows, sorted(partitions), texts(unmarked(aside, 'failed').select(rows.columns))))
        return ()
    publish_table(marked(rows, 'failed'), target, check)
    assert seen == [(2, [('2026', '03', '04'), ('2027', 'ä', '05')], texts(rows.where(F.size('failed') > 0)))]
    assert lake.rows('SELECT month FROM gen.policy ORDER BY year') == [('03',), ('ä',)]
    assert lake.unreferenced_files() == []


def test_rows_without_a_mark_are_all_for_readers(lake, target, rows):
    seen = []
    publish_partition(rows.drop('failed'), target, ('2026', '03', '04'),
                      lambda audit, aside: seen.append((audit.rows, aside)))
    assert seen == [(5, None)]


def test_nothing_is_left_of_rows_that_are_refused(lake, target, rows):
    def refuse(*_):
        raise ValueError('refused')
    for publish in (lambda: publish_partition(marked(rows, 'failed'), target, ('2026', '03', '04'), refuse),
                    lambda: publish_table(marked(rows, 'failed'), target, refuse)):
        with pytest.raises(ValueError, match='refused'):
            publish()
    assert [path for path in lake.folders.cleanse.rglob('*') if path.is_file()] == []
