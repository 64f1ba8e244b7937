"""Measures collect-to-cleanse: policy data end to end, as a ratio to reading the file as text and writing Parquet.

    python3 -m bench.load --rows 10000 100000 1000000

Three loads are measured: with mapping, transforms, lineage and audit; with the quality rules of the workflow too; and
without any configuration, so that the types of all columns are inferred from all values.
"""
from __future__ import annotations

import argparse
import logging
import shutil
import tempfile
from datetime import datetime
from functools import partial
from pathlib import Path

from pyspark.sql import SparkSession

from bench.measure import counted_jobs, interleave, peak_memory_mib
from lake_etl.adapters.local.sqlite_items import SqliteItems
from lake_etl.landing.location import read_key
from lake_etl.spark.session import configure
from lake_etl.transform.lookup_items import lookup_items
from lib.job_table import COLLECT_TO_CLEANSE
from lib.local_lake.folders import OWN_CONFIGURATION, LakeFolders
from lib.local_lake.running.glue_job import ensure_glue_library, job_arguments, run_script
from lib.local_lake.running.laptop_session import start_session
from lib.local_lake.running.samples import LOOKUPS, RESOURCES
from resources.sample_data import write_sample

DATA_SET = 'SyntheticGeneralData-PolicyData'
KEY = 'SyntheticGeneralData/PolicyData/policies.csv'
PLAIN_KEY = 'Unconfigured/PolicyData/policies.csv'
FLOOR, LOAD, CHECKED, PLAIN = 'floor', 'load', 'checked', 'plain'
WIDTHS = {LOAD: 7, CHECKED: 12, PLAIN: 23}


def main() -> None:
    """Measure each size and print one line for it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--rows', type=int, nargs='+', default=[1_000, 10_000, 100_000, 1_000_000])
    parser.add_argument('--runs', type=int, default=5)
    options = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:
        folders = LakeFolders.of(f'{folder}/lake', None)
        without_rules = LakeFolders.of(f'{folder}/lake', str(_without_rules(Path(folder) / 'configuration')))
        spark = configure(start_session(folders.temporary))
        ensure_glue_library()
        for source_system, file in LOOKUPS:
            SqliteItems().put_all(folders.items('value-lookup'),
                                  lookup_items(source_system, (RESOURCES / file).read_bytes(), file))
        print('     rows  floor s |  load s  ratio  jobs | with rules s  ratio  jobs | '
              'without configuration s  ratio  jobs | most tasks  peak MiB')
        for rows in options.rows:
            source, plain = folders.collect / KEY, folders.collect / PLAIN_KEY
            for landed in (source, plain):
                landed.parent.mkdir(parents=True, exist_ok=True)
            write_sample(DATA_SET, rows, 1, str(source))
            shutil.copyfile(source, plain)
            loads = {LOAD: (without_rules, KEY), CHECKED: (folders, KEY), PLAIN: (folders, PLAIN_KEY)}
            print(_measure(spark, loads, source, rows, options.runs), flush=True)


def _without_rules(folder: Path) -> Path:
    for name in ('transformation-spec', 'transformation-sql'):
        shutil.copytree(OWN_CONFIGURATION / name, folder / name)
    return folder


def _measure(spark: SparkSession, lakes: dict[str, tuple[LakeFolders, str]], source: Path, rows: int,
             runs: int) -> str:
    target = lakes[LOAD][0].temporary / 'floor'

    def floor() -> None:
        spark.read.csv(str(source), header=True).write.mode('overwrite').parquet(str(target))

    def load(folders: LakeFolders, key: str) -> None:
        landing = read_key(key, datetime(2026, 1, 31))
        run_script(COLLECT_TO_CLEANSE, job_arguments(COLLECT_TO_CLEANSE, folders, landing, f'bench-{rows}'))
    loads = {name: partial(load, *lake) for name, lake in lakes.items()}
    timings = interleave({FLOOR: floor} | loads, runs, warm_up=2)
    columns, most_tasks = [f'{rows:9,d} {timings.median(FLOOR):8.2f}'], 0
    for name, run in loads.items():
        with counted_jobs(spark) as jobs:
            run()
            count, tasks = jobs()
        most_tasks = max(most_tasks, tasks)
        columns.append(f'{timings.median(name):{WIDTHS[name]}.2f} {timings.ratio(name, FLOOR):6.2f} {count:5d}')
    shutil.rmtree(lakes[LOAD][0].cleanse)
    return ' | '.join([*columns, f'{most_tasks:10d} {peak_memory_mib(spark):9.0f}'])


if __name__ == '__main__':
    main()
