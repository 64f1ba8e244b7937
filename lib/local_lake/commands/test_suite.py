"""`./lake test`: run the test suite in this environment."""
from __future__ import annotations

import argparse
import subprocess
import sys

from lib.local_lake.folders import REPOSITORY, LakeFolders


def run(folders: LakeFolders, options: argparse.Namespace) -> int:
    """Run pytest with the remaining arguments and return its exit status."""
    return subprocess.run([sys.executable, '-m', 'pytest', *options.arguments], cwd=REPOSITORY, check=False).returncode
