"""Proposes quality rules for a table from what its columns hold today."""
from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from lake_etl.dqdl.syntax_tree import Condition, Day, Family, Keyword, Number, Operand, Operator, Parameter, Rule, Text
from lake_etl.syntax.type_text import parse_type

MOST_LISTED_VALUES = 20
# A list of values says something only where most of them occur again and again.
LEAST_ROWS_A_VALUE = 5
# The number of different values is an estimate; whether a column is unique, the rule itself finds out.
LIKELY_UNIQUE = 0.95
# Forms of text that are worth a rule, from the narrowest to the widest. They mean the same to Java and DuckDB.
PATTERNS: Mapping[str, str] = {
    'digits': '[0-9]+',
    'letters': '[A-Z]+',
    'code': '[A-Z0-9]+(-[A-Z0-9]+)*',
    'hash': '[0-9a-f]{64}',
    'e-mail address': '[^@ ]+@[^@ ]+[.][^@ ]+',
}
TYPE_NAMES = {'boolean': 'Boolean', 'int': 'Integer', 'bigint': 'Long', 'float': 'Float', 'double': 'Double',
              'date': 'Date', 'timestamp': 'Timestamp'}


@dataclass(frozen=True)
class ColumnProfile:
    """What a column holds.

    type             in catalog spelling
    rows, present    how many rows there are, and how many of them have a value
    distinct         how many different values there are, about
    least, greatest  of numbers and dates
    lengths          of the shortest and the longest text
    frequent         the most frequent texts, all of them when they are few
    patterns         names of the patterns that all texts match
    """

    name: str
    type: str
    rows: int
    present: int
    distinct: int
    least: Decimal | date | None = None
    greatest: Decimal | date | None = None
    lengths: tuple[int, int] | None = None
    frequent: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """Return the name of the type, without its numbers and members."""
        return parse_type(self.type).name


def proposed_rules(columns: Sequence[ColumnProfile]) -> list[Rule]:
    """Return rules that the table should pass as it is; the ones that it does not pass are to be left out."""
    rules = [_rule('RowCount', (), Condition('number', '>', (Number(Decimal(0)),)))]
    for column in columns:
        rules += _completeness(column)
        if column.present:
            rules += [*_type(column), *_uniqueness(column), *_values(column)]
    return rules


def _completeness(column: ColumnProfile) -> Iterator[Rule]:
    share = math.floor(100 * column.present / column.rows) if column.rows else 0
    if column.rows and column.present == column.rows:
        yield _rule('IsComplete', column.name)
    elif share:
        yield _rule('Completeness', column.name, Condition('number', '>=', (Number(Decimal(share) / 100),)))


def _type(column: ColumnProfile) -> Iterator[Rule]:
    kind = parse_type(column.type)
    name = f'Decimal({",".join(map(str, kind.numbers))})' if kind.name == 'decimal' else TYPE_NAMES.get(kind.name)
    if name:
        yield _of_values('ColumnDataType', column, 'string', '=', Text(name))


def _uniqueness(column: ColumnProfile) -> Iterator[Rule]:
    if column.rows == column.present and column.distinct >= LIKELY_UNIQUE * column.rows:
        yield _rule('IsUnique', column.name)


def _values(column: ColumnProfile) -> Iterator[Rule]:
    if isinstance(column.least, Decimal) and isinstance(column.greatest, Decimal):
        yield _of_values('ColumnValues', column, 'number', '>=', Number(column.least))
        yield _of_values('ColumnValues', column, 'number', '<=', Number(column.greatest))
    elif isinstance(column.least, date) and isinstance(column.greatest, date):
        yield _of_values('ColumnValues', column, 'date', '>=', Day(column.least))
        yield _of_values('ColumnValues', column, 'date', '<=', Day(column.greatest))
    elif column.lengths is not None:
        yield from _texts(column, *column.lengths)


def _texts(column: ColumnProfile, shortest: int, longest: int) -> Iterator[Rule]:
    """Yield the rule that says most about a column of texts: their list, or their form and their lengths."""
    few = min(MOST_LISTED_VALUES, column.present // LEAST_ROWS_A_VALUE)
    if column.frequent and max(column.distinct, len(column.frequent)) <= few:
        missing: tuple[Operand, ...] = (Keyword('NULL'),) if column.present < column.rows else ()
        yield _rule('ColumnValues', column.name, Condition(
            'string', 'in', (*map(Text, sorted(column.frequent)), *missing)))
        return
    pattern = next((pattern for pattern in PATTERNS if pattern in column.patterns), None)
    if pattern:
        yield _of_values('ColumnValues', column, 'string', 'matches', Text(PATTERNS[pattern]))
    if shortest == longest:
        yield _of_values('ColumnLength', column, 'number', '=', Number(Decimal(shortest)))
    else:
        yield _of_values('ColumnLength', column, 'number', '<=', Number(Decimal(longest)))


def _of_values(kind: str, column: ColumnProfile, family: Family, operator: Operator, operand: Operand) -> Rule:
    """Return a rule on the values that are there: a missing one would fail it."""
    where = None if column.present == column.rows else f'`{column.name.replace("`", "``")}` IS NOT NULL'
    return _rule(kind, column.name, Condition(family, operator, (operand,)), where)


def _rule(kind: str, column: str | tuple[()], condition: Condition | None = None, where: str | None = None) -> Rule:
    parameters = (Parameter(column),) if isinstance(column, str) else ()
    return Rule(kind, parameters, condition, where)
