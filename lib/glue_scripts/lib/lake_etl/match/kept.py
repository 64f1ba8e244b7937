"""Keeps the rows of a frame that several later steps read, so that they are computed once."""
from __future__ import annotations

from pyspark.sql import DataFrame


def kept(df: DataFrame) -> DataFrame:
    """Return the frame, whose rows stay on the workers from the first time they are needed until nothing refers to it.

    Its plan begins anew. With cached frames inside cached frames Spark's description of a plan, which it writes at
    every step, would double with each of them.

    Where the session has a folder for checkpoints the rows are written there now: on a cluster, rows that stay on a
    worker are lost with it.
    """
    if df.sparkSession.sparkContext.getCheckpointDir():
        return df.checkpoint()
    return df.localCheckpoint(eager=False)
