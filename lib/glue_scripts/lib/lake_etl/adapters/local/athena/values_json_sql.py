"""Follows the paths of SQL's JSON functions: json_exists, json_value and json_query."""
from __future__ import annotations

from typing import Any

from lake_etl.adapters.local.athena.not_computed import NotComputedError
from lake_etl.adapters.local.athena.values_json import MISSING, lenient, path_steps, written


def exists(text: str, path: str) -> bool:
    """Return what json_exists gives."""
    return bool(_sequence(text, path))


def value(text: str, path: str) -> str | None:
    """Return what json_value gives: the text of the one scalar at the path, otherwise null."""
    found = _sequence(text, path)
    if not found or len(found) > 1 or found[0] is None or isinstance(found[0], (dict, list)):
        return None
    if isinstance(found[0], float):
        raise NotComputedError('json_value of a number with a fraction is not spelled as in Athena')
    return found[0] if isinstance(found[0], str) else written(found[0])


def query(text: str, path: str) -> str | None:
    """Return what json_query gives: the one value at the path as JSON, otherwise null."""
    found = _sequence(text, path)
    if not found or len(found) > 1:
        return None
    if _has_fraction(found[0]):
        raise NotComputedError('json_query of numbers with a fraction does not spell them as Athena does')
    return written(found[0], in_order=False)


def _has_fraction(item: Any) -> bool:
    if isinstance(item, (dict, list)):
        return any(map(_has_fraction, item.values() if isinstance(item, dict) else item))
    return isinstance(item, float)


def sql_path(path: str) -> tuple[bool, list[int | str]]:
    """Return whether a path of SQL is strict, and its steps; raises ValueError."""
    mode, _, steps = path.strip().partition(' ')
    if mode.lower() not in ('lax', 'strict'):
        mode, steps = 'lax', path
    return mode.lower() == 'strict', path_steps(steps.strip())


def _sequence(text: str, path: str) -> list[Any] | None:
    """Return the values at a path of SQL; None when the text is not JSON, or a strict path leads nowhere."""
    strict, steps = sql_path(path)
    first = lenient(text)
    if first is MISSING:
        return None
    items = [first]
    for step in steps:
        following = []
        for item in items:
            found = _members(item, step, strict)
            if found is None:
                return None
            following += found
        items = following
    return items


def _members(item: Any, step: int | str, strict: bool) -> list[Any] | None:
    """Return what a step leads to; a lax path looks into arrays and takes a single value for an array."""
    if isinstance(step, str):
        owners = item if isinstance(item, list) and not strict else [item]
        if strict and not (isinstance(item, dict) and step in item):
            return None
        return [owner[step] for owner in owners if isinstance(owner, dict) and step in owner]
    if not isinstance(item, list):
        return None if strict else [item] if step == 0 else []
    if step >= len(item):
        return None if strict else []
    return [item[step]]
