"""Adds helper columns to the rows: which `where` conditions hold, and which rules a row passes."""
from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pyspark.errors import PySparkException
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import BooleanType, NullType

from lake_etl.dqdl.syntax_tree import Composite
from lake_etl.quality.evaluation.evaluation_plan import Evaluated, Grouping, Part, RowTest, RuleInput, RulePlan
from lake_etl.quality.evaluation.keys import PendingCounts, group_rows
from lake_etl.quality.evaluation.sql_expressions import Sql, all_of, any_of, never_null
from lake_etl.reasons.failure import reason_of
from lake_etl.spark.columns import column, quoted
from lake_etl.spark.helper_names import unused_name
from lake_etl.spark.overflow import safe_condition
from lake_etl.spark.session import user_sql_rules

# So many different values are sent to every worker; more are matched by sorting both sides.
MOST_BROADCAST_VALUES = 250_000


def add_scopes(df: DataFrame, wheres: Iterable[str]) -> tuple[DataFrame, dict[str, Sql], dict[str, str]]:
    """Return the frame with a column for each `where`, true where it holds; the columns; and why others are refused.

    Conditions are read by the rules of users' SQL; null counts as false.
    """
    scopes: dict[str, Sql] = {}
    refused: dict[str, str] = {}
    added: dict[str, Column] = {}
    with user_sql_rules(df.sparkSession):
        for where in dict.fromkeys(wheres):
            name = unused_name(df.schema, f'scope_{len(added)}', added)
            try:
                kind = df.withColumn(name, F.expr(where)).schema[name].dataType
            except PySparkException as error:
                refused[where] = f'The where clause "{where}" cannot be evaluated: {reason_of(error)}'
                continue
            if isinstance(kind, (BooleanType, NullType)):
                safe = safe_condition(df, where, f'The where clause "{where}"')
                added[name] = F.expr(safe).cast('boolean').eqNullSafe(True)
                scopes[where] = quoted(name)
            else:
                refused[where] = f'The where clause "{where}" is of type {kind.simpleString()}, expected a condition.'
        return df.withColumns(added) if added else df, scopes, refused


@dataclass(frozen=True)
class TestedRows:
    """The rows with helper columns for the wanted rules, and the conditions by rule that hold where a row passes.

    predicates  what every rule asks of a row's own values
    passes      the whole tests of the wanted rules
    """

    df: DataFrame
    predicates: Mapping[Part, Sql]
    passes: Mapping[Part, Sql]


def add_row_tests(data: RuleInput, checks: Mapping[Part, RulePlan], wanted: Iterable[Part],
                  counts: PendingCounts) -> TestedRows:
    """Return the rows with the results of the wanted rules.

    Only these become columns: a wider row would cost more than a predicate that is counted where it is computed. Values
    that are repeated or missing elsewhere are joined only where some row has such a value.
    """
    tests = {rule: check.row for rule, check in checks.items() if check.row is not None}
    chosen = {rule: tests[rule] for rule in wanted}
    df, repeated = _add_repeated(data, chosen.values(), counts)
    df, failing = _add_failing(df, chosen)
    added: dict[str, Sql] = {}
    predicates = {rule: test.predicate for rule, test in tests.items() if test.predicate is not None}
    for rule in predicates.keys() & chosen.keys():
        name = unused_name(df.schema, f'test_{len(added)}', added)
        added[name] = predicates[rule]
        predicates[rule] = quoted(name)
    passes = {rule: _conjunction([predicates.get(rule), repeated.get((test.unrepeated, test.nulls_repeat)),
                                  failing.get(rule)]) for rule, test in chosen.items()}
    return TestedRows(_with_columns(df, added), predicates, passes)


def _conjunction(parts: Iterable[Sql | None]) -> Sql:
    return all_of([part for part in parts if part is not None] or ['true'])


Repetition = tuple[Grouping | None, bool]


