"""A mapping finds its columns by exact name, by path, then by similarity, and reports missing and dropped ones."""
from __future__ import annotations

import time

import pytest
from pyspark.sql.types import ArrayType, StringType, StructField, StructType
from rapidfuzz import fuzz, utils

from lake_etl.config.mapping import SCORERS
from lake_etl.errors import DataError
from lake_etl.mapping.schema_mapping import (
    ColumnRule, FuzzyMatch, Resolution, flatten_names, mapping_rule, name_parts, resolve)


def schema(text: str) -> StructType:
    """Return the schema of column names split by `|`, each a text."""
    made = StructType()
    for name in text.split('|'):
        made.add(name, 'string')
    return made


ADDRESS = StructType().add('a.b', 'string').add('City', 'string')
LINES = ArrayType(StructType().add('code', 'string'))
NESTED = (StructType().add('Policy Number', 'string')
          .add('Insured', StructType().add('Name', 'string').add('Insured Address', ADDRESS))
          .add('claims', ArrayType(StructType().add('paid', 'double').add('lines', LINES).add('at', ADDRESS)))
          .add('tags', ArrayType(StringType())))


@pytest.mark.parametrize(('arguments', 'expected'), [
    (('a', 'b'), ColumnRule('a', 'b')),
    (('a', 'Null'), ColumnRule('a', None)),
    (('a', ' nULL '), ColumnRule('a', None)),
    (('a', None), ColumnRule('a', None)),
    (('a', 'nullable'), ColumnRule('a', 'nullable')),
    (('a', 'b', '90', 'ratio'), ColumnRule('a', 'b', 90.0, 'ratio')),
    (('a', 'b', 90, ''), ColumnRule('a', 'b', 90.0, None)),
    (('a', 'b', '', 'ratio'), ColumnRule('a', 'b', None, 'ratio')),
    (('a', 'b', 0), ColumnRule('a', 'b', 0.0)),
])
def test_a_row_becomes_a_rule(arguments, expected):
    assert mapping_rule(*arguments) == expected


@pytest.mark.parametrize(('threshold', 'scorer', 'message'), [
    (90, 'ration', "mapping of 'a' has the unknown scorer 'ration'; known scorers are ratio, .*QRatio"),
    ('high', 'ratio', "mapping of 'a' has the threshold 'high', expected a number from 0 to 100"),
    (101, 'ratio', 'the threshold 101, expected'),
    ('nan', 'ratio', "the threshold 'nan', expected"),
])
def test_a_row_with_a_likeness_that_does_not_exist_is_refused(threshold, scorer, message):
    with pytest.raises(DataError, match=message):
        mapping_rule('a', 'b', threshold, scorer)


@pytest.mark.parametrize(('source', 'parts'), [
    ('PolicyNumber', ('PolicyNumber',)),
    ('Loss.Paid', ('Loss.Paid',)),
    ('a`b', ('a`b',)),
    ('`Insured`.`Address`', ('Insured', 'Address')),
    ('`a.b`.`c``d`', ('a.b', 'c`d')),
    ('`a`', ('a',)),
    ('`a`.b', ('`a`.b',)),
    ('`a` and `b`', ('`a` and `b`',)),
    ('`', ('`',)),
])
def test_only_a_name_wholly_in_back_ticks_is_a_path(source, parts):
    assert name_parts(source) == parts


def test_all_names_that_a_path_can_reach_are_listed():
    assert flatten_names(NESTED) == [
        'Policy Number', 'Insured', '`Insured`.`Name`', '`Insured`.`Insured Address`',
        '`Insured`.`Insured Address`.`a.b`', '`Insured`.`Insured Address`.`City`', 'claims', '`claims`.`paid`',
        '`claims`.`lines`', '`claims`.`at`', '`claims`.`at`.`a.b`', '`claims`.`at`.`City`', 'tags']


