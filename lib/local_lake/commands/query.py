"""`./lake query "SQL"`: runs a query on the published tables, without Spark."""
from __future__ import annotations

import argparse
import sys
from pathlib import Path

from lake_etl.adapters.local.duckdb_queries import answering, query
from lib.local_lake.folders import LakeFolders
from lib.local_lake.progress import doing
from lib.local_lake.showing.output import print_rows
from lib.local_lake.showing.result_files import require_writable, write_answer


def run(folders: LakeFolders, options: argparse.Namespace) -> int:
    """Print the rows of the result, or write them to a file.

    Their number goes to standard error, so that output can be piped. CSV and files are written while rows come.
    """
    folders.require_lake()
    if options.out:
        require_writable(Path(options.out))
    if options.out:
        with answering(folders.catalog, options.sql) as answer, doing(f'Writing {options.out}', unit='rows') as written:
            count = write_answer(answer, Path(options.out), written.advance)
        print(f'Wrote {count:,} rows to {options.out}.', file=sys.stderr)
        return 0
    if options.format == 'csv':
        with answering(folders.catalog, options.sql) as answer:
            with doing('Computing the answer'):
                columns, rows = answer.rows()
            print_rows(columns, rows, 'csv')
        return 0
    with doing('Computing the answer'):
        result = query(folders.catalog, options.sql)
    print_rows(result.columns, result.rows, options.format)
    if options.format == 'table':
        print(f'{len(result.rows):,} rows', file=sys.stderr)
    return 0
