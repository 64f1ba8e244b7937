"""How a source system writes a customer down: with short names, slips of the keyboard, old addresses and gaps."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from .customer_book import Customer, address, email, phone
from .customer_names import LAST_NAMES, SHORT_NAMES, STREET_KINDS
from .draw import Draw

LETTERS = 'abcdefghijklmnopqrstuvwxyz'
ABBREVIATIONS = dict(STREET_KINDS)


@dataclass(frozen=True)
class Habits:
    """How often, from 0 to 1, a source system differs from what is true."""

    short_name: float = 0.1
    first_name_slip: float = 0.07
    last_name_slip: float = 0.05
    names_exchanged: float = 0.02
    married_name: float = 0.05
    moved: float = 0.1
    street_slip: float = 0.08
    street_abbreviated: float = 0.5
    birthday_slip: float = 0.04
    birthday_missing: float = 0.1
    other_phone: float = 0.1
    phone_missing: float = 0.15
    other_email: float = 0.12
    email_missing: float = 0.25
    national_id_missing: float = 0.6


TIDY = Habits(short_name=0.03, first_name_slip=0.01, last_name_slip=0.01, names_exchanged=0, married_name=0, moved=0,
              street_slip=0.01, birthday_slip=0.005, birthday_missing=0.04, other_phone=0, phone_missing=0.08,
              other_email=0, email_missing=0.15)


@dataclass(frozen=True)
class CustomerRecord:
    """One customer as a source system knows him or her; an empty text is a missing value."""

    first_name: str
    last_name: str
    sex: str
    born: str
    national_id: str
    phone: str
    email: str
    street: str
    city: str
    state: str
    zip_code: str


def record(draw: Draw, person: Customer, habits: Habits) -> CustomerRecord:
    """Return what a system with these habits has written down about a person."""
    first_name, last_name = _names(draw, person, habits)
    place = address(draw) if draw.chance(habits.moved) else person.address
    street = slip(draw, place.street) if draw.chance(habits.street_slip) else place.street
    number = phone(draw) if draw.chance(habits.other_phone) else person.phone
    mail = email(draw, person.first_name, person.last_name) if draw.chance(habits.other_email) else person.email
    return CustomerRecord(
        first_name=first_name, last_name=last_name, sex=person.sex, born=_birthday(draw, person.born, habits),
        national_id='' if draw.chance(habits.national_id_missing) else person.national_id,
        phone='' if draw.chance(habits.phone_missing) else number,
        email='' if draw.chance(habits.email_missing) else mail,
        street=_abbreviated(street) if draw.chance(habits.street_abbreviated) else street,
        city=place.city, state=place.state, zip_code=place.zip_code)


def slip(draw: Draw, text: str) -> str:
    """Return the text with one letter left out, doubled, exchanged with the next, or another one."""
    place = draw.whole(1, max(1, len(text) - 2))
    kind = draw.pick(('left out', 'doubled', 'exchanged', 'another'))
    if kind == 'left out':
        return text[:place] + text[place + 1:]
    if kind == 'doubled':
        return text[:place] + text[place - 1:]
    if kind == 'exchanged':
        return text[:place] + text[place:place + 2][::-1] + text[place + 2:]
    return text[:place] + draw.pick(LETTERS) + text[place + 1:]


def _names(draw: Draw, person: Customer, habits: Habits) -> tuple[str, str]:
    first_name, last_name = person.first_name, person.last_name
    if first_name in SHORT_NAMES and draw.chance(habits.short_name):
        first_name = draw.pick(SHORT_NAMES[first_name])
    elif draw.chance(habits.first_name_slip):
        first_name = slip(draw, first_name)
    if person.sex == 'F' and draw.chance(habits.married_name):
        last_name = draw.commonly(LAST_NAMES)
    elif draw.chance(habits.last_name_slip):
        last_name = slip(draw, last_name)
    return (last_name, first_name) if draw.chance(habits.names_exchanged) else (first_name, last_name)


def _birthday(draw: Draw, born: date, habits: Habits) -> str:
    """Return the day as text, with month and day exchanged or a wrong digit where somebody slipped."""
    if draw.chance(habits.birthday_missing):
        return ''
    if not draw.chance(habits.birthday_slip):
        return born.isoformat()
    if born.day <= 12 and draw.chance(0.5):
        return date(born.year, born.day, born.month).isoformat()
    return (born + timedelta(days=draw.pick((1, -1, 10, -10, 365, -365)))).isoformat()


def _abbreviated(street: str) -> str:
    return ' '.join(ABBREVIATIONS.get(word, word) for word in street.split(' '))
