"""Records with a run how many rows of each table were read, filtered, quarantined and published."""
from __future__ import annotations

from dataclasses import asdict

from lake_etl.config.workflow import Workflow
from lake_etl.controls.run_records import ROW_COUNTS, count_rows, only_filters_change_rows
from lake_etl.jobs.cleanse_target import CleanseRun, cleanse_target
from lake_etl.quality.gate import BEFORE_TRANSFORM, QualityGate


def record_row_counts(run: CleanseRun, workflow: Workflow, gate: QualityGate, published: int) -> None:
    """Add the rows of a table to the audit record of the run; the rows must be written and judged."""
    before = gate.quarantined(BEFORE_TRANSFORM)
    after = gate.quarantined() - before
    # Of a load without rows, Spark may never have computed what is before a filter.
    may_count = only_filters_change_rows(workflow.steps) and bool(published or after or not run.controls.filters)
    counts = count_rows(published, before, after, run.controls.filter_counts() if may_count else None)
    run.record(ROW_COUNTS, [{'table': cleanse_target(run, workflow).name, **asdict(counts)}])
