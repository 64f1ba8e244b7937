"""SyntheticLifeData/ClaimData: one row for each claim on a life policy and beneficiary."""
from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from .draw import Draw
from .life_book import LifePolicy, life_policies
from .months import amount, year_month_day_slashes

COLUMNS = (
    'claimno', 'policyid', 'firstname', 'lastname', 'claimsreporteddate', 'policyeffectivedate', 'claimstatus',
    'claimdescription', 'adjudicationstatus', 'adjudicationdescription', 'EOBgenerated', 'claimamount', 'paidamount',
    'adjudicationdate', 'paymentdate', 'beneficiaryname', 'beneficiaryrelationship', 'beneficiarypct', 'checkno',
    'lastupdated')
OUTCOMES = (('Closed', 'Approved', 'Paid in full', 100), ('Closed', 'Approved', 'Paid in part', 60),
            ('Closed', 'Denied', 'Not covered by the policy', 0), ('Open', 'Pending', 'Waiting for documents', 0))


def rows(seed: int) -> Iterator[list[str]]:
    """Yield endless rows; a claim that is denied or still open has no payment and no check."""
    draw = Draw('life claims', seed)
    number = 0
    for policy in life_policies(seed):
        if policy.claimed:
            number += 1
            yield _row(policy, policy.claimed, number, draw)


def _row(policy: LifePolicy, occurred: date, number: int, draw: Draw) -> list[str]:
    status, decision, explanation, percent = draw.pick(OUTCOMES)
    reported = occurred + timedelta(days=draw.whole(1, 14))
    decided = year_month_day_slashes(reported + timedelta(days=draw.whole(5, 60))) if status == 'Closed' else ''
    claimed = policy.sum_assured_cents * policy.beneficiary_percent // 100
    paid = claimed * percent // 100
    payment = year_month_day_slashes(reported + timedelta(days=draw.whole(61, 100))) if paid else ''
    return [
        f'CLM{number:07d}', policy.policy_id, policy.person.first_name, policy.person.last_name,
        year_month_day_slashes(reported), year_month_day_slashes(policy.effective), status, policy.claim,
        decision, explanation, 'Y' if status == 'Closed' else 'N', amount(claimed), amount(paid), decided, payment,
        policy.beneficiary, policy.beneficiary_relationship, str(policy.beneficiary_percent),
        f'{draw.whole(1, 9_999_999):08d}' if paid else '', policy.updated]
