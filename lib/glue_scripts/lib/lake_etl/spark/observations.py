"""Tells whether what is observed in a frame has become known, and computes a frame so that it does."""
from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from threading import Thread

from py4j.protocol import Py4JError
from pyspark.sql import DataFrame

# Metrics arrive together with those of the audit, which has been waited for.
SECONDS_TO_ARRIVE = 3.0


def compute(df: DataFrame) -> None:
    """Compute all rows of a frame and keep none."""
    df.write.format('noop').mode('overwrite').save()


def is_known(ask: Callable[[], object]) -> bool:
    """Tell whether a question about observed metrics has an answer.

    Spark leaves out a part of a query that cannot contribute a row, such as what comes before a filter that is always
    false, and its observations with it. Spark 3.5 then lets `ask` wait for ever, and Spark 4.1 lets it fail.
    """
    answers: list[object] = []

    def wait() -> None:
        with suppress(Py4JError):
            answers.append(ask())
    waiting = Thread(target=wait, daemon=True)
    waiting.start()
    waiting.join(SECONDS_TO_ARRIVE)
    return bool(answers)
