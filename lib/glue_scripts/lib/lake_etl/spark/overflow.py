"""Runs users' SQL with null for whole numbers that overflow; without ANSI mode Spark wraps them to wrong numbers.

Spark's own parser and analyzer tell where the text computes with whole numbers. Each such place is replaced by the form
of the same operation that gives null: `try_add`, `try_cast` and the like. Everything else in the text stays.
"""
from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession

from lake_etl.syntax.sql_pieces import blank_comments

LOG = logging.getLogger(__name__)
SMALLEST = {'tinyint': -2**7, 'smallint': -2**15, 'int': -2**31, 'bigint': -2**63}
# Casts of these wrap or saturate; text and dates that do not fit a whole number become null anyway.
CAST_FROM = re.compile(r'tinyint|smallint|int|bigint|float|double|decimal\(.*|timestamp')
OPERATORS = {'Add': ('+', 'try_add'), 'Subtract': ('-', 'try_subtract'), 'Multiply': ('*', 'try_multiply')}
# Functions that have no result for the smallest number of a type.
OF_SMALLEST = {'abs': 'Abs', 'negative': 'UnaryMinus'}
LIMITS = ('GlobalLimit', 'LocalLimit', 'Offset')  # Spark computes their numbers beforehand, from literals.
SUBQUERIES = ('ScalarSubquery', 'Exists', 'ListQuery', 'LateralSubquery')
# Where several edits begin at one character, this is their order in the text.
AFTER, BEFORE, INSTEAD = range(3)
Kinds = Mapping[tuple[str, str | int], str]
Walk = Callable[[], Iterator['Expression']]


@dataclass(frozen=True, order=True)
class Edit:
    """A text in place of the characters from `start` up to `end`, or before `start` if they are the same.

    size  of the expression: outer ones open first and close last
    """

    start: int
    order: int
    size: int
    end: int
    text: str


@dataclass(frozen=True)
class Expression:
    """An expression in the text: the name of Spark's class for it, and its first and last character."""

    name: str
    first: int
    last: int
    node: Any

    def text(self, statement: str) -> str:
        """Return its text, with a single space for each gap."""
        return ' '.join(statement[self.first:self.last + 1].lower().split())

    def around(self, opening: str, closing: str = ')') -> list[Edit]:
        """Return the edits that put texts before and behind the expression."""
        size, behind = self.last - self.first, self.last + 1
        return [Edit(self.first, BEFORE, -size, self.first, opening), Edit(behind, AFTER, size, behind, closing)]


def run_user_query(spark: SparkSession, statement: str) -> DataFrame:
    """Run a statement of a user and return its rows, with null for each whole number that overflows.

    Columns keep the names that the statement gives them. Raises what `spark.sql` raises. If Spark cannot analyse the
    changed text to the same types, the statement runs as it is, with a warning.
    """
    session = spark._jsparkSession.sessionState()

    def analyzed(text: str) -> Any:
        plan = session.analyzer().execute(session.sqlParser().parsePlan(text))
        session.analyzer().checkAnalysis(plan)
        return plan
    safe = statement
    try:
        before = analyzed(statement)
        safe = without_overflow(statement, session.sqlParser().parsePlan(statement), before)
        names = [field.name() for field in before.schema().fields()]
        changed = safe != statement and _types(analyzed(safe)) == _types(before)
    except (PySparkException, Py4JError):
        changed = False
    if not changed:
        if safe != statement:
            LOG.warning('A query may return wrong whole numbers where they overflow, and not null: Spark refuses its '
                        'text with try_add, try_multiply and try_cast. Write these functions in the SQL file.')
        return spark.sql(statement)
    df = spark.sql(safe)
    return df.toDF(*names) if df.columns != names and len(df.columns) == len(names) else df


def safe_condition(df: DataFrame, condition: str, place: str) -> str:
    """Return a condition on the rows, or the same with null where it computes with whole numbers that overflow.

    If Spark refuses the changed text, the condition stays as it is, with a warning that names its `place`. Raises what
    Spark raises for a condition that it refuses.
    """
    session = df.sparkSession._jsparkSession.sessionState()
    analyzed = df.where(condition)._jdf.queryExecution().analyzed()
    safe = condition
    try:
        safe = _rewritten(condition, partial(_below, session.sqlParser().parseExpression(condition)),
                          partial(_below, analyzed.condition()))
        df.where(safe)
    except (PySparkException, Py4JError):
        LOG.warning('%s: the condition may choose wrong rows where whole numbers overflow, because Spark refuses it '
                    'with try_add, try_multiply and try_cast. Write these functions in the condition.', place)
        return condition
    return safe


def without_overflow(statement: str, parsed: Any, analyzed: Any) -> str:
    """Return the statement with the forms of its operations that give null.

    parsed    plan of the statement, in which all expressions have their places in the text
    analyzed  the same with the types
    """
    return _rewritten(statement, partial(_expressions, parsed), partial(_expressions, analyzed))


