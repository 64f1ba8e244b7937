"""Loads a JSON file of lookups into the value-lookup table: `<source_system> <table> <file.json>`."""
from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

SHARED_MODULES = Path(__file__).resolve().parents[1] / 'lib' / 'glue_scripts' / 'lib'
LOG = logging.getLogger(__name__)


def main(arguments: Sequence[str] | None = None) -> int:
    """Load what the command line names and return the exit status."""
    parser = argparse.ArgumentParser(description='Load a JSON file {lookup: {value: looked-up value}} into a table.')
    parser.add_argument('source_system', help="the workflow's database, such as SyntheticGeneralData")
    parser.add_argument('table', help='DynamoDB table, or sqlite:///path/lake.db#value-lookup')
    parser.add_argument('file', type=Path, help='JSON file')
    chosen = parser.parse_args(arguments)
    _make_shared_modules_importable()
    from lake_etl import runtime
    from lake_etl.errors import LakeError
    from lake_etl.lookup_loading import lookup_items
    try:
        items = lookup_items(chosen.source_system, chosen.file.read_bytes(), chosen.file.name)
        count = runtime.items(chosen.table).put_all(chosen.table, items)
    except (LakeError, OSError) as error:
        LOG.error('%s', error)
        return 1
    LOG.info('Loaded %d lookups of %s into %s.', count, chosen.source_system, chosen.table)
    return 0


def _make_shared_modules_importable() -> None:
    """Do on this machine what --extra-py-files does on AWS Glue."""
    if str(SHARED_MODULES) not in sys.path:
        sys.path.append(str(SHARED_MODULES))


if __name__ == '__main__':
    logging.basicConfig(level=logging.INFO, format='%(message)s')
    sys.exit(main())
