"""`./lake test`: run the test suite in this environment, a file at a time on each core."""
from __future__ import annotations

import argparse
import os
import subprocess
import sys

from lib.local_lake.folders import REPOSITORY, LakeFolders

# Each process has a Spark of its own, so there are never more than memory of a common laptop has room for.
PROCESSES = ('--numprocesses=auto', '--maxprocesses=4', '--dist=loadfile')
# Tests that need Spark are skipped where there is none; here it has to be there.
REQUIRE_SPARK = {'LAKE_TESTS_REQUIRE_SPARK': '1'}


def run(folders: LakeFolders, options: argparse.Namespace) -> int:
    """Run pytest with the remaining arguments, which override the number of processes; return its exit status."""
    command = [sys.executable, '-m', 'pytest', *PROCESSES, *options.arguments]
    return subprocess.run(command, cwd=REPOSITORY, env=os.environ | REQUIRE_SPARK, check=False).returncode
