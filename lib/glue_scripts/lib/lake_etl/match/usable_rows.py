"""Counts the rows of a batch that must be compared, and those without a value to compare them by."""
from __future__ import annotations

import logging
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lake_etl.match.match_plan import MatchPlan
from lake_etl.match.match_values import ID, ColumnUse, numbered, value_rows

LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class MatchRowCounts:
    """Numbers of rows.

    settled  whose global id is known without a comparison
    open     all others, to which the two counts below refer
    keyless  without a source key or a source system
    missing  by column of a block: without a value there
    """

    settled: int
    open: int
    keyless: int
    missing: dict[str, int]


def counted_rows(rows: DataFrame, settled_id: str, plan: MatchPlan) -> MatchRowCounts:
    """Count rows in one Spark job; `settled_id` is the column with the ids that are known without a comparison."""
    exact = plan.exact_rules
    parts = [(number in exact, ColumnUse(part.column, use)) for number, rule in enumerate(plan.rules)
             for part, use in zip(rule.rule.parts, rule.uses, strict=True)]
    keys = numbered('v', [source for is_exact, source in parts if is_exact])
    names = numbered('v', [source for _, source in parts])
    values = value_rows(rows, settled_id, (), list(names), plan.default_values)
    is_open = F.col(ID).isNull()
    missing = {source: is_open & F.col(name).isNull() for source, name in names.items()}
    keyless = _any([missing[source] for source in keys])
    found = values.agg(F.count_if(~is_open), F.count_if(is_open), F.count_if(keyless),
                       *(F.count_if(condition) for condition in missing.values())).collect()[0]
    counts = dict(zip(missing, found[3:], strict=True))
    return MatchRowCounts(found[0], found[1], found[2],
                          {source.column: count for source, count in counts.items() if source.use == 'block'})


def _any(conditions: list[Column]) -> Column:
    result = F.lit(False)
    for condition in conditions:
        result = result | condition
    return result


def log_rows_without_values(counts: MatchRowCounts) -> None:
    """Say for each column how many rows have nothing there by which they could be compared; never a value."""
    if counts.keyless:
        LOG.info('%d of %d rows that must be compared have no source key: it or the source system is empty or stands '
                 'for a missing one. Each of them is an entity of its own, unless all their values are equal.',
                 counts.keyless, counts.open)
    for name, count in counts.missing.items():
        if count:
            LOG.info('Blocks by %s: %d of %d rows that must be compared have no value, because it is empty or stands '
                     'for a missing one.', name, count, counts.open)
