"""`./lake query "SQL"`: runs a query on the published tables, without Spark."""
from __future__ import annotations

import argparse
import sys

from lake_etl.adapters.local.duckdb_queries import query
from lib.local_lake.folders import LakeFolders
from lib.local_lake.showing.output import print_rows


def run(folders: LakeFolders, options: argparse.Namespace) -> int:
    """Print the rows of the result; their number goes to standard error, so that output can be piped."""
    folders.require_lake()
    result = query(folders.catalog, options.sql)
    print_rows(result.columns, result.rows, options.format)
    if options.format == 'table':
        print(f'{len(result.rows):,} rows', file=sys.stderr)
    return 0
