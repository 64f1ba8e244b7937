"""Loads a CSV file into the multi-lookup table: `<table> <file.csv> <lookup_group> <lookup column>…`."""
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
    parser = argparse.ArgumentParser(description='Load a CSV file with a header into a table; all columns but the '
                                                 'lookup columns become attributes.')
    parser.add_argument('table', help='DynamoDB table, or sqlite:///path/lake.db#multi-lookup')
    parser.add_argument('file', type=Path, help='CSV file')
    parser.add_argument('lookup_group', help='name of the group, as in the transformation spec')
    parser.add_argument('lookup_columns', nargs='+', metavar='lookup_column',
                        help='columns whose values are matched, in the order of match_columns in the specification')
    chosen = parser.parse_args(arguments)
    _make_modules_importable()
    if not chosen.table.startswith('sqlite:'):
        from lib.packaging.script_environment import FOR_AWS, use_environment
        use_environment(('boto3',), FOR_AWS)
    from lake_etl.transform.lookup_items import load_file, multilookup_items
    return load_file(chosen.table, chosen.file, partial(multilookup_items, chosen.lookup_group, chosen.lookup_columns))


def _make_modules_importable() -> None:
    """Do on this machine what --extra-py-files does on AWS Glue."""
    sys.path += [str(folder) for folder in (SHARED_MODULES, REPOSITORY) if str(folder) not in sys.path]


if __name__ == '__main__':
    logging.basicConfig(level=logging.INFO, format='%(message)s')
    sys.exit(main())
