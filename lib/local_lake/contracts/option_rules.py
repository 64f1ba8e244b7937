"""Translates the options of a property, such as `maxLength`, to simple quality rules and back."""
from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from lake_etl.dqdl.quoting import quoted, quoted_code
from lake_etl.dqdl.syntax_tree import Day, Number, Operand, Rule, Text

LENGTHS = {'minLength': '>=', 'maxLength': '<='}
EXCLUSIVE = {'exclusiveMinimum': 'minimum', 'exclusiveMaximum': 'maximum'}
BOUNDS = {'minimum': '>=', 'maximum': '<=', 'exclusiveMinimum': '>', 'exclusiveMaximum': '<'}


def rules_of_options(column: str, logical: str, options: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each option of a property that a rule checks, with the rule."""
    for key, value in options.items():
        if logical == 'string' and key in LENGTHS and as_number(value) is not None:
            yield key, f'ColumnLength {quoted(column)} {LENGTHS[key]} {as_number(value):f}'
        elif logical == 'string' and key == 'pattern' and isinstance(value, str) and value:
            yield key, f'ColumnValues {quoted(column)} matches {quoted_code(value)}'
        elif key in BOUNDS:
            bound = _bound(logical, value)
            if bound:
                yield key, f'ColumnValues {quoted(column)} {BOUNDS[key]} {bound}'


def with_strict_bounds(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return options in which `exclusiveMinimum` is a bound, as from version 3.1 on; before it was true or false."""
    found = dict(options)
    for strict, bound in EXCLUSIVE.items():
        if found.get(strict) is True and bound in found:
            found[strict] = found.pop(bound)
        elif found.get(strict) is False:
            del found[strict]
    return found


def option_of_rule(rule: Rule, logical: str) -> tuple[str, Any] | None:
    """Return the option that says the same as a rule of one column; None if there is none."""
    condition = rule.condition
    if condition is None or len(condition.operands) != 1:
        return None
    operand, text = condition.operands[0], logical == 'string'
    if text and rule.type == 'ColumnLength':
        return _keyed(LENGTHS, condition.operator, operand)
    if rule.type != 'ColumnValues':
        return None
    if text and condition.operator == 'matches' and isinstance(operand, Text):
        return 'pattern', operand.value
    if logical in ('number', 'integer'):
        return _keyed(BOUNDS, condition.operator, operand)
    return _keyed(BOUNDS, condition.operator, operand) if logical == 'date' and isinstance(operand, Day) else None


def _keyed(keys: Mapping[str, str], operator: str, operand: Operand) -> tuple[str, Any] | None:
    key = next((key for key, written in keys.items() if written == operator), None)
    if key is None:
        return None
    if isinstance(operand, Day):
        return key, operand.value.isoformat()
    number = json_number(operand.value) if isinstance(operand, Number) else None
    counts = keys is not LENGTHS or isinstance(number, int) and number >= 0
    return (key, number) if number is not None and counts else None


def _bound(logical: str, value: object) -> str:
    """Return a bound as a rule writes it; empty for a value that no rule can compare with."""
    if logical in ('number', 'integer'):
        number = as_number(value)
        return '' if number is None else f'{number:f}'
    text = value.isoformat() if isinstance(value, date) else value
    try:
        return f'"{date.fromisoformat(text).isoformat()}"' if logical == 'date' and isinstance(text, str) else ''
    except ValueError:
        return ''


def as_number(value: object) -> Decimal | None:
    """Return the number of a YAML value; None for anything else, also for infinity."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return Decimal(str(value))


def json_number(number: Decimal) -> int | float | None:
    """Return a number that YAML and JSON hold without loss; None if they cannot."""
    if number == number.to_integral_value():
        return int(number)
    return float(number) if Decimal(str(float(number))) == number else None
