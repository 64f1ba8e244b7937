"""The schemas by which editors check configuration files agree with the lake's own check of them."""
from __future__ import annotations

import copy
from functools import cache
from pathlib import Path

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from malformed import damaged_values

from lake_etl.config.dependencies import parse_dependencies
from lake_etl.config.entries.known import known_forms
from lake_etl.config.input import parse_input
from lake_etl.config.match_specification import parse_entity_match
from lake_etl.config.quality_rules import parse_quality
from lake_etl.config.transform_steps import parse_transforms
from lake_etl.syntax.json_with_comments import parse_json
from lake_etl.syntax.records import Findings, check_unknown_keys
from lib.local_lake.reference.reference_files import schemas

FOLDER = Path(__file__).resolve().parents[2] / 'lib' / 'glue_scripts' / 'transformation-spec'
DATE = {'field': 'a', 'format': 'yyyy'}


@cache
def validator(name: str) -> jsonschema.Draft7Validator:
    """Return the validator of one kind of file; its schema is a schema itself."""
    schema = schemas()[name]
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


def samples(pattern: str) -> dict[str, dict]:
    """Return the values of the sample files."""
    return {path.name: parse_json(path.read_bytes(), Findings(path.name)) for path in sorted(FOLDER.glob(pattern))}


def is_of_the_lake(value: dict) -> bool:
    """Tell whether a specification uses transforms of the lake only; users put their own files beside the samples."""
    return {key.partition(':')[0].strip() for key in value.get('transform_spec', {})} <= {*known_forms(), 'description'}


SPECIFICATIONS = {name: value for name, value in samples('*.json').items()
                  if not name.endswith(('-dependent.json', '-entitymatch.json')) and is_of_the_lake(value)}
RULES = {'before_transform': {'quarantine_rules': ["IsComplete 'a'"], 'description': 'why'},
         'after_transform': {'warn_rules': ['RowCount > 0'], 'halt_rules': []}, 'convert_single_quotes': True}
DEPENDENCIES = samples('*-dependent.json')
MATCH = {'primary_entity_table': 'people', 'global_id_field': 'id', 'levels': [{
    'id': 1, 'blocks': ['a[0:3]', 'b'], 'threshold': 0.9, 'fields': [
        {'fieldname': 'a', 'type': 'string', 'weight': 0.5, 'method': 'jarowinkler', 'threshold': 0.85},
        {'fieldname': 'b', 'type': 'geographic', 'longitude': 'c', 'description': 'why'},
        {'fieldname': 'd', 'type': 'date', 'swap_months': [[1, 2, 0.5]]}]}]}


def findings_of(name: str, value: dict) -> Findings:
    """Return what the lake's own check finds in a file."""
    findings = Findings('t.json')
    if name != 'transformation-spec':
        parsers = {'dependencies': parse_dependencies, 'dq-rules': parse_quality, 'entity-match': parse_entity_match}
        parsers[name](value, findings)
        return findings
    check_unknown_keys(value, ('input_spec', 'transform_spec'), '', findings)
    if 'input_spec' in value:
        parse_input(value['input_spec'], findings)
    parse_transforms(value.get('transform_spec', {}), known_forms(), findings, refuse_unknown=True)
    return findings


@pytest.mark.parametrize(('name', 'value'), [
    *(('transformation-spec', value) for value in SPECIFICATIONS.values()),
    *(('dependencies', value) for value in DEPENDENCIES.values()),
    ('transformation-spec', {}),
    ('transformation-spec', {'description': 1, 'transform_spec': {'description': 'x', 'date:2': DATE, 'date : x': []}}),
    ('transformation-spec', {'input_spec': {'multiline': True, 'csv': None, 'allow_schema_change': None}}),
    ('transformation-spec', {'transform_spec': {'rownumber': [
        {'field': 'a', 'sort': 'b', 'partition': ['c'], 'description': 5}], 'merge': {
            'field': 'a', 'source_list': ['b'], 'default': 1.5}}}),
    ('dq-rules', RULES),
    *(('entity-match', value) for value in samples('*-entitymatch.json').values()),
    ('entity-match', MATCH),
    ('entity-match', MATCH | {'sort_field': None, 'levels': [{**MATCH['levels'][0], 'blocks': [['a'], ['b', 'c']]}]}),
    ('dq-rules', {}),
    ('dependencies', {'depends_on': {'A/B': 1}, 'lookback': {'days': 1.5, 'hour': 3}, 'description': 'x'}),
])
def test_what_is_right_is_right_for_both(name, value):
    assert [error.message for error in validator(name).iter_errors(value)] == []
    assert findings_of(name, value).problems == []


