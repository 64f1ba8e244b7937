"""Tells how probable it is that two records are about the same person, from how each of their fields compares.

This is the model of Fellegi and Sunter ("A theory for record linkage", 1969) with levels of agreement, and with one
explanation more for what agrees: beside *the same person* and *a stranger* two records may be about *another member of
the household*, who shares name, address and telephone, but not the first name and the day of birth.
"""
from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lake_etl.config.match_weights import MatchWeights

Levels = NDArray[np.int8]
Numbers = NDArray[np.float64]

MISSING = -1
"""The level of a field that one of the records leaves empty; it speaks neither for nor against."""


def match_odds(weights: MatchWeights, levels: Levels, values: Sequence[Sequence[str | None]] = ()) -> Numbers:
    """Return log2 of the odds that the records of each pair are about the same person.

    `levels` has a row for each pair and a column for each field. `values` holds, for each field, the pairs' values of
    one of the records, and is needed only when frequencies are looked at.
    """
    against: Numbers = np.log2(weights.strangers) - stranger_evidence(weights, levels, values).sum(axis=1)
    if weights.housemates:
        at_home = np.log2(weights.housemates) - housemate_evidence(weights, levels).sum(axis=1)
        against = np.logaddexp2(against, at_home)
    return -against


def stranger_evidence(weights: MatchWeights, levels: Levels,
                      values: Sequence[Sequence[str | None]] = ()) -> Numbers:
    """Return what each field of each pair says for the same person and against a stranger, in bits."""
    fields = weights.fields
    result = _ratios(levels, [item.same_person for item in fields], [item.stranger for item in fields])
    for column, item in enumerate(fields):
        if item.rare is not None and len(values):
            equal = np.flatnonzero(levels[:, column] == len(item.stranger) - 1)
            shares = np.array([item.frequent.get(values[column][pair] or '', item.rare) for pair in equal.tolist()])
            result[equal, column] = np.log2(item.same_person[-1]) - np.log2(shares)
    return result


def housemate_evidence(weights: MatchWeights, levels: Levels) -> Numbers:
    """Return what each field of each pair says for the same person and against a housemate, in bits."""
    return _ratios(levels, [item.same_person for item in weights.fields], [item.housemate for item in weights.fields])


def probability(odds: Numbers) -> Numbers:
    """Return probabilities, 0 to 1, for log2 odds."""
    result: Numbers = np.exp2(-np.logaddexp2(0.0, -odds))
    return result


def _ratios(levels: Levels, above: Sequence[Sequence[float]], below: Sequence[Sequence[float]]) -> Numbers:
    """Return log2 of the ratio of two shares at each level; 0 where a value is missing."""
    result = np.zeros(levels.shape)
    for column, (upper, lower) in enumerate(zip(above, below, strict=True)):
        # The last element is what index -1, a missing value, finds.
        by_level = np.append(np.log2(np.asarray(upper)) - np.log2(np.asarray(lower)), 0.0)
        result[:, column] = by_level[levels[:, column]]
    return result
