"""`./lake test`: runs the test suite in this environment, one file at a time on each core."""
from __future__ import annotations

import argparse
import os
import subprocess
import sys

from lib.local_lake.folders import REPOSITORY, LakeFolders

# Each process starts its own Spark; the memory of a common laptop is enough for four.
PROCESSES = ('--numprocesses=auto', '--maxprocesses=4', '--dist=loadfile')
# Elsewhere tests that need Spark are skipped where it is missing; here they must fail.
REQUIRE_SPARK = {'LAKE_TESTS_REQUIRE_SPARK': '1'}


def run(folders: LakeFolders, options: argparse.Namespace) -> int:
    """Run pytest with the remaining arguments, which override the number of processes; return its exit status."""
    command = [sys.executable, '-m', 'pytest', *PROCESSES, *options.arguments]
    return subprocess.run(command, cwd=REPOSITORY, env=os.environ | REQUIRE_SPARK, check=False).returncode