def _rewritten(statement: str, parsed: Walk, analyzed: Walk) -> str:
    bare = blank_comments(statement, 'spark')
    kinds: dict[tuple[str, str | int], str] = {}
    for item in analyzed():
        if (kind := _whole_number(item)) is not None:
            # By its text too: of what ORDER BY repeats, the analysed plan has only the column.
            kinds[item.name, item.first] = kinds[item.name, item.text(bare)] = kind
    if not kinds:
        return statement
    edits = {edit for item in parsed() for edit in _edits(item, bare, kinds)}
    result, done = [], 0
    for edit in sorted(edits):
        result += [statement[done:edit.start], edit.text]
        done = edit.end
    return ''.join([*result, statement[done:]])


def _types(plan: Any) -> list[str]:
    return [field.dataType().catalogString() for field in plan.schema().fields()]


def _items(sequence: Any) -> Iterator[Any]:
    return (sequence.apply(index) for index in range(sequence.size()))


def _expressions(plan: Any) -> Iterator[Expression]:
    """Yield the expressions of a plan that have a place in the text, with those of its subqueries."""
    name = plan.getClass().getSimpleName()
    if name == 'View':
        return  # Its places are those of another text.
    children = list(_items(plan.children()))
    if children and name not in LIMITS:  # Of tables all columns would be listed.
        for expression in _items(plan.expressions()):
            yield from _below(expression)
    named = _items(plan.innerChildren()) if name == 'UnresolvedWith' or not children else ()
    for child in (*children, *named):
        yield from _expressions(child)


def _below(node: Any) -> Iterator[Expression]:
    """Yield an expression and those that it is made of."""
    name, origin = node.getClass().getSimpleName(), node.origin()
    if name == 'AttributeReference':
        return
    first, last = origin.startIndex(), origin.stopIndex()
    if first.isDefined() and last.isDefined():
        yield Expression(name, first.get(), last.get(), node)
    for child in _items(node.children()):
        yield from _below(child)
    if name in SUBQUERIES:
        yield from _expressions(node.plan())


def _whole_number(item: Expression) -> str | None:
    """Return the type of an analysed expression that may overflow, for a cast that of its source; else None."""
    node = item.node
    if item.name not in ('Cast', 'Sum', 'Abs', 'UnaryMinus', *OPERATORS) or not node.resolved():
        return None
    kind = str(node.dataType().catalogString())
    if kind not in SMALLEST:
        return None
    if item.name != 'Cast':
        return kind
    source = str(node.child().dataType().catalogString())
    return kind if CAST_FROM.fullmatch(source) else None


def _edits(item: Expression, bare: str, kinds: Kinds) -> list[Edit]:
    """Return the edits that a parsed expression needs; none if it cannot overflow."""
    def kind_as(name: str) -> str | None:
        return kinds.get((name, item.first)) or kinds.get((name, item.text(bare)))
    if item.name in OPERATORS:
        return _operator_edits(item, bare) if kind_as(item.name) else []
    if item.name == 'UnaryMinus':
        return _minus_edits(item, kind_as('UnaryMinus')) if bare[item.first] == '-' else []
    function = re.match(r'(\w+)\s*\(', bare[item.first:item.last + 1])
    if function is None:
        return []
    name, size = function[1].lower(), item.last - item.first
    if item.name == 'UnresolvedFunction' and (kind := kind_as(OF_SMALLEST.get(name, ''))):
        opened, ending = item.first + function.end(), f', CAST({SMALLEST[kind]} AS {kind}))'
        return [Edit(opened, BEFORE, -size, opened, 'nullif('), Edit(item.last, AFTER, size, item.last, ending)]
    if not kind_as({'sum': 'Sum'}.get(name, 'Cast')):
        return []
    if name in ('sum', 'cast'):
        return [Edit(item.first, INSTEAD, 0, item.first + len(name), f'try_{name}')]
    if item.name != 'UnresolvedFunction' or name not in SMALLEST:
        return []
    return [Edit(item.first, INSTEAD, 0, item.first + len(name), 'try_cast'),
            Edit(item.last, AFTER, size, item.last, f' AS {name}')]


def _minus_edits(item: Expression, kind: str | None) -> list[Edit]:
    if kind is None:
        return []
    _, closing = item.around('')
    return [Edit(item.first, INSTEAD, 0, item.first + 1, f'try_subtract(CAST(0 AS {kind}), '), closing]


def _operator_edits(item: Expression, bare: str) -> list[Edit]:
    """Return the edits that turn `a + b` into `try_add(a, b)`; none if its operator is not found between the two."""
    operator, function = OPERATORS[item.name]
    left, right = (child.origin() for child in _items(item.node.children()))
    if not (left.stopIndex().isDefined() and right.startIndex().isDefined()):
        return []
    start, end = left.stopIndex().get() + 1, right.startIndex().get()
    found = [place for place in range(start, end) if bare[place] not in '() \t\r\n']
    if [bare[place] for place in found] != [operator]:
        return []
    return [*item.around(f'{function}('), Edit(found[0], INSTEAD, 0, found[0] + 1, ',')]
