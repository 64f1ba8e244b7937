"""`./lake lookup load` and `load-multi`: fills the look-up tables."""
from __future__ import annotations

import argparse
from pathlib import Path

from lake_etl.adapters.local.sqlite_items import SqliteItems
from lake_etl.errors import LakeError
from lake_etl.transform.lookup_items import lookup_items, multilookup_items
from lib.local_lake.folders import LakeFolders
from lib.local_lake.progress import doing


def run(folders: LakeFolders, options: argparse.Namespace) -> int:
    """Load the items of a file and print their number."""
    file = Path(options.file)
    if not file.is_file():
        raise LakeError(f'{options.file}: there is no such file.')
    if options.kind == 'load':
        table, items = 'value-lookup', lookup_items(options.source_system, file.read_bytes(), file.name)
    else:
        table = 'multi-lookup'
        items = multilookup_items(options.group, options.columns, file.read_bytes(), file.name)
    with folders.writing(), doing(f'Storing items in {table}', unit='items') as stored:
        count = SqliteItems().put_all(folders.items(table), stored.each(items))
    print(f'Loaded {count:,} items into {table}.')
    return 0
