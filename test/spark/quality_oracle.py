"""Quality rules in plain Python, from their definitions, as the reference for the engine."""
from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Any

from lake_etl.dqdl.syntax_tree import AnyRule, Condition, Day, Keyword, Now, Number, Rule, Text

Row = dict[str, Any]
NOW = datetime(2026, 3, 15, 10, 30, 40, tzinfo=UTC)
# What `where` clauses of the tests mean.
WHERES: dict[str, Callable[[Row], bool]] = {
    'i > 2': lambda row: row['i'] is not None and row['i'] > 2,
    "t = 'A' OR f": lambda row: row['t'] == 'A' or row['f'] is True,
    'i > 1000': lambda row: False,
}


def compare(operator: str, value: Any, operands: Sequence[Any]) -> bool:
    """Compare two plain values."""
    first, last = operands[0], operands[-1]
    if operator in ('=', '!=', 'in', 'not in'):
        return (value in operands) == (operator in ('=', 'in'))
    return {'>': value > first, '>=': value >= first, '<': value < first, '<=': value <= first,
            'between': first < value < last, 'not between': value <= first or value >= last}[operator]


def scope(rule: Rule, rows: Sequence[Row]) -> list[Row]:
    """Return the rows that a rule looks at."""
    return [row for row in rows if rule.where is None or WHERES[rule.where](row)]


def failing(rule: AnyRule, rows: Sequence[Row]) -> set[int] | None:
    """Return the numbers of the rows that fail a rule; None when rows are not singled out."""
    if not isinstance(rule, Rule):
        parts = [failing(part, rows) for part in rule.parts]
        return None if None in parts else (set.union if rule.operator == 'and' else set.intersection)(*parts)
    names = [parameter.value for parameter in rule.parameters]
    inside = scope(rule, rows)
    if rule.type in ('IsUnique', 'IsPrimaryKey', 'Uniqueness', 'UniqueValueRatio', 'DuplicateRowCount'):
        counts = Counter(key(row, names) for row in inside)
        repeated = {row['row'] for row in inside if counts[key(row, names)] > 1 and (
            rule.type == 'DuplicateRowCount' or any(row[name] is not None for name in names))}
        missing = {row['row'] for row in inside if None in (row[name] for name in names)}
        return repeated | missing if rule.type == 'IsPrimaryKey' else repeated
    if rule.type not in ROW_TESTS:
        return None
    return {row['row'] for row in inside if not ROW_TESTS[rule.type](rule, row[names[0]])}


def key(row: Row, names: Sequence[str]) -> tuple[Any, ...]:
    """Return a key in which NaN equals NaN and -0.0 equals 0.0."""
    return tuple('NaN' if value != value else value + 0.0 if isinstance(value, float) else value
                 for value in (row[name] for name in names))


def value_passes(rule: Rule, value: Any) -> bool:
    """Tell whether a value meets ColumnValues."""
    condition: Condition = rule.condition
    if condition.operator.endswith('matches'):
        return value is not None and (re.fullmatch(condition.operands[0].value, value) is not None) == (
            condition.operator == 'matches')
    words = [operand.word for operand in condition.operands if isinstance(operand, Keyword)]
    found = [{'NULL': value is None, 'EMPTY': value == '',
              'WHITESPACES_ONLY': isinstance(value, str) and value != '' and not value.strip(' ')}[word]
             for word in words]
    own, others = plain(condition, value)
    negated = condition.operator in ('!=', 'not in')
    if own is None:
        return negated != any(found)
    if not others:
        return negated != any(found)
    compared = compare(condition.operator, own, others)
    return compared and not any(found) if negated else compared or any(found)


def plain(condition: Condition, value: Any) -> tuple[Any, list[Any]]:
    """Return the value as it is compared, None when it cannot be, and the operands."""
    operands = [operand for operand in condition.operands if not isinstance(operand, Keyword)]
    if condition.family == 'number':
        return None if value is None or value != value else value, [operand.value for operand in operands]
    if condition.family == 'date':
        if isinstance(value, str) and all(isinstance(operand, Day) for operand in operands):
            return value, [operand.value.isoformat() for operand in operands]
        own = value.date() if isinstance(value, datetime) else value
        return own, [operand.value if isinstance(operand, Day) else day(operand) for operand in operands]
    return None if value is None else text(value), [operand.value for operand in operands if isinstance(operand, Text)]


def day(operand: Now) -> date:
    """Return the day that `now()` with an offset of days lies in."""
    return date.fromordinal(NOW.toordinal() + (operand.sign * operand.offset.amount if operand.offset else 0))