@pytest.mark.parametrize(('rules', 'columns', 'expected'), [
    pytest.param([ColumnRule('b', 'second'), ColumnRule('A', 'first')], 'a|b|c',
                 Resolution((('`b`', 'second'), ('`a`', 'first')), (), ('c',), (), (), ('c',)),
                 id='order of the rows, any case'),
    pytest.param([ColumnRule('Loss.Paid', 'paid'), ColumnRule('a b', 'ab'), ColumnRule('q`t', 'tick')],
                 'Loss.Paid|a b|q`t',
                 Resolution((('`Loss.Paid`', 'paid'), ('`a b`', 'ab'), ('`q``t`', 'tick')), (), (), ()),
                 id='odd letters'),
    pytest.param([ColumnRule('a', None), ColumnRule('b', 'b')], 'a|b', Resolution((('`b`', 'b'),), (), ('a',), ()),
                 id='mapped to Null'),
    pytest.param([ColumnRule('x', 'x'), ColumnRule('y', None), ColumnRule('a', 'a')], 'a',
                 Resolution((('`a`', 'a'),), ('x', 'y'), (), (), ('x', 'y')), id='missing, also one mapped to Null'),
    pytest.param([ColumnRule('a', 'one'), ColumnRule('A', 'two')], 'a|A',
                 Resolution((('`a`', 'one'), ('`A`', 'two')), (), (), ()), id='names that differ by case'),
    pytest.param([ColumnRule('a', 'one'), ColumnRule('a', 'two')], 'a',
                 Resolution((('`a`', 'one'), ('`a`', 'two')), (), (), ()), id='one source for two columns'),
    pytest.param([ColumnRule('x', 'x')], 'a|b', Resolution((), ('x',), ('a', 'b'), (), ('x',), ('a', 'b')),
                 id='nothing fits'),
    pytest.param([], 'a', Resolution((), (), ('a',), (), (), ('a',)), id='no rows'),
])
def test_exact_rows(rules, columns, expected):
    assert resolve(rules, schema(columns)) == expected


@pytest.mark.parametrize(('source', 'expression'), [
    ('`Insured`.`Insured Address`.`City`', '`Insured`.`Insured Address`.`City`'),
    ('`insured`.`insured address`.`A.B`', '`Insured`.`Insured Address`.`a.b`'),
    ('`claims`.`AT`.`city`', '`claims`.`at`.`City`'),
    ('`claims`.`lines`', '`claims`.`lines`'),
    ('`claims`.`lines`.`code`', None),
    ('`Insured`.`Nobody`', None),
    ('`Insured`.`Name`.`First`', None),
    ('`tags`.`x`', None),
    ('Insured.Name', None),
])
def test_a_path_leads_into_structs_and_one_array_or_is_missing(source, expression):
    resolved = resolve([ColumnRule(source, 'found')], NESTED)
    assert resolved.selected == (((expression, 'found'),) if expression else ())
    assert resolved.missing == (() if expression else (source,))
    kept = {name_parts(expression)[0]} if expression else set()
    assert set(resolved.dropped) == set(NESTED.fieldNames()) - kept


def test_fuzzy_rows_come_after_all_exact_ones_and_never_take_a_column_twice():
    rules = [ColumnRule('NewRenewal', 'new', 90, 'ratio'), ColumnRule('NewOrRenewal', 'exact'),
             ColumnRule('New Renewals', 'more', 80),
             ColumnRule('premium', 'premium', 80, 'WRatio')]
    resolved = resolve(rules, schema('NewOrRenewal|New-Renewal|Written Premium|zzz'))
    assert resolved.selected == (
        ('`New-Renewal`', 'new'), ('`NewOrRenewal`', 'exact'), ('`Written Premium`', 'premium'))
    assert (resolved.missing, resolved.dropped) == (('New Renewals',), ('zzz',))
    assert [(match.wanted, match.found) for match in resolved.fuzzy] == [
        ('NewRenewal', 'New-Renewal'), ('premium', 'Written Premium')]
    assert all(match.score >= 80 for match in resolved.fuzzy)


