"""Values tell what a column holds: addresses, telephone numbers, and numbers whose check digits are right."""
from __future__ import annotations

from datetime import date, timedelta
from random import Random

import pytest

from spark_environment import skip_without_spark

RANDOM = Random(20)


def numbers(digits: int, count: int = 60) -> list[str]:
    """Return random numbers without a leading zero."""
    return [str(RANDOM.randrange(10 ** (digits - 1), 10 ** digits)) for _ in range(count)]


def ibans() -> list[str]:
    from stdnum import iban
    return [f'DE{iban.calc_check_digits(f"DE00{body}")}{body}' for body in numbers(18)]


def cards() -> list[str]:
    from stdnum import luhn
    plain = [f'4{body}{luhn.calc_check_digit(f"4{body}")}' for body in numbers(14)]
    return [' '.join((card[:4], card[4:8], card[8:12], card[12:])) for card in plain]


def swiss_numbers() -> list[str]:
    from stdnum import ean
    plain = [f'756{body}{ean.calc_check_digit(f"756{body}")}' for body in numbers(9)]
    return [f'{text[:3]}.{text[3:7]}.{text[7:11]}.{text[11:]}' for text in plain]


def dutch_numbers() -> list[str]:
    from stdnum.nl import bsn
    return [number for number in numbers(9, 900) if bsn.is_valid(number)]


PERSONAL = {
    'an e-mail address': lambda: [f'{name}@example.org' for name in numbers(5)],
    'a telephone number': lambda: [f'+41 79 {number[:3]} {number[3:]}' for number in numbers(7)],
    'a telephone number after 00': lambda: [f'0049-{number}' for number in numbers(9)],
    'a bank or card number of an account': ibans,
    'a bank or card number of a card': cards,
    'a tax or identity number of Switzerland': swiss_numbers,
    'a tax or identity number of the Netherlands': dutch_numbers,
    'a tax or identity number of the United States': lambda: [f'{n[:3]}-{n[3:5]}-{n[5:]}' for n in numbers(9)],
}
NOT_PERSONAL = {
    'policy numbers': lambda: [f'POL-{number}' for number in numbers(8)],
    'a sequence': lambda: [str(100_000_000 + number) for number in range(200)],
    'a sequence in tens': lambda: [str(756_000_000_000 + 10 * number) for number in range(200)],
    'days': lambda: [(date(2024, 1, 1) + timedelta(days=day)).strftime('%Y%m%d') for day in range(400)],
    'text': lambda: [f'Claim {number} was closed' for number in range(50)],
    'nothing': lambda: [],
    'blanks': lambda: [' '] * 50,
}


@pytest.mark.parametrize('kind', PERSONAL)
def test_a_column_is_known_by_its_values_if_nearly_all_of_them_fit(kind):
    skip_without_spark()
    from lib.local_lake.showing.personal_values import personal_kind
    values = PERSONAL[kind]()
    assert kind.startswith(str(personal_kind(values)))
    assert kind.startswith(str(personal_kind([*values, 'unknown'])))
    assert personal_kind([*values, *[f'unknown {number}' for number in range(len(values) // 5)]]) is None
    assert personal_kind(values[:5]) is None, 'a few values prove nothing'


@pytest.mark.parametrize('digits', range(1, 20))
def test_numbers_without_check_digits_are_not_personal(digits):
    skip_without_spark()
    from lib.local_lake.showing.personal_values import personal_kind
    assert personal_kind(sorted(set(numbers(digits, 200)))) is None


@pytest.mark.parametrize('kind', NOT_PERSONAL)
def test_common_columns_are_not_personal(kind):
    skip_without_spark()
    from lib.local_lake.showing.personal_values import personal_kind
    assert personal_kind(NOT_PERSONAL[kind]()) is None


def test_every_listed_number_is_known_to_the_library():
    skip_without_spark()
    from importlib import import_module

    from lib.local_lake.showing.personal_values import IDENTITY_NUMBERS
    assert all(import_module(f'stdnum.{name}').is_valid('x') is False for name in IDENTITY_NUMBERS)


@pytest.mark.parametrize(('text', 'personal'), [
    ('a@b.example', True), ('write to a@b.example', True), ('+49 30 1234567', True), ('123-45-6789', True),
    ('DE89 3704 0044 0532 0130 00', True), ('4111 1111 1111 1111', True), ('86095742719', True), ('', False),
    ('12', False), ('P-1', False), ('car', False), ('1000.25', False)])
def test_a_single_value_is_personal_by_its_form_or_check_digits(text, personal):
    skip_without_spark()
    from lib.local_lake.showing.personal_values import is_personal
    assert is_personal(text) is personal
