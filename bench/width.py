"""Measures what a column costs: collect-to-cleanse of 100 rows with more and more columns, with and without a mapping.

    python3 -m bench.width --columns 100 300 1000 3000

The session has the settings with which `./lake` loads small files. Each load is a ratio to reading the same file as
text and writing Parquet, and the milliseconds of a column are those by which a load takes longer than the load of the
narrowest file.
"""
from __future__ import annotations

import argparse
import csv
import logging
import tempfile
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path

from pyspark.sql import SparkSession

from bench.measure import Timings, interleave
from lake_etl.landing.location import read_key
from lake_etl.spark.session import configure
from lib.job_table import COLLECT_TO_CLEANSE
from lib.local_lake.folders import LakeFolders
from lib.local_lake.running.glue_job import ensure_glue_library, job_arguments, run_script
from lib.local_lake.running.laptop_session import start_session

ROWS = 100
FLOOR, MAPPED, PLAIN = 'floor', 'mapped', 'plain'
FIRST_DAY = date(2024, 1, 1)


def main() -> None:
    """Measure each width and print one line for it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--columns', type=int, nargs='+', default=[100, 300, 1_000])
    parser.add_argument('--runs', type=int, default=3)
    options = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:
        configuration = Path(folder) / 'configuration'
        (configuration / 'transformation-spec').mkdir(parents=True)
        folders = LakeFolders.of(f'{folder}/lake', str(configuration))
        spark = configure(start_session(folders.temporary, small_data=True))
        ensure_glue_library()
        print('columns  floor s | with mapping s  ratio  ms a column | without mapping s  ratio  ms a column')
        narrowest: tuple[int, Timings] | None = None
        for columns in sorted(options.columns):
            timings = _measure(spark, folders, configuration, columns, options.runs)
            narrowest = narrowest or (columns, timings)
            print(_line(columns, timings, *narrowest), flush=True)


def _measure(spark: SparkSession, folders: LakeFolders, configuration: Path, columns: int, runs: int) -> Timings:
    keys = {MAPPED: f'Wide/Mapped{columns}/extract.csv', PLAIN: f'Wide/Plain{columns}/extract.csv'}
    for key in keys.values():
        source = folders.collect / key
        source.parent.mkdir(parents=True, exist_ok=True)
        _write(source, _extract(columns))
    mapping = configuration / 'transformation-spec' / f'Wide-Mapped{columns}.csv'
    pairs = ((f'Field {number}', f'field_{number}') for number in range(columns))
    _write(mapping, [('SourceName', 'DestName'), *pairs])
    target = folders.temporary / 'floor'

    def floor() -> None:
        spark.read.csv(str(source), header=True).write.mode('overwrite').parquet(str(target))

    def load(key: str) -> None:
        landing = read_key(key, datetime(2026, 1, 31))
        run_script(COLLECT_TO_CLEANSE, job_arguments(COLLECT_TO_CLEANSE, folders, landing, f'bench-{columns}'))
    return interleave({FLOOR: floor} | {name: partial(load, key) for name, key in keys.items()}, runs, warm_up=2)


def _write(path: Path, rows: Iterator[tuple[str, ...]] | list[tuple[str, ...]]) -> None:
    with path.open('w', newline='', encoding='utf-8') as file:
        csv.writer(file).writerows(rows)


def _extract(columns: int) -> Iterator[tuple[str, ...]]:
    """Yield a header and rows whose columns are, in turn, whole numbers, amounts, days, codes and names."""
    yield tuple(f'Field {number}' for number in range(columns))
    for row in range(ROWS):
        kinds = (str(row * 7), f'{row * 13.25:.2f}', str(FIRST_DAY + timedelta(days=row)), f'{row:05d}', f'Name {row}')
        yield tuple(kinds[number % len(kinds)] for number in range(columns))


def _line(columns: int, timings: Timings, fewest: int, narrowest: Timings) -> str:
    parts = [f'{columns:7,d} {timings.median(FLOOR):8.2f}']
    for name, width in ((MAPPED, 14), (PLAIN, 17)):
        more = columns - fewest
        cost = (timings.median(name) - narrowest.median(name)) / more * 1000 if more else None
        parts.append(f'{timings.median(name):{width}.2f} {timings.ratio(name, FLOOR):6.2f} '
                     f'{"" if cost is None else f"{cost:.1f}":>12}')
    return ' | '.join(parts)


if __name__ == '__main__':
    main()
