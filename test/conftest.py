"""Fixtures shared by all tests: one Spark session for the whole run, and a counter of Spark jobs."""
from __future__ import annotations

import gc
import logging
import os
import sys
import threading
import uuid
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import botocore.loaders
import pytest
from hypothesis import settings

from glue_half import play_java_half, use_real_library
from measured_workers import measure_workers, put_on_worker_path
from spark_environment import pytest_fixture_setup, pytest_pycollect_makemodule, pytest_pyfunc_call, skip_without_spark

__all__ = ['pytest_fixture_setup', 'pytest_pycollect_makemodule', 'pytest_pyfunc_call']
REPOSITORY = Path(__file__).resolve().parents[1]
# The ring on a real cluster needs Java libraries, which `./lake test --real` fetches.
collect_ignore = [] if 'LAKE_REAL_JARS' in os.environ else ['real']
# Tests start many processes, each of which would compile the lake's modules again.
sys.dont_write_bytecode = False
os.environ.pop('PYTHONDONTWRITEBYTECODE', None)
# Rings whose files take longest, in this order; with several processes they start first, so that none is left waiting.
LONG_RINGS = ('jobs', 'faults', 'flow', 'spark', 'contract', 'ports')
# Nearly everything stays that collecting thousands of tests makes; looking for what could go takes a third of the time.
gc.disable()
# Each test has AWS sessions of its own, and each session would read the descriptions of all services again.
botocore.loaders.create_loader = cache(botocore.loaders.create_loader)
use_real_library()
# pytest's processes pretend to have a terminal, which would fold what commands print.
os.environ.pop('COLUMNS', None)
# How long an example takes says nothing on a machine that does other things as well.
settings.register_profile('lake', deadline=None)
settings.load_profile('lake')


def pytest_configure(config: pytest.Config) -> None:
    """Have several processes take the files in the order of `pytest_collection_modifyitems`."""
    if hasattr(config.option, 'loadscopereorder'):
        config.option.loadscopereorder = False


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the files that take longest first where several processes share them."""
    def place(item: pytest.Item) -> int:
        ring = item.nodeid.removeprefix('test/').partition('/')[0]
        return LONG_RINGS.index(ring) if ring in LONG_RINGS else len(LONG_RINGS)
    if hasattr(config, 'workerinput'):
        items.sort(key=place)


def pytest_collection_finish() -> None:
    """Look for what can go again, but not among the collected tests and the imported modules."""
    gc.enable()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def pytest_unconfigure() -> None:
    """Let the end of the process find everything; a library complains about objects of its own that stay."""
    gc.unfreeze()


@contextmanager
def settings_put_back() -> Iterator[None]:
    """Put back what commands and jobs set for their whole process: logging, and hooks of Python."""
    loggers = [logging.getLogger(name) for name in (None, 'lake_etl', 'lib.glue_scripts', 'lib.local_lake', 'py4j')]
    levels = [logger.level for logger in loggers]
    handlers = list(loggers[0].handlers)
    filters = [list(handler.filters) for handler in handlers]
    hooks = warnings.showwarning, threading.excepthook, sys.unraisablehook, logging.raiseExceptions
    yield
    warnings.showwarning, threading.excepthook, sys.unraisablehook, logging.raiseExceptions = hooks
    loggers[0].handlers[:] = handlers
    for handler, before in zip(handlers, filters, strict=True):
        handler.filters[:] = before
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


@pytest.fixture(autouse=True)
def settings_of_a_test() -> Iterator[None]:
    """Leave nothing that a test sets for its process to the next test."""
    with settings_put_back():
        yield


@pytest.fixture(autouse=True, scope='module')
def settings_of_a_module() -> Iterator[None]:
    """Leave nothing that a fixture of a module sets for its process to the next module."""
    with settings_put_back():
        yield


@pytest.fixture(scope='session')
def spark_environment() -> None:
    """Skip tests that need Spark where there is none; for those that start it in another process."""
    skip_without_spark()


@pytest.fixture(scope='session')
def spark(tmp_path_factory, spark_environment):
    """The Spark session that the lake itself would start, with the lake's settings."""
    from lake_etl.spark.session import configure
    from lib.local_lake.running.laptop_session import start_session
    folder = tmp_path_factory.mktemp('spark')
    put_on_worker_path()
    # The data are small, but what is tested is what Spark does with large ones.
    session = configure(start_session(folder, cores='2', memory='1g', one_compiler=True))
    play_java_half(session)
    measure_workers(session)
    yield session
    session.stop()


