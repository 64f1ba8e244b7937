"""A primary table of customers and a batch to match against it, with the truth of who is who."""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from itertools import islice

from .customer_book import customers
from .customer_record import TIDY, CustomerRecord, Habits, record
from .draw import Draw

SHARE_IN_PRIMARY, SHARE_TWICE_IN_BATCH = 0.95, 0.1
HABITS = Habits()
COLUMNS = tuple(field.name for field in fields(CustomerRecord) if field.name != 'national_id')


@dataclass(frozen=True)
class KnownRecord:
    """A record and the number of the person whom it is about."""

    person: int
    record: CustomerRecord


def primary(seed: int, rows: int) -> Iterator[KnownRecord]:
    """Yield one tidy record for each of so many people; some members of their households are not among them."""
    draw = Draw('customer primary', seed)
    known = (person for person in customers(seed) if draw.chance(SHARE_IN_PRIMARY))
    return islice((KnownRecord(person.number, record(draw, person, TIDY)) for person in known), rows)


def batch(seed: int, rows: int, primary_rows: int) -> Iterator[KnownRecord]:
    """Yield so many untidy records from the same households, some of them twice, about known and new people.

    Known people are drawn evenly from all of the primary table; every person that it leaves out has a better chance
    than a known one, so that roughly four records in ten are about new people.
    """
    draw, membership = Draw('customer batch', seed), Draw('customer primary', seed)
    chance_of_known = 0.55 * rows / primary_rows
    chance_of_new = 0.4 * rows / (primary_rows * (1 / SHARE_IN_PRIMARY - 1))
    written = in_primary = 0
    for person in customers(seed):
        is_known = in_primary < primary_rows and membership.chance(SHARE_IN_PRIMARY)
        in_primary += is_known
        if is_known:
            record(membership, person, TIDY)  # Draws what the primary table has drawn, to stay in step with it.
        if not draw.chance(chance_of_known if is_known else chance_of_new):
            continue
        for _ in range(1 + draw.chance(SHARE_TWICE_IN_BATCH)):
            yield KnownRecord(person.number, record(draw, person, HABITS))
            written += 1
            if written == rows:
                return
