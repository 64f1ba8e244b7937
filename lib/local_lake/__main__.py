"""Runs the command line: `./lake` calls `python -m lib.local_lake` in its own environment."""
import sys
from pathlib import Path

# An editor or a person may start it without an import path; `./lake` has one.
if (SHARED_MODULES := str(Path(__file__).resolve().parents[1] / 'glue_scripts' / 'lib')) not in sys.path:
    sys.path.append(SHARED_MODULES)

from lib.local_lake.cli import main  # noqa: E402  # it imports shared modules

sys.exit(main(sys.argv[1:]))
