"""The lake reads and judges rule sets as AWS's parser and deequ do, except where the guide lists a difference."""
from __future__ import annotations

import math
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from deequ_questions import HERE, Answer, answers, is_evaluated, questions

from lake_etl.dqdl.parser import parse_document
from lake_etl.dqdl.syntax_tree import Document
from lake_etl.syntax.records import Findings

GUIDE = Path(__file__).resolve().parents[2] / 'docs' / 'data-quality-language.md'
# Rule sets that the two read differently, each with a sentence of the guide that says so.
OLDER_PARSER = 'The published parser is older than AWS Glue'
READ_DIFFERENTLY = {
    r'labels ?=|DefaultLabels|\$sql|\$col|(?:IsUnique|Uniqueness) \S+ "?t"? |IsUnique "t" "d"'
    r'|(?:ZerosCount|Range|InterquartileRange|Skewness|Kurtosis|Variance|DuplicateRowCount)\b': OLDER_PARSER,
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
    assert len(asked) >= 500


def test_the_lake_accepts_and_refuses_the_same_rule_sets():
    wrong = [answer.text for answer in answers() if (read(answer.text) is None) != (answer.rules is None)
             and difference(answer.text) is None]
    assert not wrong


def test_rules_are_printed_as_aws_prints_them():
    both = [(answer, document) for answer in answers() if answer.rules and (document := read(answer.text))]
    wrong = [(answer.rules, printed) for answer, document in both
             if (printed := [unescaped(str(rule)) for rule in document.rules]) != answer.rules]
    assert not wrong and len(both) > 350


def unescaped(rule: str) -> str:
    """Return a printed rule as AWS prints it: without the backslashes, so that it cannot be parsed again."""
    return re.sub(r'\\(["\\])', r'\1', rule)


def test_the_guide_lists_each_difference_and_there_is_none_else():
    guide = ' '.join(GUIDE.read_text(encoding='utf-8').split())
    for pattern, reason in READ_DIFFERENTLY.items():
        assert reason in guide
        found = [answer for answer in answers() if re.search(pattern, answer.text)]
        assert any((read(answer.text) is None) != (answer.rules is None) for answer in found), pattern
