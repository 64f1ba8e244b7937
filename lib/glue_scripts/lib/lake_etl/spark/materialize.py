"""Makes Spark compute a frame, once for all later steps where needed, and waits for the metrics that it observes."""
from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from threading import Thread
from typing import TypeVar

from py4j.protocol import Py4JError
from pyspark.sql import DataFrame, SparkSession

# Metrics arrive together with those of the audit, which is over by then.
SECONDS_TO_ARRIVE = 3.0
Answer = TypeVar('Answer')


def compute(df: DataFrame) -> None:
    """Compute all rows of a frame and discard them."""
    df.write.format('noop').mode('overwrite').save()


def checkpointed(df: DataFrame) -> DataFrame:
    """Return the frame with its rows stored on the workers when they are first computed, until nothing refers to it.

    The result has a new, short plan. If cached frames were nested instead, Spark's description of the plan, which it
    writes at every step, would double with each of them. After `keep_checkpoints` on a cluster, the rows are computed
    now and written to its folder, because rows on a worker are lost with it.
    """
    if df.sparkSession.sparkContext.getCheckpointDir():
        return df.checkpoint()
    return df.localCheckpoint(eager=False)


def keep_checkpoints(spark: SparkSession, folder: str) -> None:
    """Write checkpoints of this session below a folder, unless it runs as one process, which loses no workers."""
    context = spark.sparkContext
    if not str(context.master).startswith('local'):
        context.setCheckpointDir(folder)


def observed(ask: Callable[[], Answer]) -> Answer | None:
    """Return the answer of `ask` about observed metrics, or None when the metrics never arrive.

    Spark skips a part of a query that cannot contribute a row, such as what precedes a filter that is always false,
    and with it the observations there. `ask` then waits forever on Spark 3.5 and fails on Spark 4.1.
    """
    answers: list[Answer] = []

    def wait() -> None:
        with suppress(Py4JError):
            answers.append(ask())
    waiting = Thread(target=wait, daemon=True)
    waiting.start()
    waiting.join(SECONDS_TO_ARRIVE)
    return answers[0] if answers else None
