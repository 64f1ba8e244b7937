"""Executors and a worker that are killed, and tasks that run twice, change nothing of what the jobs write."""
from __future__ import annotations

import os
import signal
import threading
import time

import pytest
from comparison import require_same_items, require_same_matches, require_same_table, tables_of
from ground import Run
from scenario import CUSTOMERS, POLICY_KEY, configure, starts

KILLS, PAUSE_SECONDS = 6, 7
LOST_WORKER, LOST_AFTER = 'worker-2', 3
SPECULATION = {'spark.speculation': 'true', 'spark.speculation.interval': '50ms', 'spark.speculation.quantile': '0.3',
               'spark.speculation.multiplier': '1.01', 'spark.speculation.minTaskRuntime': '10ms',
               'spark.task.maxFailures': '20'}


def kill_executors(cluster, over, killed):
    """Kill one executor after another, each while it may hold shuffles, blocks and half-written files.

    In between a worker is lost for good, with all of its executors.
    """
    while not over.wait(PAUSE_SECONDS) and len(killed) < KILLS:
        if len(killed) >= LOST_AFTER and LOST_WORKER in cluster.workers:
            cluster.lose_worker(LOST_WORKER)
        running = cluster.executors()
        if running:
            os.kill(running[-1], signal.SIGKILL)
            killed.append(running[-1])


@pytest.fixture(scope='module')
def done(aws, laptop):
    configure(aws)
    wanted = [start for start in starts() if start.key == POLICY_KEY or start.key in CUSTOMERS]
    over, killed = threading.Event(), []
    driver = aws.start(*(Run(start.job, start.key, laptop.executions[start.key]) for start in wanted),
                       settings=SPECULATION)
    killer = threading.Thread(target=kill_executors, args=(aws.cluster, over, killed))
    killer.start()
    started = time.monotonic()
    try:
        ended = aws.results(driver)
    finally:
        over.set()
        killer.join()
    assert LOST_WORKER not in aws.cluster.workers
    aws.cluster.start_worker(LOST_WORKER)
    assert [(str(start), text) for start, text in zip(wanted, ended, strict=True) if text] == []
    assert len(killed) >= min(KILLS, 3), f'{len(killed)} executors in {time.monotonic() - started:.0f} s'
    return aws


def test_rows_row_numbers_filled_values_and_quarantine_are_exact(done, laptop):
    for name in tables_of(laptop, ('gen', 'gen_consume', 'customer', 'customer_consume')):
        require_same_table(done, laptop, *name)


def test_audits_counts_and_tokens_are_exact(done, laptop):
    assert require_same_items(done, laptop, 'hash-values') == 800
    require_same_items(done, laptop, 'data-lineage', 'Gen/Policy')


def test_customers_have_the_same_ids_in_iceberg_tables_that_lie_in_the_warehouse(done, laptop):
    assert require_same_matches(done, laptop) > 100
