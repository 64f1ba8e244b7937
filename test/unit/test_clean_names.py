"""Cleaned column names are ones that the catalog accepts, and no two of them are the same."""
from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lake_etl.syntax.clean_names import clean_name, clean_names, log_renamed


@pytest.mark.parametrize(('name', 'expected'), [
    ('PolicyNumber', 'policynumber'),
    ('  Policy Number ', 'policy_number'),
    ('Loss.Paid', 'loss_paid'),
    ('a:b', 'a_b'),
    ('a - b', 'a-b'),
    ('a   b', 'a_b'),
    ('a_____b', 'a_b'),
    ('Premium (EUR); {net}=x,y', 'premium_eur_netxy'),
    ('line\nbreak\r\tend', 'linebreakend'),
    ('Prämie Straße', 'prämie_straße'),
    ('日付', '日付'),
    ('"quoted" `tick`', '"quoted"_`tick`'),
    ('x' * 300, 'x' * 255),
    ('', ''),
    (' ;() ', ''),
    ('( )', '_'),
])
def test_a_name_loses_case_separators_and_excess(name, expected):
    assert clean_name(name) == expected


@pytest.mark.parametrize(('names', 'expected'), [
    (['A B', 'A_B', 'a.b'], ['a_b', 'a_b_2', 'a_b_3']),
    (['a', 'a_2', 'A'], ['a', 'a_2', 'a_3']),
    (['a', 'A', 'a_2'], ['a', 'a_2', 'a_2_2']),
    (['', '()', 'x'], ['_c0', '_c1', 'x']),
    (['x' * 300, 'x' * 400], ['x' * 255, 'x' * 253 + '_2']),
    ([], []),
])
def test_columns_with_one_cleaned_name_are_numbered(names, expected):
    assert clean_names(names) == expected


@settings(deadline=None)
@given(st.lists(st.text(max_size=12), max_size=12))
def test_cleaned_names_are_distinct_and_free_of_separators(names):
    cleaned = clean_names(names)
    assert len(set(cleaned)) == len(names) == len(cleaned)
    assert all(name and not re.search(r'[ ,;{}()\n\t=.:\r]', name) for name in cleaned)


def test_a_column_that_got_a_number_is_logged_and_no_other(caplog):
    caplog.set_level('INFO')
    names = ['A B', 'a_2', 'a', 'a.b', '', 'A']
    log_renamed(names, clean_names(names))
    assert caplog.messages == [
        "Column 'a.b' was renamed to 'a_b_2', because its cleaned name was already taken.",
        "Column 'A' was renamed to 'a_3', because its cleaned name was already taken."]
