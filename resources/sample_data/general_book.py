"""The book of an invented general insurer: its policies, and what each earns and loses month by month."""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from .draw import Draw
from .invented import (
    FIRST_NAMES, INDUSTRIES, LAST_NAMES, PLACES, company_name, employer_number, mail_address, phone_number)
from .months import MONTHS, Month, add_months, month_index

LINES_OF_BUSINESS = (
    ('Businessowners', 'BO', 900_00, 15_000_00), ('Commercial Auto', 'CA', 1_500_00, 80_000_00),
    ('Commercial Property', 'CP', 2_000_00, 150_000_00), ('Cyber', 'CY', 1_200_00, 60_000_00),
    ('General Liability', 'GL', 800_00, 90_000_00), ('Inland Marine', 'IM', 600_00, 25_000_00),
    ('Professional Liability', 'PL', 1_000_00, 70_000_00), ('Umbrella', 'UM', 1_500_00, 40_000_00),
    ('Workers Compensation', 'WC', 1_100_00, 220_000_00))
COMPANY_CODES = ('01', '02', '05')
CHANNELS = ('Broker', 'Direct', 'Independent Agent', 'Program Administrator')
TERRITORIES = ('Central', 'Northeast', 'Southeast', 'West')
EMPLOYEE_TIERS = ((10, '1-9'), (50, '10-49'), (250, '50-249'), (1000, '250-999'))
LARGEST_TIER = '1000+'
FIRST_EFFECTIVE_MONTH, LAST_EFFECTIVE_MONTH = month_index(date(2023, 1, 1)), month_index(date(2025, 6, 1))


@dataclass(frozen=True)
class Insured:
    """A company that is insured.

    annual_revenue_cents  None where the company did not say
    """

    customer_number: str
    name: str
    employer_number: str
    industry: str
    sector: str
    city: str
    state: str
    zip_code: str
    phone: str
    cell_phone: str
    email: str
    employees: int
    annual_revenue_cents: int | None


@dataclass(frozen=True)
class Producer:
    """Who sold a policy; a policy sold directly has no agent."""

    code: str
    profit_center: str
    agent: str


@dataclass(frozen=True)
class Policy:
    """One term of a policy; `sequence` counts the policies of the book from 0."""

    sequence: int
    number: str
    company_code: str
    line_of_business: str
    line_of_business_code: str
    new_or_renewal: str
    channel: str
    territory: str
    effective: date
    expiration: date
    term_months: int
    premium_cents: int
    generated: str
    insured: Insured
    producer: Producer


@dataclass(frozen=True)
class PolicyMonth:
    """What one policy earned and lost in one calendar month; the earned amounts of a policy add up to its premium."""

    month: Month
    is_first: bool
    is_last: bool
    earned_cents: int
    incurred_cents: int


def policies(seed: int) -> Iterator[Policy]:
    """Yield the endless book of that seed; every data set of the insurer tells of the same policies."""
    draw = Draw('general book', seed)
    sequence = 0
    while True:
        yield _policy(draw, sequence)
        sequence += 1


def employee_tier(employees: int) -> str:
    """Return the size class of a company."""
    return next((tier for limit, tier in EMPLOYEE_TIERS if employees < limit), LARGEST_TIER)


def policy_months(policy: Policy, draw: Draw) -> Iterator[PolicyMonth]:
    """Yield the calendar months in which a policy is in force, premium earned by the day."""
    first, last = month_index(policy.effective), month_index(policy.expiration)
    if policy.expiration.day == 1:
        last -= 1
    begin = policy.effective.toordinal()
    days = policy.expiration.toordinal() - begin
    earned_before = 0
    for index in range(first, last + 1):
        month = MONTHS[index]
        elapsed = min(month.last.toordinal() + 1 - begin, days)
        earned = policy.premium_cents * elapsed // days
        incurred = draw.mostly_small(50_00, policy.premium_cents * 3) if draw.chance(0.08) else 0
        yield PolicyMonth(month, index == first, index == last, earned - earned_before, incurred)
        earned_before = earned


def _policy(draw: Draw, sequence: int) -> Policy:
    line, code, lowest, highest = draw.pick(LINES_OF_BUSINESS)
    month = MONTHS[draw.whole(FIRST_EFFECTIVE_MONTH, LAST_EFFECTIVE_MONTH)].first
    effective = month if draw.chance(0.75) else month.replace(day=draw.whole(2, 28))
    term = 12 if draw.chance(0.88) else 6
    channel = draw.pick(CHANNELS)
    return Policy(
        sequence=sequence,
        number=f'{code}{sequence + 1:07d}',
        company_code=draw.pick(COMPANY_CODES),
        line_of_business=line,
        line_of_business_code=code,
        new_or_renewal='Renewal' if draw.chance(0.6) else 'New',
        channel=channel,
        territory=draw.pick(TERRITORIES),
        effective=effective,
        expiration=add_months(effective, term),
        term_months=term,
        premium_cents=draw.mostly_small(lowest, highest),
        generated=f'2026-07-01 {draw.whole(1, 5):02d}:{draw.whole(0, 59):02d}:{draw.whole(0, 59):02d}'
                  f'.{draw.whole(0, 999):03d}+0000',
        insured=_insured(draw, sequence),
        producer=_producer(draw, channel),
    )


def _insured(draw: Draw, sequence: int) -> Insured:
    industry, sector, trade = draw.pick(INDUSTRIES)
    city, state, zip_code, area = draw.pick(PLACES)
    employees = draw.mostly_small(1, 2500)
    contact = draw.pick(FIRST_NAMES), draw.pick(LAST_NAMES)
    return Insured(
        customer_number=f'{sequence * 7 + 100_001:09d}',
        name=company_name(draw, trade, city),
        employer_number=employer_number(draw),
        industry=industry,
        sector=sector,
        city=city,
        state=state,
        zip_code=zip_code,
        phone=phone_number(draw, area),
        cell_phone=phone_number(draw, area) if draw.chance(0.95) else '',
        email=mail_address(draw, *contact) if draw.chance(0.97) else '',
        employees=employees,
        annual_revenue_cents=employees * draw.whole(40_000, 260_000) * 100 if draw.chance(0.97) else None,
    )


def _producer(draw: Draw, channel: str) -> Producer:
    number = draw.mostly_small(1, 99_999)
    # A code always means the same agent, however many policies that agent has sold.
    agent = f'{FIRST_NAMES[number % len(FIRST_NAMES)]} {LAST_NAMES[number % len(LAST_NAMES)]}'
    return Producer(f'{number:05d}', f'{number % 17 + 1:03d}', '' if channel == 'Direct' else agent)
