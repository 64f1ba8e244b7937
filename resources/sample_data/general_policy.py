"""SyntheticGeneralData/PolicyData: one row for each policy and month in force, and a twin with broken rows."""
from __future__ import annotations

from collections.abc import Iterable, Iterator

from .draw import Draw
from .general_book import Policy, PolicyMonth, employee_tier, policies, policy_months
from .months import amount, month_day_short_year, short_year_month_day

COLUMNS = (
    'StartDate', 'EndDate', 'PolicyNumber', 'PhoneNumber', 'TIN', 'CustomerNo', 'CompanyCode', 'EffDate',
    'ExpirationDate', 'InsuredCompanyName', 'LineOfBusiness', 'LineOfBusinessCode', 'NewOrRenewal', 'InsuredIndustry',
    'InsuredSector', 'DistributionChannel', 'InsuredCity', 'InsuredStateCode', 'InsuredContactCellPhone',
    'InsuredContactEmail', 'InsuredNumberOfEmployees', 'InsuredEmployeeTier', 'InsuredAnnualRevenue',
    'ProducerProfitCenterID', 'Territory', 'ProducerCode', 'AgentName', 'AccidentYearTotalIncurredAmount',
    'PolicyInForce', 'ExpiringPolicy', 'ExpiringPremiumAmount', 'WrittenPremiumAmount', 'WrittenPolicy',
    'EarnedPremium', 'GenerationDate')
UNKNOWN_STATE = 'ZZ'
NOTHING = '0.00'
BROKEN_CELLS = (
    ('StartDate', '13/45/24'), ('PolicyNumber', ''), ('WrittenPremiumAmount', 'n/a'),
    ('WrittenPremiumAmount', '987654321098.76'), ('EndDate', 'unknown'), ('StartDate', 'first of May'),
    ('EarnedPremium', 'TBD'))
ROWS_PER_BROKEN_ROW = 2


def rows(seed: int) -> Iterator[list[str]]:
    """Yield endless rows; a few policies lack the name of their line of business or lie in an unknown state."""
    gaps = Draw('gaps in general policies', seed)
    for policy, months in policies_with_months(seed):
        line = '' if gaps.chance(0.05) else policy.line_of_business
        state = UNKNOWN_STATE if gaps.chance(0.03) else policy.insured.state
        unchanging = _unchanging_cells(policy, line, state)
        premium = amount(policy.premium_cents)
        for month in months:
            yield [
                month_day_short_year(month.month.first), short_year_month_day(month.month.last), *unchanging,
                amount(month.incurred_cents), '1', '1' if month.is_last else '0', premium if month.is_last else NOTHING,
                premium if month.is_first else NOTHING, '1' if month.is_first else '0', amount(month.earned_cents),
                policy.generated]


def bad_rows(seed: int) -> Iterator[list[str]]:
    """Yield endless rows, every second one with one cell that no policy system should send."""
    for position, row in enumerate(rows(seed)):
        kind, is_sound = divmod(position, ROWS_PER_BROKEN_ROW)
        if not is_sound:
            column, value = BROKEN_CELLS[kind % len(BROKEN_CELLS)]
            row[COLUMNS.index(column)] = value
        yield row


def policies_with_months(seed: int) -> Iterator[tuple[Policy, Iterable[PolicyMonth]]]:
    """Yield each policy of the book with its months, for every data set that tells of policy months."""
    losses = Draw('general losses', seed)
    for policy in policies(seed):
        yield policy, tuple(policy_months(policy, losses))


def _unchanging_cells(policy: Policy, line: str, state: str) -> tuple[str, ...]:
    """Return the cells that all months of a policy share, from PolicyNumber to AgentName."""
    insured, producer = policy.insured, policy.producer
    revenue = '' if insured.annual_revenue_cents is None else amount(insured.annual_revenue_cents)
    return (
        policy.number, insured.phone, insured.employer_number, insured.customer_number, policy.company_code,
        month_day_short_year(policy.effective), month_day_short_year(policy.expiration), insured.name, line,
        policy.line_of_business_code, policy.new_or_renewal, insured.industry, insured.sector, policy.channel,
        insured.city, state, insured.cell_phone, insured.email, str(insured.employees),
        employee_tier(insured.employees), revenue, producer.profit_center, policy.territory, producer.code,
        producer.agent)
