"""Builds Spark SQL text for rules: literals, and the operators of conditions."""
from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from lake_etl.dqdl.syntax_tree import Operator

# An expression, in brackets unless it is one term.
Sql = str


def number_literal(value: Decimal | float) -> Sql:
    """Return a number: a decimal as such, all its digits kept; a float as a double."""
    if isinstance(value, Decimal):
        return f'({value:f}BD)'
    return f'({value!r}D)' if math.isfinite(value) else f"CAST('{value}' AS double)"


def as_double(value: Sql) -> Sql:
    """Return a number as a double."""
    return f'CAST({value} AS double)'


def date_literal(value: date) -> Sql:
    """Return a date."""
    return f"DATE '{value.isoformat()}'"


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


def satisfied(operator: Operator, value: Sql, operands: Sequence[Sql]) -> Sql:
    """Build the same in SQL; null where the value is null."""
    first = operands[0]
    if operator == 'between':
        return f'({value} > {first} AND {value} < {operands[1]})'
    if operator == 'not between':
        return f'({value} <= {first} OR {value} >= {operands[1]})'
    if operator in ('=', 'in'):
        return any_of(f'{value} = {operand}' for operand in operands)
    if operator in ('!=', 'not in'):
        return all_of(f'{value} != {operand}' for operand in operands)
    return f'({value} {operator} {first})'


def all_of(conditions: Iterable[Sql]) -> Sql:
    """Build whether every condition holds."""
    return f'({" AND ".join(conditions)})'


def any_of(conditions: Iterable[Sql]) -> Sql:
    """Build whether one of the conditions holds."""
    return f'({" OR ".join(conditions)})'


def is_negated(operator: Operator) -> bool:
    """Tell whether the operator lets a missing value pass: it does not equal what it is compared with."""
    return operator in ('!=', 'not in')


def never_null(predicate: Sql, when_null: bool = False) -> Sql:
    """Build a predicate that gives `when_null` instead of null."""
    return f'(NOT ({predicate} <=> false))' if when_null else f'({predicate} <=> true)'
