"""Conditions of filterrows whose patterns could be matched for ever are refused, whichever function has them."""
from __future__ import annotations

import pytest

from lake_etl.config.entries.misc import FilterRowsEntry

ENDLESS = '(a+)+$'


@pytest.mark.parametrize('condition', [
    "name rlike '{}'", "name not rlike '{}'", "name regexp '{}'", "regexp_like(name, '{}')", "regexp(name, '{}')",
    "regexp_extract(name, '{}', 1) = 'x'", "regexp_replace(name, '{}', '') = ''", "regexp_count(name, '{}') > 1",
    "regexp_instr(name, '{}') = 1", "regexp_substr(name, '{}') = 'a'", "regexp_extract_all(name, '{}')[0] = 'a'",
    "split(name, '{}')[0] = 'a'", "name rlike r'{}'", "name rlike any ('b', '{}')", "id = 1 OR (NOT name rlike '{}')",
    "CASE WHEN name rlike '{}' THEN true ELSE false END"])
def test_an_endless_pattern_is_refused(condition):
    assert list(FilterRowsEntry(condition=condition.format(ENDLESS)).check())
    assert list(FilterRowsEntry(condition=condition.format('^(a)b*$')).check()) == []


def test_a_pattern_of_joined_texts_is_read_as_one():
    assert list(FilterRowsEntry(condition="name rlike concat('(a+', ')+$')").check())
    assert list(FilterRowsEntry(condition="name rlike '(a+' || ')+$'").check())


@pytest.mark.parametrize('condition', ["name like '(a+)+$'", "name = '(a+)+$'", 'name rlike other',
                                       "name rlike 'x' AND note = '(a+)+$'"])
def test_texts_that_are_not_patterns_are_left_alone(condition):
    assert list(FilterRowsEntry(condition=condition).check()) == []
