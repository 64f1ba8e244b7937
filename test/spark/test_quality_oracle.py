"""Random rules on random rows: outcomes, metrics and row outcomes of the engine equal those of plain Python."""
from __future__ import annotations

import math
from collections import Counter
from datetime import date, datetime
from decimal import Decimal
from random import Random

import pytest
from quality_oracle import GROUPED, NOW, STATISTICS, WHERES, failing, metric, passed

from lake_etl.dqdl.parser import parse_rule
from lake_etl.dqdl.rule_types import has_row_outcome
from lake_etl.dqdl.syntax_tree import Rule, leaves
from lake_etl.quality.evaluation.evaluate import evaluate, observe_rules
from lake_etl.quality.evaluation.outcomes import EvaluationContext
from lake_etl.syntax.records import Findings

CONTEXT = EvaluationContext(NOW)
SCHEMA = 'row int, i int, n bigint, x double, m decimal(10,2), t string, d date, ts timestamp, f boolean'
TEXTS = [None, '', ' ', '  ', 'A', 'A', 'a b', 'A\nB', 'ünï', '12', '-7', '3.50', '2026-03-01', 'true', "O'N", 'AA']
ORDERS = ['> {}', '>= {}', '< {}', '<= {}', 'between {} and {}', 'not between {} and {}']
EQUALS = ['= {}', '!= {}', 'in [{}, {}]', 'not in [{}, {}]']
KEYS = ['"i"', '"x" "f"', '"t"', '"n"', '"m"']
# Number of rows and of rules.
TABLES = [(1, 30), (60, 110)]


def rows_of(random: Random, count: int) -> list[dict]:
    """Return rows with nulls, repetitions, NaN, zeros of both signs, empty texts and odd letters."""
    def some(*values):
        return random.choice(values)
    return [{'row': number, 'i': some(None, 0, 1, 2, 3, 3, 7), 'n': some(None, number, number, 5, 2 ** 53),
             'x': some(None, 0.0, -0.0, 1.5, 2.25, math.nan),
             'm': some(None, Decimal('1.50'), Decimal('-3.25'), Decimal(0), Decimal('10.00')),
             't': some(*TEXTS), 'd': some(None, date(2026, 3, 15), date(2026, 3, 1), date(2024, 2, 29)),
             'ts': some(None, datetime(2026, 3, 15, 9, 0), datetime(2026, 3, 13), datetime(2025, 12, 31, 23, 59)),
             'f': some(None, True, False)} for number in range(count)]


def rule_text(random: Random) -> str:
    """Return the text of a random rule on these columns."""
    some = random.choice
    kind = some(['values'] * 6 + ['statistic'] * 2 + ['key'] * 2
                + ['length', 'type', 'age', 'complete', 'group', 'rows', 'composite'])
    where = some(['', '', '', f' where "{some(list(WHERES))}"'])
    threshold = some(['', '', f' with threshold {some(["> 0.5", "<= 0.75", "not between 0.1 and 0.9"])}'])
    columns = some(KEYS)
    if kind == 'values':
        return values_text(random) + where + threshold
    if kind == 'composite':
        parts = [f'({rule_text(random)})' for _ in range(some([2, 3]))]
        return some([' and ', ' or ']).join(parts)
    number = some(['0', '1', '2.25', '0.5', '-1'])
    return {
        'length': f'ColumnLength "t" {some(ORDERS + EQUALS).format(some("012"), 3)}{where}',
        'type': f'ColumnDataType "t" {some("= !=".split())} "{some("Integer Double Date Boolean".split())}"'
                f'{where}{threshold}',
        'age': f'DataFreshness "ts" {some(ORDERS).format("3 hours", "60 days")}{where}',
        'complete': some(['IsComplete {}', 'Completeness {} > 0.5', 'Completeness {} = 1']).format(
            columns.split()[0]) + where,
        'key': f'{some(["IsUnique", "IsPrimaryKey"])} {columns}{where}',
        'group': f'{some(list(GROUPED))} {columns.split()[0]} {some(ORDERS).format(number, 20)}{where}',
        'statistic': f'{some(list(STATISTICS))} "{some("inm")}" {some(ORDERS).format(number, 9)}{where}',
        'rows': f'RowCount {some(ORDERS + EQUALS).format(40, 200)}{where}',
    }[kind]


