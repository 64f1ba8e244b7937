"""Rules of the data quality language: how each form is understood and printed, and what is said about broken ones."""
from __future__ import annotations

from datetime import date, time
from decimal import Decimal

import pytest

from lake_etl.dqdl.parser import parse_rule
from lake_etl.dqdl.rule_types import RULE_TYPES, has_row_outcome
from lake_etl.dqdl.syntax_tree import (
    Arithmetic, Call, Composite, Condition, Day, Duration, Keyword, Now, Number, Parameter, Rule, Size, Text, TimeOfDay)
from lake_etl.syntax.records import Findings


def number(text: str) -> Number:
    return Number(Decimal(text))


def call(name: str, count: str) -> Call:
    return Call(name, (Call('last', (number(count),)),))


def parsed(text: str):
    findings = Findings('rules')
    rule = parse_rule(text, findings)
    assert findings.problems == []
    return rule


A = (Parameter('a'),)
RULES = {
    'Completeness of col_1 not between 0.5 and 0.8': Rule(
        'Completeness', (Parameter('col_1', False, 'of'),),
        Condition('number', 'not between', (number('0.5'), number('0.8')))),
    'ColumnCorrelation of col_1 and "col abc" between 0.4 and 0.8': Rule(
        'ColumnCorrelation', (Parameter('col_1', False, 'of'), Parameter('col abc', True, 'and')),
        Condition('number', 'between', (number('0.4'), number('0.8')))),
    'RowCount between (0.9 * avg(last(10))) and (1.1 * avg(last(10)))': Rule('RowCount', (), Condition(
        'number', 'between', tuple(Arithmetic(number(share), '*', call('avg', '10')) for share in ('0.9', '1.1')))),
    'ColumnValues "a" in ["x", NULL, EMPTY, WHITESPACES_ONLY]': Rule('ColumnValues', A, Condition('string', 'in', (
        Text('x'), Keyword('NULL'), Keyword('EMPTY'), Keyword('WHITESPACES_ONLY')))),
    'ColumnValues "a" in [now(), (now() - 3 hours)]': Rule('ColumnValues', A, Condition('date', 'in', (
        Now(), Now(-1, Duration(3, 'hours'))))),
    'ColumnValues "a" between "9:00 AM" and "21:50"': Rule('ColumnValues', A, Condition('date', 'between', (
        TimeOfDay(time(9), '9:00 AM'), TimeOfDay(time(21, 50), '21:50')))),
    'ColumnValues "a" <= 0.4 with threshold not between 0.4 and 0.8': Rule(
        'ColumnValues', A, Condition('number', '<=', (number('0.4'),)),
        threshold=Condition('number', 'not between', (number('0.4'), number('0.8')))),
    'IsComplete "a" where "b > 100"': Rule('IsComplete', A, where='b > 100'),
    'DataFreshness "a" between 2 days and 4 days': Rule('DataFreshness', A, Condition('duration', 'between', (
        Duration(2, 'days'), Duration(4, 'days')))),
    'ReferentialIntegrity "a,b" "ref.{x,y}" = 0.99': Rule(
        'ReferentialIntegrity', (Parameter('a,b'), Parameter('ref.{x,y}')),
        Condition('number', '=', (number('0.99'),))),
    'DatasetMatch "ref" "ID1->ID11,ID2->ID22" "a->aa" between 0.4 and 0.8': Rule(
        'DatasetMatch', (Parameter('ref'), Parameter('ID1->ID11,ID2->ID22'), Parameter('a->aa')),
        Condition('number', 'between', (number('0.4'), number('0.8')))),
    '(RowCount > 0) or ((IsComplete "a") and (IsUnique "a"))': Composite('or', (
        Rule('RowCount', (), Condition('number', '>', (number('0'),))),
        Composite('and', (Rule('IsComplete', A), Rule('IsUnique', A))))),
    'CustomSql "select a from primary" with threshold > 0.5': Rule(
        'CustomSql', (Parameter('select a from primary'),), threshold=Condition('number', '>', (number('0.5'),))),
    # Values.
    'ColumnValues "a" = NULL': Rule('ColumnValues', A, Condition('number', '=', (Keyword('NULL'),))),
    'ColumnValues "a" != EMPTY': Rule('ColumnValues', A, Condition('string', '!=', (Keyword('EMPTY'),))),
    'ColumnValues "a" not in [-1, 2.50]': Rule('ColumnValues', A, Condition('number', 'not in', (
        number('-1'), number('2.50')))),
    'ColumnValues "a" in ["2022-01-01", NULL]': Rule('ColumnValues', A, Condition('date', 'in', (
        Day(date(2022, 1, 1)), Keyword('NULL')))),
    'ColumnValues "a" != (now() + 15 minutes)': Rule('ColumnValues', A, Condition('date', '!=', (
        Now(1, Duration(15, 'minutes')),))),
    'ColumnValues "a" > "12:05 AM" with timeZone = "Europe/Berlin"': Rule(
        'ColumnValues', A, Condition('date', '>', (TimeOfDay(time(0, 5), '12:05 AM'),)),
        tags={'timeZone': 'Europe/Berlin'}),
    'ColumnValues "a" = "25:99"': Rule('ColumnValues', A, Condition('string', '=', (Text('25:99'),))),
    'ColumnValues "a" not matches "[A-Z]{2}\\d+"': Rule('ColumnValues', A, Condition('string', 'not matches', (
        Text('[A-Z]{2}\\d+'),))),
    'FileSize > 5': Rule('FileSize', (), Condition('size', '>', (Size(5),))),
    'FileSize between 1 and 2 MB': Rule('FileSize', (), Condition('size', 'between', (Size(1), Size(2, 'MB')))),
    'FileFreshness "file.csv" > "2026-01-31"': Rule('FileFreshness', (Parameter('file.csv'),), Condition('date', '>', (
        Day(date(2026, 1, 31)),))),
    'FileMatch in ["d41d8c"] with hashAlgorithm = "MD5"': Rule(
        'FileMatch', (), Condition('string', 'in', (Text('d41d8c'),)), tags={'hashAlgorithm': 'MD5'}),
    'RowCount > index(last(3), 2) - abs(std(last(4)))': Rule('RowCount', (), Condition('number', '>', (Arithmetic(
        Call('index', (Call('last', (number('3'),)), number('2'))), '-', Call('abs', (call('std', '4'),))),))),
    'Mean "a" < percentile(last(20), 0.95)': Rule('Mean', A, Condition('number', '<', (
        Call('percentile', (Call('last', (number('20'),)), number('0.95'))),))),
    'IsPrimaryKey "a" "2026-01-31" labels=["team"="claims"]': Rule(
        'IsPrimaryKey', (*A, Parameter('2026-01-31')), labels={'team': 'claims'}),
    'ColumnDataType "a" = "Date" where "b" labels=["k"="v"] with threshold > 0.9 with format = "dd/MM/yyyy"': Rule(
        'ColumnDataType', A, Condition('string', '=', (Text('Date'),)), 'b',
        Condition('number', '>', (number('0.9'),)), {'format': 'dd/MM/yyyy'}, {'k': 'v'}),
    # Quotes, backslashes, line breaks, and letters of all kinds.
    r'ColumnValues "a\"b\\" in ["\"", "\\", "ü漢😀", "two' '\n' 'lines"]': Rule(
        'ColumnValues', (Parameter('a"b\\'),), Condition('string', 'in', (
            Text('"'), Text('\\'), Text('ü漢😀'), Text('two\nlines')))),
    r'ColumnValues "a" = "C:\temp\\"': Rule('ColumnValues', A, Condition('string', '=', (Text('C:\\temp\\'),))),
    r'ColumnValues "a" in ["C:\temp"]': Rule('ColumnValues', A, Condition('string', 'in', (Text('C:temp'),))),
    r'ColumnValues "a" matches "\"\d+\\\"" where "b rlike \"\\d\""': Rule(
        'ColumnValues', A, Condition('string', 'matches', (Text(r'"\d+\\"'),)), r'b rlike "\\d"'),
    r'CustomSql "SELECT \"a\\d\" FROM primary" > 0': Rule(
        'CustomSql', (Parameter(r'SELECT "a\\d" FROM primary'),), Condition('number', '>', (number('0'),))),
    # Spaces, comments, both cases.
    '\t IsComplete\r\n "a"  # why\n where # and when\n "b"': Rule('IsComplete', A, where='b'),
    'IsComplete "a" # the last line': Rule('IsComplete', A),
    'ColumnValues "a" ! = null': Rule('ColumnValues', A, Condition('number', '!=', (Keyword('NULL'),))),
    '((((IsComplete "a"))))': Rule('IsComplete', A),
}


