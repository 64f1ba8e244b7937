"""Rules of all forms survive printing and parsing, and any broken text gives only problems."""
from __future__ import annotations

from random import Random

from dqdl_texts import any_rules
from hypothesis import given, settings
from hypothesis import strategies as st

from lake_etl.dqdl.parser import parse_document, parse_rule
from lake_etl.syntax.records import Findings

PIECES = [
    '"', '\\', "'", '(', ')', '[', ']', '{', '}', ',', ' and ', ' or ', ' not ', ' in ', ' between ', '= ', '> ', '-',
    'ü', 'now()', '$x', ' NULL ', ' where ', ' with ', ' labels', '=[', '#', '\n', '\0', '9' * 40, 'last(', '1.5',
    ' days', 'Rules = [', 'IsComplete "a"', 'RowCount > 1', '"(a+)+"', 'matches ', 'CustomSql ', '"2026-13-01"']


@given(text=any_rules())
@settings(max_examples=100, deadline=None)
def test_a_printed_rule_parses_to_the_same_rule(text):
    findings = Findings('rules')
    rule = parse_rule(text, findings)
    assert findings.problems == []
    again = parse_rule(str(rule), findings)
    assert (findings.problems, again) == ([], rule)
    assert str(again) == str(rule) and hash(again) == hash(rule)


@given(texts=st.lists(any_rules(), min_size=1, max_size=3))
@settings(max_examples=20, deadline=None)
def test_a_printed_document_parses_to_the_same_document(texts):
    findings = Findings('rules')
    document = parse_document(f'Rules = [ {", ".join(texts)} ]', findings)
    assert findings.problems == []
    assert parse_document(str(document), findings) == document


def broken(text: str, random: Random) -> str:
    """Return the text with up to three short parts replaced by others."""
    for _ in range(random.randint(1, 3)):
        start = random.randint(0, len(text))
        text = text[:start] + random.choice(['', *PIECES]) + text[start + random.randint(0, 5):]
    return text


@given(text=any_rules() | st.lists(st.sampled_from(PIECES), max_size=12).map(''.join), seed=st.integers(0, 10 ** 6))
@settings(max_examples=50, deadline=None)
def test_a_broken_text_gives_a_rule_or_problems_and_nothing_else(text, seed):
    random = Random(seed)
    for attempt in [broken(text, random) for _ in range(20)]:
        for parse in (parse_rule, parse_document):
            findings = Findings('rules')
            assert (parse(attempt, findings) is None) == bool(findings.problems), attempt
            assert all('column ' in problem.place for problem in findings.problems)
