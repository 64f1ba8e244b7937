"""`./lake check` runs cases in lakes of their own, names cells that differ, and records what a run gives."""
from __future__ import annotations

import json
import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest

from lake_etl.errors import ConfigurationError
from lake_etl.syntax.type_text import parse_type
from lib.local_lake.checks.case_files import CLEANSE, COLUMNS, WorkflowCase
from lib.local_lake.checks.case_outcome import CaseOutcome
from lib.local_lake.checks.comparison import RowSet
from lib.local_lake.checks.expectations import record
from lib.local_lake.cli import main

SPEC = {
    'input_spec': {'infer_types': False, 'left_unprotected': {'city': 'reports show it'}},
    'transform_spec': {'changetype': {'premium': 'decimal(16,2)', 'startdate': 'date'}, 'hash': ['email'],
                       'lookup': [{'field': 'region', 'source': 'city', 'lookup': 'Region'}]}}
SQL = '''SELECT p.policyno, p.startdate, p.premium, p.email, c.paid, p.execution_id, p.year, p.month, p.day
FROM gen.policy AS p LEFT JOIN gen.claim AS c ON c.policyno = p.policyno AND c.day = p.day
'''
RULES = {'after_transform': {'quarantine_rules': ["ColumnValues 'premium' >= 0"], 'warn_rules': ['RowCount > 1']}}
POLICIES = '''policyno,startdate,premium,email,city
P1,2026-01-01,10,ann@clear.example,Ulm
P2,n/a,20,bob@clear.example,Bonn
P3,2026-03-01,-1,eve@clear.example,
'''
CLAIMS = 'PolicyNo,paid:decimal(10,2),day\r\nP1,5.50,31\r\nP1,7,30\r\n'


@pytest.fixture(scope='module')
def configuration(tmp_path_factory):
    """The configuration of Gen/Policy with a case that has been recorded once."""
    folder = tmp_path_factory.mktemp('check')
    for name, content in (('transformation-spec/Gen-Policy.json', json.dumps(SPEC)),
                          ('transformation-sql/spark-Gen-Policy.sql', SQL),
                          ('dq-rules/dq-Gen-Policy.json', json.dumps(RULES))):
        write(folder / name, content)
    case = folder / 'tests' / 'Gen-Policy' / 'plain'
    write(case / 'given' / 'policies.csv', POLICIES)
    write(case / 'given' / 'tables' / 'Gen.Claim.csv', '\ufeff' + CLAIMS)
    write(case / 'given' / 'lookups' / 'Gen.json', '{"Region": {"Ulm": "South", "Bonn": "West"}}')
    return folder


def write(file, text):
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding='utf-8', newline='')


def check(configuration, capsys, *arguments):
    """Run the command; return its status and what it said."""
    lake = configuration / 'no-lake'
    status = main(['--lake', str(lake), '--config', str(configuration), 'check', *arguments])
    said = capsys.readouterr()
    assert not lake.exists()
    return status, said.out + said.err


@pytest.fixture(scope='module')
def expected(configuration, spark, small_data):
    """The expected files of the case, as `--record` has written them."""
    assert main(['--config', str(configuration), 'check', '--record']) == 0
    return configuration / 'tests' / 'Gen-Policy' / 'plain' / 'expected'


def test_a_recorded_case_has_what_is_published_and_no_clear_text(expected):
    texts = {path.name: path.read_text() for path in expected.iterdir()}
    assert sorted(texts) == ['cleanse.csv', 'columns.csv', 'consume.csv', 'conversions.csv', 'quarantine.csv',
                             'rules.csv']
    assert 'clear.example' not in ''.join(texts.values())
    assert texts['cleanse.csv'].splitlines()[0] == 'policyno,startdate,premium,email,city,region,year,month,day'
    assert 'P2,,20.00,' in texts['cleanse.csv'] and 'Bonn,West,2026,01,31' in texts['cleanse.csv']
    assert ',5.50,2026,01,31' in texts['consume.csv'] and '7.00' not in texts['consume.csv']
    assert texts['conversions.csv'].splitlines()[1].startswith('policies.csv,startdate,1,3,')
    assert 'gen.policy,email,string,yes' in texts['columns.csv']
    assert 'gen_consume.policy,paid,"decimal(10,2)",' in texts['columns.csv']
    assert texts['quarantine.csv'].splitlines()[1].startswith('after_transform,P3,2026-03-01,-1.00,')
    assert 'quarantine,"ColumnValues ""premium"" >= 0",Failed' in texts['rules.csv']


def test_record_does_not_overwrite(configuration, expected, capsys):
    before = {path.name: path.read_bytes() for path in expected.iterdir()}
    status, said = check(configuration, capsys, 'Gen/Policy', '--record')
    assert status == 1 and 'Nothing was recorded' in said and '--update' in said
    assert {path.name: path.read_bytes() for path in expected.iterdir()} == before


