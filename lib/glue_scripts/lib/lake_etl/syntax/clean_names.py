"""Cleans column names of a source for the catalog, and keeps them distinct."""
from __future__ import annotations

import logging
from collections.abc import Sequence

from lake_etl.syntax.column_names import visible_name

LOG = logging.getLogger(__name__)
LONGEST_NAME = 255
REMOVED = str.maketrans('', '', ',;{}()\n\r\t=')
REPLACED = str.maketrans(' .:', '___')


def clean_name(name: str) -> str:
    """Return a name that the catalog and all readers accept: lower case, at most 255 characters, without separators."""
    cleaned = visible_name(name).lower()[:LONGEST_NAME].translate(REMOVED).translate(REPLACED).replace('_-_', '-')
    while '__' in cleaned:
        cleaned = cleaned.replace('__', '_')
    return cleaned


def clean_names(names: Sequence[str]) -> list[str]:
    """Return the cleaned names in order; a name that is already taken becomes `name_2`, `name_3`, …"""
    taken: set[str] = set()
    result = []
    for position, name in enumerate(names):
        wanted = clean_name(name) or f'_c{position}'
        distinct, number = wanted, 1
        while distinct in taken:
            number += 1
            ending = f'_{number}'
            distinct = wanted[:LONGEST_NAME - len(ending)] + ending
        taken.add(distinct)
        result.append(distinct)
    return result


def log_renamed(names: Sequence[str], cleaned: Sequence[str]) -> None:
    """Log which columns got a number because their cleaned name was already taken."""
    for name, distinct in zip(names, cleaned, strict=True):
        if clean_name(name) not in ('', distinct):
            LOG.info("Column '%s' was renamed to '%s', because its cleaned name was already taken.", name, distinct)
