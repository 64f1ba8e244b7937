"""A landed file waits for every workflow that it depends on, from the right moment."""
from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from lake_etl.config.dependencies import Dependencies
from lake_etl.landing.waiting import unmet

LANDED = datetime(2026, 3, 31, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(('lookback', 'successes', 'missing'), [
    (None, {}, ['A/B', 'C/D']),
    (None, {'A/B': LANDED - HOUR, 'C/D': LANDED + HOUR}, ['A/B']),
    (None, {'A/B': LANDED, 'C/D': LANDED + HOUR}, []),
    ({'days': 1}, {'A/B': LANDED - 23 * HOUR, 'C/D': LANDED - 25 * HOUR}, ['C/D']),
    ({'days': 1}, {'A/B': LANDED - 23 * HOUR, 'C/D': LANDED + HOUR}, []),
    ({'months': 1}, {'A/B': datetime(2026, 2, 28, 12, tzinfo=UTC), 'C/D': LANDED}, []),
    ({'months': 1}, {'A/B': datetime(2026, 2, 28, 11, tzinfo=UTC), 'C/D': LANDED}, ['A/B']),
])
def test_every_dependency_has_to_succeed_within_the_lookback_or_later(lookback, successes, missing):
    dependencies = Dependencies((('A', 'B'), ('C', 'D')), lookback)
    assert unmet(dependencies, LANDED, lambda workflow, moment: successes.get(workflow, LANDED.replace(
        year=2000)) >= moment) == missing
