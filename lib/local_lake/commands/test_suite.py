"""`./lake test`: runs the test suite, one file at a time on each core, or with `--real` the jobs on a real cluster."""
from __future__ import annotations

import argparse
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from lib.local_lake.folders import REPOSITORY, LakeFolders
from lib.local_lake.running.java import use_environment_java

# Each process starts its own Spark; the memory of a common laptop is enough for four.
PROCESSES = ('--numprocesses=auto', '--maxprocesses=4', '--dist=loadfile')
# Elsewhere tests that need Spark are skipped where it is missing; here they must fail.
REQUIRE_SPARK = {'LAKE_TESTS_REQUIRE_SPARK': '1'}
REAL, RING, JARS = '--real', 'test/real', 'LAKE_REAL_JARS'
# What several tests look at runs once, during the first of them.
RING_TIMEOUT = '--timeout=1500'


def run(folders: LakeFolders, options: argparse.Namespace) -> int:
    """Run pytest with the remaining arguments, which override the number of processes; return its exit status.

    With `--real` the tests on a real cluster run, whose Java libraries are fetched first, or the tests that the
    arguments name, with the packages of AWS Glue. Raises ModuleNotFoundError when this environment lacks pytest.
    """
    if find_spec('pytest') is None:
        raise ModuleNotFoundError(name='pytest')
    arguments = [argument for argument in options.arguments if argument != REAL]
    paths = [argument for argument in arguments if argument.startswith('test/')]
    if len(arguments) < len(options.arguments) and (not paths or any(path.startswith(RING) for path in paths)):
        return _run_on_real_ground(arguments if paths else [*arguments, RING])
    return _pytest([*PROCESSES, *arguments], REQUIRE_SPARK)


def _run_on_real_ground(arguments: list[str]) -> int:
    use_environment_java()
    folder = Path(sys.prefix) / 'jars'
    fetched = subprocess.run([sys.executable, f'{RING}/jars.py', str(folder)], cwd=REPOSITORY, check=False)
    if fetched.returncode:
        print('The ring on a real cluster did not run; the lines above say what is missing.', file=sys.stderr)
        return 1
    return _pytest([RING_TIMEOUT, *arguments], {**REQUIRE_SPARK, JARS: str(folder)})


def _pytest(arguments: list[str], further: dict[str, str]) -> int:
    return subprocess.run([sys.executable, '-m', 'pytest', *arguments], cwd=REPOSITORY, env=os.environ | further,
                          check=False).returncode
