"""`./lake tables`: lists the published tables and views."""
from __future__ import annotations

import argparse

from lib.local_lake.folders import LakeFolders
from lib.local_lake.showing.output import print_rows
from lib.local_lake.showing.report import published_tables, published_views
from lib.local_lake.showing.text_table import Count


def run(folders: LakeFolders, options: argparse.Namespace) -> int:
    """Print tables with their sizes, then views."""
    folders.require_lake()
    rows: list[tuple[object, ...]] = [
        (table.database, table.table, Count(table.rows), table.columns, Count(table.partitions), table.description)
        for table in published_tables(folders)]
    rows += [(database, name, None, None, None, 'view') for database, name in published_views(folders)]
    print_rows(('database', 'table', 'rows', 'columns', 'partitions', 'description'), rows,
               getattr(options, 'format', 'table'))
    return 0
