"""Makes sure that what is observed in a frame becomes known, even when Spark found that it can leave the frame out."""
from __future__ import annotations

from collections.abc import Callable
from threading import Thread

from pyspark.sql import DataFrame

# Metrics arrive together with those of the audit, which has been waited for.
SECONDS_TO_ARRIVE = 3.0


def compute(df: DataFrame) -> None:
    """Compute all rows of a frame and keep none."""
    df.write.format('noop').mode('overwrite').save()


def compute_unless_known(df: DataFrame, ask: Callable[[], object]) -> None:
    """Compute the frame when what is observed in it has not arrived.

    Spark leaves out a part of a query that cannot contribute a row, such as what comes before a filter that is always
    false, and its observations with it. It can be asked for them only in a way that waits for ever, as `ask` does.
    """
    waiting = Thread(target=ask, daemon=True)
    waiting.start()
    waiting.join(SECONDS_TO_ARRIVE)
    if waiting.is_alive():
        compute(df)