@pytest.fixture(scope='session')
def spark_settings(spark) -> Callable:
    """Return a context manager under which the session has other settings: `with spark_settings({name: value}): …`."""
    @contextmanager
    def change(settings: Mapping[str, object]) -> Iterator[None]:
        before = {name: spark.conf.get(name) for name in settings}
        try:
            for name, value in settings.items():
                spark.conf.set(name, value)
            yield
        finally:
            for name, value in before.items():
                spark.conf.set(name, value)
    return change


@pytest.fixture(scope='session')
def settings_for_large_data(spark) -> dict[str, str]:
    """The settings with which the session was started, of those that `./lake` changes to load small files."""
    from lib.local_lake.running.laptop_session import SMALL_DATA
    return {name: spark.conf.get(name) for name in SMALL_DATA}


@pytest.fixture(scope='module')
def small_data(spark_settings, settings_for_large_data) -> Iterator[None]:
    """Give the session the settings with which `./lake` loads small files: nearly half the work of planning a load."""
    from lib.local_lake.running.laptop_session import SMALL_DATA
    with spark_settings(SMALL_DATA):
        yield


@pytest.fixture
def large_data(spark_settings, settings_for_large_data) -> Iterator[None]:
    """Give the session the settings of AWS Glue and of large files, under which Spark's jobs are counted."""
    with spark_settings(settings_for_large_data):
        yield


@pytest.fixture
def spark_jobs(spark, large_data) -> Callable:
    """Return a context manager that counts the Spark jobs started inside it: `with spark_jobs() as jobs: …; jobs()`."""
    @contextmanager
    def count() -> Iterator[Callable[[], int]]:
        with _started_jobs(spark) as jobs:
            yield lambda: len(jobs())
    return count


@pytest.fixture
def rows_read(spark, large_data) -> Callable:
    """Return a context manager that counts the rows read from files inside it, as `spark_jobs` counts jobs."""
    @contextmanager
    def count() -> Iterator[Callable[[], int]]:
        tracker, store = spark.sparkContext.statusTracker(), spark.sparkContext._jsc.sc().statusStore()
        with _started_jobs(spark) as jobs:
            # Of a thousand stages Spark forgets those first that it has skipped, which have read nothing.
            yield lambda: sum(store.lastStageAttempt(stage).inputRecords()
                              for stage in {stage for job in jobs() for stage in tracker.getJobInfo(job).stageIds}
                              if tracker.getStageInfo(stage) is not None)
    return count


@contextmanager
def _started_jobs(spark) -> Iterator[Callable[[], list[int]]]:
    """Give what returns the numbers of the Spark jobs started inside."""
    group = f'test-{uuid.uuid4()}'
    spark.sparkContext.setJobGroup(group, 'counted by a test')

    def jobs() -> list[int]:
        # Spark stores what happened a moment later.
        spark.sparkContext._jsc.sc().listenerBus().waitUntilEmpty()
        return list(spark.sparkContext.statusTracker().getJobIdsForGroup(group))
    try:
        yield jobs
    finally:
        spark.sparkContext.setLocalProperty('spark.jobGroup.id', None)


@pytest.fixture
def lake(spark, small_data, tmp_path, monkeypatch):
    """An empty `SmallLake` whose jobs run in the shared Spark session, as `./lake` runs them for small files."""
    from small_lake import SmallLake

    # A job reads the process's arguments and opens a catalog for the process.
    monkeypatch.setattr('sys.argv', ['test'])
    monkeypatch.setattr('lake_etl.runtime._catalog_address', 'glue')
    return SmallLake(tmp_path)
