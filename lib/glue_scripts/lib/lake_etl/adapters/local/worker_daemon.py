"""Starts Spark's Python workers on this machine without archives on their module path.

Spark puts two zip files and a jar there, though its modules lie unpacked beside them, and has every task forget what it
knows of the path; so workers read the lists of these files again for each task, which took a tenth of a second.
"""
from __future__ import annotations

import os
import runpy
import sys


def main() -> None:
    """Run Spark's own daemon."""
    leave_out_archives()
    runpy.run_module('pyspark.daemon', run_name='__main__')


def leave_out_archives() -> None:
    """Take archives off the module path of this process; to be called before it imports Spark."""
    archives = {place for place in [*sys.path, *sys.path_importer_cache] if os.path.isfile(place)}
    sys.path[:] = [place for place in sys.path if place not in archives]
    for place in archives & sys.path_importer_cache.keys():
        del sys.path_importer_cache[place]


if __name__ == '__main__':
    main()
