"""Broken rules of the data quality language: each is refused with its place, what was found and what to write."""
from __future__ import annotations

import pytest

from lake_etl.dqdl.parser import parse_rule
from lake_etl.dqdl.rule_types import RULE_TYPES
from lake_etl.syntax.records import Findings

PARENTHESES = 'write each part of a composite in parentheses: (IsUnique "a") and (IsComplete "b")'
WITH_THRESHOLD = ', '.join(item.name for item in RULE_TYPES if item.threshold)


def problems(text: str) -> list[str]:
    findings = Findings('rules')
    assert parse_rule(text, findings) is None
    return [str(problem).removeprefix('rules: ') for problem in findings.problems]


QUOTES = r'write a quote inside a text as \"; convert_single_quotes turns every single quote into one'
GRAMMAR = {
    'Completeness "a"': 'column 17: Completeness needs a condition (compare with a number (> 0.9))',
    'IsComplete "a" > 0.05': 'column 16: IsComplete takes no condition, found > 0.05',
    'Completeness "a" > 0.4 with threshold > 0.4':
        'column 29: threshold is not supported for Completeness '
        f'(supported: {WITH_THRESHOLD})',
    'ColumnDataType "a" = "Date" with threshold > 0.9 with threshold > 0.7':
        'column 55: a rule has one threshold, found another',
    'ColumnValues "a" > now() + 1 hours':
        'column 26: a moment relative to now() needs parentheses (write for example (now() - 3 days))',
    'ColumnValues "a" = (now() - 3 weeks)': 'column 31: expected one of the units days, hours, minutes, found weeks',
    'ColumnValues "a" = (now() - 3 day)':
        "column 31: expected one of the units days, hours, minutes, found day (did you mean 'days'?)",
    'ColumnValues "a" = (now())':
        'column 26: expected + or - and a duration after now(), found ) (without a duration write now())',
    'ColumnValues "a" in [1,"2"]': 'column 24: numbers and texts cannot be mixed',
    'ColumnValues "a" in ["x", "2022-01-01"]':
        'column 27: texts and dates cannot be mixed (a text in the form of a date or time counts as one)',
    'DataFreshness "a" <= 3':
        'column 19: the condition <= 3 does not fit DataFreshness (compare with a duration (<= 3 days))',
    'DataFreshness "a" between 2 and 4 days':
        'column 33: numbers and durations cannot be mixed (each bound carries its unit)',
    'DataFreshness "a" <= -3 days':
        'column 25: days follows -3, but a duration or size is a whole number without a sign',
    'DataFreshness "a" <= 3 fortnights':
        'column 24: expected a unit or the end of the condition, found fortnights '
        '(units: days, hours, minutes, B, KB, MB, GB, TB)',
    'ReferentialIntegrity "a" = 0.99':
        'column 1: expected ReferentialIntegrity columns reference, found 1 parameter of ReferentialIntegrity',
    'IsUnique > 1': 'column 1: expected IsUnique column …, found 0 parameters of IsUnique',
    'RowCount > $n': 'column 12: the constant $n cannot be used here '
                     '(constants are parameters of rules, or follow in and not in)',
    'ColumnValues "a" matches $p': 'column 26: a constant such as $p cannot follow matches '
                                   '(write the regular expression itself)',
    'ColumnValues "a" in ["b", $p]': 'column 27: a constant such as $p cannot be one member of a list '
                                     '(write in $name for the whole list)',
    'IsComplete $p': 'column 12: the constant $p is not defined '
                     '(constants are defined in a document, before its rules)',
    'AllStatistics "a" > 0': 'column 1: AllStatistics is an analyzer, not a rule',
    'FileSize > 1 KB with t != "x"':
        'column 24: expected = after the tag t, found != (tags take no other operator)',
    'FileSize 1 GB': 'column 10: expected an operator before 1 (write for example >, between or in)',
    'FileSize > 1.5': 'column 10: the condition > 1.5 does not fit FileSize (compare with a size (> 1 KB))',
    'FileSize > 1KB': 'column 12: expected something to compare with, found 1KB '
                      '(numbers are written like 5, 0.5 and -3)',
    'IsUnique "a" and IsComplete "b"': f'column 18: a rule IsComplete begins after and ({PARENTHESES})',
    'RowCount > 1 and RowCount < 3':
        f'column 14: the rule RowCount before and needs parentheses ({PARENTHESES})',
    '(RowCount > 1) or RowCount < 3':
        f'column 16: a part of the composite next to or needs parentheses ({PARENTHESES})',
    'CustomSql "SELECT a WHERE b = "x" AND c"':
        f'column 1: expected CustomSql statement, found 3 parameters of CustomSql ({QUOTES})',
    'IsComplete "a" where "b = "PAID""': f'column 28: expected the end of the rule IsComplete, found PAID ({QUOTES})',
    '(RowCount > 1': 'column 14: expected and, or, or the closing ), found the end',
    'isUnique "a"': "column 1: rule type isUnique is unknown (did you mean 'IsUnique'?)",
    'IsComplete "a" IsUnique "b"':
        'column 1: expected IsComplete column, found 3 parameters of IsComplete (is a comma missing before IsUnique?)',
    'RowCount > 5 were "x"':
        "column 14: expected a unit or the end of the condition, found were (did you mean 'where'?)",
    'RowCount > 5 RowCount < 9': 'column 14: expected a unit or the end of the condition, found RowCount '
                                 '(units: days, hours, minutes, B, KB, MB, GB, TB)',
    'IsComplete "a" labels=["k"="v"] where "x"':
        'column 33: expected the end of the rule IsComplete, found where '
        '(the order is: type, parameters, condition, where, labels, with)',
    'ColumnValues "a" > 5 threshold > 0.5':
        'column 22: expected a unit or the end of the condition, found threshold '
        '(units: days, hours, minutes, B, KB, MB, GB, TB)',
    'ColumnValues "a" = "x" threshold > 0.5':
        'column 24: expected the end of the rule ColumnValues, found threshold (write with threshold)',
    'ColumnValues "a" = Null': "column 20: expected something to compare with, found Null (did you mean 'NULL'?)",
    'ColumnValues "a" > "x"':
        'column 18: texts cannot be compared by > '
        '(use =, !=, in, not in, matches or not matches; dates are written "2026-01-31")',
    'ColumnValues "a" between NULL and 3':
        'column 26: NULL cannot be compared by between (use =, !=, in or not in)',
    'RowCount = NULL': 'column 10: NULL can only be used in ColumnValues',
    'ColumnValues "a" in []': 'column 22: the list is empty, expected at least one value',
    'ColumnValues "a" in [1': 'column 23: expected a comma or the closing ] of the list, found the end',
    'ColumnValues "a" in "b"': 'column 21: expected a list in square brackets after in, found "b" '
                               '(write for example in ["a", "b"])',
    'ColumnValues "a" not = 5': 'column 22: expected between, in or matches after not, found = (write != for not =)',
    'ColumnValues "a" = .5': 'column 20: expected something to compare with, found .5 '
                             '(numbers are written like 5, 0.5 and -3)',
    'ColumnValues "a" = "2022-02-30"': 'column 20: "2022-02-30" is not a calendar day',
    'ColumnValues "a" > 5 with format': 'column 33: expected = after the tag format, found the end '
                                        '(tags take no other operator)',
    'ColumnValues "a" > 5 with format = x':
        'column 36: expected a text or a number as the value of the tag format, found x',
    'ColumnValues "a" > 5 with treshold = 0.9':
        "column 38: the tag treshold is unknown (did you mean 'threshold'?)",
    'ColumnValues "a" > 5 with n = 1 with n = 2': 'column 38: the tag n appears twice',
    'ColumnValues "a" > 5 with threshold': 'column 36: expected a condition after threshold, found the end '
                                           '(write for example > 0.9)',
    'ColumnValues "a" > 5 with threshold = "x"':
        'column 27: the threshold = "x" does not compare with numbers (write for example > 0.9)',
    'ColumnNamesMatchPattern ""': 'column 25: a parameter of ColumnNamesMatchPattern is an empty text',
    'Completeness B > 1': 'column 14: B is a reserved word here (write the name as "B")',
    'IsComplete order-id': 'column 17: expected an operator before - (write names with - in double quotes)',
    'IsComplete "a" labels=[]': 'column 24: expected the key of a label in double quotes, found ]',
    'IsComplete "a" labels=["k"="v","k"="w"]': 'column 32: the label "k" appears twice',
    'IsComplete "a" labels=[""="v"]': 'column 24: the label text "" has 0 characters, expected 1 to 128',
    'RowCount > last(5)': 'column 12: last(5) gives several values where one number is needed '
                          '(take one of avg, average, std, min, max, median, sum of them)',
    'RowCount > last(5) * 2': 'column 20: * needs a number on each side, and last(…) gives several values '
                              '(take one of avg, average, std, min, max, median, sum of them)',
    'RowCount > avgg(last(5))': "column 12: function avgg is unknown (did you mean 'avg'?)",
    'RowCount > avg(5)': 'column 12: avg(…) takes values, found avg(5) (write for example avg(last(10)))',
    'RowCount > percentile(last(5), 95)':
        'column 12: percentile(…) takes values and share, found percentile(last(5), 95) '
        '(write for example percentile(last(10), 0.9))',
    'RowCount > index(last(2), 3)':
        'column 12: index(…) takes values and whole number, found index(last(2), 3) (write for example '
        'index(last(10), 1))',
    'RowCount > avg(last(0))': 'column 16: last(…) takes whole number, found last(0) (write for example last(10))',
    'RowCount > avg(last(2)': 'column 23: expected an operator or the closing ), found the end',
    'RowCount > 1/0': 'column 14: division by zero',
    f'RowCount > {"9" * 39}': 'column 12: a number has at most 38 digits',
    f'DataFreshness "a" > {"9" * 5000} days': 'column 21: a duration has at most a thousand years',
    f'FileSize > {"1" * 16} B': 'column 12: a size has at most 15 digits (write it in a larger unit)',
    f'RowCount > {"(" * 101}1': 'column 112: parentheses are nested more than 100 deep',
    f'RowCount > 1{" + 1" * 51}': 'column 214: an expression has at most 50 operators and functions',
    "ColumnExists 'a": "column 14: found ', but texts need double quotes "
                       "(convert_single_quotes turns every ' into \")",
    'ColumnExists "a': 'column 14: the text that starts here has no closing double quote '
                       r'(write a quote inside a text as \")',
    'ColumnValues Größe > 5': 'column 14: the name Größe has letters that need quotes (write "Größe")',
    'ColumnValues a% > 5': "column 15: the character '%' has no meaning "
                           '(write names with such characters in double quotes)',
    'IsComplete ! "a"': 'column 12: found ! without = (write != or not in)',
    'IsComplete $ "a"': 'column 12: a $ starts the name of a constant, but no name follows',
    'IsComplete "a"\n  where 5':
        'line 2, column 9: expected a Spark SQL condition after where in double quotes, found 5',
    '': 'column 1: the text is empty, expected a rule',
    '# only a comment': 'column 17: the text is empty, expected a rule',
    '"IsComplete" "a"': 'column 1: expected a rule type, found "IsComplete"',
    'RowCount > 0, RowCount < 9': 'column 13: the text holds several rules, expected one '
                                  '(write each rule as a text of its own)',
    'RowCount > 0 ]': 'column 14: expected the end of the rule, found ]',
    'Rules = [ RowCount > 0 ]': 'column 1: a document starts here, expected one rule '
                                '(write each rule as a text of its own)',
}
TEXTS = {
    'ColumnValues "a" matches "("':
        "column 18: pattern '(' is no regular expression: a ( is not closed (at character 2)",
    'ColumnNamesMatchPattern "a**"':
        "column 25: pattern 'a**' is no regular expression: * repeats nothing (at character 3)",
    'ColumnValues "a" matches "(a+)+"':
        "column 18: pattern '(a+)+' could keep a job busy for ever, because its repetitions can share out one text in "
        'many ways; let no repetition stand directly in another one, and begin the alternatives in a repetition with '
        'different characters',
    'IsComplete "a" where "b >"': "column 25: the condition is not valid Spark SQL: the GT at '>' is incomplete",
    'IsComplete "a" where "b > 1 GROUP BY b"':
        "column 29: the condition is not valid Spark SQL: 'GROUP BY' is not expected here",
    r'IsComplete "a" where "b = \"x\\y\") OR (c"':
        "column 35: the condition is not valid Spark SQL: ')' is not expected here",
    'IsComplete "a" where "b; c"': 'column 22: the text after where is not one condition of Spark SQL',
    'IsComplete "a" where " "': 'column 22: the condition after where is empty '
                                '(write a Spark SQL condition, such as "age > 21")',
    'IsComplete "a" where "-- why"':
        'column 23: the condition is not valid Spark SQL: there is nothing but blanks and comments',
    'CustomSql "DROP TABLE x"': 'column 11: the statement is not one query, expected a SELECT',
    'CustomSql "-- SELECT"': 'column 11: the statement is not one query, expected a SELECT',
    'CustomSql "SELECT FROM WHERE" > 5':
        "column 24: the statement is not valid Spark SQL: expected table name at 'WHERE'",
    """CustomSql "SELECT 'a" > 5""":
        'column 12: the statement is not valid Spark SQL: a quote or a comment does not end',
    'CustomSql "SELECT 1; SELECT 2" > 5': 'column 11: the statement is not one query, expected a SELECT',
    'CustomSql "SELECT a FROM primary" > 5 with threshold > 0.5':
        'column 44: threshold is not supported for CustomSql with a condition '
        f'(supported: {WITH_THRESHOLD})',
    'ColumnDataType "a" = "Dat"': "column 20: 'Dat' is not a type that ColumnDataType knows (did you mean 'Date'?)",
    'ColumnDataType "a" = "Decimal(39,2)"':
        "column 20: 'Decimal(39,2)' is not a type that ColumnDataType knows (types: Boolean, Date, Timestamp, Integer, "
        'Double, Float, Long, Decimal(p,s) with s ≤ p ≤ 38)',
    'ColumnDataType "a" in ["Date"]': 'column 20: ColumnDataType compares only with = and !=, found in',
    'ColumnDataType "a" = "Date" with format = "d.M.y"':
        "column 43: 'd.M.y' is not a format that ColumnDataType knows (formats: dd-MM-yyyy, MM-dd-yyyy, yyyy-MM-dd, "
        'MM-yyyy, yyyy-MM, dd-MM, MM-dd, dd/MM/yyyy, MM/dd/yyyy, yyyy/MM/dd, MM/yyyy, yyyy/MM, dd/MM, MM/dd)',
    'ColumnDataType "a" = "Long" with format = "MM-dd"':
        'column 43: a format applies only to the type Date, found Long',
    'ColumnValues "a" > "9:00 AM" with timeZone = "Europe/Berln"':
        "column 46: 'Europe/Berln' is not a time zone (did you mean 'Europe/Berlin'?)",
    'ReferentialIntegrity "a,b" "ref.x" = 1': "column 28: 'a,b' and 'ref.x' have different numbers of columns",
    'ReferentialIntegrity "a" "x" = 1': "column 26: 'x' names no columns of a table "
                                        '(write for example "reference.id" or "reference.{id,year}")',
    'ReferentialIntegrity "a,," "ref.x" = 1': "column 22: 'a,,' is not a list of columns "
                                              '(write for example "id" or "id,year")',
    'DatasetMatch "ref" "a->" = 1': "column 20: 'a->' is not a list of columns "
                                    '(write for example "id" or "id->other_id,year")',
    'AggregateMatch "max(a)" "sum(ref.a)" = 1': "column 16: 'max(a)' is not an aggregate of AggregateMatch "
                                                '(write for example "sum(amount)" or "avg(reference.amount)")',
    'DetectAnomalies "RowCont"': "column 17: 'RowCont' with 0 parameters is not a metric (did you mean 'RowCount'?)",
    'DetectAnomalies "Completeness"': "column 17: 'Completeness' with 0 parameters is not a metric",
}


