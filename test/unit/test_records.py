"""JSON objects become frozen dataclasses, or every reason why not is recorded with its place."""
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import pytest

from lake_etl.syntax.records import Findings, check_unknown_keys, describe, parse_record, suggestion


@dataclass(frozen=True, kw_only=True)
class Part:
    """A nested record."""

    name: str
    size: int = 1


@dataclass(frozen=True, kw_only=True)
class Everything:
    """A record with a field of each kind."""

    text: str
    number: float = 0.0
    flag: bool = False
    mode: Literal['fast', 'slow'] = 'slow'
    names: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    part: Part | None = None
    either: int | str = 0
    table: dict[str, str] = field(default_factory=dict)
    anything: Any = None

    def check(self):
        """Yield a rule that types cannot express."""
        if self.number < 0:
            yield "'number' must not be negative"


def parse(raw: object) -> tuple[Everything | None, list[str], list[str]]:
    findings = Findings('f.json')
    made = parse_record(Everything, raw, 'at', findings)
    return made, [str(item).removeprefix('f.json: ') for item in findings.problems], [
        str(item).removeprefix('f.json: ') for item in findings.warnings]


@pytest.mark.parametrize(('raw', 'expected'), [
    ({'text': 'a'}, Everything(text='a')),
    ({'text': 'a', 'description': 'why'}, Everything(text='a')),
    ({'text': 'a', 'number': 3, 'flag': True, 'mode': 'fast', 'names': ['x', 'y'], 'either': 'z', 'table': {'k': 'v'},
      'anything': [1, {'x': None}], 'part': {'name': 'p'}, 'parts': [{'name': 'q', 'size': 2}]},
     Everything(text='a', number=3, flag=True, mode='fast', names=('x', 'y'), either='z', table={'k': 'v'},
                anything=[1, {'x': None}], part=Part(name='p'), parts=(Part(name='q', size=2),))),
    ({'text': 'a', 'part': None, 'anything': None}, Everything(text='a')),
])
def test_what_fits_becomes_a_record(raw, expected):
    assert parse(raw) == (expected, [], [])


@pytest.mark.parametrize(('raw', 'problems'), [
    (None, ['at: expected an object, got null']),
    ([], ['at: expected an object, got a list']),
    ({}, ["at: missing required key 'text'"]),
    ({'text': None}, ['at.text: expected a text, got null']),
    ({'text': 1}, ['at.text: expected a text, got 1']),
    ({'text': 'a', 'number': True}, ['at.number: expected a number, got True']),
    ({'text': 'a', 'number': '3'}, ["at.number: expected a number, got '3'"]),
    ({'text': 'a', 'flag': 1}, ['at.flag: expected true or false, got 1']),
    ({'text': 'a', 'flag': 'true'}, ["at.flag: expected true or false, got 'true'"]),
    ({'text': 'a', 'mode': 'fats'}, ["at.mode: expected one of 'fast', 'slow', got 'fats' (did you mean 'fast'?)"]),
    ({'text': 'a', 'mode': []}, ["at.mode: expected one of 'fast', 'slow', got a list"]),
    ({'text': 'a', 'names': 'x'}, ["at.names: expected a list, got 'x'"]),
    ({'text': 'a', 'names': ['x', 2, None]},
     ['at.names[1]: expected a text, got 2', 'at.names[2]: expected a text, got null']),
    ({'text': 'a', 'parts': [{'name': 'p'}, {'size': 1.5}]},
     ['at.parts[1].size: expected a whole number, got 1.5', "at.parts[1]: missing required key 'name'"]),
    ({'text': 'a', 'part': {'nmae': 'p'}},
     ["at.part.nmae: unknown key (did you mean 'name'?)", "at.part: missing required key 'name'"]),
    ({'text': 'a', 'either': 1.5}, ['at.either: expected a whole number or a text, got 1.5']),
    ({'text': 'a', 'table': []}, ['at.table: expected an object, got a list']),
    ({'text': 'a', 'number': -1}, ["at: 'number' must not be negative"]),
    ({'txet': 'a', 'flag': 0, 'names': 1},
     ["at.txet: unknown key (did you mean 'text'?)", "at: missing required key 'text'",
      'at.flag: expected true or false, got 0', 'at.names: expected a list, got 1']),
])
def test_everything_that_does_not_fit_is_named_at_once(raw, problems):
    made, found, _ = parse(raw)
    assert made is None
    assert sorted(found) == sorted(problems)


def test_an_unknown_key_like_no_known_one_is_a_warning():
    made, problems, warnings = parse({'text': 'a', 'zzzz': 1})
    assert (made, problems) == (Everything(text='a'), [])
    assert warnings == ['at.zzzz: unknown key, ignored (known keys: anything, either, flag, mode, names, number, part, '
                        'parts, table, text)']


@pytest.mark.parametrize(('key', 'problem'), [
    ('Format', True), ('fromat', True), ('formats', True), ('comment', False), ('description', None), ('format', None)])
def test_only_a_likely_misspelling_is_a_problem(key, problem):
    findings = Findings('f.json')
    check_unknown_keys([key], ['format', 'field'], '', findings)
    assert ([bool(findings.problems), bool(findings.warnings)] == [bool(problem), problem is False])


@pytest.mark.parametrize(('word', 'expected'), [
    ('redcat', "did you mean 'redact'?"), ('REDACT', "did you mean 'redact'?"), ('policy', ''), ('', '')])
def test_a_suggestion_is_the_most_similar_known_word(word, expected):
    assert suggestion(word, ['redact', 'date', 'hash']) == expected


@pytest.mark.parametrize(('value', 'expected'), [
    (None, 'null'), ({'a': 1}, 'an object'), ([1], 'a list'), ((), 'a list'), ('x', "'x'"), (True, 'True'),
    (1.5, '1.5'), ('y' * 90, "'" + 'y' * 56 + '...')])
def test_a_value_is_described_briefly(value, expected):
    assert describe(value) == expected
