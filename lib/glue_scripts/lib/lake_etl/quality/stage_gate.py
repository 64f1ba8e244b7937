"""Evaluates the rules of one stage while its rows are computed, and quarantines the rows that fail."""
from __future__ import annotations

from collections.abc import Collection

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lake_etl.config.quality_rules import StageRules
from lake_etl.publish.failed_rows import MOST_RULES, mark_failed_rows, unmark_failed_rows
from lake_etl.publish.staged import StagedFiles
from lake_etl.publish.target import PartitionValues
from lake_etl.quality.engine import evaluate_rows
from lake_etl.quality.gated_load import GatedLoad
from lake_etl.quality.quarantine import (
    QuarantineTable, empty_quarantine, plan_emptying, stage_quarantine, with_failed_rules)
from lake_etl.quality.stage_result import ACTIONS, QUARANTINE, RuleResult, StageResult, require_complete
from lake_etl.spark.columns import column
from lake_etl.spark.materialize import compute, observed


class StageGate:
    """The rules of a stage and its rows: measures, marks or filters the rows, and quarantines those that fail.

    quarantines_rows  whether the stage has rules of quarantine
    onward      the rows that continue; if rows are marked, also those to quarantine
    """

    def __init__(self, df: DataFrame, stage: str, rules: StageRules, load: GatedLoad, quarantine: QuarantineTable,
                 may_mark: bool):
        self.stage = stage
        self.quarantine = quarantine
        self.quarantines_rows = bool(rules.quarantine_rules)
        self._marks = may_mark and 0 < len(rules.quarantine_rules) <= MOST_RULES
        self._df = df
        self._load = load
        self._actions = [ACTIONS[key] for key in ACTIONS for _ in getattr(rules, key)]
        self._rules = [rule for key in ACTIONS for rule in getattr(rules, key)]
        self._evaluate()

    def _evaluate(self) -> None:
        """Prepare the rows that continue; their metrics are known once they are computed."""
        quarantining = [index for index, action in enumerate(self._actions) if action == QUARANTINE]
        self._evaluated = evaluate_rows(self._df, self._rules, self._load.context(self.stage), quarantining,
                                        self._load.args, f'{self._load.target.name}.{self.stage}')
        rows, failed = self._evaluated.rows, self._evaluated.failed_column
        if self._marks:
            self.onward = mark_failed_rows(self.quarantine.protect_tracking(rows, failed, self._load), failed)
        else:
            self.onward = (rows.where(F.size(column(failed)) == 0) if self.quarantines_rows else rows).drop(failed)

    def result(self) -> StageResult:
        """Return what was found; the table that the rows go to must have been computed."""
        if observed(self._evaluated.counts) is None:
            self._evaluate()
            compute(self.onward)
        counts = self._evaluated.counts()
        rule_results = tuple(map(RuleResult, self._actions, self._evaluated.outcomes()))
        return StageResult(self.stage, counts.rows, counts.failed, rule_results)

    def quarantine_failed(self, result: StageResult, written: StagedFiles | None) -> Collection[PartitionValues]:
        """Publish the rows that failed to the quarantine and return the partitions they fill.

        written  the staged load whose rows passed this stage; without it, failed rows are computed in a second pass
        Raises QualityError unless every row went on or is quarantined.
        """
        if not self.quarantines_rows:
            return ()
        passed = written.audit.rows if written else result.rows - result.failed
        filled = written.partitions if written else ()
        target, failed = self.quarantine.target, self._evaluated.failed_column
        if not result.failed:
            require_complete(result, passed, 0)
            emptying = plan_emptying(target, self._load)
            no_rows = self._evaluated.rows.limit(0)
            empty_quarantine(emptying, self._failing(no_rows, empty=True) if emptying.needs_columns else no_rows,
                             target, self._load, filled)
            return ()
        if written and written.failed_rows is not None:
            rows = unmark_failed_rows(written.failed_rows, failed)
        else:
            rows = self._evaluated.rows.where(F.size(column(failed)) > 0)
            rows = self.quarantine.protect_tracking(rows, failed, self._load)
        with stage_quarantine(self._failing(rows), target, self._load, filled) as quarantined:
            require_complete(result, passed, quarantined.audit.rows)
            return quarantined.publish().partitions

    def _failing(self, rows: DataFrame, empty: bool = False) -> DataFrame:
        """Return failing rows as the quarantine holds them; `empty` says that there are none."""
        failed = self._evaluated.failed_column
        origin = self.quarantine.origin_columns(rows, failed, self._rules, self._load, empty)
        explained = with_failed_rules(rows, failed, list(map(str, self._rules)), self._load, origin)
        return self.quarantine.protect(explained, self._load)
