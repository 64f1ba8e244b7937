"""Entity match specifications: what they mean, and every problem of one at once."""
from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lake_etl.config.block_rule import BlockPart, parse_block_part
from lake_etl.config.match_specification import parse_entity_match
from lake_etl.config.workflow import read_entity_match
from lake_etl.errors import ConfigurationError
from lake_etl.syntax.records import Findings

LEVEL = {'id': '1', 'blocks': ['zip'], 'threshold': 0.85, 'fields': [{'fieldname': 'name', 'type': 'exact'}]}
SPEC = {'primary_entity_table': 'people', 'global_id_field': 'globalid', 'levels': [LEVEL]}


def problems(**changes):
    findings = Findings('t.json')
    parse_entity_match({**SPEC, **changes}, findings)
    return [str(problem) for problem in findings.problems]


def level_problems(**changes):
    return problems(levels=[{**LEVEL, **changes}])


def field_problems(**changes):
    return level_problems(fields=[{'fieldname': 'name', 'type': 'string', **changes}])


def test_a_specification_as_existing_lakes_have_it_is_understood():
    raw = {
        'primary_entity_table': 'customer_primary', 'global_id_field': 'globalid', 'sort_field': 'lastupdated',
        'exact_match_fields': {'source_primary_key': 'customerno', 'source_system_key': 'srcsystemid'},
        'levels': [
            {'id': '1', 'blocks': ['firstname[:1]', 'lastname[1:]', 'zip'], 'threshold': 0.85, 'fields': [
                {'fieldname': 'firstname', 'type': 'string', 'weight': 0.3, 'method': 'jarowinkler', 'threshold': 0.85},
                {'fieldname': 'customerdob', 'type': 'exact', 'weight': 0.7}]},
            {'id': '2', 'blocks': ['phonenumber'], 'threshold': 1.0, 'fields': [
                {'fieldname': 'email', 'type': 'exact', 'weight': 0.5}]}]}
    before, findings = copy.deepcopy(raw), Findings('t.json')
    spec = parse_entity_match(raw, findings)
    assert (findings.problems, findings.warnings, raw) == ([], [], before)
    assert [str(rule) for level in spec.levels for rule in level.rules] == [
        'firstname[:1] + lastname[1:] + zip', 'phonenumber']
    assert spec.columns() == ('customerno', 'srcsystemid', 'lastupdated', 'firstname', 'lastname', 'zip',
                              'customerdob', 'phonenumber', 'email')


def test_a_list_of_lists_is_several_rules():
    findings = Findings('t.json')
    spec = parse_entity_match({**SPEC, 'levels': [{**LEVEL, 'blocks': [['a', 'b[-4:]'], ['c']]}]}, findings)
    assert [str(rule) for rule in spec.levels[0].rules] == ['a + b[-4:]', 'c']


@given(st.text('abcdefgh', max_size=8), st.none() | st.integers(-9, 9), st.none() | st.integers(-9, 9))
def test_a_slice_is_refused_only_when_it_is_empty_for_every_text(text, start, stop):
    written = f'name[{"" if start is None else start}:{"" if stop is None else stop}]'
    try:
        assert parse_block_part(written) == BlockPart('name', start, stop)
    except ValueError:
        assert text[start:stop] == ''


@pytest.mark.parametrize('block', ['zip[', 'zip]', 'zip[3]', 'zip[a:b]', '[1:2]', 'zip[1:2:3]', 'zip[1:2]x', 'a[3:1]'])
def test_a_bad_slice_is_named(block):
    found, = level_problems(blocks=[block])
    assert found.startswith('t.json: levels[0]:') and f"'{block}'" in found


@pytest.mark.parametrize(('found', 'text'), [
    (level_problems(blocks=[]), 'blocks is empty'),
    (level_problems(blocks=['a', ['b']]), 'mixes texts and lists'),
    (level_problems(fields=[]), 'fields is empty'),
    (level_problems(threshold=0), 'above 0 and up to 1'),
    (level_problems(threshold=1.1), 'above 0 and up to 1'),
    (level_problems(type='fuzzy'), "expected one of 'weighted', 'probabilistic'"),
    (field_problems(method='jarowinker'), "method 'jarowinker' is not known for type string"),
    (field_problems(weight=-1), 'weight is -1'),
    (field_problems(weight=0), 'all weights are 0'),
    (field_problems(scale=2.0), 'scale has no effect for type string'),
    (field_problems(type='numeric', scale=0), 'scale must be above 0'),
    (field_problems(type='geographic'), 'needs longitude'),
    (field_problems(type='date', swap_months=[[1, 2]]), 'lists of three numbers'),
    (field_problems(type='text'), "expected one of 'exact', 'string'"),
    (problems(levels=[]), 'no row could ever match'),
    (problems(levels=[LEVEL, LEVEL]), "level id '1' is given twice"),
    (problems(primary_entity_table='a.b'), 'a name of letters, digits and _'),
    (problems(global_id='x'), "did you mean 'global_id_field'?"),
    (problems(max_block_pairs=0), 'at least 1'),
])
def test_what_is_wrong_is_said(found, text):
    assert len(found) == 1 and text in found[0]


def test_all_problems_come_at_once():
    found = problems(levels=[
        {**LEVEL, 'blocks': ['zip[1'], 'threshold': 2},
        {**LEVEL, 'id': '2', 'fields': [{'fieldname': 'a', 'type': 'string', 'method': 'x', 'weight': -1}, {}]}])
    assert len(found) == 6 and all(found[number].startswith('t.json: levels[') for number in range(6))


def test_a_specification_that_is_absent_or_broken_is_an_error():
    with pytest.raises(ConfigurationError, match='Gen-entitymatch.json: there is no such file'):
        read_entity_match('Gen', lambda name: None)
    with pytest.raises(ConfigurationError, match='a comma stands before a closing bracket'):
        read_entity_match('Gen', lambda name: b'{"levels": [],}')
