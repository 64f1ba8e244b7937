"""Documents of the data quality language: their sections, constants and default labels, and mistakes in them."""
from __future__ import annotations

import pytest

from lake_etl.dqdl.parser import parse_document
from lake_etl.dqdl.syntax_tree import Analyzer, Parameter
from lake_etl.syntax.records import Findings

WHOLE = r'''
# What a policy must be.
Metadata = { "Version": "1.0" }
DataSources = { "Primary": " policies ", "AdditionalDataSources": ["claims", "zips"] }
rows = "SELECT \"a\" FROM primary WHERE b RLIKE '\\d'"
states = ["CA", null, "N\"Y"]
column.name = "Größe"
DefaultLabels=["team"="claims", "level"="1"]
Rules = [
    CustomSql $rows,
    ColumnValues $column.name in $states labels=["level"="2"],
    (IsComplete "a") and (IsUnique "a" labels=["x"="y"])  # both
]
Analyzers = [ RowCount, AllStatistics "a", Uniqueness "a" "b" ]'''
PRINTED = r'''Metadata = { "Version": "1.0" }
DataSources = { "Primary": "policies", "AdditionalDataSources": ["claims", "zips"] }
rows = "SELECT \"a\" FROM primary WHERE b RLIKE '\\d'"
states = ["CA", NULL, "N\"Y"]
column.name = "Größe"
Rules = [
    CustomSql $rows labels=["team"="claims", "level"="1"],
    ColumnValues $column.name in $states labels=["team"="claims", "level"="2"],
    ((IsComplete "a") AND (IsUnique "a" labels=["x"="y"])) labels=["team"="claims", "level"="1"]
]
Analyzers = [
    RowCount,
    AllStatistics "a",
    Uniqueness "a" "b"
]
'''


def problems(text: str) -> list[str]:
    findings = Findings('rules.dqdl')
    assert parse_document(text, findings) is None
    return [str(problem).removeprefix('rules.dqdl: ') for problem in findings.problems]


@pytest.fixture(scope='module')
def whole():
    findings = Findings('rules.dqdl')
    document = parse_document(WHOLE, findings)
    assert findings.problems == findings.warnings == []
    return document


def test_a_document_prints_as_one_that_means_the_same(whole):
    assert str(whole) == PRINTED
    assert parse_document(PRINTED, Findings('rules.dqdl')) == whole


def test_windows_line_ends_mean_nothing(whole):
    assert parse_document(WHOLE.replace('\n', '\r\n'), Findings('rules.dqdl')) == whole


def test_constants_stand_for_their_values(whole):
    sql, states, _ = whole.rules
    assert sql.parameters == (Parameter(r"""SELECT "a" FROM primary WHERE b RLIKE '\\d'""", constant='rows'),)
    assert states.parameters == (Parameter('Größe', constant='column.name'),)
    assert list(map(str, states.condition.operands)) == ['"CA"', 'NULL', r'"N\"Y"']


def test_analyzers_alone_are_a_document():
    document = parse_document('Rules = [ RowCount > 1 ] Analyzers = [ Mean "a" ]', Findings('rules.dqdl'))
    assert document.analyzers == (Analyzer('Mean', (Parameter('a'),)),)
    assert parse_document('Analyzers = [ Mean "a" ]', Findings('rules.dqdl')).rules == ()


def test_empty_rules_are_allowed_beside_analyzers():
    document = parse_document('Rules = [ ] Analyzers = [ RowCount ]', Findings('rules.dqdl'))
    assert document.rules == () and len(document.analyzers) == 1


