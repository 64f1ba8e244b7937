"""The book of an invented life insurer: its policies and the people they insure."""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from .draw import Draw
from .invented import FIRST_NAMES, LAST_NAMES, PLACES, mail_address, phone_number, social_security_number
from .months import add_months

PRODUCTS = (('TERM10', 10), ('TERM20', 20), ('TERM30', 30), ('WHOLE', 60))
SMOKING_CLASSES = ('NS', 'NS', 'NS', 'SM', 'UN')
UNDERWRITING_CLASSES = ('Preferred', 'Standard', 'Standard', 'Substandard')
MARITAL_STATUSES = ('Divorced', 'Married', 'Married', 'Single', 'Widowed')
RELATIONSHIPS = ('Child', 'Parent', 'Sibling', 'Spouse', 'Spouse')
CLAIMS = ('Critical illness', 'Death', 'Death, accidental', 'Disability', 'Terminal illness')
TERMINATIONS = (('Lapsed', 'Premium not paid'), ('Surrendered', 'Surrendered by the owner'),
                ('Cancelled', 'Cancelled in the free look period'))
FIRST_DAY, LAST_DAY = date(2016, 1, 1), date(2025, 12, 31)
BOOK_DAY = date(2026, 6, 30)
DAYS_OF_YEAR = 365
SHARE_TERMINATED = 0.15
SHARE_OF_POLICIES_WITH_CLAIMS = 0.5
DAYS_OF_CLAIM_HANDLING = 120
SMOKER_LOADING, UNIT_CENTS, COMMISSION_PERCENT = 2, 1_000_00, 8


@dataclass(frozen=True)
class Person:
    """Somebody whose life is insured."""

    customer_number: str
    sex: str
    first_name: str
    last_name: str
    born: date
    city: str
    state: str
    national_id: str
    marital_status: str
    email: str
    phone: str


@dataclass(frozen=True)
class LifePolicy:
    """One policy and what became of it.

    yearly_cents                    premium of a year
    terminated, termination_reason  absent while the policy is in force
    claimed, claim                  day and kind of its claim; absent without one
    """

    policy_id: str
    person: Person
    quoted: date
    effective: date
    issue_age: int
    smoking_class: str
    underwriting_class: str
    coverage_units: int
    product: str
    term_years: int
    yearly_cents: int
    status: str
    terminated: date | None
    termination_reason: str
    claimed: date | None
    claim: str
    new_or_renewal: str
    producer_code: str
    paid_until: date
    beneficiary: str
    beneficiary_relationship: str
    beneficiary_percent: int
    updated: str

    @property
    def sum_assured_cents(self) -> int:
        """Return the amount that is paid on death."""
        return self.coverage_units * UNIT_CENTS

    @property
    def commission_cents(self) -> int:
        """Return the agent's commission of one year."""
        return self.yearly_cents * COMMISSION_PERCENT // 100


def life_policies(seed: int) -> Iterator[LifePolicy]:
    """Yield the endless book of that seed; policies and claims tell of the same people."""
    draw = Draw('life book', seed)
    sequence = 0
    while True:
        sequence += 1
        yield _policy(draw, sequence)


def _policy(draw: Draw, sequence: int) -> LifePolicy:
    person = _person(draw, sequence)
    effective = FIRST_DAY + timedelta(days=draw.whole(0, (LAST_DAY - FIRST_DAY).days))
    age = effective.year - person.born.year - ((effective.month, effective.day) < (person.born.month, person.born.day))
    product, years = draw.pick(PRODUCTS)
    smoking = draw.pick(SMOKING_CLASSES)
    units = draw.whole(5, 100) * 10
    rate = (age * age // 5 + 60) * (SMOKER_LOADING if smoking == 'SM' else 1)
    status, reason, ended = _termination(draw, effective)
    claim, claimed = '', None
    if not ended and draw.chance(SHARE_OF_POLICIES_WITH_CLAIMS):
        claim = draw.pick(CLAIMS)
        claimed = effective + timedelta(days=draw.whole(30, (BOOK_DAY - effective).days - DAYS_OF_CLAIM_HANDLING))
        if claim.startswith('Death'):
            status, reason, ended = 'Terminated', 'Death of the insured', claimed
    return LifePolicy(
        policy_id=f'LP{sequence:08d}',
        person=person,
        quoted=effective - timedelta(days=draw.whole(3, 60)),
        effective=effective,
        issue_age=age,
        smoking_class=smoking,
        underwriting_class=draw.pick(UNDERWRITING_CLASSES),
        coverage_units=units,
        product=product,
        term_years=years,
        yearly_cents=units * rate,
        status=status,
        terminated=ended,
        termination_reason=reason,
        claimed=claimed,
        claim=claim,
        new_or_renewal='New' if draw.chance(0.7) else 'Renewal',
        producer_code=f'{draw.mostly_small(1, 99_999):05d}',
        paid_until=ended or _next_anniversary(effective),
        beneficiary=f'{draw.pick(FIRST_NAMES)} {person.last_name}',
        beneficiary_relationship=draw.pick(RELATIONSHIPS),
        beneficiary_percent=100 if draw.chance(0.7) else 50,
        updated=f'{draw.whole(1, 30)}/6/2026 {draw.whole(0, 23)}:{draw.whole(0, 59)}:{draw.whole(0, 59)}',
    )


def _termination(draw: Draw, effective: date) -> tuple[str, str, date | None]:
    """Return status, reason and last day of a policy; most are in force and have neither reason nor last day."""
    if not draw.chance(SHARE_TERMINATED):
        return 'In Force', '', None
    status, reason = draw.pick(TERMINATIONS)
    return status, reason, effective + timedelta(days=draw.whole(20, (BOOK_DAY - effective).days))


def _next_anniversary(effective: date) -> date:
    years = BOOK_DAY.year - effective.year
    day = add_months(effective, 12 * years)
    return day if day > BOOK_DAY else add_months(effective, 12 * (years + 1))


def _person(draw: Draw, sequence: int) -> Person:
    first_name, last_name = draw.pick(FIRST_NAMES), draw.pick(LAST_NAMES)
    city, state, _, area = draw.pick(PLACES)
    return Person(
        customer_number=f'{sequence:07d}', sex=draw.pick(('F', 'M')), first_name=first_name, last_name=last_name,
        born=date(1950, 1, 1) + timedelta(days=draw.whole(0, 45 * DAYS_OF_YEAR)), city=city, state=state,
        national_id=social_security_number(draw), marital_status=draw.pick(MARITAL_STATUSES),
        email=mail_address(draw, first_name, last_name) if draw.chance(0.95) else '',
        phone=phone_number(draw, area))
