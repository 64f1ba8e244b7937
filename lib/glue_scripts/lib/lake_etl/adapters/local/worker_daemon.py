"""Starts Spark's Python workers on this machine without archives on their module path.

Spark adds two zip files and a jar to the path, although its modules are also available unpacked, and clears the import
caches for every task. So workers read the directories of these archives again for each task, for a tenth of a second.
"""
from __future__ import annotations

import os
import runpy
import sys


def main() -> None:
    """Run the daemon of Spark."""
    leave_out_archives()
    runpy.run_module('pyspark.daemon', run_name='__main__')


def leave_out_archives() -> None:
    """Remove archives from the module path of this process; call this before Spark is imported."""
    archives = {place for place in [*sys.path, *sys.path_importer_cache] if os.path.isfile(place)}
    sys.path[:] = [place for place in sys.path if place not in archives]
    for place in archives & sys.path_importer_cache.keys():
        del sys.path_importer_cache[place]


if __name__ == '__main__':
    main()
