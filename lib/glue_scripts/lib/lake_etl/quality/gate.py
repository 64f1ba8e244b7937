"""Checks the rows of a load at each stage, and decides whether they are published before readers see them."""
from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from pyspark.sql import DataFrame

from lake_etl import runtime
from lake_etl.column_lineage.rule_sources import mapped_origins, origins_after_steps
from lake_etl.config.quality_rules import QualityRules, StageRules
from lake_etl.config.transform_steps import TransformStep
from lake_etl.controls.run_records import QUARANTINE_OPERATION
from lake_etl.dqdl.rule_types import has_row_outcome
from lake_etl.dqdl.syntax_tree import Rule
from lake_etl.ports import FailedRule, QualityReport
from lake_etl.publish.failed_rows import is_marked
from lake_etl.publish.openlineage import RuleAssertion
from lake_etl.publish.staged import StagedFiles
from lake_etl.publish.target import PartitionValues
from lake_etl.quality.gated_load import GatedLoad
from lake_etl.quality.protection import Protection, hide_everything, plan_protection
from lake_etl.quality.quarantine import Emptying, QuarantineTable, empty_quarantine, plan_emptying
from lake_etl.quality.row_origin import StageOrigin, TrackedRows
from lake_etl.quality.stage_gate import StageGate
from lake_etl.quality.stage_result import RuleResult, StageResult, refuse_bad_data, result_items
from lake_etl.spark.helper_names import without_hidden
from lake_etl.spark.materialize import compute
from lake_etl.spark.source_rows import POSITION, without_tracking
from lake_etl.transform.registry import AnyTransform, UserTransform, protecting_transforms

BEFORE_TRANSFORM, AFTER_SPARKSQL = 'before_transform', 'after_sparksql'


