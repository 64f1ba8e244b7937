"""Marks the rows that fail rules, all rules in one projection, without ever changing the number of rows."""
from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lake_etl.dqdl.model import AnyRule, Rule
from lake_etl.dqdl.plan import Check, FailingValues, GroupCounts, Grouping, RowTest
from lake_etl.transform.columns import column
from lake_etl.transform.helper_names import unused_name


@dataclass(frozen=True)
class TestedRows:
    """The rows with a boolean helper column for each test, and the columns by rule that are true where a row passes.

    predicates  the tests that every pass over the rows computes anyway
    passes      tests of rules whose row outcomes were asked for, lookups of values included
    """

    df: DataFrame
    predicates: Mapping[Rule, Column]
    passes: Mapping[Rule, Column]


def add_row_tests(df: DataFrame, checks: Mapping[Rule, Check], wanted: Iterable[Rule]) -> TestedRows:
    """Return the rows with the outcomes of all predicates, and of the whole tests of the rules that are wanted."""
    predicates: dict[Rule, Column] = {}
    added: dict[str, Column] = {}
    for rule, check in checks.items():
        if check.row is not None and check.row.predicate is not None:
            name = unused_name(df.schema, f'test_{len(added)}')
            added[name] = check.row.predicate
            predicates[rule] = column(name)
    df = df.withColumns(added) if added else df
    passes = {rule: predicates.get(rule, F.lit(True)) for rule in wanted}
    return TestedRows(df, predicates, passes)


def composed(rule: AnyRule, passes: Mapping[Rule, Column]) -> Column:
    """Build whether a row passes a rule, by the same and/or as its parts are joined."""
    if isinstance(rule, Rule):
        return passes[rule]
    join = Column.__and__ if rule.operator == 'and' else Column.__or__
    return reduce(join, [composed(part, passes) for part in rule.parts])


def failed_indexes(passes: Sequence[tuple[int, Column]]) -> Column:
    """Build the list of the indexes whose column is false; empty for most rows."""
    marks = [F.when(passed, F.lit(-1)).otherwise(F.lit(index)) for index, passed in passes]
    return F.array_remove(F.array(*marks), -1) if marks else F.array().cast('array<int>')
