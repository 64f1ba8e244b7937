"""Stages the rows of a Cleanse table, decides whether readers may see them, and publishes them.

A file that fills several tables has all of them staged and checked before the first one is published.
"""
from __future__ import annotations

import logging
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass

from pyspark.sql import DataFrame

from lake_etl.config.workflow import Workflow
from lake_etl.controls.run_records import NOTICES
from lake_etl.jobs.cleanse_target import CleanseRun, cleanse_target, source_address, source_file
from lake_etl.jobs.control_totals import observe_written, require_control_totals
from lake_etl.jobs.conversion_report import report_conversions
from lake_etl.jobs.row_counts import record_row_counts
from lake_etl.jobs.table_ownership import published_table, record_changes
from lake_etl.ports import Table
from lake_etl.publish.failed_rows import without_mark
from lake_etl.publish.partition import StagedPartition, find_partition, stage_partition
from lake_etl.publish.row_change import require_row_change, row_change
from lake_etl.publish.schema_evolution import column_changes
from lake_etl.publish.target import Published, Target
from lake_etl.quality.gate import QualityGate
from lake_etl.read.source import read_errors_named

LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class StagedCleanseTable:
    """The rows of a table that are written and that readers do not see yet.

    before  the table when the load began
    """

    run: CleanseRun
    workflow: Workflow
    df: DataFrame
    gate: QualityGate
    target: Target
    before: Table | None
    written: StagedPartition


def stage_table(run: CleanseRun, workflow: Workflow, df: DataFrame, gate: QualityGate, staged: ExitStack
                ) -> StagedCleanseTable:
    """Write the rows next to the partition of this load.

    staged  discards what is not published when it is closed
    """
    target = cleanse_target(run, workflow)
    before = published_table(target)
    df = observe_written(run, workflow, df)
    with _scan_errors_named(run, workflow):
        written = staged.enter_context(stage_partition(df, target, run.load.partition, _is_by_file(workflow)))
    return StagedCleanseTable(run, workflow, df, gate, target, before, written)


def check_table(table: StagedCleanseTable) -> None:
    """Raise an error unless readers may see the rows, by conversions, control totals, rules and the number of rows."""
    run, workflow, written = table.run, table.workflow, table.written
    with _scan_errors_named(run, workflow):
        run.before_publishing.wait()
        report_conversions(run, run.watch.failures())
        require_control_totals(run, workflow, written.audit.rows)
        table.gate.judge()
    if written.audit.rows == 0:
        LOG.warning('No rows are left for %s%s.', table.target.name, '; those of other files stay' if _is_by_file(
            workflow) else '; the partition becomes empty')
    _compare_rows(run, workflow, table.target, written.audit.rows)
    if changes := column_changes(table.before, [name for name in without_mark(table.df).columns
                                                if name not in table.target.key_names]):
        run.notices.append(changes)
        LOG.warning('%s', changes)


def publish_table(table: StagedCleanseTable) -> Published:
    """Publish the rows as the partition of this load, and quarantine rows; record what was written."""
    run = table.run
    with _scan_errors_named(run, table.workflow):
        table.gate.settle(table.written)
    published = table.written.publish()
    run.record_sentences(NOTICES, run.notices)
    record_row_counts(run, table.workflow, table.gate, published.audit.rows)
    run.record_publication(without_mark(table.df), published)
    record_changes(run, table.before, table.target)
    table.gate.remember()
    return published


def _scan_errors_named(run: CleanseRun, workflow: Workflow) -> AbstractContextManager[None]:
    """Name the file in errors of a scan: damaged pages of a file come to light only when it is read to its end."""
    return read_errors_named(source_file(run), source_address(run), workflow.input, scans_only=True)


def _is_by_file(workflow: Workflow) -> bool:
    return workflow.input.load_mode == 'by_file'


def _compare_rows(run: CleanseRun, workflow: Workflow, target: Target, rows: int) -> None:
    """Tell how many rows the load replaces; raises DataError when the workflow allows no such change."""
    by_file = _is_by_file(workflow)
    before = find_partition(target.database, target.table, run.load.partition)
    change = row_change(before, target.name, target.source_file, rows, by_file, target.file_key)
    require_row_change(change, workflow.input.max_row_change)
    if change is not None and (change.others or change.before != change.after):
        run.notices.append(str(change))
        LOG.warning('%s', change)
        run.lineage.update_lineage(None, run.load.source_key, 'rowchange', table=target.name,
                                   before=change.before, after=change.after)
