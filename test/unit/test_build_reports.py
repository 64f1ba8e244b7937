"""Reports of `validate` and `quality` for build servers: they satisfy the published schemas of JUnit and SARIF."""
from __future__ import annotations

import json
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest
import xmlschema

from lib.local_lake.cli import main
from lib.local_lake.showing.build_reports import CheckCase, artifact_location, print_junit
from lib.local_lake.showing.rule_report import JudgedRule, print_rule_report
from lib.local_lake.showing.source_lines import json_lines, line_in_file

PUBLISHED = Path(__file__).parents[1] / 'published'
JUNIT = xmlschema.XMLSchema(PUBLISHED / 'junit-10.xsd')
SARIF = jsonschema.Draft4Validator(json.loads((PUBLISHED / 'sarif-2.1.0-rtm.5.json').read_text()))
SPEC = '''// A specification "with" a comment.
{
    "input_spec": {
        "types": {"Claim \\"No": "strin"},
        "skip_rows": -1
    },
    "transform_spec": {
        "date": [
            {"field": "Paid", "format": "yyyy"},
            {"field": "Begin",
             "format": "YYYY-QQ"}
        ]
    }
}
'''


@pytest.fixture
def project(tmp_path):
    """A repository with one valid workflow, mistakes of three kinds in another, and a file of no workflow."""
    folder = tmp_path / 'a b' / 'etl'
    files = {'transformation-spec/Gen-Policy.json': SPEC,
             'transformation-spec/Gen-Policy.csv': 'SourceName,DestName\nPaid,Paid\n\nBegin,paid\n',
             'transformation-spec/Gen-Claim.csv': 'SourceName,DestName\nA,LastName\n',
             'dq-rules/dq-Gen-Policy.json': '{"before_transform": {"warn_rules": ["RowCount > 0",\n"IsCompletely"]}}',
             'dq-rules/notes.json': '{}'}
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    subprocess.run(['git', 'init', '-q', str(tmp_path)], check=True)
    return folder


def validated(project, capsys, style, *arguments):
    status = main(['--lake', str(project / 'lake'), '--config', str(project), 'validate', '--format', style,
                   *arguments])
    return status, capsys.readouterr().out


def junit(text):
    JUNIT.validate(text)
    return ElementTree.fromstring(text)


def sarif(text):
    document = json.loads(text)
    SARIF.validate(document)
    run, = document['runs']
    rules = {rule['id'] for rule in run['tool']['driver']['rules']}
    for result in run['results']:
        # What code scanning of GitHub requires beyond the schema.
        assert result['ruleId'] in rules and result['message']['text'] and result['partialFingerprints']
        assert [place['physicalLocation']['region']['startLine'] for place in result['locations']]
    return run


def test_sarif_names_file_and_line_of_each_mistake_from_the_root_of_the_repository(project, capsys):
    status, text = validated(project, capsys, 'sarif')
    assert status == 1
    found = {(result['ruleId'], result['level'], location['artifactLocation']['uri'],
              location['artifactLocation'].get('uriBaseId'), location['region']['startLine'])
             for result in sarif(text)['results']
             for location in [result['locations'][0]['physicalLocation']]}
    base = '%SRCROOT%'
    assert found == {
        ('configuration/specification', 'error', 'a%20b/etl/transformation-spec/Gen-Policy.json', base, 3),
        ('configuration/specification', 'error', 'a%20b/etl/transformation-spec/Gen-Policy.json', base, 10),
        ('configuration/mapping', 'error', 'a%20b/etl/transformation-spec/Gen-Policy.csv', base, 4),
        ('configuration/quality-rules', 'error', 'a%20b/etl/dq-rules/dq-Gen-Policy.json', base, 2),
        ('configuration/mapping', 'warning', 'a%20b/etl/transformation-spec/Gen-Claim.csv', base, 1),
        ('configuration/unread-file', 'warning', 'a%20b/etl/dq-rules/notes.json', base, 1)}


