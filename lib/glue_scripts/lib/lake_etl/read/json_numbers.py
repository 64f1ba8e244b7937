"""Infers exact types for the numbers with fractions of JSON documents, in one Spark job.

Spark infers such numbers as doubles, which lose digits, or with its option `prefersDecimal` as decimals, which takes
ten times as long, turns texts of digits into numbers and fails on forms such as 1.0E7.
"""
from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from typing import Any

import pyarrow
from pyspark.sql import DataFrame
from pyspark.sql.types import ArrayType, DataType, DecimalType, DoubleType, StringType, StructField, StructType

LOG = logging.getLogger(__name__)
MOST_DIGITS = 38
# A double holds every number with this many digits without a change.
DOUBLE_DIGITS = 15
# The digits that Spark reserves for whole numbers where it combines them with decimals.
WHOLE_DIGITS = 20


@dataclass(frozen=True)
class Digits:
    """The digits that the numbers of one field need.

    whole        before the decimal point
    scale        after it
    significant  of the longest number, without leading zeros
    finite       whether every value is a number; NaN and Infinity are not
    """

    whole: int = 0
    scale: int = 0
    significant: int = 0
    finite: bool = True

    def __or__(self, other: Digits) -> Digits:
        return Digits(max(self.whole, other.whole), max(self.scale, other.scale),
                      max(self.significant, other.significant), self.finite and other.finite)


def holds_doubles(kind: DataType) -> bool:
    """Tell whether a type is, or contains, double."""
    if isinstance(kind, StructType):
        return any(holds_doubles(field.dataType) for field in kind.fields)
    return holds_doubles(kind.elementType) if isinstance(kind, ArrayType) else isinstance(kind, DoubleType)


def exact_schema(documents: DataFrame, schema: StructType) -> StructType:
    """Return the schema with the smallest exact type in place of each double: a decimal, or text for longer integers.

    A double stays where no exact type holds all its numbers, or where a document is not standard JSON.

    documents  one column with the text of documents that Spark can parse
    """
    plan = _plan(schema)
    rows = documents.mapInArrow(partial(_measure_task, plan), 'digits string').collect()
    found = [json.loads(row[0]) for row in rows]
    if not all(task['standard'] for task in found):
        LOG.warning('Some documents are not standard JSON, such as texts in single quotes. Numbers with fractions are '
                    'read as doubles.')
        return schema
    digits: dict[str, Digits] = {}
    for task in found:
        for path, values in task['digits'].items():
            digits[path] = digits.get(path, Digits()) | Digits(*values)
    exact = _with_exact_types(schema, digits, '')
    assert isinstance(exact, StructType)
    return exact


def _plan(kind: DataType, path: str = '') -> Any:
    """Return where the doubles of a type are: their path, [plan of the elements] or {name: plan of the member}."""
    if isinstance(kind, StructType):
        return {field.name: _plan(field.dataType, _member_path(path, field.name)) for field in kind.fields
                if holds_doubles(field.dataType)}
    return [_plan(kind.elementType, path)] if isinstance(kind, ArrayType) else path


def _member_path(path: str, name: str) -> str:
    return json.dumps([path, name])


def _measure_task(plan: Any, batches: Iterable[pyarrow.RecordBatch]) -> Iterator[pyarrow.RecordBatch]:
    """Yield one row for all documents of a task: the digits by path, and whether all documents are standard JSON."""
    found: dict[str, Digits] = {}
    seen: set[tuple[str, int, int, bool]] = set()
    standard = True
    for batch in batches:
        for text in batch.column(0).to_pylist():
            try:
                document = json.loads(text, parse_float=str, parse_int=str, parse_constant=str)
            except ValueError:
                standard = False
            else:
                _measure(document if isinstance(document, list) else [document], [plan], found, seen)
    digits = {path: [item.whole, item.scale, item.significant, item.finite] for path, item in found.items()}
    yield pyarrow.RecordBatch.from_pydict({'digits': [json.dumps({'standard': standard, 'digits': digits})]})


def _measure(value: Any, plan: Any, found: dict[str, Digits], seen: set[tuple[str, int, int, bool]]) -> None:
    """Add the digits of a value to those of its path.

    seen  the lengths of numbers that were added already, because most numbers of a field have the same
    """
    if value is None:
        return
    if isinstance(plan, str):
        number = value.lstrip('-')
        lengths = plan, number.find('.'), len(number), number.startswith('0')
        if lengths not in seen:
            found[plan] = found.get(plan, Digits()) | number_digits(value)
            if 'e' not in number and 'E' not in number:
                seen.add(lengths)
    elif isinstance(plan, list):
        for item in value:
            _measure(item, plan[0], found, seen)
    elif isinstance(value, dict):
        for name, inner in plan.items():
            _measure(value.get(name), inner, found, seen)


def number_digits(text: str) -> Digits:
    """Return the digits of a number as JSON writes it, such as 12.50 or 1.0E7."""
    number = Decimal(text)
    _, digits, exponent = number.as_tuple()
    if not isinstance(exponent, int):
        return Digits(finite=False)
    whole = max(0, len(digits) + exponent) if number else 0
    found = Digits(whole, max(0, -exponent), len(digits))
    return found if {'.', 'e', 'E'} & set(text) else replace(found, whole=max(whole, WHOLE_DIGITS))


def _with_exact_types(kind: DataType, digits: Mapping[str, Digits], path: str) -> DataType:
    if isinstance(kind, StructType):
        return StructType([StructField(field.name, _with_exact_types(
            field.dataType, digits, _member_path(path, field.name))) for field in kind.fields])
    if isinstance(kind, ArrayType):
        return ArrayType(_with_exact_types(kind.elementType, digits, path))
    return exact_type(digits[path]) if isinstance(kind, DoubleType) and path in digits else kind


def exact_type(digits: Digits) -> DataType:
    """Return the type for numbers with these digits."""
    if digits.finite and digits.whole + digits.scale <= MOST_DIGITS:
        return DecimalType(max(1, digits.whole + digits.scale), digits.scale)
    if digits.finite and digits.scale == 0 and digits.significant > DOUBLE_DIGITS:
        return StringType()
    if digits.significant > DOUBLE_DIGITS:
        LOG.warning('Numbers of the file have fractions and more than %d digits in all. They are read as doubles, '
                    'which hold %d digits.', MOST_DIGITS, DOUBLE_DIGITS)
    return DoubleType()
