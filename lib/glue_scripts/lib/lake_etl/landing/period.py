"""Finds the period that a file's name speaks of, and tells when the file is about to be loaded into another one."""
from __future__ import annotations

import re

MONTHS = ('january', 'february', 'march', 'april', 'may', 'june', 'july', 'august', 'september', 'october', 'november',
          'december')
YEAR, MONTH, DAY = r'(?P<year>(?:19|20)[0-9]{2})', r'(?P<month>0[1-9]|1[0-2])', r'(?P<day>0[1-9]|[12][0-9]|3[01])'
NAMED = rf'(?P<name>{"|".join(rf"{name}|{name[:3]}" for name in MONTHS)})'
GAP = '[-_. ]?'
# The first that is found counts; digits and letters around it would make it part of something else.
PERIODS = tuple(re.compile(f'(?<![0-9a-z]){period}(?![0-9a-z])', re.IGNORECASE) for period in (
    f'{YEAR}{GAP}{MONTH}{GAP}{DAY}', f'{YEAR}{GAP}{MONTH}', f'{YEAR}{GAP}{NAMED}', f'{NAMED}{GAP}{YEAR}',
    rf'(?P<name>{"|".join(MONTHS)})'))


def period_of(name: str) -> tuple[int | None, int | None, int | None] | None:
    """Return year, month and day of which a file's name speaks, None for parts it leaves open; None: of no period."""
    for pattern in PERIODS:
        if found := pattern.search(name):
            parts = found.groupdict()
            month = parts.get('month') or _month(parts.get('name'))
            return _number(parts.get('year')), _number(month), _number(parts.get('day'))
    return None


def period_warning(name: str, partition: tuple[int, int, int]) -> str | None:
    """Return a warning when a file's name speaks of another period than the partition it is loaded into."""
    period = period_of(name)
    if period is None or all(said in (None, value) for said, value in zip(period, partition, strict=True)):
        return None
    said = '/'.join('…' if part is None else f'{part:02}' for part in period)
    loaded = '/'.join(f'{part:02}' for part in partition)
    return (f"The name of the file '{name}' speaks of {said}, and the file is loaded into partition {loaded}. Give the "
            'date with --date, or put the file into a folder YEAR/MONTH/DAY, if that is not meant.')


def _month(name: str | None) -> str | None:
    return None if name is None else str([item[:3] for item in MONTHS].index(name[:3].lower()) + 1)


def _number(text: str | None) -> int | None:
    return None if text is None else int(text)
