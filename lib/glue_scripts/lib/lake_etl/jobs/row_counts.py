"""Records with a run how many rows of each table were read, filtered, quarantined and published."""
from __future__ import annotations

from dataclasses import asdict

from lake_etl.config.workflow import Workflow
from lake_etl.controls.run_records import ROW_COUNTS, count_rows
from lake_etl.jobs.cleanse_target import CleanseRun, cleanse_target
from lake_etl.quality.gate import BEFORE_TRANSFORM, QualityGate


def record_row_counts(run: CleanseRun, workflow: Workflow, gate: QualityGate, published: int) -> None:
    """Add the rows of a table to the audit record of the run; the rows must be written and judged."""
    before = gate.quarantined(BEFORE_TRANSFORM)
    after = gate.quarantined() - before
    steps = run.controls.step_counts() if run.controls.counts_rows else None
    counts = count_rows(published, before, after, steps)
    run.record(ROW_COUNTS, [{'table': cleanse_target(run, workflow).name, **asdict(counts)}])
