"""The people whom the invented customer files tell of: households with couples, children, twins and namesakes."""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from .customer_names import LAST_NAMES, MEN, OCCUPATIONS, STREET_KINDS, STREET_NAMES, WOMEN
from .draw import Draw
from .invented import INDUSTRIES, MAIL_DOMAINS, PLACES, WITHOUT_ACCENTS

HOUSEHOLD_SIZES = (1, 1, 1, 1, 2, 2, 2, 3, 4, 5)
FIRST_BIRTHDAY, YEARS_OF_BIRTH = date(1935, 1, 1), 55
DAYS_OF_YEAR = 365
SHARE_OF_TWINS, SHARE_OF_NAMESAKES = 0.08, 0.02
SHARE_KEEPING_OWN_NAME, SHARE_WITH_COMMON_PHONE = 0.1, 0.35


@dataclass(frozen=True)
class Address:
    """Where a household lives; the kind of street in full."""

    street: str
    city: str
    state: str
    zip_code: str


@dataclass(frozen=True)
class Customer:
    """One person as he or she really is; `number` is the truth that matching looks for."""

    number: int
    household: int
    sex: str
    first_name: str
    last_name: str
    born: date
    national_id: str
    marital_status: str
    annual_income: int
    occupation: str
    employer: str
    phone: str
    email: str
    address: Address


def customers(seed: int) -> Iterator[Customer]:
    """Yield the endless book of that seed, household after household."""
    draw = Draw('customer book', seed)
    number = household = 0
    while True:
        household += 1
        for person in _household(draw, household, number):
            number = person.number
            yield person


def address(draw: Draw) -> Address:
    """Return an address, most often in one of the first cities."""
    city, state, zip_code, _ = draw.commonly(PLACES)
    street = f'{draw.mostly_small(1, 9999)} {draw.pick(STREET_NAMES)} {draw.commonly(STREET_KINDS)[0]}'
    if draw.chance(0.15):
        street = f'{street} Apt {draw.whole(1, 60)}'
    return Address(street, city, state, f'{zip_code[:3]}{draw.whole(0, 99):02d}')


def phone(draw: Draw) -> str:
    """Return a number that nobody has: exchanges of the telephone network begin with 2 at least."""
    return f'{draw.pick(PLACES)[3]}-{draw.whole(0, 199):03d}-{draw.whole(0, 9999):04d}'


def email(draw: Draw, first_name: str, last_name: str) -> str:
    """Return an address in a domain that is reserved for examples."""
    form = draw.pick((f'{first_name}.{last_name}', f'{first_name[0]}.{last_name}', f'{last_name}.{first_name}'))
    return f'{form.translate(WITHOUT_ACCENTS).lower()}{draw.whole(1, 999)}@{draw.pick(MAIL_DOMAINS)}'


def _household(draw: Draw, household: int, last_number: int) -> Iterator[Customer]:
    """Yield one adult, or a couple and its children."""
    size = draw.pick(HOUSEHOLD_SIZES)
    place, last_name, common_phone = address(draw), draw.commonly(LAST_NAMES), phone(draw)
    first = _person(draw, last_number + 1, household, last_name, place, common_phone)
    yield replace(first, marital_status='Married') if size > 1 else first
    previous = first
    for position in range(1, size):
        name = draw.commonly(LAST_NAMES) if draw.chance(SHARE_KEEPING_OWN_NAME) else last_name
        member = _person(draw, last_number + 1 + position, household, name, place, common_phone)
        if position == 1:
            sex = 'F' if first.sex == 'M' else 'M'
            name = draw.commonly(WOMEN if sex == 'F' else MEN)
            member = replace(member, sex=sex, first_name=name, email=email(draw, name, member.last_name),
                             marital_status='Married', born=first.born + timedelta(days=draw.whole(-2000, 2000)))
        else:
            member = _child(draw, member, first, previous if position > 2 else None)
        previous = member
        yield member


def _child(draw: Draw, member: Customer, parent: Customer, older: Customer | None) -> Customer:
    born = parent.born + timedelta(days=draw.whole(20, 34) * DAYS_OF_YEAR + draw.whole(0, 364))
    if older and draw.chance(SHARE_OF_TWINS):
        born = older.born
    if older is None and member.sex == parent.sex and draw.chance(SHARE_OF_NAMESAKES):
        return replace(member, first_name=parent.first_name, born=born, marital_status='Single')
    return replace(member, born=born, marital_status='Single')


def _person(draw: Draw, number: int, household: int, last_name: str, place: Address, common_phone: str) -> Customer:
    sex = draw.pick('FM')
    first_name = draw.commonly(WOMEN if sex == 'F' else MEN)
    trade = draw.pick(INDUSTRIES)[2]
    return Customer(
        number=number, household=household, sex=sex, first_name=first_name, last_name=last_name,
        born=FIRST_BIRTHDAY + timedelta(days=draw.whole(0, YEARS_OF_BIRTH * DAYS_OF_YEAR)),
        national_id=f'9{draw.whole(0, 99):02d}-{draw.whole(1, 49):02d}-{draw.whole(1, 9999):04d}',
        marital_status=draw.pick(('Single', 'Divorced', 'Widowed')),
        annual_income=draw.mostly_small(18, 400) * 1000, occupation=draw.pick(OCCUPATIONS),
        employer=f'{draw.commonly(LAST_NAMES)} {trade}',
        phone=common_phone if draw.chance(SHARE_WITH_COMMON_PHONE) else phone(draw),
        email=email(draw, first_name, last_name), address=place)
