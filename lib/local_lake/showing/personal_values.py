"""Tells by the values of a published table which columns look personal: by form, and by the check digits in numbers."""
from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from importlib import import_module

from lake_etl.adapters.local.duckdb_engine import view_name
from lake_etl.adapters.local.duckdb_queries import native_query
from lake_etl.adapters.local.duckdb_types import identifier
from lake_etl.ports import Table
from lake_etl.syntax.type_text import WHOLE_TYPES

# Every tenth number passes a check digit by chance, so a few values prove nothing.
FEWEST_VALUES, MOST_VALUES, LEAST_SHARE = 20, 1_000, 0.95
# The shortest number that one value alone is taken for.
FEWEST_CHARACTERS = 8
E_MAIL = re.compile(r'[^@\s]+@[^@\s]+\.[A-Za-z]{2,}')
TELEPHONE = re.compile(r'(?:\+|00)[1-9][0-9 ()/.-]{6,18}')
CARD = re.compile(r'[3-6][0-9]{12,18}')
# The numbering area of the United States has no check digit; the dashes tell.
SOCIAL_SECURITY = re.compile(r'[0-9]{3}-[0-9]{2}-[0-9]{4}')
# Modules of python-stdnum with the numbers of persons that carry a check digit or a date of birth.
IDENTITY_NUMBERS = (
    'at.vnr', 'au.tfn', 'be.nn', 'bg.egn', 'br.cpf', 'ca.sin', 'ch.ssn', 'cl.rut', 'cn.ric', 'cz.rc', 'de.idnr',
    'dk.cpr', 'ec.ci', 'ee.ik', 'es.dni', 'es.nie', 'fi.hetu', 'fr.nir', 'gb.nhs', 'gb.utr', 'gr.amka', 'hr.oib',
    'ie.pps', 'il.idnr', 'in_.aadhaar', 'in_.pan', 'is_.kennitala', 'it.codicefiscale', 'kr.rrn', 'lt.asmens',
    'mx.curp', 'nl.bsn', 'no.fodselsnummer', 'nz.ird', 'pl.pesel', 'pt.nif', 'ro.cnp', 'se.personnummer', 'si.emso',
    'th.pin', 'tr.tckimlik', 'ua.rntrc', 'us.itin', 'za.idnr')


def personal_values(catalog: str, table: Table) -> dict[str, str]:
    """Return the columns whose published values look personal, and what they seem to be; runs one query.

    Looks at up to 1,000 different values of each column of text or whole numbers.

    catalog  its address
    """
    names = [item.name for item in table.columns if item.type == 'string' or item.type in WHOLE_TYPES]
    if not names:
        return {}
    place = view_name(table.database, table.name)
    samples = [f'(SELECT list(value) FROM (SELECT DISTINCT CAST({identifier(name)} AS varchar) AS value FROM {place} '
               f'WHERE {identifier(name)} IS NOT NULL LIMIT {MOST_VALUES}))' for name in names]
    answer = native_query(catalog, f'SELECT {", ".join(samples)}').rows[0]
    kinds = {name: personal_kind(values or ()) for name, values in zip(names, answer, strict=True)}
    return {name: kind for name, kind in kinds.items() if kind}


def personal_kind(values: Sequence[str]) -> str | None:
    """Return what nearly all of these different values seem to be, such as `an e-mail address`; None for nothing."""
    texts = [text for value in values if (text := value.strip())]
    if len(texts) < FEWEST_VALUES:
        return None
    if _nearly_all(texts, E_MAIL.fullmatch):
        return 'an e-mail address'
    if _nearly_all(texts, TELEPHONE.fullmatch):
        return 'a telephone number'
    if _nearly_all(texts, _is_bank_number):
        return 'a bank or card number'
    if _nearly_all(texts, SOCIAL_SECURITY.fullmatch) or any(
            _nearly_all(texts, import_module(f'stdnum.{name}').is_valid) for name in IDENTITY_NUMBERS):
        return 'a tax or identity number'
    return None


def is_personal(text: str) -> bool:
    """Tell whether one value has the form of personal data; every tenth number of some lengths does by chance."""
    text = text.strip()
    if E_MAIL.search(text) or TELEPHONE.fullmatch(text) or SOCIAL_SECURITY.fullmatch(text):
        return True
    return len(text) >= FEWEST_CHARACTERS and (_is_bank_number(text) or any(
        import_module(f'stdnum.{name}').is_valid(text) for name in IDENTITY_NUMBERS))


def _nearly_all(texts: Sequence[str], fits: Callable[[str], object]) -> bool:
    """Return whether at least 95 % fit; a column that does not is known by its first values."""
    allowed = int(len(texts) * (1 - LEAST_SHARE))
    misfits = 0
    for text in texts:
        misfits += not fits(text)
        if misfits > allowed:
            return False
    return True


def _is_bank_number(text: str) -> bool:
    from stdnum import iban, luhn
    digits = re.sub('[ -]', '', text)
    return bool(iban.is_valid(text) or CARD.fullmatch(digits) and luhn.is_valid(digits))
