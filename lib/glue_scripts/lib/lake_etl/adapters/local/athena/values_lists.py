"""Computes on arrays and maps as Athena does where DuckDB treats nulls another way."""
from __future__ import annotations

from itertools import combinations as pairs_of
from typing import Any


def same(first: Any, second: Any) -> bool | None:
    """Tell whether two values are equal; None when a null leaves it open."""
    if first is None or second is None:
        return None
    if isinstance(first, list):
        if len(first) != len(second):
            return False
        return _all(same(one, other) for one, other in zip(first, second, strict=True))
    if isinstance(first, dict):
        if set(first) != set(second):
            return False
        return _all(same(first[key], second[key]) for key in first)
    return bool(first == second)


def _all(answers: Any) -> bool | None:
    found = list(answers)
    if False in found:
        return False
    return None if None in found else True


def combinations(items: list[Any], size: int) -> list[list[Any]]:
    """Return all choices of so many items."""
    if not 0 <= size <= 5:
        raise ValueError('combination size must not be negative, and at most 5')
    found = [list(choice) for choice in pairs_of(items, size)]
    if len(found) > 100_000:
        raise ValueError('combinations exceed max size')
    return _in_colex_order(items, size, found)


def _in_colex_order(items: list[Any], size: int, found: list[list[Any]]) -> list[list[Any]]:
    places = sorted(pairs_of(range(len(items)), size), key=lambda choice: choice[::-1])
    return [[items[place] for place in choice] for choice in places] if found else found


def ngrams(items: list[Any], size: int) -> list[list[Any]]:
    """Return the runs of so many neighbouring items."""
    if size <= 0:
        raise ValueError('N must be positive')
    if size >= len(items):
        return [items]
    return [items[start:start + size] for start in range(len(items) - size + 1)]


def slice_items(items: list[Any], start: int, length: int) -> list[Any]:
    """Return so many items from a start; a negative one counts from the end."""
    if start == 0 or length < 0:
        raise ValueError('SQL array indices start at 1, and length must not be negative')
    first = start - 1 if start > 0 else len(items) + start
    return items[first:first + length] if 0 <= first < len(items) else []


def trim_array(items: list[Any], count: int) -> list[Any]:
    """Return the items without so many at the end."""
    if not 0 <= count <= len(items):
        raise ValueError('size must not exceed array cardinality')
    return items[:len(items) - count]


def repeat(item: Any, count: int) -> list[Any]:
    """Return the item so many times."""
    if count is None:
        raise ValueError('count is null')
    if not 0 <= count <= 10_000:
        raise ValueError('count must be from 0 to 10000')
    return [item] * count


def flatten(items: list[Any]) -> list[Any]:
    """Return the items of the arrays, null arrays left out."""
    return [item for inner in items if inner is not None for item in inner]


def distinct(items: list[Any]) -> list[Any]:
    """Return each item once, in the order of their first places."""
    result: list[Any] = []
    seen: set[Any] = set()
    for item in items:
        mark = _mark(item)
        if mark not in seen:
            seen.add(mark)
            result.append(item)
    return result


def union(first: list[Any], second: list[Any]) -> list[Any]:
    """Return each item of both once."""
    return distinct([*first, *second])


def intersect(first: list[Any], second: list[Any]) -> list[Any]:
    """Return each item of the first that the second has too."""
    known = {_mark(item) for item in second}
    return distinct([item for item in first if _mark(item) in known])


def without(first: list[Any], second: list[Any]) -> list[Any]:
    """Return each item of the first that the second does not have."""
    known = {_mark(item) for item in second}
    return distinct([item for item in first if _mark(item) not in known])


def overlap(first: list[Any], second: list[Any]) -> bool | None:
    """Tell whether two arrays share an item; None when a null leaves it open."""
    known = {_mark(item) for item in second if item is not None}
    if any(_mark(item) in known for item in first if item is not None):
        return True
    if (None in first and second) or (None in second and first):
        return None
    return False


def contains_sequence(items: list[Any], wanted: list[Any]) -> bool:
    """Tell whether one array has the other as a run."""
    size = len(wanted)
    return any([_mark(item) for item in items[start:start + size]] == [_mark(item) for item in wanted]
               for start in range(len(items) - size + 1))


def multimap_from_entries(entries: list[dict[str, Any]]) -> dict[Any, list[Any]]:
    """Return the values of each key."""
    result: dict[Any, list[Any]] = {}
    for entry in entries:
        if entry is None:
            raise ValueError('map entry cannot be null')
        key, value = entry.values()
        if key is None:
            raise ValueError('map key cannot be null')
        result.setdefault(key, []).append(value)
    return result


def _mark(item: Any) -> Any:
    """Return a value that can be looked up, and is the same for items that are not distinct."""
    if isinstance(item, list):
        return ('list', *map(_mark, item))
    if isinstance(item, dict):
        return ('dict', *((_mark(key), _mark(value)) for key, value in item.items()))
    return item
