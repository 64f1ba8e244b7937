"""Measures entity match: quality, seconds and memory, compared with Splink, `recordlinkage` and a bare blocking join.

    .venv/bin/pip install -r bench/requirements.txt
    python3 -m bench.entity_match --primary 1000000 --folder DIR

Quality is measured on FEBRL 4 and 3 and on customers of a seed that no weight was learnt from. All take turns on the
same customers: the lake in one warm Spark session, the other tools in a process of their own each time, whose
start and reading of files do not count. Splink learns on the data that it matches, and the time for that is told apart;
the lake's weights are in `bench/match_specifications`. `recordlinkage` runs with a level of the sample customers. The
floor joins both tables on the block keys and drops the pairs.
"""
from __future__ import annotations

import argparse
import logging
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
from pyspark.sql import SparkSession

from bench.match_data import MatchData, febrl_3, febrl_4, invented
from bench.match_lake import LakeMatch, judged
from bench.match_memory import watched_memory
from bench.match_rivals import RECORD_LINKAGE, SPLINK, RivalRun, run_rival
from bench.match_specifications import load_level
from bench.match_truth import Quality, best_links, of_links
from bench.measure import peak_memory_mib
from lake_etl.spark.session import configure
from lib.local_lake.running.laptop_session import start_session

SEED = 1    # The weights were learnt from seed 2.
FLOOR, LAKE = 'blocking join', 'lake'
EVEN, BITS = 0.0, range(-6, 40)
HEADER = f'{"":48}{"precision":>10}{"recall":>8}{"F1":>8}'


def main() -> None:
    """Measure and print each section."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--primary', type=int, default=100_000, help='rows of the primary table (100,000)')
    parser.add_argument('--rows', type=int, default=10_000, help='rows of the batch (10,000)')
    parser.add_argument('--runs', type=int, default=3, help='counted runs of each tool (3)')
    parser.add_argument('--folder', type=Path, help='where data is made and kept for the next time')
    parser.add_argument('--memory', default='6g', help="the Java process's memory (6g)")
    parser.add_argument('--alone', action='store_true', help='measure the lake only')
    options = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.folder or Path(scratch)
        data = invented(folder, SEED, options.primary, options.rows)
        spark = configure(start_session(Path(scratch), memory=options.memory))
        print(HEADER)
        if not options.alone:
            for other in (febrl_4(folder), febrl_3(folder)):
                _print_quality(other, LakeMatch(spark, load_level(other.specification), other).match())
        lake = LakeMatch(spark, load_level(data.specification), data)
        _print_quality(data, lake.match())
        seconds, rivals = _turns(lake, data, folder, options.runs, options.alone)
        _print_rivals(data, rivals)
        _print_seconds(seconds, rivals)
        _print_memory(spark, lake, rivals)


def _print_quality(data: MatchData, found: pd.DataFrame) -> None:
    links, groups = judged(found, data)
    for name, quality in (('links', links), ('groups of new rows', groups)):
        if quality.true:
            _print_line(f'{data.name}: {name}', quality)


def _print_line(name: str, quality: Quality) -> None:
    print(f'{name:48}{quality.precision:10.4f}{quality.recall:8.4f}{quality.f1:8.4f}', flush=True)


def _turns(lake: LakeMatch, data: MatchData, folder: Path, runs: int, alone: bool
           ) -> tuple[dict[str, list[float]], dict[str, list[RivalRun]]]:
    """Run all tools in turn; the first round of the lake does not count."""
    seconds: dict[str, list[float]] = {FLOOR: [], LAKE: []}
    rivals: dict[str, list[RivalRun]] = {} if alone else {SPLINK: [], RECORD_LINKAGE: []}
    own: dict[str, Callable[[], None]] = {FLOOR: lake.blocking_join, LAKE: lake.run}
    for number in range(runs + 1):
        for name, run in own.items():
            started = time.perf_counter()
            run()
            if number:
                seconds[name].append(time.perf_counter() - started)
        for tool, done in rivals.items():
            if number:
                done.append(run_rival(tool, data, folder))
    return seconds, rivals


def _print_rivals(data: MatchData, rivals: dict[str, list[RivalRun]]) -> None:
    if data.primary is None:
        return
    primary, incoming = pd.read_parquet(data.primary), pd.read_parquet(data.incoming)
    for tool, done in rivals.items():
        links = done[-1].links
        _print_line(f'{tool}: links', of_links(best_links(links, EVEN), primary, incoming))
        if tool == SPLINK:
            judged_links = {bits: of_links(best_links(links, bits), primary, incoming) for bits in BITS}
            best = max(judged_links, key=lambda bits: judged_links[bits].f1)
            _print_line(f'{tool}: links, best threshold, {best} bits', judged_links[best])


def _print_seconds(seconds: dict[str, list[float]], rivals: dict[str, list[RivalRun]]) -> None:
    print('\nSeconds, medians of turns; in brackets the median of the ratios to the lake in the same turn')
    everything = {FLOOR: seconds[FLOOR], LAKE: seconds[LAKE]}
    for tool, done in rivals.items():
        everything[tool] = [run.matching for run in done]
        if tool == SPLINK:
            everything[f'{tool} with its training'] = [run.training + run.matching for run in done]
    for name, values in everything.items():
        ratio = statistics.median(value / own for value, own in zip(values, seconds[LAKE], strict=True))
        print(f'{name:34}{statistics.median(values):10.1f}  ({ratio:.2f})', flush=True)


def _print_memory(spark: SparkSession, lake: LakeMatch, rivals: dict[str, list[RivalRun]]) -> None:
    with watched_memory() as peak:
        lake.run()
    print(f'\nPeak MiB: lake {peak.driver:,.0f} in the driving Python process, {peak_memory_mib(spark):,.0f} in Java, '
          f'{peak.in_all:,.0f} in all processes',
          *(f'{tool} {max(run.peak for run in done):,.0f}' for tool, done in rivals.items()), sep='; ')


if __name__ == '__main__':
    main()
