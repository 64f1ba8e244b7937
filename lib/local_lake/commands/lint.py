"""`./lake lint`: runs all code checks in the environment of the tests."""
from __future__ import annotations

import argparse
import subprocess
import sys
from importlib.util import find_spec

from lib.local_lake.folders import REPOSITORY, LakeFolders

# Purpose and command of each check; the settings are in .flake8 and pyproject.toml.
CHECKS = (
    ('style', ('flake8',)),
    ('order of imports', ('isort', '--check-only', '--quiet', 'app.py', '.ci', 'bench', 'docs', 'lib', 'resources',
                          'test')),
    ('types', ('mypy',)),
    ('unused code', ('vulture',)),
)


def run(folders: LakeFolders, options: argparse.Namespace) -> int:
    """Run every check and print the result; return 1 when one of them reports a problem.

    Raises ModuleNotFoundError when this environment lacks a tool.
    """
    for _, (tool, *_) in CHECKS:
        if find_spec(tool) is None:
            raise ModuleNotFoundError(name=tool)
    failed = []
    for name, command in CHECKS:
        print(f'Checking {name} …', flush=True)
        if subprocess.run([sys.executable, '-m', *command], cwd=REPOSITORY, check=False).returncode:
            failed.append(name)
    if failed:
        print(f'{len(failed)} of {len(CHECKS)} checks reported problems: {", ".join(failed)}.')
        return 1
    print(f'All {len(CHECKS)} checks passed.')
    return 0