@pytest.mark.parametrize(('text', 'rule'), RULES.items())
def test_a_rule_is_understood_and_its_printed_form_means_the_same(text, rule):
    assert parsed(text) == rule
    assert parsed(str(rule)) == rule


@pytest.mark.parametrize(('text', 'printed'), [
    ('(IsUnique a) and (IsComplete a) or (RowCount > 1)', '((IsUnique a) AND (IsComplete a)) OR (RowCount > 1)'),
    ('((IsUnique a) and (IsComplete a)) and (RowCount > 1)', '(IsUnique a) AND (IsComplete a) AND (RowCount > 1)'),
    ('((IsUnique a) or (IsComplete a)) labels=["k"="v"]', '((IsUnique a) OR (IsComplete a)) labels=["k"="v"]'),
    ('(IsUnique a labels=["k"="v"]) labels=["l"="w"]', 'IsUnique a labels=["k"="v", "l"="w"]'),
    ('RowCount > 1+2 - 3', 'RowCount > 1 + 2 - 3'),
    ('RowCount >(1 + (2*3))', 'RowCount > (1 + (2 * 3))'),
    ('ColumnValues a in [ 1, 2 ,3]', 'ColumnValues a in [1,2,3]'),
    ('RowCount > - 3.0', 'RowCount > -3.0'),
    ('IsUnique of a "b" AND c where "d"', 'IsUnique of a "b" and c where "d"'),
    ('ColumnValues a > 5 with x = -2 with y="z"', 'ColumnValues a > 5 with x = "-2" with y = "z"'),
])
def test_the_printed_form_is_the_same_for_all_ways_to_write_a_rule(text, printed):
    assert str(parsed(text)) == printed
    assert str(parsed(printed)) == printed


