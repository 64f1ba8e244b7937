"""Loads a JSON file of lookups into the value-lookup table: `<source_system> <table> <file.json>`."""
from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
SHARED_MODULES = REPOSITORY / 'lib' / 'glue_scripts' / 'lib'


def main(arguments: Sequence[str] | None = None) -> int:
    """Load what the command line names and return the exit status."""
    parser = argparse.ArgumentParser(description='Load a JSON file {lookup: {value: looked-up value}} into a table.')
    parser.add_argument('source_system', help="the workflow's database, such as SyntheticGeneralData")
    parser.add_argument('table', help='DynamoDB table, or sqlite:///path/lake.db#value-lookup')
    parser.add_argument('file', type=Path, help='JSON file')
    chosen = parser.parse_args(arguments)
    _make_modules_importable()
    if not chosen.table.startswith('sqlite:'):
        from lib.packaging.script_environment import FOR_AWS, use_environment
        use_environment(('boto3',), FOR_AWS)
    from lake_etl.transform.lookup_items import load_file, lookup_items
    return load_file(chosen.table, chosen.file, partial(lookup_items, chosen.source_system))


def _make_modules_importable() -> None:
    """Do on this machine what --extra-py-files does on AWS Glue."""
    sys.path += [str(folder) for folder in (SHARED_MODULES, REPOSITORY) if str(folder) not in sys.path]


if __name__ == '__main__':
    logging.basicConfig(level=logging.INFO, format='%(message)s')
    sys.exit(main())