@pytest.mark.parametrize(('text', 'problem'), GRAMMAR.items())
def test_a_text_against_the_grammar_is_refused_with_the_place_of_the_mistake(text, problem):
    assert problems(text) == [problem]


@pytest.mark.parametrize(('text', 'problem'), TEXTS.items())
def test_a_mistake_inside_the_texts_of_a_rule_is_found_before_any_data_is_read(text, problem):
    assert problems(text) == [problem]


@pytest.mark.parametrize(('text', 'found'), [
    ('(Mean "a" > ) and (Meen "b" > 3) and ((RowCount) or (IsComplete "c" > 1))', [
        'column 13: expected something to compare with, found )',
        "column 20: rule type Meen is unknown (did you mean 'Mean'?)",
        'column 48: RowCount needs a condition (compare with a number (> 0.9))',
        'column 69: IsComplete takes no condition, found > 1']),
    ('ColumnDataType "" = "Dat" where "" with threshold = "x" with timeZone = "Mars"', [
        'column 16: a parameter of ColumnDataType is an empty text',
        'column 33: the condition after where is empty (write a Spark SQL condition, such as "age > 21")',
        'column 41: the threshold = "x" does not compare with numbers (write for example > 0.9)',
        "column 73: 'Mars' is not a time zone (write for example Europe/Berlin or +02:00)",
        "column 19: 'Dat' is not a type that ColumnDataType knows (did you mean 'Date'?)"]),
    ('Completeness "a" bewteen 0.1 and 0.5', [
        "column 1: expected Completeness column, found 2 parameters of Completeness (did you mean 'between'?)",
        'column 26: expected an operator before 0.1 (write for example >, between or in)']),
    (f'IsComplete "a" labels=[{",".join(f"{chr(34)}{n}{chr(34)}={chr(34)}v{chr(34)}" for n in range(11))}]', [
        'column 1: the rule has 11 labels, default ones included, expected at most 10']),
])
def test_all_mistakes_of_a_rule_are_found_at_once(text, found):
    assert problems(text) == found


def test_where_names_the_rule_types_that_support_it():
    [problem] = problems('ColumnNamesMatchPattern "x" where "y"')
    assert problem.startswith('column 35: where is not supported for ColumnNamesMatchPattern (supported: RowCount, Col')


def test_an_unknown_rule_type_that_resembles_none_names_all():
    [problem] = problems('Frobnicate "x"')
    assert problem.startswith('column 1: rule type Frobnicate is unknown (expected one of RowCount, ColumnCount, ')


def test_rules_nested_too_deeply_are_refused():
    text = 'RowCount > 1'
    for operator in ('and', 'or') * 11:
        text = f'({text}) {operator} (RowCount > 2)'
    assert problems(text) == ['column 1: rules are nested more than 20 levels deep']
    assert problems('(' * 5000 + 'RowCount > 1') == ['column 61: parentheses are nested more than 60 deep']
