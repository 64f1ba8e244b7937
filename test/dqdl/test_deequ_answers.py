"""The lake reads and judges rule sets as AWS's parser and deequ do, except where the guide lists a difference."""
from __future__ import annotations

import math
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from deequ_questions import HERE, Answer, answers, is_evaluated, questions

from lake_etl.dqdl.parser import parse_document
from lake_etl.dqdl.syntax_tree import AnyRule, Document, Rule
from lake_etl.quality.evaluation.evaluate import evaluate
from lake_etl.quality.evaluation.outcomes import EvaluationContext, RuleOutcome
from lake_etl.syntax.records import Findings

GUIDE = Path(__file__).resolve().parents[2] / 'docs' / 'data-quality-language.md'
# Rule sets that the two read differently, each with a sentence of the guide that says so.
READ_DIFFERENTLY = {
    r'labels ?=|DefaultLabels|\$sql|\$col|(?:IsUnique|Uniqueness) (?:i t|"i" "t"|"t" "d")|(?:ZerosCount|Range|Skewness'
    r'|InterquartileRange|Kurtosis|Variance|DuplicateRowCount)\b': 'has no labels, constants as parameters, keys of',
    r'Analyzers = .* Rules = |Rules = .* Metadata = ': 'ignores sections in another order',
    r'\[ RowCount > 1 and IsComplete': 'reads a composite without parentheses',
}


@cache
def read(text: str) -> Document | None:
    """Return a rule set as the lake reads it; None if it refuses it."""
    return parse_document(text, Findings('rules'))


def difference(text: str) -> str | None:
    """Return the sentence of the guide for a rule set that is read differently."""
    return next((reason for pattern, reason in READ_DIFFERENTLY.items() if re.search(pattern, text)), None)


def test_the_answers_are_those_to_the_questions():
    asked = questions()
    assert [(answer.topic, answer.text) for answer in answers()] == asked, 'Run test/dqdl/ask_deequ.py.'
    assert len(asked) >= 400


def test_the_lake_accepts_and_refuses_the_same_rule_sets():
    wrong = [answer.text for answer in answers() if (read(answer.text) is None) != (answer.rules is None)
             and difference(answer.text) is None]
    assert not wrong


def test_rules_are_printed_as_aws_prints_them():
    both = [(answer, document) for answer in answers() if answer.rules and (document := read(answer.text))]
    wrong = [(answer.rules, printed) for answer, document in both
             if (printed := [unescaped(str(rule)) for rule in document.rules]) != answer.rules]
    assert not wrong and len(both) > 300


def unescaped(rule: str) -> str:
    """Return a printed rule as AWS prints it: without the backslashes, so that it cannot be parsed again."""
    return re.sub(r'\\(["\\])', r'\1', rule)


def test_the_guide_lists_each_difference_and_there_is_none_else():
    guide = ' '.join(GUIDE.read_text(encoding='utf-8').split())
    for reason in (*READ_DIFFERENTLY.values(), *JUDGED_DIFFERENTLY.values()):
        assert reason in guide
    for pattern in READ_DIFFERENTLY:
        found = [answer for answer in answers() if re.search(pattern, answer.text)]
        assert any((read(answer.text) is None) != (answer.rules is None) for answer in found), pattern


# Rules that deequ judges differently, each with a sentence of the guide that says so.
JUDGED_DIFFERENTLY = {
    r'IsPrimaryKey \S+ \S+$': 'does not look for null in keys of several columns',
    r'ColumnValues .* with threshold': 'ignores the threshold of `ColumnValues`',
    r'ColumnLength "\S+(?: b)?" (?:!=|not)': 'compares only the shortest and the longest text',
    r'ColumnValues "t" != (?:EMPTY|WHITESPACES_ONLY)': 'counts null as a failure of `!= EMPTY`',
    r'ColumnValues "t" (?:not )?matches': 'anchors only the first and the last alternative',
    r'ColumnValues "d" not between': 'lets null pass `not between` of dates',
    r'ColumnDataType "number" = "Integer"': 'counts `3.5` as an integer',
}


def judged() -> list[tuple[Answer, AnyRule]]:
    """Return the evaluated rules; of those that read SQL or other tables, one of each kind, because they take long."""
    found = [(answer, document.rules[0]) for answer in answers()
             if answer.outcome and (document := read(answer.text)) and is_evaluated(answer.topic)]
    slow = {(rule.type, len(rule.parameters), rule.condition is None): (answer, rule) for answer, rule in found
            if answer.topic.startswith('other tables') and isinstance(rule, Rule)}
    return [*(item for item in found if not item[0].topic.startswith('other tables')), *slow.values()]


def test_rules_are_judged_as_by_deequ(spark, spark_settings):
    asked = judged()
    assert len(asked) >= 230
    rows, reference = (spark.sql((HERE / name).read_text(encoding='utf-8')) for name in ('rows.sql', 'reference.sql'))
    context = EvaluationContext(datetime.now(UTC), table=lambda name: reference)
    with spark_settings({'spark.sql.codegen.wholeStage': 'false', 'spark.sql.adaptive.enabled': 'false'}):
        outcomes = evaluate(rows, [rule for _, rule in asked], context)
    wrong = {str(outcome.rule): found for (answer, _), outcome in zip(asked, outcomes, strict=True)
             if (found := list(_disagreements(answer, outcome)))}
    listed = {rule: pattern for rule in wrong for pattern in JUDGED_DIFFERENTLY if re.match(pattern, rule)}
    assert {rule: found for rule, found in wrong.items() if rule not in listed} == {}
    assert set(listed.values()) == set(JUDGED_DIFFERENTLY)


def _disagreements(answer: Answer, outcome: RuleOutcome) -> Iterator[str]:
    """Yield what the two say differently about a rule: whether it passed, and metrics that both give."""
    if outcome.passed != (answer.outcome == 'Passed'):
        yield f'deequ {answer.outcome}: {answer.reason}'
    ours = {name.partition(' (where: ')[0]: value for name, value in outcome.metrics.items()}
    for name, value in answer.metrics.items():
        if not math.isclose(ours.get(name, value), value, rel_tol=1e-9, abs_tol=1e-12):
            yield f'{name}: deequ {value}, lake {ours[name]}'
