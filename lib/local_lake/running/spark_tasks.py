"""Counts the tasks of what Spark is doing now."""
from __future__ import annotations

from pyspark import SparkContext

from lib.local_lake.progress import Amount


def running_tasks() -> Amount | None:
    """Return how many tasks of the running stages are done; None while Spark runs none, starts, or has ended."""
    context = SparkContext._active_spark_context
    if context is None:
        return None
    try:
        tracker = context.statusTracker()
        stages = [tracker.getStageInfo(stage) for stage in tracker.getActiveStageIds()]
    except Exception:
        return None    # The connection to Java is broken: the load itself says why.
    known = [stage for stage in stages if stage]
    if not known:
        return None
    return Amount(sum(stage.numCompletedTasks for stage in known), sum(stage.numTasks for stage in known), 'tasks')
