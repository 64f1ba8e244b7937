"""A table remembers its workflow and protected columns; a load that differs is refused unless it gives a reason."""
from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lake_etl.arguments import OWNER
from lake_etl.config.entries.known import known_forms
from lake_etl.config.transform_steps import ANY_COLUMN, parse_transforms, protected_columns, protection_by_transform
from lake_etl.config.workflow import read_entity_match, read_workflow
from lake_etl.config.written_tables import find_conflicts, match_tables, workflow_tables
from lake_etl.errors import ConfigurationError, OwnershipError
from lake_etl.ports import Table
from lake_etl.publish.ownership import (
    PROTECTED, WORKFLOW, Ownership, ended_protection, owner_before, parameters_after, remembered_of, require_ownership)
from lake_etl.syntax.records import Findings
from lake_etl.syntax.sql_files import parse_spark_sql
from lib.local_lake.cli import main

OWN = Ownership(workflow='HV/Bordereau', protected={'taxid': 'hash'}, file='HV-Bordereau.json')
QUERY = Ownership(workflow='HV/Claims', file='spark-HV-Claims.sql', by_query=True)
PROTECTING = {name: form.protects for name, form in known_forms().items() if form is not None}


def table(**parameters):
    return Table('hv', 'bordereau', (), (), '/cleanse', parameters=parameters)


def filled(ownership, before=None):
    """Return the table after a load, as a catalog merges its properties."""
    known = before.parameters if before else {'owner': 'me'}
    return table(**{**known, **parameters_after(before, ownership)})


def test_a_table_remembers_what_its_first_load_says_and_keeps_properties_of_others():
    for before in (None, table(owner='me')):
        after = filled(OWN, before)
        assert after.parameters == {'owner': 'me', WORKFLOW: 'HV/Bordereau', PROTECTED: '{"taxid": "hash"}'}
    assert PROTECTED not in filled(replace(OWN, protected={})).parameters


def test_a_table_has_the_owner_that_its_last_load_names():
    named = filled(replace(OWN, owner='Policy data'))
    assert named.parameters[OWNER] == 'Policy data'
    assert filled(replace(OWN, owner='Claims data'), named).parameters[OWNER] == 'Claims data'
    assert filled(replace(OWN, owner='Claims data').of_quarantine()).parameters[OWNER] == 'Claims data'
    assert filled(OWN, named).parameters[OWNER] == '' and OWNER not in filled(OWN).parameters


@given(st.lists(st.booleans(), min_size=12, max_size=12))
def test_the_same_workflow_in_any_letter_case_fills_its_table_and_the_first_spelling_stays(upper):
    other = ''.join(letter.upper() if up else letter.lower() for letter, up in zip('HV/Bordereau', upper))
    before = filled(OWN)
    after = filled(replace(OWN, workflow=other, protected={'taxid': 'tokenize', 'mail': 'redact'}), before)
    assert after.parameters[WORKFLOW] == 'HV/Bordereau'
    assert json.loads(after.parameters[PROTECTED]) == {'mail': 'redact', 'taxid': 'tokenize'}
    assert owner_before(before, replace(OWN, workflow=other)) is None


@pytest.mark.parametrize(('intruder', 'words'), [
    (replace(OWN, workflow='hv/claims', file='hv-claims.json'),
     '"takes_over": "HV/Bordereau" in the input_spec of hv-claims.json'),
    (QUERY, '"-- takes over: HV/Bordereau" in spark-HV-Claims.sql')])
def test_another_workflow_is_refused_by_a_message_with_table_owner_intruder_and_the_way(intruder, words):
    unprotected = filled(replace(OWN, protected={}))
    with pytest.raises(OwnershipError) as raised:
        require_ownership(unprotected, intruder)
    for text in ('hv.bordereau', 'HV/Bordereau', intruder.workflow, words,
                 'Readers of the table see what they saw before.'):
        assert text in str(raised.value)
    with pytest.raises(OwnershipError):
        require_ownership(unprotected, replace(intruder, takes_over='HV/Other'))
    taken = replace(intruder, takes_over='hv/BORDEREAU')
    assert owner_before(unprotected, taken) == 'HV/Bordereau'
    after = filled(taken, unprotected)
    assert after.parameters[WORKFLOW] == intruder.workflow
    with pytest.raises(OwnershipError):
        require_ownership(after, replace(OWN, protected={}))


