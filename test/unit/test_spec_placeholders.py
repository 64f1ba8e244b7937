"""Placeholders in SQL: what is filled in, what stays, and that no value changes what a statement does."""
from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lake_etl.errors import ConfigurationError
from lake_etl.syntax.placeholders import fill_placeholders, report_unknown_placeholders
from lake_etl.syntax.records import Findings
from lake_etl.syntax.sql_pieces import Kind, pieces

VALUES = {
    'p_year': '2026', 'p_month': 7, 'share': 0.25, 'limit': Decimal('-1.50'), 'day': date(2026, 11, 23),
    'execution_id': 'a1b2-c3d4', 'file': "O'Brien; drop \"x\" `y`", 'path': 'a\\b', 'double': 'a--b', 'end': "\\';",
}


@pytest.mark.parametrize(('dialect', 'text', 'expected'), [
    ('spark', 'year = {p_year}', 'year = 2026'),
    ('spark', 'month = {p_month:02d}, {p_month!r}, {share:.1f}, x - {limit}', 'month = 07, 7, 0.2, x - -1.50'),
    ('spark', "'{day:%Y%m}' {execution_id}", "'202611' a1b2-c3d4"),
    ('spark', "'{{' '{{p_year}}' '{{{p_year}}}'", "'{' '{p_year}' '{2026}'"),
    ('spark', "rlike '[0-9]{2,4}' and a = '{}'", "rlike '[0-9]{2,4}' and a = '{}'"),
    ('spark', """'{"a": {"b": "{p_year}"}}'""", """'{"a": {"b": "2026"}}'"""),
    ('spark', """'{{"a": {{"b": 1}}}}' '{{"a": {"b": 1}}}'""", """'{"a": {"b": 1}}' '{"a": {"b": 1}}'"""),
    ('spark', "'{a: \"x\"}' '{a: 1}'", "'{a: \"x\"}' '{a: 1}'"),
    ('spark', r"rlike '\\p{Lu}\\x{1F600}'", r"rlike '\\p{Lu}\\x{1F600}'"),
    ('spark', '-- {unknown} {p_year} {{\nselect 1', '-- {unknown} {p_year} {{\nselect 1'),
    ('spark', 'select /* {unknown} */ /*+ coalesce({p_month}) */ 1', 'select /* {unknown} */ /*+ coalesce(7) */ 1'),
    ('spark', "'{file}'", r"""'O\'Brien; drop "x" `y`'"""),
    ('spark', '"{file}"', r'''"O'Brien; drop \"x\" `y`"'''),
    ('spark', '`{file}`', """`O'Brien; drop "x" ``y```"""),
    ('spark', "'{path}' r'{path}'", r"'a\\b' r'a\b'"),
    ('spark', "'{end}'", r"'\\\';'"),
    ('athena', "'{file}' \"{file}\"", "'O''Brien; drop \"x\" `y`' \"O'Brien; drop \"\"x\"\" `y`\""),
    ('redshift', "'{file}' '{end}'", r"""'O''Brien; drop "x" `y`' '\\'';'"""),
    ('redshift', '$$ {p_year} $$', '$$ 2026 $$'),
])
def test_values_are_filled_in_and_other_braces_stay(dialect, text, expected):
    assert fill_placeholders(text, VALUES, dialect, 's.sql') == expected


@pytest.mark.parametrize(('dialect', 'text', 'problem'), [
    ('spark', 'a = {file}', '{file}: the value is neither a number nor a plain word; write quotes around the '
                            'placeholder'),
    ('redshift', '$$ {file} $$', '{file}: the value is neither a number nor a plain word; write quotes around the '
                                 'placeholder'),
    ('spark', 'a = {double}', '{double}: the value is neither a number nor a plain word; write quotes around the '
                              'placeholder'),
    ('spark', 'a -{limit}', '{limit}: a minus sign before the negative value would begin a comment; write a space '
                            'between them'),
    ('spark', "r'{file}'", "{file}: the value holds a quote, which cannot be written in a raw text r'…'; leave out "
                           'the r'),
    ('spark', r"'\{file}'", '{file}: a backslash stands right before the placeholder; write it twice'),
    ('athena', "'{path}'", '{path}: the value holds a backslash, which the engine reads differently in queries and in '
                           'definitions'),
    ('spark', '{p_year:02d}', "{p_year:02d}: the format '02d' does not suit the value, which is a text"),
    ('spark', "'{p_month:%Y}'", "{p_month:%Y}: the format '%Y' does not suit the value, which is a int"),
])
def test_a_value_that_cannot_stand_there_is_refused_without_showing_it(dialect, text, problem):
    with pytest.raises(ConfigurationError) as raised:
        fill_placeholders(text, VALUES, dialect, 's.sql')
    assert [str(item) for item in raised.value.problems] == [f's.sql: {problem}']


def test_all_unknown_names_are_listed_once_with_the_known_ones():
    with pytest.raises(ConfigurationError) as raised:
        fill_placeholders("{p_yaer} '{p_yaer}' {other:>5} -- {third}", {'p_year': 1, 'a': 2}, 'spark', 's.sql')
    assert [str(item) for item in raised.value.problems] == [
        "s.sql: {p_yaer}: unknown placeholder (did you mean 'p_year'?; known: a, p_year; a literal brace is written "
        'twice)',
        's.sql: {other:>5}: unknown placeholder (known: a, p_year; a literal brace is written twice)']


def test_placeholders_can_be_checked_by_name_before_there_are_values():
    findings = Findings('s.sql')
    report_unknown_placeholders("{p_year:02d} '{{x}}' {2,4} {nme}", ('p_year',), 'spark', findings)
    assert [item.place for item in findings.problems] == ['{nme}']


@settings(max_examples=300, deadline=None)
@given(st.text("a'\"`\\;-/*$\n {}", max_size=12), st.sampled_from(['spark', 'athena', 'redshift']),
       st.sampled_from(["select '{value}', 1 -- c", 'select "{value}", 1', 'select `{value}`, 1', 'select {value}, 1',
                        "select r'{value}', 1", r"select 'a\\{value}b'", "select 'a''{value}', 1 /* c */", '-{value}',
                        "select '{value}{value}'"]))
def test_no_value_changes_which_pieces_a_statement_has(value, dialect, text):
    try:
        filled = fill_placeholders(text, {'value': value}, dialect, 's.sql')
    except ConfigurationError:
        return
    before, after = list(pieces(text, dialect)), list(pieces(filled, dialect))
    assert [(piece.kind, piece.closed) for piece in after] == [(piece.kind, piece.closed) for piece in before]
    assert [len(piece.text.split(';')) for piece in after if piece.kind is Kind.CODE] == [
        len(piece.text.split(';')) for piece in before if piece.kind is Kind.CODE]


@settings(max_examples=200, deadline=None)
@given(st.text("ab'{}:!\"`\\- \n", max_size=30), st.sampled_from(['spark', 'athena', 'redshift']))
def test_any_text_is_filled_or_refused_as_configuration(text, dialect):
    try:
        assert isinstance(fill_placeholders(text, {'a': 'x'}, dialect, 's.sql'), str)
    except ConfigurationError as error:
        assert error.problems
