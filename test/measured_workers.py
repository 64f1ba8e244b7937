"""Spark's Python workers while coverage is measured: each keeps what it has measured after every task.

Spark ends its workers by a signal, before which nothing could be written.
"""
from __future__ import annotations

import os
from pathlib import Path
from typing import Any

# Set by coverage for the processes that are started while it measures.
MEASURED = 'COVERAGE_PROCESS_CONFIG'


def measure_workers(session: Any) -> None:
    """Have the session start its Python workers by this module, when coverage is measured."""
    if MEASURED in os.environ:
        session._jvm.org.apache.spark.SparkEnv.get().conf().set('spark.python.daemon.module', Path(__file__).stem)


def put_on_worker_path() -> None:
    """Let workers import this module; to be called before Spark starts."""
    if MEASURED in os.environ:
        present = os.environ.get('PYTHONPATH', '').split(os.pathsep)
        os.environ['PYTHONPATH'] = os.pathsep.join([str(Path(__file__).parent), *filter(None, present)])


def main() -> None:
    """Run the lake's own daemon, whose workers save what was measured after each task."""
    from coverage import Coverage

    from lake_etl.adapters.local import worker_daemon
    worker_daemon.leave_out_archives()
    from pyspark import worker
    run_task = worker.main

    def measured(*files: Any) -> None:
        try:
            run_task(*files)
        finally:
            measuring = Coverage.current()
            if measuring is not None:
                measuring.save()
    worker.main = measured
    worker_daemon.main()


if __name__ == '__main__':
    main()