def _add_repeated(data: RuleInput, tests: Iterable[RowTest],
                  counts: PendingCounts) -> tuple[DataFrame, dict[Repetition, Sql]]:
    """Return the rows with the outcomes of the groupings that have repeated rows."""
    by_columns: dict[tuple[str, ...], set[tuple[Grouping, bool]]] = defaultdict(set)
    for test in tests:
        if test.unrepeated is not None and counts()[test.unrepeated].repeated_rows:
            by_columns[test.unrepeated.columns].add((test.unrepeated, test.nulls_repeat))
    df = data.df
    passes: dict[Repetition, Sql] = {}
    for columns, members in by_columns.items():
        ordered = sorted(members, key=str)
        grouped = group_rows(data, columns, (grouping.where for grouping, _ in ordered))
        repeats = [_repeats(grouped.rows[grouping.where], None if nulls else grouped.has_values())
                   for grouping, nulls in ordered]
        frame = grouped.frame.where(any_of(repeats)).selectExpr(
            *grouped.keys, *(f'{repeat} AS fails_{index}' for index, repeat in enumerate(repeats)))
        most = max(counts()[grouping].distinct - counts()[grouping].unique_keys for grouping, _ in ordered)
        df, flags = look_up(df, columns, frame, most)
        for (grouping, nulls), flag in zip(ordered, flags, strict=True):
            scope = data.scope(grouping.where)
            passes[grouping, nulls] = f'(NOT {flag})' if scope is None else f'(NOT ({scope} AND {flag}))'
    return df, passes


def _repeats(rows: str, has_values: Sql | None) -> Sql:
    repeated = f'({rows} > 1)'
    return repeated if has_values is None else all_of([repeated, has_values])


def _add_failing(df: DataFrame, tests: Mapping[Part, RowTest]) -> tuple[DataFrame, dict[Part, Sql]]:
    passes = {}
    for rule, test in tests.items():
        if test.failing is not None and test.failing.count:
            marked = test.failing.frame.select(*map(column, test.failing.columns), F.lit(True))
            df, (fails,) = look_up(df, test.failing.columns, marked, test.failing.count)
            passes[rule] = f'(NOT {fails})'
    return df, passes


def look_up(df: DataFrame, columns: Sequence[str], frame: DataFrame, count: float) -> tuple[DataFrame, list[Sql]]:
    """Return the rows with the flags that another frame has for their values, false where it has none.

    frame  its first columns hold different values of the columns of the rows, null equals null; flags follow
    count  about how many different values these are
    """
    names: list[str] = []
    for index, _ in enumerate(frame.columns):
        names.append(unused_name(df.schema, f'looked_up_{index}', names))
    values, flags = names[:len(columns)], names[len(columns):]
    other = frame.toDF(*names)
    matches = F.expr(all_of(f'{quoted(name)} <=> {quoted(value)}' for name, value in zip(columns, values, strict=True)))
    joined = df.join(F.broadcast(other) if count <= MOST_BROADCAST_VALUES else other, matches, 'left')
    marked = _with_columns(joined, {flag: never_null(quoted(flag)) for flag in flags}).drop(*values)
    return marked, [quoted(flag) for flag in flags]


def _with_columns(df: DataFrame, added: Mapping[str, Sql]) -> DataFrame:
    return df.withColumns({name: F.expr(text) for name, text in added.items()}) if added else df


def composed(rule: Evaluated, passes: Mapping[Part, Sql]) -> Sql:
    """Build whether a row passes a rule, its parts joined as in the rule."""
    if not isinstance(rule, Composite):
        return passes[rule]
    return (all_of if rule.operator == 'and' else any_of)(composed(part, passes) for part in rule.parts)


def failed_indexes(passes: Mapping[int, Sql]) -> Sql:
    """Build the list of the indexes whose column is false."""
    marks = ', '.join(f'CASE WHEN {passed} THEN -1 ELSE {index} END' for index, passed in passes.items())
    return f'array_remove(array({marks}), -1)' if passes else 'CAST(array() AS array<int>)'
