"""The transform_spec: its steps, the columns that stay text, and the walk through the columns known at each step."""
from __future__ import annotations

import pytest
from declared_transforms import REGISTRY, DateEntry, ValueEntry

from lake_etl.config.entries.known import known_forms
from lake_etl.config.form import FieldEntry
from lake_etl.config.transform_steps import TransformSpec, TransformStep, check_columns, parse_transforms, text_columns
from lake_etl.syntax.records import Findings


def steps_of(raw):
    findings = Findings('Gen-Policy.json')
    spec = parse_transforms(raw, REGISTRY, findings, refuse_unknown=True)
    assert findings.problems == []
    return spec.steps


def test_steps_keep_their_order_and_lose_their_suffix():
    raw = {'description': 'why', 'date': [{'field': 'EffDate', 'format': 'yyyy-MM-dd'}], 'hash': ['TIN'],
           'date:2': [{'field': 'b', 'source': 'a', 'format': 'M/d/yy'}], 'redact': {'phone': '***'}, 'own': {'x': 1}}
    assert steps_of(raw) == (
        TransformStep('date', 'date', raw['date'], (DateEntry(field='EffDate', format='yyyy-MM-dd'),),
                      'transform_spec.date', True),
        TransformStep('hash', 'hash', ['TIN'], (FieldEntry(field='TIN'),), 'transform_spec.hash', True),
        TransformStep('date:2', 'date', raw['date:2'], (DateEntry(field='b', source='a', format='M/d/yy'),),
                      'transform_spec.date:2', True),
        TransformStep('redact', 'redact', {'phone': '***'}, (ValueEntry(field='phone', value='***'),),
                      'transform_spec.redact', False),
        TransformStep('own', 'own', {'x': 1}, None, 'transform_spec.own', False))


@pytest.mark.parametrize(('raw', 'problems'), [
    (None, ['transform_spec: expected an object, got null']),
    ([], ['transform_spec: expected an object, got a list']),
    ({'date': [{'field': 'a', 'format': 'y'}, {'feld': 'a', 'format': 'y'}, {'field': 3, 'format': 'y'}],
      'hash': {'field': 'a'}},
     ["transform_spec.date[1].feld: unknown key (did you mean 'field'?)",
      "transform_spec.date[1]: missing required key 'field'",
      'transform_spec.date[2].field: expected a text, got 3',
      'transform_spec.hash: expected a list of column names, got an object']),
])
def test_all_that_does_not_fit_is_named_with_its_place(raw, problems):
    findings = Findings('t.json')
    parse_transforms(raw, REGISTRY, findings, refuse_unknown=True)
    assert [str(item).removeprefix('t.json: ') for item in findings.problems] == problems


UNKNOWN = ("Gen-Policy.json: transform_spec.flipsing:2: Transform function transform_flipsing called for in "
           "Gen-Policy.json not implemented (did you mean 'flipsign'?)")


def test_an_unknown_transform_is_a_problem_or_is_left_out_with_a_warning():
    raw = {'flipsing:2': {}, 'hash': ['a']}
    strict, lenient = Findings('Gen-Policy.json'), Findings('Gen-Policy.json')
    refused = parse_transforms(raw, REGISTRY, strict, refuse_unknown=True)
    left_out = parse_transforms(raw, REGISTRY, lenient, refuse_unknown=False)
    assert ([str(item) for item in strict.problems], strict.warnings) == ([UNKNOWN], [])
    assert ([str(item) for item in lenient.warnings], lenient.problems) == ([UNKNOWN], [])
    assert refused.unknown == left_out.unknown == ('flipsing',)
    assert [step.name for step in left_out.steps] == ['hash']


DATE = {'format': 'yyyy'}


@pytest.mark.parametrize(('raw', 'columns'), [
    ({}, set()),
    ({'date': [{'field': 'EffDate', **DATE}], 'hash': ['TIN']}, {'effdate', 'tin'}),
    ({'date': [{'field': 'b', 'source': 'a', **DATE}]}, set()),
    ({'flipsign': [{'field': 'a'}], 'hash': ['A']}, set()),
    ({'hash': ['a'], 'flipsign': [{'field': 'A'}]}, {'a'}),
    ({'date': [{'field': 'b', 'source': 'a', **DATE}], 'hash': ['a', 'b']}, set()),
    ({'literal': {'a': 1}, 'hash': ['a', 'b']}, {'b'}),
    ({'hash': ['a'], 'flatten': [{'field': 's'}], 'hash:2': ['b']}, {'a'}),
    ({'hash': ['a'], 'filterrows': [{'condition': 'b > 5'}], 'hash:2': ['b']}, {'a'}),
    ({'hash': ['a'], 'own': {}, 'hash:2': ['b']}, {'a'}),
])
def test_a_column_stays_text_when_its_first_use_parses_it_in_place(raw, columns):
    assert text_columns(steps_of(raw)) == columns