def test_case_and_punctuation_do_not_count_against_likeness():
    resolved = resolve([ColumnRule('policy number', 'number', 100, 'ratio')], schema('POLICY_NUMBER'))
    assert resolved.fuzzy == (FuzzyMatch('policy number', 'POLICY_NUMBER', 100.0),)


@pytest.mark.parametrize('scorer', SCORERS)
def test_each_scorer_measures_as_the_library_does_after_its_usual_clean_up(scorer):
    wanted, columns = 'Premium (written)', ['premium-written amount', 'Written Premium', 'zzz']
    [match] = resolve([ColumnRule(wanted, 'premium', 0, scorer)], schema('|'.join(columns))).fuzzy
    likeness = {name: getattr(fuzz, scorer)(utils.default_process(wanted), utils.default_process(name))
                for name in columns}
    assert (match.found, match.score) == (max(columns, key=likeness.get), max(likeness.values()))


def test_a_line_break_in_a_header_counts_as_a_blank_however_it_is_written():
    columns = StructType().add('Policy\r\nNumber', 'string').add('Paid\nAmount', 'string')
    resolved = resolve([ColumnRule('policy\nnumber', 'number'), ColumnRule('Paid\r\nAmount', 'paid'),
                        ColumnRule('Policy Number', 'x')],
                       columns)
    assert resolved.selected == (('`Policy\r\nNumber`', 'number'), ('`Paid\nAmount`', 'paid'),
                                 ('`Policy\r\nNumber`', 'x'))
    assert resolved.missing == ()


def test_only_rows_without_a_threshold_have_to_find_their_column():
    rules = [ColumnRule('x', None), ColumnRule('y', 'y', 90, 'ratio'), ColumnRule('`a`.`b`', 'z'), ColumnRule('a', 'a')]
    resolved = resolve(rules, schema('a'))
    assert (resolved.missing, resolved.required) == (('x', 'y', '`a`.`b`'), ('x', '`a`.`b`'))
    assert resolve([ColumnRule('x', 'x', optional=True)], schema('a')).required == ()


@pytest.mark.parametrize(('threshold', 'found'), [(85.7, True), (85.8, False)])
def test_a_hit_needs_a_score_of_at_least_the_threshold(threshold, found):
    resolved = resolve([ColumnRule('polnumber', 'number', threshold, 'ratio')], schema('policynumber|x'))
    assert bool(resolved.fuzzy) is found, 'nine of the letters are shared: 2 * 9 / (9 + 12) = 85.71 %'


def test_a_fuzzy_row_may_find_a_member_and_may_drop_what_it_finds():
    resolved = resolve([ColumnRule('Insured Address City', 'city', 60, 'ratio'), ColumnRule('tag', None, 80)], NESTED)
    assert resolved.selected == (('`Insured`.`Insured Address`.`City`', 'city'),)
    assert resolved.dropped == ('Policy Number', 'claims', 'tags')


def test_a_fuzzy_row_without_any_column_left_is_missing():
    resolved = resolve([ColumnRule('a', 'a'), ColumnRule('b', 'b', 50)], schema('a'))
    assert (resolved.selected, resolved.missing, resolved.fuzzy) == ((('`a`', 'a'),), ('b',), ())


def test_two_rows_with_one_destination_are_refused():
    with pytest.raises(DataError, match='more than one row for premium; keep one'):
        resolve([ColumnRule('a', 'Premium'), ColumnRule('b', 'premium'), ColumnRule('c', None), ColumnRule('d', None)],
                schema('a|b|c|d'))


def test_the_time_for_a_mapping_grows_with_its_columns_not_with_their_square():
    names = [f'Feld {number}' for number in range(5_000)]
    started = time.process_time()
    found = resolve([ColumnRule(name.upper(), f'field_{number}') for number, name in enumerate(names)],
                    StructType([StructField(name, StringType()) for name in names]))
    assert [source for source, _ in found.selected] == [f'`{name}`' for name in names]
    assert time.process_time() - started < 5, 'comparing each name with each other takes a minute'
