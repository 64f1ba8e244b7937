"""Names what a load records about a run, and counts the rows that it read, filtered, quarantined and published."""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lake_etl.config.entries.known import known_forms
from lake_etl.config.transform_steps import TransformStep

# Entries of the audit record of a run.
FAILED_CONVERSIONS, NOTICES, ROW_COUNTS = 'failed_conversions', 'notices', 'row_counts'
# The operations in the lineage of a table that was written, and of a stage whose rules quarantine rows.
WRITE_OPERATION, QUARANTINE_OPERATION = 'write', 'dataqualityquarantine'


@dataclass(frozen=True)
class StepCount:
    """The rows before and after a step that leaves out rows or repeats them; `filters` is false if it may repeat them.
    """

    before: int
    after: int
    filters: bool = True


@dataclass(frozen=True)
class RowCounts:
    """The rows of one table in a load.

    read         rows of the source, without those that `row_filter` leaves out; None if they are not known exactly
    filtered     rows that steps left out; None if they are not known exactly
    quarantined  rows that rules quarantined, at all stages
    published    rows that readers see
    """

    read: int | None
    filtered: int | None
    quarantined: int
    published: int


def has_known_steps(steps: Iterable[TransformStep]) -> bool:
    """Tell whether all steps are known, so that rows can be followed; a user's own may change which rows there are."""
    return {step.name for step in steps} <= known_forms().keys()


def count_rows(published: int, quarantined_before: int, quarantined_after: int,
               steps: Sequence[StepCount] | None) -> RowCounts:
    """Return the rows of a load; a number that is not certain is None.

    quarantined_before  rows quarantined before the transforms
    quarantined_after   rows quarantined after the transforms
    steps               counts of all steps that change which rows there are, in order; None if one of them is not
                        known, or a count is missing

    Spark may count rows twice on the way when it repeats a task. So these counts are only used if they agree with each
    other and with the rows that are written, which are certain.
    """
    quarantined, left = quarantined_before + quarantined_after, published + quarantined_after
    if steps is None:
        return RowCounts(None, None, quarantined, published)
    for step in reversed(steps):
        if step.after != left or step.filters and step.before < step.after:
            return RowCounts(None, None, quarantined, published)
        left = step.before
    filtered = sum(step.before - step.after for step in steps if step.filters)
    return RowCounts(left + quarantined_before, filtered, quarantined, published)