def test_arithmetic_is_computed_from_left_to_right_and_a_mixture_is_warned_of():
    findings = Findings('rules')
    rule = parse_rule('RowCount > 1 + 2 * 3', findings)
    assert rule.condition.operands == (Arithmetic(Arithmetic(number('1'), '+', number('2')), '*', number('3')),)
    assert [str(item) for item in findings.warnings] == [
        'rules: column 18: + and * are computed from left to right, as if everything before were in parentheses '
        '(write the parentheses)']
    findings = Findings('rules')
    assert parse_rule('RowCount > (1 + 2) * 3', findings) == rule
    assert findings.warnings == []


@pytest.mark.parametrize(('text', 'expected'), [
    ('ColumnValues a > 5 with owner = "me"',
     'column 33: the tag owner is unknown and has no effect (known: threshold, format, timeZone, hashAlgorithm)'),
    ('ColumnValues a > 5 with threshold > 90',
     'column 25: the threshold 90 is not a share of rows between 0 and 1 (write 0.9 for 90 %)'),
])
def test_what_can_be_evaluated_but_hardly_is_meant_is_a_warning(text, expected):
    findings = Findings('rules')
    assert parse_rule(text, findings) is not None
    assert [str(item) for item in findings.warnings] == [f'rules: {expected}']


def test_two_equal_rules_are_one_key():
    text = 'ColumnValues a > 5 labels=["k"="v", "l"="w"] with timeZone = "UTC"'
    assert len({parsed(text), parsed(text)}) == 1


@pytest.mark.parametrize(('text', 'expected'), [
    ('RowCount > 0', False), ('IsComplete a', True), ('Completeness a > 0.5', True), ('Mean a > 0', False),
    ('ColumnDataType a = "Date" with threshold > 0.5', True), ('DataFreshness a < 3 days', True),
    ('ReferentialIntegrity a "ref.b" = 1', True), ('DatasetMatch ref a = 1', True), ('SchemaMatch ref = 1', False),
    ('DuplicateRowCount = 0', True), ('IsPrimaryKey a b', True), ('UniqueValueRatio a > 0.5', True),
    ('CustomSql "SELECT a FROM primary"', True), ('CustomSql "SELECT count(*) FROM primary" > 1', False),
    ('(IsComplete a) or (IsUnique b)', True), ('(IsComplete a) or ((IsUnique b) and (RowCount > 1))', False),
])
def test_a_rule_has_an_outcome_for_each_row_if_all_its_parts_have(text, expected):
    assert has_row_outcome(parsed(text)) is expected


def test_no_rule_type_stands_twice_for_one_number_of_parameters():
    taken = [(item.name, count) for item in RULE_TYPES for count in range(4) if item.takes(count)]
    assert len(taken) == len(set(taken))
