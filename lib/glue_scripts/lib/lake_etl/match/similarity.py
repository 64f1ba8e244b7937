"""Computes the similarity of the two values of a field, for many pairs of rows at once."""
from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from lake_etl.config.match_field import Field, FieldType
from lake_etl.match.similarity_measures import MEASURES, Days, Similarities, by_date, by_distance, kilometres

OperandKind = Literal['text', 'number', 'date', 'key', 'system']
KINDS: Mapping[FieldType, OperandKind] = MappingProxyType(
    {'exact': 'text', 'string': 'text', 'numeric': 'number', 'date': 'date', 'geographic': 'number'})
ARROW_TYPES: Mapping[OperandKind, pa.DataType] = MappingProxyType(
    {'text': pa.string(), 'number': pa.float64(), 'date': pa.date32(), 'key': pa.string(), 'system': pa.string()})


@dataclass(frozen=True, order=True)
class Operand:
    """A column and its kind for comparison: text, 64-bit number, or date.

    The kinds key and system are source keys and names of source systems, which have other placeholders.
    """

    column: str
    kind: OperandKind


Columns = Mapping[Operand, pa.Array]


@dataclass(frozen=True)
class Pairs:
    """Pairs of rows by column.

    left, right  values of the primary and of the incoming row of each pair, as Arrow arrays of equal length
    """

    left: Columns
    right: Columns


def operands(field: Field) -> tuple[Operand, ...]:
    """Return the columns that a field compares."""
    return tuple(Operand(name, KINDS[field.type]) for name in field.columns())


def similarities(field: Field, pairs: Pairs) -> Similarities:
    """Return the similarity of each pair in this field, between 0 and 1.

    A null on either side, or NaN, gives the `missing_value` of the field; a threshold turns other similarities into 0
    or 1.
    """
    sides = [(pairs.left[operand], pairs.right[operand]) for operand in operands(field)]
    present = np.ones(len(sides[0][0]), dtype=bool)
    for left, right in sides:
        present &= _truths(pc.and_(pc.is_valid(left), pc.is_valid(right)))
    chosen = pa.array(present)
    found = _compared(field, *(array.filter(chosen) for side in sides for array in side))
    if field.threshold is not None:
        found = np.where(np.isnan(found), np.nan, (found >= field.threshold).astype(np.float64))
    result = np.full(len(present), float(field.missing_value))
    result[present] = np.where(np.isnan(found), field.missing_value, found)
    return result


def _compared(field: Field, left: pa.Array, right: pa.Array, *longitudes: pa.Array) -> Similarities:
    if field.type == 'exact':
        return _truths(pc.equal(left, right)).astype(np.float64)
    if field.type == 'string':
        return by_text(MEASURES[field.measure], left, right)
    if field.type == 'date':
        return by_date(field, _days(left), _days(right))
    numbers = [array.to_numpy(zero_copy_only=False) for array in (left, right, *longitudes)]
    if field.type == 'numeric':
        with np.errstate(invalid='ignore'):  # The distance of two infinities is NaN.
            return by_distance(field, numbers[1] - numbers[0])
    latitude, other_latitude, longitude, other_longitude = numbers
    return by_distance(field, kilometres(latitude, longitude, other_latitude, other_longitude))


def by_text(measure: Callable[[list[str], list[str]], Similarities], left: pa.Array, right: pa.Array) -> Similarities:
    """Measure pairs of texts without nulls; equal texts of at least two letters are 1 without a measurement."""
    same = _truths(pc.and_(pc.equal(left, right), pc.greater(pc.utf8_length(left), 1)))
    different = pa.array(~same)
    result = np.ones(len(same))
    if not same.all():
        result[~same] = measure(left.filter(different).to_pylist(), right.filter(different).to_pylist())
    return result


def _truths(values: pa.Array) -> NDArray[np.bool_]:
    return np.asarray(values.to_numpy(zero_copy_only=False), dtype=bool)


def _days(values: pa.Array) -> Days:
    return np.asarray(values.cast(pa.int32()).to_numpy(zero_copy_only=False), dtype=np.int64).astype('datetime64[D]')
