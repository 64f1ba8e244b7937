"""Loads that write below one table at the same time keep out of each other's way, and rows in files are counted."""
from __future__ import annotations

import threading
import time
from datetime import timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import functions as F
from pyspark.sql.types import LongType

from lake_etl import runtime
from lake_etl.arguments import PARTITION_KEYS
from lake_etl.errors import DataError
from lake_etl.publish.load_files import require_rows
from lake_etl.publish.target import Target
from lake_etl.publish.whole_table import stage_table

ROWS = 4000


def target_of(lake, load, staging):
    return Target('gen', 'policy', str(lake.folders.cleanse), PARTITION_KEYS, load, 'a.csv', 'strict',
                  timedelta(hours=1), staging=staging)


def slow_rows(spark, day, seconds):
    """Return rows for two partitions, each of whose four tasks takes some time while its files are open."""
    def wait(number: int) -> int:
        time.sleep(seconds / (ROWS / 4))
        return number
    return spark.range(0, ROWS, 1, 4).select(
        F.udf(wait, LongType())('id').alias('id'), F.lit('2026').alias('year'),
        F.when(F.col('id') % 2 == 0, '01').otherwise('02').alias('month'), F.lit(day).alias('day'))


@pytest.mark.parametrize('shared', [None, 'staging'])
def test_two_loads_of_one_table_at_once_lose_no_row(lake, spark, shared):
    lake.folders.root.mkdir()
    runtime.open_catalog(lake.folders.catalog)
    staging = shared and str(lake.folders.temporary / shared)
    failures, one_at_a_time = [], threading.Lock()

    def load(day, seconds):
        try:
            target = target_of(lake, f'load{day}', staging)
            with stage_table(slow_rows(spark, day, seconds), target, only_its_partitions=True) as written:
                assert written.audit.rows == ROWS
                with one_at_a_time:
                    written.publish()
        except BaseException as failure:
            failures.append(failure)
    threads = [threading.Thread(target=load, args=arguments) for arguments in (('01', 0.1), ('02', 0.3), ('03', 0.2))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert lake.rows('SELECT day, count(*), count(DISTINCT id) FROM gen.policy GROUP BY day ORDER BY day') == [
        (day, ROWS, ROWS) for day in ('01', '02', '03')]
    assert lake.unreferenced_files() == []
    assert not list(lake.folders.root.rglob('_staged'))


def test_rows_in_files_are_compared_with_those_that_were_counted(tmp_path):
    wide = {f'column_{number}_{"x" * 60}': list(range(5)) for number in range(400)}
    pq.write_table(pa.table({'a': [1, 2, 3]}), tmp_path / 'narrow.parquet')
    pq.write_table(pa.table(wide), tmp_path / 'wide.parquet')
    entries = list(runtime.files(str(tmp_path)).list(str(tmp_path)))
    assert len(entries) == 2
    require_rows('gen.policy', 8, entries)
    require_rows('gen.policy', 0, [])
    for counted, files, found in ((9, entries, 8), (3, [], 0), (0, entries, 8)):
        with pytest.raises(DataError, match=rf'gen\.policy counted {counted} rows, but its files hold {found}\.'):
            require_rows('gen.policy', counted, files)