def test_differences_name_cells_and_update_shows_them_before_it_writes(configuration, expected, capsys, tmp_path):
    before = (expected / 'consume.csv').read_text()
    write(expected / 'consume.csv', before.replace('10.00', '10.01').replace('\n', '\r\n'))
    write(expected / 'cleanse.csv', (expected / 'cleanse.csv').read_text().replace('premium', 'amount'))
    quarantine = (expected / 'quarantine.csv')
    shutil.move(quarantine, tmp_path / 'quarantine.csv')
    # A second case, whose other table is missing, must not find that of the first.
    bare = expected.parent.parent / 'without-claims'
    write(bare / 'given' / 'policies.csv', POLICIES)
    write(bare / 'given' / 'lookups' / 'Gen.json', '{"Region": {"Ulm": "South", "Bonn": "West"}}')
    write(bare / 'expected' / 'cleanse.csv', 'policyno\n')
    report = tmp_path / 'junit.xml'
    status, said = check(configuration, capsys, '--junit', str(report))
    assert status == 1
    assert '  consume.csv row 1 column premium: expected 10.01, found 10.00\n' in said
    assert '  cleanse.csv column amount was not found; there are policyno, ' in said
    assert '  there is 1 quarantined row, and expected/quarantine.csv is missing' in said
    assert 'gen.claim, which does not exist yet' in said and 'given/tables/DATABASE.TABLE.csv' in said
    assert '2 failed: 2 cases in ' in said and 'clear.example' not in said
    suite, = ElementTree.parse(report).getroot()
    assert (suite.get('tests'), suite.get('failures')) == ('2', '2')
    assert [case.get('name') for case in suite] == ['Gen/Policy/plain', 'Gen/Policy/without-claims']

    shutil.rmtree(bare)
    status, said = check(configuration, capsys, 'Gen/Policy', '--update')
    assert status == 0 and 'recorded Gen/Policy/plain' in said
    assert 'row 1 column premium: expected 10.01, found 10.00' in said
    assert (expected / 'consume.csv').read_text() == before and quarantine.is_file()


def test_protection_that_was_lost_fails_without_clear_text_and_is_not_recorded(configuration, expected, capsys):
    file = configuration / 'transformation-spec' / 'Gen-Policy.json'
    spec = json.loads(file.read_text())
    unprotected = spec | {'transform_spec': {name: step for name, step in spec['transform_spec'].items()
                                             if name != 'hash'}}
    before = {path.name: path.read_bytes() for path in expected.iterdir()}
    write(file, json.dumps(unprotected))
    try:
        status, said = check(configuration, capsys, 'Gen/Policy', '--update')
    finally:
        write(file, json.dumps(spec))
    assert status == 1 and 'clear.example' not in said
    assert 'email: protected when the case was recorded and not protected now' in said
    assert {path.name: path.read_bytes() for path in expected.iterdir()} == before


def test_a_protected_column_that_comes_back_in_clear_text_under_another_name_is_not_recorded(tmp_path):
    case = WorkflowCase('Gen/Policy', tmp_path)
    text = parse_type('string')

    def outcome(**columns):
        rows = [('gen.policy', name, 'string', 'yes' if hidden else None) for name, hidden in columns.items()]
        return CaseOutcome('', {
            COLUMNS: RowSet(tuple((name, text) for name in ('table', 'column', 'type', 'protected')), tuple(rows)),
            CLEANSE: RowSet(tuple((name, text) for name in columns), (('Ann',) * len(columns),), frozenset(
                name for name, hidden in columns.items() if hidden))})
    record(case, outcome(id=False, email=True))
    with pytest.raises(ConfigurationError, match=r'gen.policy: email: .*contact in clear text may hold the same'):
        record(case, outcome(id=False, contact=False))
    assert 'contact' not in (case.expected / CLEANSE).read_text()
    # A column that goes, and one that comes with protection, are recorded.
    record(case, outcome(id=False, contact=True))
    record(case, outcome(id=False))
    record(case, outcome(id=False, city=False))
    assert 'city' in (case.expected / CLEANSE).read_text()


def test_mistakes_in_a_case_are_failures_of_that_case_alone(configuration, expected, capsys):
    folder = expected.parent.parent
    cases = {'bad-type': ('given/tables/gen.claim.csv', 'policyno,paid:decimal(10,2)\nP1,much\n'),
             'own-table': ('given/tables/gen.policy.csv', 'policyno\nP1\n'),
             'bad-name': ('expected/cleans.csv', 'policyno\n')}
    for name, (file, text) in cases.items():
        write(folder / name / 'given' / 'policies.csv', POLICIES)
        write(folder / name / 'expected' / 'cleanse.csv', 'policyno\n')
        write(folder / name / file, text)
    try:
        status, said = check(configuration, capsys, 'Gen/Policy', '--format', 'table')
    finally:
        for name in cases:
            shutil.rmtree(folder / name)
    assert status == 1 and '1 passed, 3 failed: 4 cases' in said
    assert 'row 1 column paid: the text is not of the type decimal(10,2)' in said and 'much' not in said
    assert 'the workflow itself fills the table gen.policy' in said
    assert "did you mean 'cleanse.csv'?" in said


def test_the_case_in_the_documentation_is_one_of_the_recorded_cases():
    repository = Path(__file__).resolve().parents[2]
    page = (repository / 'docs' / 'checks.md').read_text(encoding='utf-8')
    case = repository / 'lib' / 'glue_scripts' / 'tests' / 'SyntheticGeneralData-ClaimData' / 'claims'
    assert (case / 'expected' / 'conversions.csv').read_text() in page
    assert (case / 'case.yml').read_text() in page
