"""The customer files of three source systems over two days, which tell of overlapping people."""
from __future__ import annotations

from collections.abc import Callable, Iterator

from .customer_book import Customer, customers
from .customer_record import TIDY, CustomerRecord, Habits, record
from .draw import Draw

COLUMNS = ('partyid', 'partytype', 'firstname', 'lastname', 'sex', 'dob', 'nationalid', 'maritalstatus',
           'annualincome', 'occupation', 'companyname', 'phonenumber', 'email', 'addressstreet', 'city', 'state',
           'zip', 'country', 'lastupdated', 'srcsystemid')
SYSTEMS = {'A01': TIDY, 'C25': Habits(), 'F15': Habits(short_name=0.25, phone_missing=0.3)}
SHARE_IN_SYSTEM = 0.6
SHARE_OF_DAY = {1: 0.7, 2: 0.5}
FIRST_MINUTE, LAST_MINUTE = 6 * 60, 20 * 60
PARTY_NUMBERS = 1_000_003   # A prime, so that the numbers of different people never meet.


def rows(system: str, day: int) -> Callable[[int], Iterator[list[str]]]:
    """Return what yields the endless rows of a system's file of one day, given a seed."""
    def of_seed(seed: int) -> Iterator[list[str]]:
        for person in customers(seed):
            if _is_in_file(seed, system, day, person):
                yield _row(Draw('customer record', seed, system, day, person.number), person, system, day)
    return of_seed


def party_number(system: str, person: int) -> str:
    """Return the key under which a system knows a person; it tells nothing about the person's key elsewhere."""
    factor = 7919 + 2 * sorted(SYSTEMS).index(system)
    return f'{system[0]}{person * factor % PARTY_NUMBERS:07d}'


def _is_in_file(seed: int, system: str, day: int, person: Customer) -> bool:
    draw = Draw('customer of system', seed, system, person.number)
    is_known = draw.chance(SHARE_IN_SYSTEM)
    days = {number: draw.chance(share) for number, share in SHARE_OF_DAY.items()}
    return is_known and days[day]


def _row(draw: Draw, person: Customer, system: str, day: int) -> list[str]:
    known: CustomerRecord = record(draw, person, SYSTEMS[system])
    minute = draw.whole(FIRST_MINUTE, LAST_MINUTE)
    return [party_number(system, person.number), 'Individual', known.first_name, known.last_name, known.sex, known.born,
            known.national_id, person.marital_status, str(person.annual_income), person.occupation, person.employer,
            known.phone, known.email, known.street, known.city, known.state, known.zip_code, 'US',
            f'2026-03-{day:02d} {minute // 60:02d}:{minute % 60:02d}:{draw.whole(0, 59):02d}', system]
