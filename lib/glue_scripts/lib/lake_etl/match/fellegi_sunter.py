"""Computes match weights of pairs of records by the Fellegi-Sunter model, with comparison levels and households.

The model ("A theory for record linkage", 1969) has two explanations for a pair: *the same person* and *a stranger*.
Here a third one is possible: *another member of the household*, who shares name, address and telephone, but not the
first name and the date of birth.
"""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from lake_etl.config.match_field import Field
from lake_etl.config.match_weights import MatchWeights
from lake_etl.match.similarity import Operand, Pairs, operands, similarities

Levels = NDArray[np.int8]
Numbers = NDArray[np.float64]

MISSING = -1
"""The comparison level of a field that is empty in one of the records; its weight is 0."""


def match_weight(weights: MatchWeights, levels: Levels, values: Sequence[Sequence[str | None]] = ()) -> Numbers:
    """Return the match weight of each pair: log2 of the odds that both records are about the same person.

    `levels` has a row for each pair and a column for each field. `values` holds, for each field, the values of one
    record of each pair; it is needed only for term frequencies.
    """
    against: Numbers = np.log2(weights.strangers) - partial_match_weights(weights, levels, values).sum(axis=1)
    if weights.housemates:
        at_home = np.log2(weights.housemates) - household_match_weights(weights, levels).sum(axis=1)
        against = np.logaddexp2(against, at_home)
    return -against


def partial_match_weights(weights: MatchWeights, levels: Levels,
                          values: Sequence[Sequence[str | None]] = ()) -> Numbers:
    """Return the match weight of each field of each pair, for the same person against a stranger, in bits."""
    fields = weights.fields
    result = _log_ratios(levels, [item.same_person for item in fields], [item.stranger for item in fields])
    for column, item in enumerate(fields):
        if item.rare is not None and len(values):
            equal = np.flatnonzero(levels[:, column] == len(item.stranger) - 1)
            shares = np.array([item.frequent.get(values[column][pair] or '', item.rare) for pair in equal.tolist()])
            result[equal, column] = np.log2(item.same_person[-1]) - np.log2(shares)
    return result


def household_match_weights(weights: MatchWeights, levels: Levels) -> Numbers:
    """Return the match weight of each field of each pair, for the same person against a housemate, in bits."""
    fields = weights.fields
    return _log_ratios(levels, [item.same_person for item in fields], [item.housemate for item in fields])


def probability(odds: Numbers) -> Numbers:
    """Return probabilities, 0 to 1, for log2 odds."""
    result: Numbers = np.exp2(-np.logaddexp2(0.0, -odds))
    return result


def _log_ratios(levels: Levels, above: Sequence[Sequence[float]], below: Sequence[Sequence[float]]) -> Numbers:
    """Return log2 of the ratio of two probabilities at each level; 0 if a value is missing."""
    result = np.zeros(levels.shape)
    for column, (upper, lower) in enumerate(zip(above, below, strict=True)):
        # Index -1, a missing value, selects the last element.
        by_level = np.append(np.log2(np.asarray(upper)) - np.log2(np.asarray(lower)), 0.0)
        result[:, column] = by_level[levels[:, column]]
    return result


def compared_operands(fields: Sequence[Field]) -> tuple[Operand, ...]:
    """Return the columns that the fields compare, including columns that values may be swapped with."""
    exchanged = (operand for field in fields for operand in _exchanged(field))
    return tuple(dict.fromkeys([*(operand for field in fields for operand in operands(field)), *exchanged]))


def agreement_levels(fields: Sequence[Field], pairs: Pairs) -> Levels:
    """Return the comparison level of each pair (row) in each field (column); MISSING if a value is null.

    Values swapped between two fields count once: the field with `exchanged_with` gets the level, the other is missing.
    """
    levels = np.stack([_levels(field, pairs) for field in fields], axis=1)
    for column, field in enumerate(fields):
        if not _exchanged(field):
            continue
        equal = field.agreement.level_count - 1
        crossed = _swapped(field, pairs) & (levels[:, column] != equal)
        levels[crossed, column] = equal - 1
        for other, candidate in enumerate(fields):
            if candidate.fieldname == field.agreement.exchanged_with:
                levels[crossed, other] = MISSING
    return levels


def _levels(field: Field, pairs: Pairs) -> NDArray[np.int8]:
    comparison = field.agreement
    # Similarities are never negative, so MISSING distinguishes null values from different values.
    found = similarities(replace(field, threshold=None, missing_value=float(MISSING)), pairs)
    level = np.searchsorted(np.asarray(comparison.levels), found, side='right').astype(np.int8)
    level[found >= 1] = comparison.level_count - 1
    level[found == MISSING] = MISSING
    return level


def _exchanged(field: Field) -> tuple[Operand, ...]:
    other = field.agreement.exchanged_with
    return (Operand(field.fieldname, 'text'), Operand(other, 'text')) if other else ()


def _swapped(field: Field, pairs: Pairs) -> NDArray[np.bool_]:
    own, other = _exchanged(field)
    return _equal(pairs.left[own], pairs.right[other]) & _equal(pairs.left[other], pairs.right[own])


def _equal(left: pa.Array, right: pa.Array) -> NDArray[np.bool_]:
    return np.asarray(pc.fill_null(pc.equal(left, right), False).to_numpy(zero_copy_only=False), dtype=bool)
