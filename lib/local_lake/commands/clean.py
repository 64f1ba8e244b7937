"""`./lake clean`: remove files that no table needs any more, or the whole lake."""
from __future__ import annotations

import argparse
import shutil
from collections import defaultdict
from datetime import UTC, datetime, timedelta

from lake_etl import runtime
from lake_etl.publish.layout import ICEBERG_FOLDER, partition_of_load
from lake_etl.publish.sweep import sweep_partition
from lib.local_lake.folders import LakeFolders


def run(folders: LakeFolders, options: argparse.Namespace) -> int:
    """Delete superseded and unfinished files at once; no load runs meanwhile, but a long query may lose its files."""
    if options.all:
        with folders.writing():
            for place in (folders.collect, folders.cleanse, folders.consume, folders.temporary):
                shutil.rmtree(place, ignore_errors=True)
            for file in folders.root.glob('lake.db*'):
                file.unlink()
        print(f'Removed the lake in {folders.root}.')
        return 0
    folders.require_lake()
    with folders.writing():
        for scratch in ('spark-scratch', 'reading'):
            shutil.rmtree(folders.temporary / scratch, ignore_errors=True)
        removed = sum(sweep_bucket(str(bucket)) for bucket in (folders.cleanse, folders.consume))
    print(f'Removed {removed} files that no table needs any more.')
    return 0


def sweep_bucket(bucket: str) -> int:
    """Sweep every partition folder below a bucket and return how many files went."""
    catalog, files = runtime.catalog(), runtime.files(bucket)
    current: dict[str, set[str]] = defaultdict(set)
    for table in catalog.tables():
        for partition in catalog.partitions(table.database, table.name):
            current[partition_of_load(partition.location)].add(partition.location)
    places = {partition_of_load(entry.uri.rpartition('/')[0]) for entry in files.list(bucket)
              if not entry.uri.startswith(f'{bucket}/{ICEBERG_FOLDER}/')}
    now = datetime.now(UTC)
    return sum(sweep_partition(files, place, current[place], now, timedelta(0), at_once=True) for place in places)
