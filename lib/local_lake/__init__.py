"""Runs the whole lake on a laptop: command line, Spark session, orchestration and reports."""
import sys
from pathlib import Path

# `./lake` sets an import path; an editor or `python -m lib.local_lake` may have none.
if (SHARED_MODULES := str(Path(__file__).resolve().parents[1] / 'glue_scripts' / 'lib')) not in sys.path:
    sys.path.append(SHARED_MODULES)
