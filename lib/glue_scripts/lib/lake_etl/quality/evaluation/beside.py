"""Counts groups while other things are computed, and hands the counts to whoever needs them first."""
from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future

from pyspark import InheritableThread

from lake_etl.quality.evaluation.evaluation_plan import GroupCounts, Grouping, Subject
from lake_etl.quality.evaluation.keys import count_groups

Counts = Callable[[], Mapping[Grouping, GroupCounts]]


def count_beside(subject: Subject, groupings: Iterable[Grouping]) -> Counts:
    """Begin to count in a thread, in the Spark job group of this one; return what waits for the counts.

    What is returned raises what counting raised.
    """
    asked = tuple(groupings)
    if not asked:
        return lambda: {}
    counts: Future[Mapping[Grouping, GroupCounts]] = Future()

    def count() -> None:
        try:
            counts.set_result(count_groups(subject, asked))
        except BaseException as failure:
            counts.set_exception(failure)
    InheritableThread(target=count, daemon=True).start()
    return counts.result
