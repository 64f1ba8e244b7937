"""Runs the command line: `./lake` calls `python -m lib.local_lake` in its own environment."""
import sys

from lib.local_lake.cli import main

sys.exit(main(sys.argv[1:]))