WRONG = [
    {'transfrm_spec': {}},
    {'input_spec': []},
    {'input_spec': {'csvv': {}}},
    {'input_spec': {'csv': {'headr': True}}},
    {'input_spec': {'csv': {'header': 'true'}}},
    {'input_spec': {'multiline': 'always'}},
    {'input_spec': {'multiline': 1}},
    {'input_spec': {'skip_rows': 1.5}},
    {'input_spec': {'skip_rows': True}},
    {'input_spec': {'types': {'a': 1}}},
    {'input_spec': {'load_mode': 'append'}},
    {'input_spec': {'excel': {'password': 1}}},
    {'input_spec': {'null_values': 'x'}},
    {'transform_spec': []},
    {'transform_spec': {'dates': []}},
    {'transform_spec': {'date': 'x'}},
    {'transform_spec': {'date': [{'field': 'a'}]}},
    {'transform_spec': {'date:2': [{'field': 'a', 'format': 1}]}},
    {'transform_spec': {'date': [{**DATE, 'formt': 'y'}]}},
    {'transform_spec': {'hash': 'a'}},
    {'transform_spec': {'hash': [1]}},
    {'transform_spec': {'changetype': ['a']}},
    {'transform_spec': {'changetype': {'a': 1}}},
    {'transform_spec': {'lookup': [{'field': 'a', 'lookup': 'b', 'nomatch': []}]}},
    {'transform_spec': {'merge': [{'field': 'a', 'source_list': 'b'}]}},
    {'transform_spec': {'filename': [{'field': 'a', 'pattern': '(a)', 'required': 'yes'}]}},
    {'transform_spec': {'rownumber': [{'field': 'a', 'sort': [1]}]}},
    {'transform_spec': {'expandpolicymonths': [{}]}},
]


@pytest.mark.parametrize(('name', 'value'), [
    *(('transformation-spec', value) for value in WRONG),
    *(('dependencies', value) for value in (
        [], {}, {'depends_on': []}, {'depends_on': {}}, {'depends_on': {'A': 1}}, {'depends_on': {'A/B/C': 1}},
        {'depends_on': {'A/B': 1}, 'lookback': 5}, {'depends_on': {'A/B': 1}, 'lookback': {'day s': 1}},
        {'depends_on': {'A/B': 1}, 'lookback': {'days': '1'}}, {'depends_on': {'A/B': 1}, 'lookbak': {}})),
    *(('entity-match', value) for value in (
        [], {}, {'primary_entity_table': 'a'}, MATCH | {'levels': {}}, MATCH | {'level': []},
        MATCH | {'exact_match_fields': {'source_primary_key': 'a'}}, MATCH | {'max_block_pairs': 1.5},
        *(MATCH | {'levels': [{**MATCH['levels'][0], **wrong}]} for wrong in (
            {'blocks': 'a'}, {'blocks': [1]}, {'type': 'guess'}, {'threshold': '1'},
            {'fields': [{'fieldname': 'a', 'type': 'text'}]}, {'fields': [{'type': 'exact'}]})))),
    *(('dq-rules', value) for value in (
        [], {'before_transfrm': {}}, {'after_transform': []}, {'after_transform': {'halt_rule': []}},
        {'after_sparksql': {'warn_rules': 'RowCount > 0'}}, {'after_sparksql': {'warn_rules': [1]}},
        {'convert_single_quotes': 'no'})),
])
def test_what_is_wrong_is_wrong_for_both(name, value):
    assert not validator(name).is_valid(value)
    assert findings_of(name, value).problems


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from([('transformation-spec', value) for value in SPECIFICATIONS.values()]
                       + [('dependencies', value) for value in DEPENDENCIES.values()] + [('dq-rules', RULES)]).flatmap(
    lambda item: st.tuples(st.just(item[0]), damaged_values(item[1]))))
def test_an_editor_never_marks_what_the_lake_takes_without_a_word(item):
    name, value = item
    findings = findings_of(name, copy.deepcopy(value))
    if not validator(name).is_valid(value):
        assert findings.problems or findings.warnings
