"""What `./lake validate` warns of: personal columns in clear text, and rules that repeat or contradict each other."""
from __future__ import annotations

import json
import logging

import pytest

from lake_etl.config.entries.known import known_forms
from lake_etl.config.personal_columns import looks_personal, unprotected_columns
from lake_etl.config.quality_rules import parse_quality
from lake_etl.config.rule_conflicts import rule_conflicts
from lake_etl.config.transform_steps import protection_by_transform
from lake_etl.config.workflow import read_workflow
from lake_etl.errors import ConfigurationError
from lake_etl.syntax.records import Findings
from lib.local_lake.cli import main

REGISTRY = {**known_forms(), 'own': object()}
MAPPING = 'SourceName,DestName\nLast Name,LastName\nE-Mail,contact\nPremium,Premium\nTax Id,Null\n'


@pytest.mark.parametrize('name, kind', [
    ('LastName', 'a name'), ('first_name', 'a name'), ('insuredname', 'a name'), ('PolicyHolderName', 'a name'),
    ('E-Mail', 'an e-mail address'), ('insuredcontactemail', 'an e-mail address'), ('Mobile No', 'a telephone number'),
    ('homephone', 'a telephone number'), ('SSN', 'a tax or identity number'),
    ('InsuredTIN', 'a tax or identity number'),
    ('taxid', 'a tax or identity number'), ('PassportNo', 'a tax or identity number'),
    ('IBAN', 'a bank or card number'),
    ('BankAccount', 'a bank or card number'), ('credit_card_number', 'a bank or card number')])
def test_a_name_tells_what_values_seem_to_be(name, kind):
    assert looks_personal(name) == kind


@pytest.mark.parametrize('name', [
    'companyname', 'InsuredCompanyName', 'filename', 'insuredstatename', 'tablename', 'lineofbusiness', 'continent',
    'routing', 'retina', 'being', 'protein', 'emailprovider', 'premium', 'caliban', 'account', 'taxamount', 'latin'])
def test_other_names_tell_nothing(name):
    assert looks_personal(name) is None


def unprotected(input_spec=None, **steps):
    files = {'transformation-spec/g-t.json': json.dumps({'input_spec': input_spec or {}, 'transform_spec': steps}),
             'transformation-spec/g-t.csv': MAPPING}
    workflow = read_workflow('g', 't', {name: text.encode() for name, text in files.items()}.get, REGISTRY, 'Prod')
    return unprotected_columns(workflow, 't', protection_by_transform(REGISTRY, known_forms()))


def test_columns_are_found_by_their_own_name_and_by_that_in_the_file_and_dropped_ones_are_not():
    assert unprotected() == {'lastname': 'a name', 'contact': 'an e-mail address'}


def test_protected_columns_and_those_with_a_reason_are_left_out():
    assert unprotected(hash=['LASTNAME'], redact={'Contact': None}) == {}
    assert unprotected({'left_unprotected': {'lastname': 'the match compares it'}}, tokenize=['contact']) == {}


def test_a_copy_in_clear_text_is_found():
    assert 'phone' in unprotected(columnreplace=[
        {'field': 'Phone', 'source': 'contact', 'pattern': 'x', 'replacement': ''}])


def test_columns_of_record_types_are_found_also_in_further_tables_and_as_members(tmp_path, capsys):
    configuration = tmp_path / 'configuration' / 'transformation-spec'
    configuration.mkdir(parents=True)
    types = {'P': {'columns': ['Type', 'No', 'Policy Holder Name'], 'table': 'Policies', 'give': ['No']},
             'D': {'columns': ['Type', 'Driver Name'], 'parent': 'P', 'nested_in': 'Drivers'},
             'C': {'columns': ['Type', 'IBAN'], 'parent': 'P', 'table': 'Claims'}}
    (configuration / 'Gen-Policies.json').write_text(json.dumps(
        {'input_spec': {'pipe': {}, 'records': {'field': 1, 'types': types}}}))
    (configuration / 'Gen-Claims.csv').write_text('SourceName,DestName\nNo,no\nIBAN,account\n')
    assert main(['--config', str(configuration.parent), 'validate', '--format', 'json']) == 0
    warnings = json.loads(capsys.readouterr().out)['warnings']
    assert [(item['file'], item['message']) for item in warnings] == [
        ('Gen-Claims.json', "columns look personal and are not protected: 'account' (a bank or card number)"),
        ('Gen-Policies.json', "columns look personal and are not protected: 'policy_holder_name' (a name), 'drivers' "
                              '(a name)')]


