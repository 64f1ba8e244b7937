"""Works out numeric operands: arithmetic, and functions of earlier values of the metric that is compared."""
from __future__ import annotations

import math
import operator
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from lake_etl.dqdl.model import Arithmetic, Call, Condition, Number, NumericExpression, Operand
from lake_etl.errors import DataError

History = Callable[[int], Sequence[float]]
ARITHMETIC = {'+': operator.add, '-': operator.sub, '*': operator.mul, '/': operator.truediv}
LAST = 'last'


class NoHistory(DataError):
    """A rule compares with earlier values of its metric, and there are none yet."""


def is_dynamic(operand: Operand) -> bool:
    """Tell whether an operand is worked out from earlier values."""
    if isinstance(operand, Arithmetic):
        return is_dynamic(operand.left) or is_dynamic(operand.right)
    return isinstance(operand, Call)


def numeric_value(expression: Operand, history: History) -> float:
    """Return the number that an expression stands for. Raises NoHistory, or DataError for what has no number."""
    result = _evaluate(expression, history)
    if isinstance(result, tuple):
        result = _single(result, str(expression))
    if not math.isfinite(result):
        raise DataError(f'The operand {expression} is not a finite number.')
    return result


def _evaluate(expression: Operand, history: History) -> float | tuple[float, ...]:
    """Return a number, or the list that `last` stands for."""
    if isinstance(expression, Number):
        return float(expression.value)
    if isinstance(expression, Arithmetic):
        return _calculated(expression, history)
    if isinstance(expression, Call):
        return _called(expression, history)
    raise DataError(f'The operand {expression} is no number.')


def _calculated(expression: Arithmetic, history: History) -> float:
    left, right = (numeric_value(part, history) for part in (expression.left, expression.right))
    try:
        return float(ARITHMETIC[expression.operator](left, right))
    except (ZeroDivisionError, OverflowError):
        raise DataError(f'The operand {expression} has no value: {left:g} {expression.operator} {right:g}.') from None


def _called(call: Call, history: History) -> float | tuple[float, ...]:
    first, *others = call.arguments
    if call.name == LAST:
        return tuple(float(value) for value in history(int(numeric_value(first, history))))
    values = _evaluate(first, history)
    listed = values if isinstance(values, tuple) else (values,)
    if not listed:
        raise NoHistory(f'{call} has no earlier values of the metric to work with yet.')
    return FUNCTIONS[call.name](listed, *(numeric_value(other, history) for other in others))