@pytest.mark.parametrize(('raw', 'problems'), [
    ({'date': [{'field': 'effdate', **DATE}], 'hash': ['TIN']}, []),
    ({'date': [{'field': 'EfDate', **DATE}]}, ["date[0]: column 'EfDate' is not among the columns at this point "
                                               "(did you mean 'EffDate'?)"]),
    ({'date': {'field': 'b', 'source': 'zzz', **DATE}}, ["date: column 'zzz' is not among the columns at this point"]),
    ({'hash': ['TIN', 'zzz']}, ["hash[1]: column 'zzz' is not among the columns at this point"]),
    ({'literal': {'New': 1}, 'flipsign': [{'field': 'other', 'source': 'new'}], 'hash': ['OTHER']}, []),
    ({'hash': ['new'], 'literal': {'new': 1}}, ["hash[0]: column 'new' is not among the columns at this point"]),
    ({'flipsign': [{'field': 'b', 'source': 'TIN'}, {'field': 'c', 'source': 'b'}]}, []),
    ({'flatten': [{'field': 'zzz'}], 'hash': ['anything']},
     ["flatten[0]: column 'zzz' is not among the columns at this point"]),
    ({'own': {}, 'hash': ['anything']}, []),
    ({'filterrows': [{'condition': 'x'}], 'hash': ['zzz']},
     ["hash[0]: column 'zzz' is not among the columns at this point"]),
])
def test_a_read_of_a_column_that_is_not_there_is_named(raw, problems):
    findings = Findings('t.json')
    check_columns(steps_of(raw), ('EffDate', 'TIN'), findings)
    assert [str(item).removeprefix('t.json: transform_spec.') for item in findings.problems] == problems


ADDING = {'multilookup': [{'lookup_group': 'g', 'match_columns': ['TIN'], 'return_attributes': ['Rate', 'Base']}]}


@pytest.mark.parametrize(('raw', 'columns', 'added_twice'), [
    (ADDING, ('TIN',), []),
    (ADDING, ('TIN', 'rate'), ['Rate']),
    (ADDING, None, []),
    ({'literal': {'base': 1}, **ADDING}, None, ['Base']),
    ({**ADDING, 'multilookup:2': ADDING['multilookup']}, ('TIN',), ['Rate', 'Base']),
    ({'own': {}, **ADDING}, ('TIN', 'rate'), []),
])
def test_a_column_is_never_added_to_one_of_its_name(raw, columns, added_twice):
    findings = Findings('t.json')
    check_columns(parse_transforms(raw, {**REGISTRY, **known_forms()}, findings, True).steps, columns, findings)
    assert [item.message for item in findings.problems] == [
        f"column '{name}' is there already at this point, and would be added again" for name in added_twice]


def test_nothing_is_followed_behind_a_step_whose_specification_is_wrong():
    findings = Findings('t.json')
    spec = parse_transforms({'literal': [], 'hash': ['new']}, REGISTRY, findings, refuse_unknown=True)
    check_columns(spec.steps, ('a',), findings)
    assert [item.place for item in findings.problems] == ['transform_spec.literal']


def test_an_empty_specification_has_no_steps():
    assert parse_transforms({}, REGISTRY, Findings('t.json'), refuse_unknown=True) == TransformSpec()


def test_a_misspelt_transform_that_protects_data_is_never_left_out():
    from lake_etl.transform.discovery import all_transforms
    findings = Findings('Gen-Policy.json')
    parse_transforms({'redcat': {'phone': '***'}, 'tokenise': ['TIN'], 'unheardof': {}}, all_transforms(), findings,
                     refuse_unknown=False)
    assert [problem.place for problem in findings.problems] == ['transform_spec.redcat', 'transform_spec.tokenise']
    assert [warning.place for warning in findings.warnings] == ['transform_spec.unheardof']
