"""The operators of conditions on plain values and on Spark columns, with bounds left out of `between`."""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from typing import Any

from pyspark.sql import Column

from lake_etl.dqdl.model import Operator


def satisfies(operator: Operator, value: Any, operands: Sequence[Any]) -> bool:
    """Tell whether a value stands in that relation to the operands; NaN differs from everything and is in no range."""
    first = operands[0]
    if operator == 'between':
        return bool(first < value < operands[1])
    if operator == 'not between':
        return bool(value <= first or value >= operands[1])
    if operator in ('in', 'not in'):
        return (value in operands) == (operator == 'in')
    results = {'=': value == first, '!=': value != first, '>': value > first, '>=': value >= first,
               '<': value < first, '<=': value <= first}
    return bool(results[operator])


def satisfied(operator: Operator, value: Column, operands: Sequence[Column]) -> Column:
    """Build the same for a column; null where the value is null."""
    first = operands[0]
    if operator == 'between':
        return (value > first) & (value < operands[1])
    if operator == 'not between':
        return (value <= first) | (value >= operands[1])
    if operator in ('=', 'in'):
        return any_of(value == operand for operand in operands)
    if operator in ('!=', 'not in'):
        return all_of(value != operand for operand in operands)
    if operator in ('>', '>='):
        return value > first if operator == '>' else value >= first
    return value < first if operator == '<' else value <= first


def all_of(conditions: Iterable[Column]) -> Column:
    """Build whether every condition holds."""
    return reduce(lambda left, right: left & right, conditions)


def any_of(conditions: Iterable[Column]) -> Column:
    """Build whether one of the conditions holds."""
    return reduce(lambda left, right: left | right, conditions)


def is_negated(operator: Operator) -> bool:
    """Tell whether the operator lets a missing value pass: it does not equal what it is compared with."""
    return operator in ('!=', 'not in')


def never_null(predicate: Column, when_null: bool = False) -> Column:
    """Build a predicate that gives `when_null` instead of null."""
    return ~predicate.eqNullSafe(False) if when_null else predicate.eqNullSafe(True)