class QualityGate:
    """Checks the stages of one load.

    steps       of the workflow between the stages; None when they are not known
    transforms  by name
    at_once     whether `check` evaluates rules immediately instead of while the rows are written
    """

    def __init__(self, load: GatedLoad, rules: QualityRules | None, steps: Sequence[TransformStep] | None = (),
                 transforms: Mapping[str, AnyTransform] | None = None, at_once: bool = False):
        self._load = load
        self._rules = rules or QualityRules()
        self._steps = steps
        self._transforms = transforms or {}
        self._at_once = at_once
        self._checks: list[StageGate] = []
        self._without_rules: list[tuple[DataFrame, QuarantineTable]] = []
        self._results: list[StageResult] = []
        self._judged = False
        self._source_rows: TrackedRows | None = None
        self._mapped: list[str] = []

    def track(self, read: DataFrame) -> None:
        """Let quarantined rows tell where they come from, by the columns that track the rows of the source."""
        if POSITION in read.columns:
            self._source_rows = TrackedRows(read)

    def check(self, df: DataFrame, stage: str) -> DataFrame:
        """Return the rows that may continue; `settle` records what the rules found and acts on it.

        After the last stage the result may include failing rows, marked: one pass writes all rows, then they are
        quarantined.

        The rules are evaluated while the rows are computed for the table. If a later step may read the
        rows earlier, or Spark may compute them twice for sorting, they are evaluated immediately.
        """
        rules: StageRules = getattr(self._rules, stage)
        visible = without_hidden(df)
        quarantine = self._quarantine(visible, stage)
        if rules == StageRules():
            self._without_rules.append((visible, quarantine))
            return self._onward(df, stage)
        check = StageGate(df, stage, rules, self._load, quarantine,
                          may_mark=not self._at_once and stage != BEFORE_TRANSFORM)
        self._checks.append(check)
        if self._at_once or stage == BEFORE_TRANSFORM and not self._observes_on_the_way():
            compute(check.onward)
        return self._onward(check.onward, stage)

    def _onward(self, df: DataFrame, stage: str) -> DataFrame:
        """Return the rows without the columns that track them, unless a later stage or the marked rows need them."""
        tracked = self._rules.after_transform.quarantine_rules if stage == BEFORE_TRANSFORM else is_marked(df)
        return df if tracked else without_tracking(df)

    def judge(self) -> None:
        """Record what the rules found; raises QualityError when the rows must not be published.

        Called when the rows have been staged, or computed, and readers do not see them yet.
        """
        self._results = [check.result() for check in self._checks]
        self._judged = True
        for result in self._results:
            self._report(result)
        refuse_bad_data(self._load.dataset, self._results)

    def settle(self, written: StagedFiles | None = None) -> Collection[PartitionValues]:
        """Judge the rows unless that is done, and quarantine rows; return the partitions whose rows these are.

        Raises QualityError as `judge` does; then nothing is published.

        written  the staged load; None where the rows are not written
        """
        if not self._judged:
            self.judge()
        filled: set[PartitionValues] = set()
        for check, result in zip(self._checks, self._results, strict=True):
            # Steps after the first stage may add or remove rows.
            filled.update(check.quarantine_failed(result, None if check.stage == BEFORE_TRANSFORM else written))
            self._record(check, result)
        for df, quarantine in self._without_rules:
            emptying = plan_emptying(quarantine.target, self._load)
            if emptying is not Emptying.CREATE_TABLE:
                empty_quarantine(emptying, df.limit(0), quarantine.target, self._load,
                                 written.partitions if written else ())
        return filled

    def quarantined(self, stage: str | None = None) -> int:
        """Return the rows that fail a rule of quarantine at a stage, or at all of them; known after `judge`."""
        return sum(result.failed for result in self._results if stage in (None, result.stage))

    def remember(self) -> None:
        """Store the metrics for rules of later loads; called when readers see the rows."""
        for result in self._results:
            self._load.history(result.stage).remember(result.metrics, self._load.now)

    def _quarantine(self, df: DataFrame, stage: str) -> QuarantineTable:
        clear = stage == BEFORE_TRANSFORM and self._rules.quarantine_clear
        protection = self._protection(df.columns) if stage == BEFORE_TRANSFORM and not clear else Protection()
        return QuarantineTable(self._load.quarantine(stage, clear), protection, self._transforms,
                               self._origin(df, stage, protection))

    def _origin(self, df: DataFrame, stage: str, protection: Protection) -> StageOrigin | None:
        if stage == BEFORE_TRANSFORM:
            self._mapped = df.columns
        if stage == AFTER_SPARKSQL:
            return None
        if stage == BEFORE_TRANSFORM:
            origins = mapped_origins(self._mapped)
        else:
            origins, protection = origins_after_steps(self._mapped, self._steps), self._protection(self._mapped)
        return StageOrigin(self._load.target.source_file, self._source_rows, origins, protection, self._transforms)

    def _protection(self, columns: Sequence[str]) -> Protection:
        if self._steps is None:
            return hide_everything(columns)
        return plan_protection(self._steps, protecting_transforms(self._transforms), columns)

    def _observes_on_the_way(self) -> bool:
        """Tell whether metrics observed before the steps stay valid."""
        transforms = [self._transforms[step.name] for step in self._steps or ()]
        return not any(isinstance(item, UserTransform) or item.moves_rows for item in transforms)

    def _report(self, result: StageResult) -> None:
        """Record the results and publish the quality report."""
        load = self._load
        observer = getattr(load.lineage, 'observer', None)
        if observer is not None:
            observer.note_rules([_assertion(item) for item in result.rule_results])
        table = str(load.args.get('dq_results_table', ''))
        if table:
            runtime.items(table).put_all(table, result_items(result, load.execution_id, load.args))
        runtime.quality_reports().publish(QualityReport(
            load.target.database, load.target.table, result.stage, load.execution_id, result.rows, result.failed,
            len(result.rule_results) - len(result.failures),
            tuple(FailedRule(item.action, str(item.outcome.rule)) for item in result.failures)))

    def _record(self, check: StageGate, result: StageResult) -> None:
        if check.quarantines_rows and self._load.lineage is not None:
            self._load.lineage.update_lineage(
                None, self._load.dataset, QUARANTINE_OPERATION, stage=result.stage, table=check.quarantine.target.name,
                rows=result.rows, quarantined=result.failed)


def _assertion(item: RuleResult) -> RuleAssertion:
    """Return the outcome of a rule as OpenLineage events hold it."""
    rule = item.outcome.rule
    column = ''
    if isinstance(rule, Rule) and len(rule.parameters) == 1 and rule.type != 'CustomSql' and has_row_outcome(rule):
        column = rule.parameters[0].value.lower()
    return RuleAssertion(rule=str(rule), passed=item.outcome.passed, column=column)
