"""SyntheticGeneralData/WrittenPolicyData: one row for each written policy."""
from __future__ import annotations

from collections.abc import Iterator

from .general_book import employee_tier, policies
from .months import amount

COLUMNS = (
    'PolicyNumber', 'EffectiveDate', 'ExpirationDate', 'Term', 'InsuredCustomerNumber', 'InsuredCompanyName',
    'WrittenPremiumAmount', 'LineOfBusiness', 'LineOfBusinessCode', 'NewOrRenewal', 'InsuredIndustry', 'InsuredSector',
    'DistributionChannel', 'InsuredEIN', 'InsuredCity', 'InsuredStateCode', 'InsuredContactCellPhone',
    'InsuredContactEmail', 'InsuredNumberOfEmployees', 'InsuredEmployeeTier', 'InsuredAnnualRevenue',
    'ProducerProfitCenterID', 'Territory', 'ProducerCode', 'AgentName', 'GenerationDate')


def rows(seed: int) -> Iterator[list[str]]:
    """Yield endless rows."""
    for policy in policies(seed):
        insured, producer = policy.insured, policy.producer
        revenue = '' if insured.annual_revenue_cents is None else amount(insured.annual_revenue_cents)
        yield [
            policy.number, policy.effective.isoformat(), policy.expiration.isoformat(), str(policy.term_months),
            insured.customer_number, insured.name, amount(policy.premium_cents), policy.line_of_business,
            policy.line_of_business_code, policy.new_or_renewal, insured.industry, insured.sector, policy.channel,
            insured.employer_number, insured.city, insured.state, insured.cell_phone, insured.email,
            str(insured.employees), employee_tier(insured.employees), revenue, producer.profit_center, policy.territory,
            producer.code, producer.agent, policy.generated]
