"""Tells from the first lines of delimited text whether they seem to be of several record types."""
from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import islice

from lake_etl.read.delimited_records import Dialect, records

FIRST_ROWS = 200
FEW_ROWS, MOST_TYPES, LONGEST_TYPE = 4, 12, 6
# Of the rows, those whose type occurs again.
REPEATED = 0.4


def doubt_about_record_types(text: str, complete: bool, delimiters: Sequence[str]) -> tuple[str, ...]:
    """Return what to check if the first value of each line tells how many values the line has.

    complete  whether the text ends with the file
    """
    for delimiter in delimiters:
        rows = list(islice(records(text, Dialect(delimiter, '"', '"', False), complete), FIRST_ROWS))
        if types := _record_types(rows):
            return (f'The lines seem to be of {types} record types, which the first value tells, with different '
                    "numbers of values. Describe them by 'records' in the input_spec; otherwise values are lost, and "
                    'counted.',)
    return ()


def _record_types(rows: Sequence[Sequence[str]]) -> int:
    """Return how many record types rows seem to have; 0 if they seem to have one."""
    lengths: dict[str, set[int]] = {}
    for row in rows:
        lengths.setdefault(row[0].strip(), set()).add(len(row))
    counts = Counter(row[0].strip() for row in rows)
    repeated = sum(count for count in counts.values() if count > 1)
    told = (all(len(found) == 1 for found in lengths.values())
            and len({min(found) for found in lengths.values()}) > 1 and all(len(row) > 1 for row in rows))
    short = all(name and len(name) <= LONGEST_TYPE and ' ' not in name for name in lengths)
    enough = len(rows) >= FEW_ROWS and len(counts) <= MOST_TYPES and repeated >= REPEATED * len(rows)
    return len(counts) if told and short and enough else 0
