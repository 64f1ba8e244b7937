"""The rules that are proposed for what a column holds."""
from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from lake_etl.config.quality_rules import parse_quality
from lake_etl.quality.proposal import ColumnProfile, proposed_rules
from lake_etl.syntax.records import Findings


def column(kind, present=100, distinct=3, **more):
    return ColumnProfile('a b', kind, 100, present, distinct, **more)


CASES = {
    'complete whole numbers': (
        column('int', least=Decimal(-5), greatest=Decimal(70)),
        ['IsComplete "a b"', 'ColumnDataType "a b" = "Integer"', 'ColumnValues "a b" >= -5',
         'ColumnValues "a b" <= 70']),
    'decimals, some missing': (
        column('decimal(16,2)', present=66, least=Decimal('0.00'), greatest=Decimal('7.50')),
        ['Completeness "a b" >= 0.66', 'ColumnDataType "a b" = "Decimal(16,2)" where "`a b` IS NOT NULL"',
         'ColumnValues "a b" >= 0.00 where "`a b` IS NOT NULL"',
         'ColumnValues "a b" <= 7.50 where "`a b` IS NOT NULL"']),
    'numbers without a largest one': (column('double', least=Decimal(1)), [
        'IsComplete "a b"', 'ColumnDataType "a b" = "Double"']),
    'dates': (column('date', least=date(2026, 1, 2), greatest=date(2026, 3, 4)), [
        'IsComplete "a b"', 'ColumnDataType "a b" = "Date"', 'ColumnValues "a b" >= "2026-01-02"',
        'ColumnValues "a b" <= "2026-03-04"']),
    'few texts': (
        column('string', lengths=(1, 4), frequent=("O'Neil", 'a "b"', '\\'), distinct=3),
        ['IsComplete "a b"', 'ColumnValues "a b" in ["O\'Neil","\\\\","a \\"b\\""]']),
    'few texts, some missing': (
        column('string', present=90, lengths=(1, 1), frequent=('x', 'y'), distinct=2),
        ['Completeness "a b" >= 0.9', 'ColumnValues "a b" in ["x","y",NULL]']),
    'a few values that seldom occur': (
        ColumnProfile('a', 'string', 10, 10, 3, lengths=(1, 2), frequent=('x', 'y', 'zz')),
        ['IsComplete "a"', 'ColumnLength "a" <= 2']),
    'unique codes': (
        column('string', distinct=99, lengths=(9, 9), patterns=('digits', 'code')),
        ['IsComplete "a b"', 'IsUnique "a b"', 'ColumnValues "a b" matches "[0-9]+"', 'ColumnLength "a b" = 9']),
    'texts of all kinds': (column('string', distinct=60, lengths=(0, 40)), [
        'IsComplete "a b"', 'ColumnLength "a b" <= 40']),
    'nothing': (column('string', present=0, distinct=0), []),
    'lists': (column('array<string>', distinct=0), ['IsComplete "a b"']),
    'a column of a table without rows': (ColumnProfile('a', 'int', 0, 0, 0), []),
}


@pytest.mark.parametrize('case', CASES)
def test_a_proposal_says_what_is_true_of_a_column_today_and_can_be_read(case):
    profile, expected = CASES[case]
    texts = [str(rule) for rule in proposed_rules([profile])]
    assert texts == ['RowCount > 0', *expected]
    findings = Findings('dq-Gen-Policy.json')
    read = parse_quality({'convert_single_quotes': False, 'after_transform': {'warn_rules': texts}}, findings)
    assert findings.problems == [] and [str(rule) for rule in read.after_transform.warn_rules] == texts
