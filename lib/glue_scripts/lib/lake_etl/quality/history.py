"""Stores the metrics of earlier loads in the results table, for rules that compare with them."""
from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from lake_etl import runtime

# Counting down to the year 2286 puts the newest first in the order of the sort key.
LATEST_MILLISECOND = 10 ** 13
MEASURED_BY = 'measured_by'


class MetricHistory:
    """The metrics of one stage of one table, as loads that were published have measured them.

    An execution that is repeated does not compare with itself, and counts once for others.
    """

    def __init__(self, results_table: str, dataset: str, stage: str, execution_id: str):
        self._table = results_table
        self._key = f'metrics of {dataset} {stage}'
        self._execution = execution_id
        self._read: list[dict[str, Any]] = []
        self._unread: Iterator[dict[str, Any]] | None = None

    def __call__(self, metric: str, count: int) -> Sequence[float]:
        """Return the latest values of a metric, newest first, at most `count`."""
        values: list[float] = []
        for measured in self._measured():
            if len(values) >= count:
                break
            if metric in measured:
                values.append(float(measured[metric]))
        return values

    def remember(self, metrics: Mapping[str, float], now: datetime) -> None:
        """Keep the metrics of this load."""
        if self._table and metrics:
            newest_first = LATEST_MILLISECOND - int(now.timestamp() * 1000)
            runtime.items(self._table).put(self._table, {
                'execution_id': self._key, 'job_id_action_rule': f'{newest_first:013d} {self._execution}',
                MEASURED_BY: self._execution, 'EvaluatedMetrics': dict(metrics)})

    def _measured(self) -> Iterator[Mapping[str, Any]]:
        """Yield the metrics of each load, newest first; the table is read no further than they are asked for."""
        yield from (item['EvaluatedMetrics'] for item in self._read)
        if not self._table:
            return
        if self._unread is None:
            self._unread = runtime.items(self._table).query(self._table, self._key)
        for item in self._unread:
            if item[MEASURED_BY] not in {self._execution, *(known[MEASURED_BY] for known in self._read)}:
                self._read.append(item)
                yield item['EvaluatedMetrics']
