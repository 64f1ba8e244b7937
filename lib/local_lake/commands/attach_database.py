"""`./lake attach FILE`: writes a DuckDB database with which other programs read the published tables."""
from __future__ import annotations

import argparse
import logging
from pathlib import Path

from lake_etl.adapters.local.duckdb_database import write_database
from lake_etl.errors import LakeError
from lib.local_lake.folders import LakeFolders

LOG = logging.getLogger(__name__)


def run(folders: LakeFolders, options: argparse.Namespace) -> int:
    """Write the database and say what is in it and how to open it."""
    folders.require_lake()
    file = Path(options.file)
    if not file.parent.is_dir():
        raise LakeError(f'The folder {file.parent} does not exist. Make it, or name another file.')
    if file.exists() and not _is_database(file):
        raise LakeError(f'{file} exists and is not a DuckDB database. Name another file; this one was not changed.')
    written = write_database(folders.catalog, file)
    for view in written.left_out:
        LOG.warning('View %s is left out: it needs functions that only ./lake query has.', view)
    print(f'{file} reads {written.tables:,} tables and {written.views:,} views as they are now. Write it again after a '
          f"load.\n  Python: duckdb.connect('{file}', read_only=True)\n  SQL:    ATTACH '{file}' AS lake (READ_ONLY)")
    return 0


def _is_database(file: Path) -> bool:
    """Tell whether a file begins as DuckDB writes it: four letters behind a checksum."""
    with file.open('rb') as content:
        return content.read(12)[8:] == b'DUCK'
