"""Stores what tokens stand for, so that those who may can look the original up."""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from lake_etl import runtime
from lake_etl.transform.columns import column
from lake_etl.transform.text_hash import hashed

COALESCE = 'spark.sql.adaptive.coalescePartitions.enabled'


def store_originals(df: DataFrame, names: Sequence[str], table: str, key: bytes | None) -> None:
    """Put every distinct value of the columns into the item table as `hash_key` and `raw_data`; nulls are left out.

    Each Spark task streams its share to the table in batches. Storing the same values again changes nothing.
    """
    texts = [df.select(column(name).cast('string').alias('raw_data')) for name in names]
    if len(texts) > 1:
        together = F.array(*(column(name).cast('string') for name in names))
        texts = [df.select(F.explode(together).alias('raw_data'))]
    originals = texts[0].where('raw_data IS NOT NULL').distinct()
    tokens = originals.select(hashed(F.col('raw_data'), key).alias('hash_key'), 'raw_data')
    # The one action of a tokenize step, whatever its number of columns: the originals have to be in the table before
    # the tokens are published, and the frame that is published no longer has them.
    with _written_side_by_side(df.sparkSession):
        tokens.foreachPartition(partial(_put_tokens, table))


@contextmanager
def _written_side_by_side(spark: SparkSession) -> Iterator[None]:
    """Keep Spark from gathering the tokens in one task because they are few bytes: writing them takes time."""
    before = str(spark.conf.get(COALESCE, 'true'))
    spark.conf.set(COALESCE, 'false')
    try:
        yield
    finally:
        spark.conf.set(COALESCE, before)


def _put_tokens(table: str, rows: Iterable[Row]) -> None:
    runtime.items(table).put_all(table, (row.asDict() for row in rows))
