"""`./lake completion bash|zsh`: prints the script that completes commands and options with the Tab key."""
from __future__ import annotations

import argparse
from pathlib import Path

from lib.local_lake.folders import LakeFolders

SCRIPTS = Path(__file__).resolve().parents[1] / 'completion'


def run(folders: LakeFolders, options: argparse.Namespace) -> int:
    """Print the script of a shell, which shtab has made from the parser of the command line."""
    print((SCRIPTS / f'lake.{options.shell}').read_text(encoding='utf-8'), end='')
    return 0
