"""SyntheticGeneralData/NestedPolicyData: one document for each policy, as a policy system's interface sends it."""
from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from .draw import Draw
from .general_book import Insured, Policy, policies
from .invented import FIRST_NAMES, LAST_NAMES, STREETS, mail_address

COLUMNS = ('PolicyNumber', 'EffectiveDate', 'ExpirationDate', 'Term', 'annual_premium', 'LineOfBusiness',
           'LineOfBusinessCode', 'NewOrRenewal', 'DistributionChannel', 'Insured', 'Producer')
CONTACT_CHANNELS = ('email', 'fax', 'phone', 'portal')


def lines(seed: int) -> Iterator[str]:
    """Yield endless JSON documents, one a line."""
    draw = Draw('general nested', seed)
    for policy in policies(seed):
        yield json.dumps(_document(policy, draw), ensure_ascii=False, separators=(',', ':'))


def _document(policy: Policy, draw: Draw) -> dict[str, Any]:
    values = (policy.number, policy.effective.isoformat(), policy.expiration.isoformat(), policy.term_months,
              policy.premium_cents / 100,
              policy.line_of_business, policy.line_of_business_code, policy.new_or_renewal, policy.channel,
              _insured(policy.insured, draw), _producer(policy, draw))
    return dict(zip(COLUMNS, values, strict=True))


def _insured(insured: Insured, draw: Draw) -> dict[str, Any]:
    addresses = {'Primary': _address(insured, draw)}
    if draw.chance(0.6):
        addresses['Billing'] = _address(insured, draw)
    contacts = [insured.email] if insured.email else []
    if contacts and draw.chance(0.3):
        contacts.append(mail_address(draw, draw.pick(FIRST_NAMES), draw.pick(LAST_NAMES)))
    return {
        'InsuredCustomerNumber': insured.customer_number, 'InsuredCompanyName': insured.name,
        'InsuredEIN': insured.employer_number, 'InsuredIndustry': insured.industry, 'InsuredSector': insured.sector,
        'InsuredNumberOfEmployees': insured.employees, 'InsuredAddress': addresses, 'InsuredContactEmail': contacts}


def _address(insured: Insured, draw: Draw) -> dict[str, str]:
    return {'Street': f'{draw.whole(1, 999)} {draw.pick(STREETS)}', 'City': insured.city, 'State': insured.state,
            'Zip': insured.zip_code}


def _producer(policy: Policy, draw: Draw) -> dict[str, Any]:
    count = draw.whole(1, len(CONTACT_CHANNELS))
    return {
        'producer_name': policy.producer.agent or 'Direct sales', 'weight': draw.whole(1, 100),
        'channels': list(CONTACT_CHANNELS[:count]), 'location': f'{policy.insured.city}, {policy.insured.state}',
        'profit_center_id': policy.producer.profit_center}