def values_text(random: Random) -> str:
    """Return a random ColumnValues rule."""
    some = random.choice
    pools = {
        'i': ['0', '3', '2.5', 'NULL'], 'n': ['5', '9007199254740992', '7'], 'x': ['0', '1.5', '2.25', 'NULL'],
        'm': ['1.5', '-3.25', '0', '10'], 't': ['"A"', '"12"', 'EMPTY', 'WHITESPACES_ONLY', 'NULL', '"ünï"'],
        'f': ['"true"', '"x"'], 'd': ['"2026-03-01"', 'now()', '(now() - 14 days)'], 'ts': ['"2026-03-15"', 'now()'],
    }
    column = some(list(pools))
    if column == 't' and random.random() < 0.3:
        return f'ColumnValues "t" {some(["", "not "])}matches "{some(["A", "A|B", "[A-Z]+", ".*"])}"'
    pool = pools[column]
    orders = ORDERS if column not in 'tf' else []
    form = some(EQUALS + orders)
    if form in orders:
        pool = [item for item in pool if item != 'NULL']
    return f'ColumnValues "{column}" {form.format(some(pool), some(pool))}'


def parsed(random: Random, count: int) -> list:
    """Return random rules that the language allows, each once."""
    rules: dict = {}
    while len(rules) < count:
        findings = Findings('rules')
        rule = parse_rule(rule_text(random), findings)
        if rule is not None:
            rules[rule] = None
    return list(rules)


def same(number: float | None, other: float | None) -> bool:
    """Compare two numbers that were added up in different orders; what is no number is not reported."""
    if number is None or other is None:
        return (number is None or not math.isfinite(number)) and other is None
    return math.isclose(number, other, rel_tol=1e-9, abs_tol=1e-12)


@pytest.fixture(scope='module', params=TABLES, ids=str)
def checked(request, spark):
    """Rules, rows, the outcomes of the rules and the marked rows, from one evaluation."""
    random = Random(str(request.param))
    rows, rules = rows_of(random, request.param[0]), parsed(random, request.param[1])
    df = spark.createDataFrame([tuple(row.values()) for row in rows], SCHEMA).repartition(3)
    wanted = [index for index, rule in enumerate(rules) if has_row_outcome(rule)]
    prepared = observe_rules(df, rules, CONTEXT, wanted)
    marked = prepared.rows.collect()
    return rules, rows, prepared.outcomes(), marked, wanted, df, prepared.counts()


def test_outcomes_are_those_of_plain_python(checked):
    rules, rows, outcomes, *_ = checked
    assert [outcome.rule for outcome in outcomes] == rules
    wrong = {str(rule): (outcome, passed(rule, rows)) for rule, outcome in zip(rules, outcomes)
             if outcome.passed != passed(rule, rows)}
    assert wrong == {}
    assert [str(outcome.rule) for outcome in outcomes if outcome.passed == bool(outcome.reason)] == []


def test_metrics_are_those_of_plain_python(checked):
    rules, rows, outcomes, *_ = checked
    compared = [(outcome, metric(rule, rows)) for rule, outcome in zip(rules, outcomes) if isinstance(rule, Rule)
                and rule.type in (*GROUPED, *STATISTICS, 'RowCount', 'Completeness')]
    wrong = {str(outcome.rule): (dict(outcome.metrics), expected) for outcome, expected in compared
             if not same(expected, next(iter(outcome.metrics.values()), None))}
    assert compared and wrong == {}


def test_row_outcomes_are_those_of_plain_python(checked):
    rules, rows, _, marked, wanted, *_ = checked
    found: dict[int, set[int]] = {index: set() for index in wanted}
    for row in marked:
        for index in row.failed_rules:
            found[index].add(row.row)
    wrong = {str(rules[index]): (numbers, failing(rules[index], rows)) for index, numbers in found.items()
             if numbers != failing(rules[index], rows)}
    assert wanted and wrong == {}


def test_rows_neither_vanish_nor_multiply_nor_change(checked):
    _, rows, _, marked, _, df, counts = checked
    assert Counter(str(tuple(row)[:-1]) for row in marked) == Counter(str(tuple(row)) for row in df.collect())
    assert (counts.rows, counts.failed) == (len(rows), sum(bool(row.failed_rules) for row in marked))


def test_a_rule_that_demands_all_rows_passes_if_and_only_if_no_row_fails(checked):
    rules, _, outcomes, marked, wanted, *_ = checked
    failed = {index for row in marked for index in row.failed_rules}
    strict = [index for index in wanted if all(part.threshold is None and part.type not in GROUPED
                                               and part.type != 'Completeness' for part in leaves(rules[index]))
              and (isinstance(rules[index], Rule) or rules[index].operator == 'and')]
    assert strict and [index for index in strict if outcomes[index].passed == (index in failed)] == []


def test_an_evaluation_here_and_now_has_the_same_outcomes(checked):
    rules, _, outcomes, _, _, df, _ = checked
    again = evaluate(df, rules, CONTEXT)
    assert [(item.passed, item.reason, item.note) for item in again] == [
        (item.passed, item.reason, item.note) for item in outcomes]
    assert all(same(number, found.metrics.get(name)) for item, found in zip(outcomes, again)
               for name, number in item.metrics.items())
