"""The period in a file's name is found where it stands by itself, and compared with the partition."""
from __future__ import annotations

import pytest

from lake_etl.landing.period import period_of, period_warning


@pytest.mark.parametrize(('name', 'period'), [
    ('claims_2026-03.csv', (2026, 3, None)), ('claims-20260331.csv', (2026, 3, 31)),
    ('2026.03.31 claims', (2026, 3, 31)),
    ('claims202603.csv', None), ('policies_202603.csv', (2026, 3, None)), ('March 2026.xlsx', (2026, 3, None)),
    ('bordereau Mar-2026.xlsx', (2026, 3, None)), ('2026_september.csv', (2026, 9, None)),
    ('March.xlsx', (None, 3, None)),
    ('marching_band.csv', None), ('claims_2026-13.csv', None), ('claims_1234567.csv', None), ('a.csv', None),
    ('MARCH_v2.csv', (None, 3, None)), ('day1.csv', None), ('20261399.csv', None), ('x_2026.csv', None)])
def test_a_period_is_found_in_a_name(name, period):
    assert period_of(name) == period


@pytest.mark.parametrize(('name', 'partition', 'warned'), [
    ('claims_2026-03.csv', (2026, 3, 31), False), ('claims_2026-03.csv', (2026, 11, 29), True),
    ('March.csv', (2026, 3, 1), False), ('March.csv', (2026, 4, 1), True), ('a.csv', (2026, 4, 1), False)])
def test_a_name_that_speaks_of_another_period_is_warned_of(name, partition, warned):
    said = period_warning(name, partition)
    assert (said is not None) is warned
    assert said is None or name in said
