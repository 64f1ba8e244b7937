"""Times alternatives in turn, so that a change of the machine's speed affects all of them."""
from __future__ import annotations

import resource
import statistics
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from pyspark.sql import SparkSession


@dataclass
class Timings:
    """Seconds of each alternative's runs, in the order in which they were taken."""

    seconds: dict[str, list[float]] = field(default_factory=dict)

    def median(self, name: str) -> float:
        """Return the median of an alternative, in seconds."""
        return statistics.median(self.seconds[name])

    def ratio(self, name: str, floor: str) -> float:
        """Return the median of the ratios of runs that were taken next to each other."""
        pairs = zip(self.seconds[name], self.seconds[floor], strict=True)
        return statistics.median(own / other for own, other in pairs)


def interleave(alternatives: dict[str, Callable[[], None]], runs: int, warm_up: int = 1) -> Timings:
    """Run the alternatives in turn, `warm_up` rounds uncounted and `runs` counted."""
    timings = Timings({name: [] for name in alternatives})
    for number in range(warm_up + runs):
        for name, run in alternatives.items():
            started = time.perf_counter()
            run()
            if number >= warm_up:
                timings.seconds[name].append(time.perf_counter() - started)
    return timings


@contextmanager
def counted_jobs(spark: SparkSession) -> Iterator[Callable[[], tuple[int, int]]]:
    """Count the Spark jobs started inside, and the most tasks that one of their stages had."""
    group = str(uuid.uuid4())
    spark.sparkContext.setJobGroup(group, 'benchmark')

    def count() -> tuple[int, int]:
        tracker = spark.sparkContext.statusTracker()
        jobs = tracker.getJobIdsForGroup(group)
        stages = [tracker.getStageInfo(stage) for job in jobs
                  if (info := tracker.getJobInfo(job)) for stage in info.stageIds]
        return len(jobs), max((stage.numTasks for stage in stages if stage), default=0)
    try:
        yield count
    finally:
        spark.sparkContext.setLocalProperty('spark.jobGroup.id', None)  # type: ignore[arg-type]  # None takes it away


def peak_memory_mib(spark: SparkSession) -> float:
    """Return the most memory that the Java process has held so far, in MiB."""
    process = spark._jvm.java.lang.ProcessHandle.current().pid()  # type: ignore[union-attr]  # a session has a JVM
    try:
        with open(f'/proc/{process}/status', encoding='ascii') as status:
            return next(int(line.split()[1]) for line in status if line.startswith('VmHWM')) / 1024
    except OSError:
        return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
