"""The sample data: same bytes for the same seed, the columns users know, and nobody real in it."""
from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from collections import defaultdict
from datetime import datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path

import pytest

from resources.generate_sample_data import main
from resources.sample_data import DATA_SETS, write_all, write_sample
from resources.sample_data.customer_book import customers
from resources.sample_data.customer_file import party_number
from resources.sample_data.customer_matching import batch, primary

RESOURCES = Path(__file__).resolve().parents[2] / 'resources'
POLICY, BAD_POLICY, CLAIM = (f'SyntheticGeneralData-{name}' for name in ('PolicyData', 'PolicyData-bad', 'ClaimData'))
WRITTEN, NESTED = 'SyntheticGeneralData-WrittenPolicyData', 'SyntheticGeneralData-NestedPolicyData'
CUSTOMERS = [f'Customer-{system}-day{day}' for system in ('A01', 'C25', 'F15') for day in (1, 2)]
LIFE_POLICY, LIFE_CLAIM = 'SyntheticLifeData-PolicyData', 'SyntheticLifeData-ClaimData'
GENERAL_POLICY_COLUMNS = (
    'StartDate EndDate PolicyNumber PhoneNumber TIN CustomerNo CompanyCode EffDate ExpirationDate InsuredCompanyName '
    'LineOfBusiness LineOfBusinessCode NewOrRenewal InsuredIndustry InsuredSector DistributionChannel InsuredCity '
    'InsuredStateCode InsuredContactCellPhone InsuredContactEmail InsuredNumberOfEmployees InsuredEmployeeTier '
    'InsuredAnnualRevenue ProducerProfitCenterID Territory ProducerCode AgentName AccidentYearTotalIncurredAmount '
    'PolicyInForce ExpiringPolicy ExpiringPremiumAmount WrittenPremiumAmount WrittenPolicy EarnedPremium '
    'GenerationDate')
COLUMNS = {
    POLICY: GENERAL_POLICY_COLUMNS,
    BAD_POLICY: GENERAL_POLICY_COLUMNS,
    CLAIM: 'StartDate EndDate PolicyNumber AccidentYearTotalIncurredAmount GenerationDate',
    WRITTEN: (
        'PolicyNumber EffectiveDate ExpirationDate Term InsuredCustomerNumber InsuredCompanyName WrittenPremiumAmount '
        'LineOfBusiness LineOfBusinessCode NewOrRenewal InsuredIndustry InsuredSector DistributionChannel InsuredEIN '
        'InsuredCity InsuredStateCode InsuredContactCellPhone InsuredContactEmail InsuredNumberOfEmployees '
        'InsuredEmployeeTier InsuredAnnualRevenue ProducerProfitCenterID Territory ProducerCode AgentName '
        'GenerationDate'),
    NESTED: (
        'PolicyNumber EffectiveDate ExpirationDate Term annual_premium LineOfBusiness LineOfBusinessCode NewOrRenewal '
        'DistributionChannel Insured Producer'),
    LIFE_POLICY: (
        'policyid customerno policyquotationdate policyeffectivedate sex firstname lastname customerdob issuestate '
        'city country issueage smokingclass uwclass coverageunit prodcode yearlypremium policystatus sumassured '
        'nationalid maritalstatus emailid phoneno policyterm newrenew producer policyterminationdate '
        'policyterminationreason monthlypremium agentcommision premiumpaidtilldate commisionpaidtilldate '
        'beneficiaryname beneficiaryrelationship beneficiarypct lastupdated'),
    LIFE_CLAIM: (
        'claimno policyid firstname lastname claimsreporteddate policyeffectivedate claimstatus claimdescription '
        'adjudicationstatus adjudicationdescription EOBgenerated claimamount paidamount adjudicationdate paymentdate '
        'beneficiaryname beneficiaryrelationship beneficiarypct checkno lastupdated'),
    **dict.fromkeys(CUSTOMERS, 'partyid partytype firstname lastname sex dob nationalid maritalstatus annualincome '
                               'occupation companyname phonenumber email addressstreet city state zip country '
                               'lastupdated srcsystemid'),
}
DATE_FORMATS = {
    (POLICY, 'StartDate'): '%m/%d/%y', (POLICY, 'EndDate'): '%y-%m-%d', (POLICY, 'EffDate'): '%m/%d/%y',
    (POLICY, 'ExpirationDate'): '%m/%d/%y', (POLICY, 'GenerationDate'): '%Y-%m-%d %H:%M:%S.%f%z',
    (CLAIM, 'StartDate'): '%Y-%m-%d', (WRITTEN, 'EffectiveDate'): '%Y-%m-%d',
    (LIFE_POLICY, 'policyeffectivedate'): '%Y/%m/%d', (LIFE_POLICY, 'lastupdated'): '%d/%m/%Y %H:%M:%S',
    **{(name, 'lastupdated'): '%Y-%m-%d %H:%M:%S' for name in CUSTOMERS},
    (LIFE_CLAIM, 'claimsreporteddate'): '%Y/%m/%d', (LIFE_CLAIM, 'lastupdated'): '%d/%m/%Y %H:%M:%S',
}


