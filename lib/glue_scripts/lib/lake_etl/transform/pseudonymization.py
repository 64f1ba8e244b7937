"""Replaces personal data by hashes, keyed with a secret or plain, and stores the originals of tokens."""
from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import pyarrow as pa
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from lake_etl import runtime
from lake_etl.spark.background_work import Work
from lake_etl.spark.columns import column
from lake_etl.spark.session import plan_upfront

SECRET_ARGUMENT = 'hash_key_secret'
# The constants of RFC 2104 for SHA-256.
BLOCK_BYTES, INNER, OUTER = 64, 0x36, 0x5C


def hash_key(args: Mapping[str, Any]) -> bytes | None:
    """Return the key for hashes from the secret that the job argument names, or None without the argument."""
    address = args.get(SECRET_ARGUMENT)
    return runtime.secret(str(address)) if address else None


def hash_column(text: Column, key: bytes | None) -> Column:
    """Build the hash of a text column as 64 lower-case hexadecimal digits; null stays null.

    SHA-256 of the text in UTF-8, or with a key HMAC-SHA-256 (RFC 2104), which nobody can reverse by guessing without
    the key.
    """
    if key is None:
        return F.sha2(text, 256)
    inner, outer = (secret_value(_padded(key, mask)) for mask in (INNER, OUTER))
    digest = F.unhex(F.sha2(F.concat(inner, text.cast('binary')), 256))
    return F.sha2(F.concat(outer, digest), 256)


def _padded(key: bytes, mask: int) -> bytes:
    """Return the key as one block of the hash function, XORed with the mask."""
    block = hashlib.sha256(key).digest() if len(key) > BLOCK_BYTES else key
    return bytes(byte ^ mask for byte in block.ljust(BLOCK_BYTES, b'\0'))


def secret_value(value: bytes) -> Column:
    """Build a binary column with a secret value in every row, which no plan and no event log shows.

    A literal would show in the plan, which Spark redacts in explanations only, not in the event log. This is a scalar
    subquery on a local frame of one row, because plans name the columns of a local frame but not its rows. Spark reads
    the row on the driver, without a job, and passes it to the tasks as a constant.
    """
    import pandas  # It takes half a second, which loads without a key need not wait for.
    session = SparkSession.active()
    frame = session.createDataFrame(pandas.DataFrame({'value': [value]}), 'value binary')
    as_scalar: Callable[[], Column] | None = getattr(frame, 'scalar', None)  # As of Spark 4.
    if as_scalar is not None:
        return as_scalar()
    name = f'secret_{uuid.uuid4().hex}'
    frame.createTempView(name)
    query = session.sql(f'SELECT (SELECT value FROM {name})')
    session.catalog.dropTempView(name)
    jvm = session._jvm
    assert jvm is not None, 'a session has a JVM'
    return Column(jvm.org.apache.spark.sql.Column(query._jdf.queryExecution().analyzed().expressions().head().child()))


def prepare_token_storage(df: DataFrame, names: Sequence[str], table: str, key: bytes | None) -> Work:
    """Return the work that stores every distinct value of the columns in an item table.

    Items have the attributes `hash_key` and `raw_data`; nulls are omitted. Each Spark task streams its share to the
    table in batches. Storing the same values again changes nothing.
    """
    texts = [df.select(column(name).cast('string').alias('raw_data')) for name in names]
    if len(texts) > 1:
        together = F.array(*(column(name).cast('string') for name in names))
        texts = [df.select(F.explode(together).alias('raw_data'))]
    originals = texts[0].where('raw_data IS NOT NULL').distinct()
    tokens = originals.select(hash_column(F.col('raw_data'), key).alias('hash_key'), 'raw_data')
    # Spark would gather tokens in one task, because they are small. Writing them takes time, so all cores share it.
    spread = tokens.repartition(df.sparkSession.sparkContext.defaultParallelism)
    # Arrow passes whole columns to Python, at a tenth of the cost of passing rows.
    stored = spread.mapInArrow(partial(_put_tokens, table), 'stored INT')
    # Adaptive execution would run each stage as a job that queues behind the job of the rows. Planned upfront, all
    # stages are one job that starts first.
    plan_upfront(stored)

    def store() -> None:
        stored.collect()
    return store


def _put_tokens(table: str, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    items = runtime.items(table)
    for batch in batches:
        items.put_all(table, batch.to_pylist())
    yield from ()
