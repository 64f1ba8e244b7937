"""Workflow dependencies: what is waited for, and how far back a success counts."""
from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lake_etl.config.dependencies import Dependencies, parse_dependencies, unmet
from lake_etl.syntax.records import Findings

NAMED = {'depends_on': {'Gen/Policy': 1}}
LANDED = datetime(2026, 3, 31, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(('raw', 'expected'), [
    (NAMED, Dependencies((('Gen', 'Policy'),))),
    ({'description': 'why', 'depends_on': {'Gen/Policy': 1, 'Gen/Claim': 1}, 'lookback': {'days': 1}},
     Dependencies((('Gen', 'Policy'), ('Gen', 'Claim')), {'days': 1})),
    ({**NAMED, 'lookback': {'months': 1, 'hours': 0.5}},
     Dependencies((('Gen', 'Policy'),), {'months': 1, 'hours': 0.5})),
])
def test_dependencies_are_read_with_their_case_kept(raw, expected):
    findings = Findings('Gen-All-dependent.json')
    assert parse_dependencies(raw, findings) == expected
    assert findings.problems == findings.warnings == []


@pytest.mark.parametrize(('raw', 'problems'), [
    ([], ['expected an object, got a list']),
    ({}, ["missing required key 'depends_on'"]),
    ({'depend_on': {'Gen/Policy': 1}}, ["depend_on: unknown key (did you mean 'depends_on'?)",
                                        "missing required key 'depends_on'"]),
    ({'depends_on': ['Gen/Policy']}, ['depends_on: expected an object such as {"Database/Table": 1}, got a list']),
    ({'depends_on': {}}, ['depends_on: expected an object such as {"Database/Table": 1}, got an empty object']),
    ({'depends_on': {'Policy': 1, 'a/b/c': 1}}, ["depends_on.Policy: expected a workflow as 'Database/Table'",
                                                 "depends_on.a/b/c: expected a workflow as 'Database/Table'"]),
    ({**NAMED, 'lookback': 1}, ['lookback: expected an object such as {"days": 1}, got 1']),
    ({**NAMED, 'lookback': {'dayz': 1}}, ["lookback.dayz: unknown keyword (did you mean 'days'?)"]),
    ({**NAMED, 'lookback': {'days': '1'}}, ["lookback.days: expected a number, got '1'"]),
    ({**NAMED, 'lookback': {'days': -1}}, ['lookback: the values do not make an interval '
                                           '(use whole years and months, and no negative values)']),
    ({**NAMED, 'lookback': {'months': 1.5}}, ['lookback: the values do not make an interval '
                                              '(use whole years and months, and no negative values)']),
    ({**NAMED, 'lookback': {'days': 1e300}}, ['lookback: the values do not make an interval '
                                              '(use whole years and months, and no negative values)']),
])
def test_what_does_not_fit_is_named_with_its_place(raw, problems):
    findings = Findings('d.json')
    assert parse_dependencies(raw, findings) is None
    assert [str(item).removeprefix('d.json: ') for item in findings.problems] == problems


@pytest.mark.parametrize(('raw', 'place'), [
    ({'depends_on': {'Gen/Policy': 0}}, 'depends_on.Gen/Policy'),
    ({**NAMED, 'lookback': {'day': 1}}, 'lookback.day'),
    ({**NAMED, 'owner': 'Claims'}, 'owner'),
])
def test_an_oddity_is_a_warning(raw, place):
    findings = Findings('d.json')
    assert parse_dependencies(raw, findings) is not None
    assert [item.place for item in findings.warnings] == [place]


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(['days', 'months', 'day', 'weekday', 'hour', 'year', 'x']),
                       st.integers() | st.floats() | st.text(max_size=3)))
def test_any_lookback_gives_dependencies_or_problems(lookback):
    findings = Findings('d.json')
    parsed = parse_dependencies({**NAMED, 'lookback': lookback}, findings)
    assert (parsed is None) == bool(findings.problems)


@pytest.mark.parametrize(('lookback', 'successes', 'missing'), [
    (None, {}, ['A/B', 'C/D']),
    (None, {'A/B': LANDED - HOUR, 'C/D': LANDED + HOUR}, ['A/B']),
    (None, {'A/B': LANDED, 'C/D': LANDED + HOUR}, []),
    ({'days': 1}, {'A/B': LANDED - 23 * HOUR, 'C/D': LANDED - 25 * HOUR}, ['C/D']),
    ({'days': 1}, {'A/B': LANDED - 23 * HOUR, 'C/D': LANDED + HOUR}, []),
    ({'months': 1}, {'A/B': datetime(2026, 2, 28, 12, tzinfo=UTC), 'C/D': LANDED}, []),
    ({'months': 1}, {'A/B': datetime(2026, 2, 28, 11, tzinfo=UTC), 'C/D': LANDED}, ['A/B']),
])
def test_every_dependency_has_to_succeed_within_the_lookback_or_later(lookback, successes, missing):
    dependencies = Dependencies((('A', 'B'), ('C', 'D')), lookback)
    assert unmet(dependencies, LANDED, lambda workflow, moment: successes.get(workflow, LANDED.replace(
        year=2000)) >= moment) == missing
