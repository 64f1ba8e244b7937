"""SyntheticLifeData/PolicyData: one row for each life policy."""
from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from .life_book import life_policies
from .months import amount, year_month_day_slashes

COLUMNS = (
    'policyid', 'customerno', 'policyquotationdate', 'policyeffectivedate', 'sex', 'firstname', 'lastname',
    'customerdob', 'issuestate', 'city', 'country', 'issueage', 'smokingclass', 'uwclass', 'coverageunit', 'prodcode',
    'yearlypremium', 'policystatus', 'sumassured', 'nationalid', 'maritalstatus', 'emailid', 'phoneno', 'policyterm',
    'newrenew', 'producer', 'policyterminationdate', 'policyterminationreason', 'monthlypremium', 'agentcommision',
    'premiumpaidtilldate', 'commisionpaidtilldate', 'beneficiaryname', 'beneficiaryrelationship', 'beneficiarypct',
    'lastupdated')
COUNTRY = 'USA'


def rows(seed: int) -> Iterator[list[str]]:
    """Yield endless rows."""
    for policy in life_policies(seed):
        person = policy.person
        paid_until = year_month_day_slashes(policy.paid_until)
        yield [
            policy.policy_id, person.customer_number, year_month_day_slashes(policy.quoted),
            year_month_day_slashes(policy.effective), person.sex, person.first_name, person.last_name,
            year_month_day_slashes(person.born), person.state, person.city, COUNTRY, str(policy.issue_age),
            policy.smoking_class, policy.underwriting_class, str(policy.coverage_units), policy.product,
            amount(policy.yearly_cents), policy.status, amount(policy.sum_assured_cents), person.national_id,
            person.marital_status, person.email, person.phone, str(policy.term_years), policy.new_or_renewal,
            policy.producer_code, _day_or_nothing(policy.terminated), policy.termination_reason,
            amount((policy.yearly_cents + 6) // 12), amount(policy.commission_cents), paid_until, paid_until,
            policy.beneficiary, policy.beneficiary_relationship, str(policy.beneficiary_percent), policy.updated]


def _day_or_nothing(day: date | None) -> str:
    return '' if day is None else year_month_day_slashes(day)
