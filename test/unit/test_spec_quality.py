"""Data quality files: their stages, actions and rules, without the language of the rules."""
from __future__ import annotations

import pytest
from lake_etl.spec.quality import QualityRules, StageRules, parse_quality
from lake_etl.spec.records import Findings


@pytest.mark.parametrize(('raw', 'expected'), [
    ({}, QualityRules()),
    ({'before_transform': {'warn_rules': ["ColumnExists 'A'"]}},
     QualityRules(before_transform=StageRules(warn_rules=("ColumnExists 'A'",)))),
    ({'after_transform': {'halt_rules': ['r'], 'quarantine_rules': ['s'], 'description': 'why'},
      'after_sparksql': {}, 'convert_single_quotes': False},
     QualityRules(after_transform=StageRules(halt_rules=('r',), quarantine_rules=('s',)),
                  convert_single_quotes=False)),
])
def test_rules_are_read_by_stage_and_action(raw, expected):
    findings = Findings('dq-Gen-Policy.json')
    assert parse_quality(raw, findings) == expected
    assert findings.problems == findings.warnings == []


@pytest.mark.parametrize(('raw', 'problems'), [
    ({'before_transforms': {}}, ["before_transforms: unknown key (did you mean 'before_transform'?)"]),
    ({'after_transform': {'warn_rule': []}}, ["after_transform.warn_rule: unknown key (did you mean 'warn_rules'?)"]),
    ({'after_transform': {'warn_rules': 'r', 'halt_rules': [1]}},
     ["after_transform.warn_rules: expected a list, got 'r'", 'after_transform.halt_rules[0]: expected a text, got 1']),
    ({'after_sparksql': {'halt_rules': ['r', ' ']}},
     ['after_sparksql: halt_rules[1] is an empty text, expected a rule']),
    ({'convert_single_quotes': 'no'}, ["convert_single_quotes: expected true or false, got 'no'"]),
])
def test_what_does_not_fit_is_named_with_its_place(raw, problems):
    findings = Findings('dq-Gen-Policy.json')
    assert parse_quality(raw, findings) is None
    assert [str(item) for item in findings.problems] == [f'dq-Gen-Policy.json: {problem}' for problem in problems]


def test_an_unknown_stage_that_resembles_none_is_a_warning():
    findings = Findings('dq-Gen-Policy.json')
    assert parse_quality({'owner': 'Claims'}, findings) == QualityRules()
    assert [item.place for item in findings.warnings] == ['owner']
