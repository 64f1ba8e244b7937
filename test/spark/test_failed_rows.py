"""Marked rows come back unchanged from the files of a staged load, and readers get no row that fails a rule."""
from __future__ import annotations

from contextlib import nullcontext
from datetime import timedelta

import pytest
from pyspark.sql import functions as F

from lake_etl import runtime
from lake_etl.arguments import PARTITION_KEYS
from lake_etl.publish.failed_rows import mark_failed_rows, unmark_failed_rows
from lake_etl.publish.partition import stage_partition
from lake_etl.publish.target import Target
from lake_etl.publish.whole_table import stage_table

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
    data = rows.drop('year', 'month', 'day')
    with stage_partition(mark_failed_rows(rows, 'failed'), target, ('2026', '03', '04')) as written:
        failed = texts(unmark_failed_rows(written.failed_rows, 'failed'))
        written.publish()
    assert (written.audit.rows, written.audit.columns) == (2, 11)
    assert failed == texts(data.where(F.size('failed') > 0))
    assert lake.rows('SELECT count(*) FROM gen.policy') == [(2,)]
    assert list(lake.types('gen', 'policy')) == data.drop('failed').columns
    assert lake.unreferenced_files() == []


def test_rows_come_back_from_the_partitions_that_they_name(lake, target, rows):
    with stage_table(mark_failed_rows(rows, 'failed'), target) as written:
        failed = texts(unmark_failed_rows(written.failed_rows, 'failed').select(rows.columns))
        written.publish()
    assert (written.audit.rows, sorted(written.partitions)) == (2, [('2026', '03', '04'), ('2027', 'ä', '05')])
    assert failed == texts(rows.where(F.size('failed') > 0))
    assert lake.rows('SELECT month FROM gen.policy ORDER BY year') == [('03',), ('ä',)]
    assert lake.unreferenced_files() == []


def test_rows_without_a_mark_are_all_for_readers(lake, target, rows):
    with stage_partition(rows.drop('failed'), target, ('2026', '03', '04')) as written:
        assert (written.audit.rows, written.failed_rows) == (5, None)


@pytest.mark.parametrize('refused', [True, False])
def test_nothing_is_left_of_rows_that_are_not_published(lake, target, rows, refused):
    for stage in (lambda: stage_partition(mark_failed_rows(rows, 'failed'), target, ('2026', '03', '04')),
                  lambda: stage_table(mark_failed_rows(rows, 'failed'), target)):
        with pytest.raises(ValueError, match='refused') if refused else nullcontext(), stage():
            assert [path for path in lake.folders.cleanse.rglob('*.parquet')]
            if refused:
                raise ValueError('refused')
        assert [path for path in lake.folders.cleanse.rglob('*') if path.is_file()] == []
    assert list(lake.catalog.tables()) == []
