"""`./lake attach FILE`: writes a DuckDB database with which other programs read the published tables."""
from __future__ import annotations

import argparse
import logging
from pathlib import Path

from lake_etl.adapters.local.duckdb_database import is_written_by_lake, write_database
from lake_etl.adapters.local.duckdb_types import text_literal
from lake_etl.errors import LakeError
from lib.local_lake.folders import LakeFolders
from lib.local_lake.progress import doing

LOG = logging.getLogger(__name__)


def run(folders: LakeFolders, options: argparse.Namespace) -> int:
    """Write the database and say what is in it and how to open it."""
    folders.require_lake()
    file = Path(options.file)
    if not file.parent.is_dir():
        raise LakeError(f'The folder {file.parent} does not exist. Make it, or name another file.')
    if file.exists() and not is_written_by_lake(file):
        raise LakeError(f'{file} exists, and it is not a database that ./lake attach wrote, or tables were added to '
                        'it. Name another file; this one was not changed.')
    with doing('Writing views', unit='tables') as tables:
        written = write_database(folders.catalog, file, tables.each)
    for view in written.left_out:
        LOG.warning('View %s is left out: it needs functions that only ./lake query has, or columns that are gone.',
                    view)
    print(f'{file} reads {written.tables:,} tables and {written.views:,} views as they are now. Write it again after a '
          f"load.\n  Python: duckdb.connect({str(file)!r}, read_only=True)\n"
          f'  SQL:    ATTACH {text_literal(str(file))} AS lake (READ_ONLY)')
    return 0