@pytest.mark.parametrize('load', [
    replace(OWN, protected={}), replace(OWN, protected={'tax_id': 'hash'}),
    replace(OWN, protected={ANY_COLUMN: 'mine'}),
    replace(OWN, protected={}, no_longer_protected={'mail': 'because'}),
    replace(QUERY, workflow='HV/Bordereau'), replace(QUERY, takes_over='HV/Bordereau')])
def test_a_load_that_does_not_protect_a_column_that_was_ever_protected_is_refused(load):
    with pytest.raises(OwnershipError, match=r'have protected taxid \(hash\), and no step of this load does'):
        require_ownership(filled(OWN), load)


def test_a_reason_ends_the_protection_and_the_table_forgets_the_column():
    before = filled(replace(OWN, protected={'taxid': 'hash', 'mail': 'tokenize'}))
    ending = replace(OWN, protected={'mail': 'tokenize'}, no_longer_protected={'taxid': 'public', 'never': 'there'})
    assert ended_protection(before, ending) == {'taxid': 'public'}
    after = filled(ending, before)
    assert remembered_of(after).protected == {'mail': 'tokenize'}
    assert ended_protection(after, ending) == {}
    last = filled(replace(OWN, protected={}, no_longer_protected={'mail': 'public'}), after)
    assert remembered_of(last).protected == {}
    require_ownership(last, replace(OWN, protected={}))


@pytest.mark.parametrize('spoilt', ['', '{', '[]', 'null', '{"taxid": 1}', '"taxid"'])
def test_a_memory_that_somebody_has_spoilt_stops_the_load(spoilt):
    with pytest.raises(OwnershipError, match=PROTECTED):
        require_ownership(table(**{PROTECTED: spoilt}), OWN)


def test_without_an_ownership_nothing_is_compared_and_nothing_forgotten():
    require_ownership(filled(OWN), None)
    assert parameters_after(filled(OWN), None) == {}


@pytest.mark.parametrize(('steps', 'protected'), [
    ({'hash': ['TaxId', 'Mail'], 'redact': {'Phone': 'x'}, 'tokenize:2': ['No'], 'titlecase': ['Name']},
     {'taxid': 'hash', 'mail': 'hash', 'phone': 'redact', 'no': 'tokenize'}),
    ({'hash': []}, {}), ({}, {}), ({'titlecase': ['TaxId']}, {})])
def test_protected_columns_are_those_of_steps_that_protect(steps, protected):
    parsed = parse_transforms(steps, known_forms(), Findings('f'), True)
    assert protected_columns(parsed.steps, PROTECTING) == protected


@pytest.mark.parametrize(('raw', 'columns'), [
    (['TaxId'], {'taxid'}), ({'TaxId': 'x'}, {'taxid'}), ([{'field': 'TaxId'}], {ANY_COLUMN}), ('x', {ANY_COLUMN})])
def test_a_function_in_the_place_of_a_transform_protects_the_columns_that_its_specification_names(raw, columns):
    own = {**known_forms(), 'hash': lambda df, *_: df}
    parsed = parse_transforms({'hash': raw}, own, Findings('f'), True)
    assert set(protected_columns(parsed.steps, PROTECTING)) == columns


def problems_of(text):
    with pytest.raises(ConfigurationError) as raised:
        read_workflow('Gen', 'Policy', {'transformation-spec/Gen-Policy.json': text.encode()}.get, known_forms(), 'Dev')
    return '\n'.join(map(str, raised.value.problems))


@pytest.mark.parametrize('reason', ['""', '"  "', '"-"', '1', 'true', 'null', '["public"]', '{}'])
def test_a_reason_has_words(reason):
    found = problems_of(f'{{"input_spec": {{"no_longer_protected": {{"TaxId": {reason}}}}}}}')
    assert 'no_longer_protected.TaxId: expected the reason in words' in found


@pytest.mark.parametrize('name', ['Policy', 'Gen/', '/Policy', 'a/b/c', ' / ', ''])
def test_a_takeover_names_a_workflow(name):
    assert 'takes_over' in problems_of(json.dumps({'input_spec': {'takes_over': name}}))
    findings = Findings('f')
    assert parse_spark_sql(f'-- takes over: {name}\nSELECT year, month, day FROM a', findings) is None
    assert [problem.place for problem in findings.problems] == ['takes over']