def text(value: Any) -> str:
    """Return a value as Spark prints it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def reads_as(kind: str, value: str | None) -> bool:
    """Tell whether a text of the tests reads as a type."""
    return value is not None and re.fullmatch({
        'integer': r'\s*-?\d{1,9}\s*', 'double': r'\s*-?\d+(\.\d+)?\s*', 'date': r'\s*\d{4}-\d\d-\d\d\s*',
        'boolean': r'\s*([tfyn10]|true|false|yes|no)\s*'}[kind.lower()], value, re.IGNORECASE) is not None


ROW_TESTS: dict[str, Callable[[Rule, Any], bool]] = {
    'IsComplete': lambda rule, value: value is not None,
    'Completeness': lambda rule, value: value is not None,
    'ColumnValues': value_passes,
    'ColumnLength': lambda rule, value: compare(rule.condition.operator, len(value or ''), numbers(rule.condition)),
    'ColumnDataType': lambda rule, value: reads_as(rule.condition.operands[0].value, value) == (
        rule.condition.operator == '='),
    'DataFreshness': lambda rule, value: value is not None and compare(
        rule.condition.operator, round((NOW - value.replace(tzinfo=UTC)).total_seconds() / 3600, 2),
        [operand.amount * {'days': 24, 'hours': 1}[operand.unit] for operand in rule.condition.operands]),
}


def numbers(condition: Condition) -> list[Any]:
    """Return the numbers of a condition."""
    return [operand.value for operand in condition.operands if isinstance(operand, Number)]


def metric(rule: Rule, rows: Sequence[Row]) -> float | None:
    """Return the number that a metric rule compares; None when there is none."""
    names = [parameter.value for parameter in rule.parameters]
    inside = scope(rule, rows)
    if rule.type in GROUPED:
        counts = Counter(key(row, names) for row in inside)
        return GROUPED[rule.type](counts, {item: n for item, n in counts.items() if any(v is not None for v in item)})
    if rule.type == 'RowCount':
        return len(inside)
    if rule.type == 'Completeness':
        return sum(row[names[0]] is not None for row in inside) / len(inside) if inside else None
    values = [float(row[names[0]]) for row in inside if row[names[0]] is not None]
    return STATISTICS[rule.type](values) if values or rule.type == 'ZerosCount' else None


def moment(values: Sequence[float], power: int) -> float:
    """Return a central moment."""
    mean = sum(values) / len(values)
    return sum((value - mean) ** power for value in values) / len(values)


def shape(values: Sequence[float], power: int, less: float) -> float | None:
    """Return skewness or kurtosis; None for values that are all alike."""
    variance = moment(values, 2)
    return moment(values, power) / variance ** (power / 2) - less if variance else None


def quartile(values: Sequence[float], share: float) -> float:
    """Return an interpolated quartile."""
    ordered, position = sorted(values), share * (len(values) - 1)
    low = math.floor(position)
    return ordered[low] + (ordered[min(low + 1, len(values) - 1)] - ordered[low]) * (position - low)


def entropy(counts: Counter) -> float | None:
    """Return the entropy of how often values occur."""
    total = sum(counts.values())
    return -sum(n / total * math.log(n / total) for n in counts.values()) if total else None


def ratio(part: float, whole: float) -> float | None:
    """Return a quotient, None when there is nothing to divide by."""
    return part / whole if whole else None


def ones(counts: Counter) -> int:
    """Return how many values occur once."""
    return sum(count == 1 for count in counts.values())


STATISTICS: dict[str, Callable[[Sequence[float]], float | None]] = {
    'Mean': lambda values: sum(values) / len(values), 'Sum': sum, 'Variance': lambda values: moment(values, 2),
    'StandardDeviation': lambda values: moment(values, 2) ** 0.5, 'Range': lambda values: max(values) - min(values),
    'ZerosCount': lambda values: sum(value == 0 for value in values),
    'Skewness': lambda values: shape(values, 3, 0), 'Kurtosis': lambda values: shape(values, 4, 3),
    'InterquartileRange': lambda values: quartile(values, 0.75) - quartile(values, 0.25),
}
# Metrics from how often every value occurs, and the same without the group of nulls.
GROUPED: dict[str, Callable[[Counter, dict], float | None]] = {
    'Uniqueness': lambda every, present: ratio(ones(present), sum(present.values())),
    'UniqueValueRatio': lambda every, present: ratio(ones(present), len(present)),
    'DistinctValuesCount': lambda every, present: len(every), 'Entropy': lambda every, present: entropy(present),
    'DuplicateRowCount': lambda every, present: sum(count for count in every.values() if count > 1),
}


def passed(rule: AnyRule, rows: Sequence[Row]) -> bool:
    """Tell whether a rule passes for the data set."""
    if not isinstance(rule, Rule):
        return (all if rule.operator == 'and' else any)(passed(part, rows) for part in rule.parts)
    inside = scope(rule, rows)
    if rule.where is not None and not inside and rule.type != 'RowCount':
        return True
    if rule.type in STATISTICS or rule.type in GROUPED or rule.type in ('RowCount', 'Completeness'):
        value = metric(rule, rows)
        return value is not None and compare(rule.condition.operator, value, list(map(float, numbers(rule.condition))))
    failed = len(failing(rule, rows) or ())
    if rule.threshold is not None and inside:
        share = (len(inside) - failed) / len(inside)
        return compare(rule.threshold.operator, share, [float(number) for number in numbers(rule.threshold)])
    return not failed
