"""Writes invented insurance data of any size from the command line.

`generate_sample_data.py --data-set NAME --rows N --seed N --output FILE` writes one data set,
`generate_sample_data.py --all FOLDER` every data set as it is kept with the project.
"""
from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

if __package__:  # Imported as resources.generate_sample_data; a script finds the package beside itself instead.
    from resources.sample_data import DATA_SETS, write_all, write_sample
else:
    from sample_data import (  # type: ignore[import-not-found,no-redef]  # the same package by its other name
        DATA_SETS, write_all, write_sample)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the requested files and return the exit status."""
    parser = argparse.ArgumentParser(description='Write invented insurance data; the same seed gives the same bytes.')
    parser.add_argument('--all', metavar='FOLDER', help='write every data set as the project contains it')
    parser.add_argument('--data-set', choices=DATA_SETS, metavar='NAME', help=f'one of {", ".join(DATA_SETS)}')
    parser.add_argument('--rows', type=_row_count, default=1000, metavar='N', help='rows to write (1000)')
    parser.add_argument('--seed', type=int, default=1, metavar='N', help='which invented book to write (1)')
    parser.add_argument('--output', metavar='FILE', help='file to write')
    chosen = parser.parse_args(arguments)
    if chosen.all:
        write_all(chosen.all)
        return 0
    if not (chosen.data_set and chosen.output):
        parser.error('give --data-set and --output, or --all')
    write_sample(chosen.data_set, chosen.rows, chosen.seed, chosen.output)
    return 0


def _row_count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError('at least one row is needed')
    return count


if __name__ == '__main__':
    sys.exit(main())
