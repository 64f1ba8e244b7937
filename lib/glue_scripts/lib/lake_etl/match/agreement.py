"""The levels at which the fields of pairs agree, from differing to equal, for the probabilistic scorer."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from lake_etl.config.match_field import Field
from lake_etl.match.probabilistic import MISSING, Levels
from lake_etl.match.similarity import Operand, Pairs, operands, similarities


def compared_operands(fields: Sequence[Field]) -> tuple[Operand, ...]:
    """Return the columns that the fields compare, with those that values may be exchanged with."""
    exchanged = (operand for field in fields for operand in _exchanged(field))
    return tuple(dict.fromkeys([*(operand for field in fields for operand in operands(field)), *exchanged]))


def agreement_levels(fields: Sequence[Field], pairs: Pairs) -> Levels:
    """Return the level of each pair, a row, in each field, a column; MISSING where a value is null.

    Values that are exchanged between two fields are evidence once: the field that says so has the level for it, and
    the other one counts as missing.
    """
    levels = np.stack([_levels(field, pairs) for field in fields], axis=1)
    for column, field in enumerate(fields):
        if not _exchanged(field):
            continue
        equal = field.agreement.level_count - 1
        crossed = _crossed(field, pairs) & (levels[:, column] != equal)
        levels[crossed, column] = equal - 1
        for other, candidate in enumerate(fields):
            if candidate.fieldname == field.agreement.exchanged_with:
                levels[crossed, other] = MISSING
    return levels


def _levels(field: Field, pairs: Pairs) -> NDArray[np.int8]:
    comparison = field.agreement
    # Similarities are never negative, so this tells null values from values that differ.
    found = similarities(replace(field, threshold=None, missing_value=float(MISSING)), pairs)
    level = np.searchsorted(np.asarray(comparison.levels), found, side='right').astype(np.int8)
    level[found >= 1] = comparison.level_count - 1
    level[found == MISSING] = MISSING
    return level


def _exchanged(field: Field) -> tuple[Operand, ...]:
    other = field.agreement.exchanged_with
    return (Operand(field.fieldname, 'text'), Operand(other, 'text')) if other else ()


def _crossed(field: Field, pairs: Pairs) -> NDArray[np.bool_]:
    own, other = _exchanged(field)
    return _equal(pairs.left[own], pairs.right[other]) & _equal(pairs.left[other], pairs.right[own])


def _equal(left: pa.Array, right: pa.Array) -> NDArray[np.bool_]:
    return np.asarray(pc.fill_null(pc.equal(left, right), False).to_numpy(zero_copy_only=False), dtype=bool)
