"""Computes aggregates of Athena from the list of a group's values where DuckDB's own mean something else."""
from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from lake_etl.adapters.local.athena import values


def average_of(scale: int) -> Callable[[Decimal, int], Decimal]:
    """Return the function that divides a sum by a count and keeps the scale."""
    def decimal_average(total: Decimal, count: int) -> Decimal:
        return values.divide_decimals(total, Decimal(count), scale)
    return decimal_average


def skewness(numbers: list[float | None]) -> float | None:
    """Return the skewness of a population; null for fewer than three numbers."""
    found = [number for number in numbers if number is not None]
    if len(found) < 3:
        return None
    mean = math.fsum(found) / len(found)
    second = math.fsum((number - mean) ** 2 for number in found)
    third = math.fsum((number - mean) ** 3 for number in found)
    return math.sqrt(len(found)) * third / second ** 1.5 if second else math.nan


def kurtosis(numbers: list[float | None]) -> float | None:
    """Return the excess kurtosis of a sample; null for fewer than four numbers."""
    found = [number for number in numbers if number is not None]
    n = float(len(found))
    if n < 4:
        return None
    mean = math.fsum(found) / n
    second = math.fsum((number - mean) ** 2 for number in found)
    fourth = math.fsum((number - mean) ** 4 for number in found)
    if not second:
        return math.nan
    variance = second / (n - 1)
    return (n * (n + 1) / ((n - 1) * (n - 2) * (n - 3)) * fourth / variance ** 2
            - 3 * (n - 1) ** 2 / ((n - 2) * (n - 3)))


def geometric_mean(numbers: list[float | None]) -> float | None:
    """Return the geometric mean."""
    found = [number for number in numbers if number is not None]
    if not found:
        return None
    if any(number < 0 or number != number for number in found):
        return math.nan
    if 0 in found:
        return 0.0
    return math.exp(math.fsum(math.log(number) for number in found) / len(found))


def approx_percentile(numbers: list[Any], part: float) -> Any:
    """Return the value below which that part of the numbers lies; exact where Athena's is near it."""
    found = sorted(number for number in numbers if number is not None)
    if not 0 <= part <= 1:
        raise ValueError('percentile must be between 0 and 1')
    return found[min(int(part * len(found)), len(found) - 1)] if found else None


def approx_percentiles(numbers: list[Any], parts: list[float]) -> list[Any] | None:
    """Return the value for each part."""
    return [approx_percentile(numbers, part) for part in parts] if any(number is not None
                                                                       for number in numbers) else None


def map_agg(entries: list[dict[str, Any]]) -> dict[Any, Any]:
    """Return the map of keys and values; the first value of a key stays."""
    result: dict[Any, Any] = {}
    for entry in entries:
        key, value = entry.values()
        if key is not None:
            result.setdefault(key, value)
    return result


def multimap_agg(entries: list[dict[str, Any]]) -> dict[Any, list[Any]]:
    """Return the values of each key."""
    result: dict[Any, list[Any]] = {}
    for entry in entries:
        key, value = entry.values()
        if key is not None:
            result.setdefault(key, []).append(value)
    return result


def map_union(maps: list[dict[Any, Any] | None]) -> dict[Any, Any] | None:
    """Return one map of all; the first value of a key stays."""
    found = [item for item in maps if item is not None]
    if not found:
        return None
    result: dict[Any, Any] = {}
    for item in found:
        for key, value in item.items():
            result.setdefault(key, value)
    return result


def histogram(items: list[Any]) -> dict[Any, int] | None:
    """Return how often each value occurs; null without values."""
    result: dict[Any, int] = {}
    for item in items:
        if item is not None:
            result[item] = result.get(item, 0) + 1
    return result or None


def array_histogram(items: list[Any]) -> dict[Any, int]:
    """Return how often each item of an array occurs, nulls left out."""
    return histogram(items) or {}
