"""The history of metrics: of the same table and stage, newest first, each execution once, its own left out."""
from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from lake_etl.quality.history import MetricHistory

METRIC = 'Dataset.*.RowCount'
START = datetime(2026, 3, 4, tzinfo=UTC)


@pytest.fixture
def history(item_store):
    """A function that gives the history that an execution sees."""
    table = item_store.table('dq-results')

    def of(execution, dataset='gen.policy', stage='after_transform'):
        return MetricHistory(table, dataset, stage, execution)
    return of


def test_values_come_newest_first_and_at_most_as_many_as_asked_for(history):
    for day in range(1, 13):
        history(f'e{day}').remember({METRIC: float(day), 'Column.a.Mean': day / 10}, START + timedelta(days=day))
    seen = history('now')
    assert seen(METRIC, 3) == [12, 11, 10]
    assert seen('Column.a.Mean', 2) == [1.2, 1.1]
    assert seen(METRIC, 100) == list(range(12, 0, -1))
    assert seen('Column.b.Mean', 5) == []


def test_a_repeated_execution_counts_once_and_does_not_see_itself(history):
    history('a').remember({METRIC: 1.0}, START)
    history('b').remember({METRIC: 2.0}, START + timedelta(hours=1))
    history('b').remember({METRIC: 3.0}, START + timedelta(hours=2))
    assert history('b')(METRIC, 5) == [1]
    assert history('c')(METRIC, 5) == [3, 1]


def test_tables_and_stages_have_their_own(history):
    history('a').remember({METRIC: 1.0}, START)
    assert history('b', dataset='gen.claim')(METRIC, 5) == []
    assert history('b', stage='before_transform')(METRIC, 5) == []


def test_without_a_results_table_nothing_is_kept():
    history = MetricHistory('', 'gen.policy', 'after_transform', 'a')
    history.remember({METRIC: 1.0}, START)
    assert history(METRIC, 5) == []
