"""Tests that need Spark are skipped with the reason if it is missing, and fail where it is required."""
from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lib.local_lake.commands.test_suite import REQUIRE_SPARK
from spark_environment import PACKAGES, REQUIRED

REPOSITORY = Path(__file__).resolve().parents[2]
# An environment in which one package is not installed.
WITHOUT = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition('.')[0] == '{package}':
            raise ModuleNotFoundError("No module named '{package}'", name=name)

sys.meta_path.insert(0, Absent())
"""
TESTS = {
    'test_plain.py': 'def test_one(): pass\n',
    'test_imports.py': 'from {package}.sql import DataFrame\ndef test_one(): pass\ndef test_two(): pass\n',
    'test_inside.py': 'def test_one():\n    import {package}\ndef test_two(): pass\n',
    'test_fixture.py': 'import pytest\n@pytest.fixture\ndef needed():\n    import {package}\n'
                       'def test_one(needed): pass\n',
}
CONFTEST = 'from spark_environment import pytest_fixture_setup, pytest_pycollect_makemodule, pytest_pyfunc_call\n'


def run_tests(folder: Path, missing: str, more: dict[str, str] | None = None, **environment: str) -> str:
    """Run small tests where a package is missing and return what pytest prints."""
    for name, text in {**TESTS, **(more or {})}.items():
        (folder / name).write_text(text.format(package=missing))
    (folder / 'conftest.py').write_text(WITHOUT.format(package=missing) + CONFTEST)
    variables = {name: value for name, value in os.environ.items() if name != REQUIRED and 'PYTEST' not in name}
    done = subprocess.run([sys.executable, '-m', 'pytest', '-ra', '-p', 'no:cacheprovider', '-c', os.devnull,
                           '--rootdir', str(folder), str(folder)], capture_output=True, text=True, cwd=folder,
                          env=variables | {'PYTHONPATH': str(REPOSITORY / 'test')} | environment, check=False)
    return done.stdout


@pytest.mark.parametrize('package', ['pyspark', 'duckdb', 'recordlinkage'])
def test_what_needs_a_missing_package_is_skipped_with_the_reason_and_all_else_runs(tmp_path, package):
    said = run_tests(tmp_path, package)
    assert '2 passed, 3 skipped in' in said, said
    assert f'needs Spark: {package} is not installed; ./lake test sets up' in said


def test_where_spark_has_to_be_there_its_absence_is_an_error(tmp_path):
    said = run_tests(tmp_path, 'pyspark', **REQUIRE_SPARK)
    assert 'skipped' not in said and "No module named 'pyspark'" in said and '1 error' in said


@pytest.mark.parametrize('text', ['import lake_etl_misspelt\n', 'from json import misspelt\n', 'import pysparkling\n'])
def test_another_wrong_import_is_still_an_error(tmp_path, text):
    said = run_tests(tmp_path, 'pyspark', {'test_wrong.py': f'{text}def test_one(): pass\n'})
    assert '1 error' in said and 'test_wrong.py' in said


def test_the_requirements_of_tests_bring_none_of_the_packages():
    names = {name.replace('_', '-') for name in PACKAGES}
    of_tests = ''.join((REPOSITORY / f'requirements{part}.txt').read_text() for part in ('', '-dev', '-glue'))
    assert [name for name in names if f'\n{name}==' in of_tests.lower()] == []