@pytest.mark.parametrize('line', ['-- takes over: Gen/Old Policy', '--TAKES OVER:Gen/Old Policy  '])
def test_a_query_names_the_workflow_from_which_it_takes_its_table(line):
    found = parse_spark_sql(f'{line}\n-- mode: partition\nCREATE TABLE x AS SELECT year, month, day FROM a',
                            Findings('f'))
    assert (found.takes_over, found.mode, found.table_override) == ('Gen/Old Policy', 'partition', 'x')
    text = "SELECT '-- takes over: Gen/Old' AS a, year, month, day FROM a"
    assert parse_spark_sql(text, Findings('f')).takes_over is None


def test_a_reason_for_a_column_that_is_protected_lies_in_wait_for_the_next_mistake():
    assert "is still protected by the step 'hash'" in problems_of(
        '{"input_spec": {"no_longer_protected": {"TAXID": "public"}}, "transform_spec": {"hash": ["TaxId"]}}')


@pytest.mark.parametrize('text', [
    '{"transform_spec": {"hash": ["TaxId"], "hash": ["Name"]}}',
    '{"transform_spec": {"hash:2": ["TaxId"], "date": [], "hash:2": []}}',
    '{"transform_spec": {"hash": ["TaxId"]}, "transform_spec": {"titlecase": ["Name"]}}'])
def test_a_step_that_protects_is_not_left_out_because_its_key_is_given_twice(text):
    assert 'steps which protect would be skipped' in problems_of(text)


def test_a_users_function_in_the_place_of_a_step_that_protects_is_taken_to_protect():
    def transform_hash(df, spec, args, lineage, sc=None):
        return df

    def transform_plain(df, spec, args, lineage, sc=None):
        return df
    found = protection_by_transform({'hash': transform_hash, 'plain': transform_plain}, known_forms())
    assert found == {'hash': True, 'plain': False}


def test_tables_that_two_would_fill_are_problems_that_name_both():
    query = b'CREATE TABLE Summary AS SELECT year, month, day FROM a'
    policy, claims = (read_workflow('HV', name, {f'transformation-sql/spark-HV-{name}.sql': query}.get, {}, 'Prod')
                      for name in ('Policy', 'Claims'))
    both = [*workflow_tables('HV', 'Policy', policy), *workflow_tables('HV', 'Claims', claims)]
    problem, = find_conflicts(both)
    for text in ('spark-HV-Claims.sql', 'HV/Claims', 'HV/Policy', 'spark-HV-Policy.sql', 'hv_consume.summary'):
        assert text in str(problem)
    assert find_conflicts(workflow_tables('HV', 'Policy', policy)) == []
    landed = read_workflow('hv_consume', 'summary', {}.get, {}, 'Prod')
    assert len(find_conflicts([*workflow_tables('HV', 'Policy', policy),
                               *workflow_tables('hv_consume', 'summary', landed)])) == 1


def test_a_match_and_rows_set_aside_have_tables_of_their_own_too():
    match = {'primary_entity_table': 'Policy', 'global_id_field': 'id', 'exact_match_fields': {
        'source_primary_key': 'a', 'source_system_key': 'b'}}
    spec = read_entity_match('HV', {'transformation-spec/HV-entitymatch.json': json.dumps(match).encode()}.get)
    files = {'transformation-sql/spark-HV-Policy.sql': b'SELECT year, month, day FROM a',
             'dq-rules/dq-HV-Policy.json': b'{"after_transform": {"warn_rules": ["RowCount > 0"]}}'}
    policy = workflow_tables('HV', 'Policy', read_workflow('HV', 'Policy', files.get, {}, 'Prod'))
    matched = match_tables('HV', spec, 'HV-entitymatch.json')
    assert ['hv_consume.policy and' in str(item) or 'entity match of HV' in str(item)
            for item in find_conflicts([*matched, *policy])] == [True]
    aside = workflow_tables('HV', 'policy_quarantine_after_transform', read_workflow(
        'HV', 'policy_quarantine_after_transform', {}.get, {}, 'Prod'))
    assert len(find_conflicts([*policy, *aside])) == 1


def test_validate_names_a_table_of_two_workflows_and_fails(tmp_path, capsys):
    for name in ('Policy', 'Claims'):
        file = tmp_path / 'transformation-sql' / f'spark-HV-{name}.sql'
        file.parent.mkdir(exist_ok=True)
        file.write_text('CREATE TABLE Summary AS SELECT year, month, day FROM a')
    assert main(['--lake', str(tmp_path / 'lake'), '--config', str(tmp_path), 'validate']) == 1
    assert 'both fill the table hv_consume.summary' in capsys.readouterr().err
