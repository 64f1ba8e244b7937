"""Data quality files: stages, actions and rules, and the positions of their mistakes."""
from __future__ import annotations

import pytest

from lake_etl.config.quality_rules import QualityRules, StageRules, parse_quality
from lake_etl.dqdl.syntax_tree import Composite, Condition, Number, Parameter, Rule, Text
from lake_etl.syntax.records import Findings

EXISTS = Rule('ColumnExists', (Parameter('A'),))
COMPLETE = Rule('IsComplete', (Parameter('A'),))


@pytest.mark.parametrize(('raw', 'expected'), [
    ({}, QualityRules()),
    ({'before_transform': {'warn_rules': ["ColumnExists 'A'"]}},
     QualityRules(before_transform=StageRules(warn_rules=(EXISTS,)))),
    ({'after_transform': {'halt_rules': ['ColumnExists "A"', 'RowCount > 0'], 'quarantine_rules': ['IsComplete "A"'],
                          'description': 'why'},
      'after_sparksql': {'warn_rules': ['(ColumnExists "A") or (IsComplete "A")']}, 'quarantine_clear': True},
     QualityRules(after_transform=StageRules(halt_rules=(EXISTS, Rule('RowCount', (), Condition(
         'number', '>', (Number(0),)))), quarantine_rules=(COMPLETE,)),
         after_sparksql=StageRules(warn_rules=(Composite('or', (EXISTS, COMPLETE)),)), quarantine_clear=True)),
    ({'before_transform': {'quarantine_rules': ['ColumnValues "A" = "O\'Neill"']}, 'convert_single_quotes': False},
     QualityRules(before_transform=StageRules(quarantine_rules=(
         Rule('ColumnValues', (Parameter('A'),), Condition('string', '=', (Text("O'Neill"),))),)))),
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
    ({'after_sparksql': {'halt_rules': ['RowCount > 0', ' ']}},
     ['after_sparksql.halt_rules[1]: column 2: the text is empty, expected a rule']),
    ({'convert_single_quotes': 'no'}, ["convert_single_quotes: expected true or false, got 'no'"]),
    ({'quarantine_clear': 1}, ['quarantine_clear: expected true or false, got 1']),
    # Everything that is wrong in the file, at once.
    ({'before_transform': {'warn_rules': ['IsComplet "A"', 'RowCount >', 'IsComplete "A"']},
      'after_transform': {'quarantine_rules': ['IsComplete "A"', 'RowCount > 0',
                                               'Completeness "A" > 0.9 with threshold > 0.4']}},
     ["before_transform.warn_rules[0]: column 1: rule type IsComplet is unknown (did you mean 'IsComplete'?)",
      'before_transform.warn_rules[1]: column 11: expected something to compare with, found the end',
      'after_transform.quarantine_rules[1]: RowCount cannot quarantine rows, because only the whole data set '
      'passes or fails (move the rule to warn_rules or halt_rules)',
      'after_transform.quarantine_rules[2]: column 29: threshold is not supported for Completeness '
      '(supported: ColumnDataType, ColumnValues, CustomSql, FileFreshness, FileSize)']),
    ({'after_transform': {'quarantine_rules': [
        '(IsComplete "A") and ((Mean "B" > 1) or (CustomSql "SELECT count(*) FROM primary" > 0))']}},
     ['after_transform.quarantine_rules[0]: Mean, CustomSql cannot quarantine rows, because only the whole data '
      'set passes or fails (move the rule to warn_rules or halt_rules)']),
    ({'after_sparksql': {'warn_rules': ['FileSize > 1 KB', 'FileSize "s3://bucket/file" > 1 KB']}},
     ['after_sparksql.warn_rules[0]: FileSize checks the landed file, which a Consume table does not have '
      '(move the rule to before_transform, or name a file)']),
    ({'before_transform': {'halt_rules': ['RowCount > 0, ColumnExists "A"', 'Rules = [ RowCount > 0 ]']}},
     ['before_transform.halt_rules[0]: column 13: the text holds several rules, expected one '
      '(write each rule as a text of its own)',
      'before_transform.halt_rules[1]: column 1: a document starts here, expected one rule '
      '(write each rule as a text of its own)']),
    ({'before_transform': {'halt_rules': ["ColumnExists 'A'"]}, 'convert_single_quotes': False},
     ["before_transform.halt_rules[0]: column 14: found ', but texts need double quotes "
      "(convert_single_quotes turns every ' into \")",
      "before_transform.halt_rules[0]: column 16: found ', but texts need double quotes "
      "(convert_single_quotes turns every ' into \")"]),
])
def test_what_does_not_fit_is_named_with_its_place(raw, problems):
    findings = Findings('dq-Gen-Policy.json')
    assert parse_quality(raw, findings) is None
    assert [str(item) for item in findings.problems] == [f'dq-Gen-Policy.json: {problem}' for problem in problems]


def test_an_unknown_stage_that_resembles_none_is_a_warning():
    findings = Findings('dq-Gen-Policy.json')
    assert parse_quality({'owner': 'Claims'}, findings) == QualityRules()
    assert [item.place for item in findings.warnings] == ['owner']
