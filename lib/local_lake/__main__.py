"""Entry of `python -m lib.local_lake`, which `./lake` calls inside its own environment."""
import sys

from lib.local_lake.cli import main

sys.exit(main(sys.argv[1:]))
