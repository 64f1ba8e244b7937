r"""Builds and reads the sort keys of the multi-lookup table: several values joined by a hyphen.

A hyphen inside a value is escaped as `\-` and a back-slash as `\\`, so that A-B with C and A with B-C are two keys:
`A\-B-C` and `A-B\-C`. Tables loaded without escapes are understood too.
"""
from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

SEPARATOR = '-'
TO_ESCAPE = r'([\\-])'
ESCAPED = r'\\\1'
ESCAPED_KEY = re.compile(r'(?:[^\\]|\\[\\-])*', re.DOTALL)
LETTER = re.compile(r'\\?.', re.DOTALL)


def join_key(values: Iterable[str], escape: bool = True) -> str:
    """Return the values as one key, hyphens inside a value escaped unless told otherwise."""
    return SEPARATOR.join(re.sub(TO_ESCAPE, ESCAPED, value) if escape else value for value in values)


def split_key(key: str) -> tuple[str, ...] | None:
    """Return the values of an escaped key, or None when a back-slash in it escapes nothing."""
    if not ESCAPED_KEY.fullmatch(key):
        return None
    values = ['']
    for letter in LETTER.findall(key):
        if letter == SEPARATOR:
            values.append('')
        else:
            values[-1] += letter[-1]
    return tuple(values)


@dataclass(frozen=True)
class KeyedItems:
    """The items of a lookup group by key.

    certain    items whose values are known one by one, by escaped key
    ambiguous  items loaded without escapes whose hyphens may join or belong to a value, by key as loaded
    """

    certain: Mapping[str, Mapping[str, Any]]
    ambiguous: Mapping[str, Mapping[str, Any]]


def keyed_items(items: Iterable[tuple[str, Mapping[str, Any]]], columns: int) -> KeyedItems:
    """Sort (key, item) pairs by what their keys mean for that number of match columns.

    A key with too few values matches nothing and is left out. An ambiguous key is left out when a certain one reads the
    same without its escapes: the group was loaded again, and the old item is what the load left behind.
    """
    certain: dict[str, Mapping[str, Any]] = {}
    escaped: dict[str, Mapping[str, Any]] = {}
    ambiguous: dict[str, Mapping[str, Any]] = {}
    settled: set[str] = set()
    for key, item in items:
        values = split_key(key) if '\\' in key else None
        plain = key.split(SEPARATOR) if columns > 1 else [key]
        if values is not None and len(values) == columns:
            escaped[join_key(values)] = item
            settled.add(join_key(values, escape=False))
        elif len(plain) == columns:
            certain[join_key(plain)] = item
        elif len(plain) > columns:
            ambiguous[key] = item
    return KeyedItems({**certain, **escaped}, {key: item for key, item in ambiguous.items() if key not in settled})
