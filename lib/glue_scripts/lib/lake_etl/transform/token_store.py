"""Stores what tokens stand for, so that those who may can look the original up."""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lake_etl import runtime
from lake_etl.spark.background_work import Work
from lake_etl.spark.columns import column
from lake_etl.spark.session import planned_as_a_whole
from lake_etl.transform.text_hash import hashed


def originals_to_store(df: DataFrame, names: Sequence[str], table: str, key: bytes | None) -> Work:
    """Return the work of finding every distinct value of the columns and putting them into an item table.

    They are stored as `hash_key` and `raw_data`; nulls are left out. Each Spark task streams its share to the table in
    batches. Storing the same values again changes nothing.
    """
    texts = [df.select(column(name).cast('string').alias('raw_data')) for name in names]
    if len(texts) > 1:
        together = F.array(*(column(name).cast('string') for name in names))
        texts = [df.select(F.explode(together).alias('raw_data'))]
    originals = texts[0].where('raw_data IS NOT NULL').distinct()
    tokens = originals.select(hashed(F.col('raw_data'), key).alias('hash_key'), 'raw_data')
    # Tokens are few bytes, so Spark would gather them in one task, but writing them takes time: all cores share it.
    spread = tokens.repartition(df.sparkSession.sparkContext.defaultParallelism)
    # Arrow hands the values to Python by the column, which costs a tenth of handing over rows.
    stored = spread.mapInArrow(partial(_put_tokens, table), 'stored INT')
    # As one Spark job, begun before that of the rows, its stages come first; one job each, they would queue behind it.
    planned_as_a_whole(stored)

    def store() -> None:
        stored.collect()
    return store


def _put_tokens(table: str, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    items = runtime.items(table)
    for batch in batches:
        items.put_all(table, batch.to_pylist())
    yield from ()
