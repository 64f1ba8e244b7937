"""`./lake cdk`: runs the CDK command line in this environment, with a Node.js version that CDK supports."""
from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from lib.local_lake.folders import REPOSITORY, LakeFolders
from lib.packaging.node import cdk_command, use_installed_node


def run(folders: LakeFolders, options: argparse.Namespace) -> int:
    """Run CDK with the remaining arguments and return its exit status."""
    use_installed_node()
    # cdk.json starts the application with `python3`, which must be the one of this environment.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ['PATH']])
    return subprocess.run(cdk_command(options.arguments), cwd=REPOSITORY, check=False,
                          env={**os.environ, 'PATH': path}).returncode