def test_junit_has_a_case_for_each_workflow(project, capsys):
    status, text = validated(project, capsys, 'junit')
    suite, = junit(text)
    assert status == 1 and (suite.get('tests'), suite.get('failures')) == ('3', '1')
    failed, = [case for case in suite.iter('testcase') if len(case)]
    assert failed.get('name') == 'Gen/Policy' and 'Gen-Policy.csv: row 4' in failed[0].text
    assert 'notes.json: belongs to no workflow' in suite.find('system-out').text


def test_a_valid_workflow_gives_reports_without_failures(project, capsys):
    status, text = validated(project, capsys, 'sarif', 'Gen/Claim')
    assert status == 0 and [result['level'] for result in sarif(text)['results']] == ['warning']
    status, text = validated(project, capsys, 'junit', 'Gen/Claim')
    assert status == 0 and junit(text)[0].get('failures') == '0'


def test_a_fingerprint_stays_when_lines_are_added_above(project, capsys):
    def fingerprints():
        return [result['partialFingerprints'] for result in sarif(validated(project, capsys, 'sarif')[1])['results']]
    before = fingerprints()
    file = project / 'transformation-spec' / 'Gen-Policy.json'
    file.write_text('// One more line.\n' + file.read_text())
    assert fingerprints() == before and len({str(item) for item in before}) == len(before)


def test_the_outcomes_of_rules_become_reports(tmp_path, capsys):
    file = tmp_path / 'dq-gen-policy.json'
    file.write_text('{"after_transform": {\n"warn_rules": ["RowCount > 0",\n"RowCount > 5"],\n'
                    '"halt_rules": [\n"IsComplete \\"a\\""]}}')
    judged = [JudgedRule(action='warn', rule='RowCount > 0', passed=True),
              JudgedRule(action='warn', rule='RowCount > 5', passed=False, reason='RowCount is 3, expected > 5'),
              JudgedRule(action='halt', rule='IsComplete "a"', passed=False, reason='2 of 3 rows are <null> & wrong')]
    print_rule_report('sarif', file, 'gen.policy', 'after_transform', judged)
    results = sarif(capsys.readouterr().out)['results']
    assert [(result['level'], result['locations'][0]['physicalLocation']['region']['startLine'])
            for result in results] == [('warning', 3), ('error', 5)]
    print_rule_report('junit', file, 'gen.policy', 'after_transform', judged)
    suite, = junit(capsys.readouterr().out)
    assert [(case.get('name'), len(case)) for case in suite] == [
        ('RowCount > 0', 0), ('RowCount > 5', 1), ('IsComplete "a"', 1)]
    assert suite[2][0].text == '2 of 3 rows are <null> & wrong'


def test_text_that_xml_cannot_hold_does_not_break_the_report(capsys):
    print_junit('s', [CheckCase('Gr\u00fc\u00dfe \x00\ud800', 'g', ('one\x1b[31m', 'two'))])
    case = junit(capsys.readouterr().out)[0][0]
    assert case.get('name') == 'Gr\u00fc\u00dfe \ufffd\ufffd'
    assert case[0].get('message') == 'one\ufffd[31m (and 1 more)'


def test_places_have_the_lines_at_which_they_begin():
    lines = json_lines(SPEC)
    assert lines['input_spec.types.Claim "No'] == 4 and lines['input_spec.skip_rows'] == 5
    assert lines['transform_spec.date[1]'] == 10 and lines['transform_spec.date[1].format'] == 11
    assert json_lines('[[1,\n2], {"a": [],\n"b": 1}]') == {
        '[0]': 1, '[0][0]': 1, '[0][1]': 2, '[1]': 2, '[1].a': 2, '[1].b': 3}


@pytest.mark.parametrize('place, line', [
    ('', 1), ('row 7', 7), ('line 3, column 5', 3), ('transform_spec.date[1].form', 10),
    ('transform_spec.date[7].format', 8), ('nowhere', 1), ('takes over', 1)])
def test_a_place_that_is_not_in_the_file_has_the_line_of_what_is_around_it(tmp_path, place, line):
    file = tmp_path / 'x.json'
    file.write_text(SPEC)
    assert line_in_file(file, place) == line


def test_a_file_outside_any_repository_has_its_full_address(tmp_path):
    assert artifact_location(tmp_path / 'x y.json') == {'uri': (tmp_path / 'x y.json').as_uri()}