@pytest.mark.parametrize(('text', 'found'), [
    ('Rules = [ ]', ['column 12: the document has no rules and no analyzers (write Rules = [ … ])']),
    ('', ['column 1: the document has no rules and no analyzers (write Rules = [ … ])']),
    ('a = "b"', ['column 8: the document has no rules and no analyzers (write Rules = [ … ])']),
    ('Rules = [ RowCount > 1, ]', ['column 23: there is a comma before the closing ] (remove the comma)']),
    ('Rules = [ RowCount > 1', ['column 23: expected a comma or the closing ], found the end']),
    ('Rules = [ , RowCount > 1 ]', ['column 11: expected a rule type, found ,']),
    ('RowCount > 1', ['column 10: expected = after RowCount, found > (write rules in Rules = [ … ])']),
    ('rules = [ RowCount > 1 ]',
     ["column 11: expected a text or a list of texts as the value of a constant, found RowCount "
      "(did you mean 'Rules'?)"]),
    ('Analyzers = [ RowCount ] Rules = [ RowCount > 1 ]',
     ['column 26: Rules comes after Analyzers '
      '(the order is Metadata, DataSources, a constant, DefaultLabels, Rules, Analyzers)']),
    ('Rules = [ RowCount > 1 ] Rules = [ RowCount > 2 ]', ['column 26: Rules appears twice']),
    ('Metadata = {} Rules = [ RowCount > 1 ]', ['column 13: expected a key in double quotes, found }']),
    ('Metadata = { "Verson": "1" } Rules = [ RowCount > 1 ]',
     ["column 14: key \"Verson\" is unknown (did you mean 'Version'?)", 'column 12: the key "Version" is missing']),
    ('Metadata = { "Version": "1", "Version": "2" } Rules = [ RowCount > 1 ]',
     ['column 30: key "Version" appears twice']),
    ('DataSources = { "Primary": ["a"] } Rules = [ RowCount > 1 ]',
     ['column 28: expected a text in double quotes, found [']),
    ('DataSources = { "Primary": "a", "AdditionalDataSources": "b" } Rules = [ RowCount > 1 ]',
     ['column 58: expected a list of texts in square brackets, found "b"']),
    ('_a = "b" Rules = [ RowCount > 1 ]',
     ['column 1: the name of the constant _a begins with _ (begin it with a letter)']),
    ('a = "b" a = "c" Rules = [ RowCount > 1 ]', ['column 9: the constant a is defined twice']),
    ('a = "b" c = ["d", $a] Rules = [ RowCount > 1 ]',
     ['column 19: a constant cannot be made of another one, found $a']),
    ('a = NULL Rules = [ RowCount > 1 ]',
     ['column 5: expected a text or a list of texts as the value of a constant, found NULL '
      '(write it in double quotes)']),
    ('a = ["b", "c"] Rules = [ IsComplete $a, IsComplete $b, ColumnValues x = $a ]',
     ['column 37: the constant $a is a list, expected a text as a parameter of IsComplete',
      'column 52: the constant $b is not defined (constants: $a)',
      'column 73: the constant $a cannot be used here '
      '(constants are parameters of rules, or follow in and not in)']),
    ('DefaultLabels=["k"="v","k"=""] Rules = [ RowCount > 1 ]',
     ['column 28: the label text "" has 0 characters, expected 1 to 256', 'column 24: the label "k" appears twice']),
    ('Analyzers = [ RowCount > 1, ColumnExists "a", Men "b", Mean ]',
     ['column 24: expected the end of the analyzer RowCount, found > '
      '(analyzers have neither conditions nor anything after them)',
      'column 29: ColumnExists is a rule, not an analyzer',
      "column 47: rule type Men is unknown (did you mean 'Mean'?)",
      'column 56: expected Mean column, found 0 parameters of Mean']),
])
def test_all_mistakes_of_a_document_are_found_at_once(text, found):
    assert problems(text) == found


def test_a_broken_rule_does_not_hide_the_mistakes_after_it():
    assert problems('Metadata = { "Version" }\nRules = [\n  IsComplete "a,\n  RowCount >\n]') == [
        'line 3, column 14: the text that starts here has no closing double quote '
        r'(write a quote inside a text as \")',
        'line 1, column 24: expected : after the key "Version", found }',
        'line 5, column 2: expected a comma or the closing ], found the end']
    assert problems('Rules = [\n  ColumnValues a in [1, "x"],\n  RowCount > (2, 3),\n  IsComplete a > 1\n]') == [
        'line 2, column 25: numbers and texts cannot be mixed',
        'line 3, column 16: expected an operator or the closing ), found ,',
        'line 4, column 16: IsComplete takes no condition, found > 1']
