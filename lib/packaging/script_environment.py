"""Lets a script start without an activated environment, by going on in one of this repository that has its packages."""
from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
MODULE_FOLDERS = [str(REPOSITORY), str(REPOSITORY / 'lib' / 'glue_scripts' / 'lib')]
FOLDER = '.venv'
FOR_AWS = f'python3 -m venv {FOLDER} && {FOLDER}/bin/python -m pip install -r requirements.txt'
# What `./lake` installs for `cdk` has the packages of the lake and those for AWS.
FOR_LAKE_ON_AWS = './lake cdk --version'
FOR_LAKE, FOR_TESTS, FOR_REAL_TESTS = './lake validate', './lake test --version', './lake test --real --version'
# Set for a script that has been started again, so that this happens once.
RESTARTED = 'LAKE_SCRIPT_RESTARTED'
HAS_PACKAGES = 'import sys; from importlib.util import find_spec; sys.exit(not all(map(find_spec, sys.argv[1:])))'


def use_environment(packages: Sequence[str], set_up: str, folder: str = FOLDER) -> None:
    """Make modules of the lake importable, and go on with the Python that has the packages if this one lacks them.

    set_up  the command that makes an environment with the packages, typed in the repository
    folder  the environment to look into

    Raises SystemExit with a sentence that names this command when there is no such environment.
    """
    sys.path += [folder for folder in MODULE_FOLDERS if folder not in sys.path]
    missing = [package for package in packages if find_spec(package) is None]
    if not missing:
        return
    python = REPOSITORY / folder / ('Scripts/python.exe' if os.name == 'nt' else 'bin/python')
    if RESTARTED not in os.environ and _has(python, packages):
        os.environ[RESTARTED] = '1'
        os.execv(python, [str(python), *sys.orig_argv[1:]])
    sys.exit(f'The Python package {missing[0]} is not installed for {sys.executable}. Type in {REPOSITORY}: {set_up}')


def _has(python: Path, packages: Sequence[str]) -> bool:
    """Return whether that Python exists and has the packages."""
    return python.exists() and not subprocess.run([python, '-c', HAS_PACKAGES, *packages], check=False).returncode