@pytest.fixture(scope='module')
def kept() -> dict[str, list[dict]]:
    """Rows of every data set as it is kept with the project."""
    return {name: _rows(RESOURCES / definition.file) for name, definition in DATA_SETS.items()}


def _rows(path: Path) -> list[dict]:
    with path.open(encoding='utf-8', newline='') as file:
        return [json.loads(line) for line in file] if path.suffix == '.json' else list(csv.DictReader(file))


@pytest.mark.parametrize('data_set', DATA_SETS)
def test_same_rows_and_seed_give_the_same_bytes_and_another_seed_gives_others(data_set, tmp_path):
    for name, seed in (('first', 7), ('second', 7), ('other', 8)):
        write_sample(data_set, 200, seed, tmp_path / name)
    first = (tmp_path / 'first').read_bytes()
    assert first == (tmp_path / 'second').read_bytes()
    assert first != (tmp_path / 'other').read_bytes()


@pytest.mark.parametrize('data_set', DATA_SETS)
def test_a_longer_file_begins_with_the_shorter_one(data_set, tmp_path):
    write_sample(data_set, 20, 3, tmp_path / 'short')
    write_sample(data_set, 60, 3, tmp_path / 'long')
    assert (tmp_path / 'long').read_bytes().startswith((tmp_path / 'short').read_bytes())


def test_the_kept_files_are_what_the_generator_writes(tmp_path):
    write_all(tmp_path)
    written = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert written == {name: (RESOURCES / name).read_bytes() for name in written}
    assert set(written) == {definition.file for definition in DATA_SETS.values()}


@pytest.mark.parametrize('data_set', DATA_SETS)
def test_columns_are_the_ones_users_know(data_set, kept):
    expected = COLUMNS[data_set].split()
    assert list(DATA_SETS[data_set].columns) == expected
    assert all(list(row) == expected for row in kept[data_set])


@pytest.mark.parametrize('data_set', DATA_SETS)
def test_a_file_has_as_many_rows_as_asked_for_and_no_line_break_inside_a_cell(data_set, kept):
    definition = DATA_SETS[data_set]
    assert len(kept[data_set]) == definition.rows
    lines = (RESOURCES / definition.file).read_bytes().count(b'\n')
    assert lines == definition.rows + (0 if definition.is_json else 1)


@pytest.mark.parametrize('data_set, column', DATE_FORMATS)
def test_dates_have_the_format_of_their_column(data_set, column, kept):
    values = [row[column] for row in kept[data_set]]
    assert all(datetime.strptime(value, DATE_FORMATS[data_set, column]) for value in values)


@pytest.mark.parametrize('pattern, expected', [
    (r'[\w.]+@[\w.]+', r'[a-z.]+[0-9]+@example\.(com|net|org)'),
    (r'\([0-9]{3}\) [0-9]{3}-[0-9]{4}', r'\([0-9]{3}\) 555-01[0-9]{2}'),
    (r'\b[0-9]{2}-[0-9]{7}\b', r'00-[0-9]{7}'),
    (r'\b[0-9]{3}-[0-9]{2}-[0-9]{4}\b', r'666-[0-9]{2}-[0-9]{4}|9[0-9]{2}-[0-4][0-9]-[0-9]{4}'),
    (r'\b[0-9]{3}-[0-9]{3}-[0-9]{4}\b', r'[0-9]{3}-[01][0-9]{2}-[0-9]{4}'),
], ids=['e-mail', 'telephone', 'employer number', 'social security number', 'telephone of a customer'])
def test_identifying_values_lie_in_ranges_that_belong_to_nobody(pattern, expected):
    text = ''.join((RESOURCES / definition.file).read_text(encoding='utf-8') for definition in DATA_SETS.values())
    found = re.findall(pattern, text)
    assert found and all(re.fullmatch(expected, value) for value in found)


def test_a_policy_has_one_row_a_month_and_earns_its_written_premium_to_the_cent(kept):
    months = defaultdict(list)
    for row in kept[POLICY]:
        months[row['PolicyNumber']].append(row)
    complete = [rows for rows in months.values() if rows[-1]['ExpiringPolicy'] == '1']
    assert len(complete) > 50
    for rows in complete:
        assert len({row['StartDate'] for row in rows}) == len(rows)
        assert [row['WrittenPolicy'] for row in rows] == ['1'] + ['0'] * (len(rows) - 1)
        written = sum(Decimal(row['WrittenPremiumAmount']) for row in rows)
        assert sum(Decimal(row['EarnedPremium']) for row in rows) == written == Decimal(rows[0]['WrittenPremiumAmount'])