def test_a_copybook_is_only_told_if_no_workflow_reads_it(tmp_path, capsys):
    folder = tmp_path / 'transformation-spec'
    folder.mkdir()
    for name, spec in {'Gen-One': {}, 'Gen-Two': {'copybook': 'shared.cpy'}, 'Gen-Bad': {'record_format': 'Z'}}.items():
        (folder / f'{name}.json').write_text(json.dumps({'input_spec': {'cobol': spec}}))
    for name in ('Gen-One', 'Gen-Bad', 'shared', 'old'):
        (folder / f'{name}.cpy').write_text('       01  RECORD-A.\n           05  FIELD-A  PIC X(4).\n')
    assert main(['--config', str(tmp_path), 'validate', '--format', 'json']) == 1
    document = json.loads(capsys.readouterr().out)
    assert [item['file'] for item in document['warnings']] == ['transformation-spec/old.cpy']
    assert document['valid_workflows'] == ['Gen/One', 'Gen/Two']


@pytest.mark.parametrize('reason', ['', ' - ', 3, None])
def test_the_reason_must_be_in_words(reason):
    with pytest.raises(ConfigurationError, match='left_unprotected'):
        unprotected({'left_unprotected': {'lastname': reason}})


def conflicts(stage='after_transform', **rules):
    findings = Findings('dq.json')
    parsed = parse_quality({stage: rules}, findings)
    assert findings.problems == []
    return [f'{item.place}: {item.message}' for item in rule_conflicts(parsed, 'dq.json')]


def test_a_rule_that_is_there_twice_is_named_with_its_place():
    assert conflicts(warn_rules=['IsComplete "a"'], halt_rules=["IsComplete   'a'"]) == [
        'after_transform.halt_rules[0]: repeats the rule at after_transform.warn_rules[0]']


@pytest.mark.parametrize('one, other', [
    ('ColumnValues "a" > 10', 'ColumnValues "A" < 5'), ('ColumnValues "a" > 5', 'ColumnValues "a" <= 5'),
    ('ColumnValues "a" in ["x", "y"]', 'ColumnValues "a" = "z"'), ('RowCount between 1 and 5', 'RowCount >= 5'),
    ('RowCount = 3', 'RowCount in [1, 2]'), ('ColumnValues "a" = 7', 'ColumnValues "a" > 7'),
    ('(IsComplete "b") and (ColumnLength "a" > 9)', 'ColumnLength "a" = 2'),
    ('ColumnValues "a" > 2 where "b = 1"', 'ColumnValues "a" < 1 where "b = 1"')])
def test_rules_that_no_value_passes_together_contradict_each_other(one, other):
    found = conflicts(warn_rules=[one], halt_rules=[other])
    assert len(found) == 1 and 'contradicts after_transform.warn_rules[0]' in found[0]
    assert len(conflicts(halt_rules=[other, one])) == 1


@pytest.mark.parametrize('one, other', [
    ('ColumnValues "a" > 5', 'ColumnValues "a" < 6'), ('ColumnValues "a" >= 5', 'ColumnValues "a" <= 5'),
    ('ColumnValues "a" > 10', 'ColumnValues "b" < 5'), ('ColumnValues "a" > 2 where "b = 1"', 'ColumnValues "a" < 1'),
    ('(ColumnValues "a" > 10) or (IsComplete "b")', 'ColumnValues "a" < 5'),
    ('RowCount > avg(last(3))', 'RowCount < 1'),
    ('ColumnValues "a" > 10 with threshold > 0.5', 'ColumnValues "a" < 5'), ('RowCount != 3', 'RowCount = 3'),
    ('ColumnValues "a" in ["1"]', 'ColumnValues "a" = 1'), ('ColumnValues "a" > 1', 'ColumnLength "a" < 1')])
def test_rules_that_some_data_passes_do_not(one, other):
    assert conflicts(warn_rules=[one], halt_rules=[other]) == []


def test_rules_of_different_stages_are_not_compared():
    findings = Findings('dq.json')
    parsed = parse_quality({'before_transform': {'warn_rules': ['RowCount > 5']},
                            'after_transform': {'warn_rules': ['RowCount > 5', 'RowCount < 9']}}, findings)
    assert list(rule_conflicts(parsed, 'dq.json')) == []


def test_validate_warns_and_still_calls_the_files_valid(tmp_path, capsys, caplog):
    rules = '{"after_transform": {"halt_rules": ["RowCount > 5", "RowCount < 2"]}}'
    for name, text in (('transformation-spec/Gen-Policy.csv', MAPPING), ('dq-rules/dq-Gen-Policy.json', rules)):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text)
    with caplog.at_level(logging.WARNING):
        assert main(['--lake', str(tmp_path / 'lake'), '--config', str(tmp_path), 'validate']) == 0
    assert 'Gen/Policy: 2 files are valid.' in capsys.readouterr().out
    assert "'lastname' (a name), 'contact' (an e-mail address)" in caplog.text and 'left_unprotected' in caplog.text
    assert 'after_transform.halt_rules[1]: contradicts after_transform.halt_rules[0]' in caplog.text


def test_the_sample_workflows_give_no_warning(tmp_path, caplog):
    with caplog.at_level(logging.WARNING):
        assert main(['--lake', str(tmp_path / 'lake'), 'validate']) == 0
    assert caplog.text == ''