def test_claims_join_most_policy_months_once(kept):
    def key(row, pattern):
        return row['PolicyNumber'], datetime.strptime(row['StartDate'], pattern)
    claims = [key(row, '%Y-%m-%d') for row in kept[CLAIM]]
    policies = [key(row, '%m/%d/%y') for row in kept[POLICY]]
    assert len(set(claims)) == len(claims) and len(set(policies)) == len(policies)
    assert len(policies) / 2 < len(set(claims) & set(policies)) < len(policies)


def test_life_claims_belong_to_policies_that_could_have_them(kept):
    policies = {row['policyid']: row for row in kept[LIFE_POLICY]}
    claims = [row for row in kept[LIFE_CLAIM] if row['policyid'] in policies]
    assert len(claims) > 50
    for claim in claims:
        policy = policies[claim['policyid']]
        is_death = claim['claimdescription'].startswith('Death')
        assert policy['policystatus'] == ('Terminated' if is_death else 'In Force')
        assert (bool(claim['checkno']), bool(claim['paymentdate'])) == (Decimal(claim['paidamount']) > 0,) * 2


def test_the_good_file_has_what_loads_must_cope_with(kept):
    rows = kept[POLICY]
    for column in ('LineOfBusiness', 'InsuredContactEmail', 'InsuredAnnualRevenue', 'AgentName'):
        assert 0 < sum(not row[column] for row in rows) < len(rows) / 2, column
    assert any(row['ProducerCode'].startswith('0') for row in rows)
    assert any(row['InsuredStateCode'] == 'ZZ' for row in rows)
    assert {character for row in rows for character in row['InsuredCompanyName']} >= {',', '"', '&'}


@pytest.mark.parametrize('column, value', [
    ('StartDate', '13/45/24'), ('StartDate', 'first of May'), ('EndDate', 'unknown'), ('PolicyNumber', ''),
    ('WrittenPremiumAmount', 'n/a'), ('WrittenPremiumAmount', '987654321098.76'), ('EarnedPremium', 'TBD')])
def test_the_bad_file_breaks_single_cells_of_good_rows(column, value, kept):
    good, bad = kept[POLICY], kept[BAD_POLICY]
    broken = [(before, after) for before, after in zip(good, bad) if after[column] == value]
    assert broken
    assert all({**before, column: value} == after for before, after in broken)


def test_customers_are_known_to_several_systems_and_days_under_keys_that_tell_nothing(kept):
    people = {(system, party_number(system, person.number)): person.number
              for system in ('A01', 'C25', 'F15') for person in islice(customers(1), 2000)}
    assert len(people) == 6000
    seen = [(people[row['srcsystemid'], row['partyid']], row['srcsystemid'], row['lastupdated'][:10])
            for name in CUSTOMERS for row in kept[name]]
    assert len(set(seen)) == len(seen)
    systems = [len({system for other, system, _ in seen if other == person}) for person in {item[0] for item in seen}]
    assert min(systems) == 1 and systems.count(3) > 20
    assert sum(day == '2026-03-02' and (person, system, '2026-03-01') in seen for person, system, day in seen) > 50


def test_a_batch_to_match_is_about_known_and_new_people_of_the_same_households():
    known, rows = list(primary(4, 2000)), list(batch(4, 400, 2000))
    people = {item.person for item in known}
    assert len(people) == len(known) == 2000 and len(rows) == 400
    share = sum(item.person in people for item in rows) / len(rows)
    assert 0.4 < share < 0.8
    assert 0.02 < 1 - len({item.person for item in rows}) / len(rows) < 0.2
    by_person = {person.number: person for person in islice(customers(4), 3000)}
    homes = {by_person[number].household for number in people}
    assert sum(by_person[item.person].household in homes for item in rows if item.person not in people) > 20
    true_names = [by_person[item.person].first_name == item.record.first_name for item in rows]
    assert 0.7 < sum(true_names) / len(rows) < 0.95


def test_an_unknown_data_set_is_refused_with_the_known_ones(tmp_path):
    with pytest.raises(ValueError, match='SyntheticGeneralData-ClaimData'):
        write_sample('ClaimData', 1, 1, tmp_path / 'claims.csv')
    assert list(tmp_path.iterdir()) == []


def test_the_script_writes_one_data_set(tmp_path):
    target, expected = tmp_path / 'script.csv', tmp_path / 'function.csv'
    subprocess.run([sys.executable, RESOURCES / 'generate_sample_data.py', '--data-set', CLAIM, '--rows', '5', '--seed',
                    '9', '--output', target], check=True)
    write_sample(CLAIM, 5, 9, expected)
    assert target.read_bytes() == expected.read_bytes()


@pytest.mark.parametrize('arguments', [[], ['--data-set', CLAIM], ['--data-set', 'Claims', '--output', 'file'],
                                       ['--data-set', CLAIM, '--output', 'file', '--rows', '0']])
def test_an_incomplete_command_line_is_refused_before_anything_is_written(arguments, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit):
        main(arguments)
    assert 'usage:' in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
