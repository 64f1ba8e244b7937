"""Checks the rows of one stage on their way: what was found is known once the rows have been computed."""
from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lake_etl.config.quality_rules import StageRules
from lake_etl.publish.failed_rows import MOST_RULES, mark_failed_rows, unmark_failed_rows
from lake_etl.publish.staged import Staged
from lake_etl.publish.target import PartitionValues, Target
from lake_etl.quality.checked_load import CheckedLoad
from lake_etl.quality.engine import check_rows
from lake_etl.quality.quarantine import empty_quarantine, explained, stage_quarantine
from lake_etl.quality.stage_result import ACTIONS, QUARANTINE, Judgement, StageResult, require_complete
from lake_etl.spark.columns import column
from lake_etl.spark.helper_names import without_hidden
from lake_etl.spark.observations import compute, is_known


@dataclass(frozen=True)
class Quarantine:
    """Where the rows of a stage are set aside, and how personal data in them is hidden."""

    target: Target
    hide: Callable[[DataFrame], DataFrame]


class StageCheck:
    """The rules of a stage and the rows they look at, once for everything: measuring, marking, leaving out.

    sets_aside  whether the stage has rules of quarantine
    onward      the rows that go on, and where they are marked those to set aside, too
    """

    def __init__(self, df: DataFrame, stage: str, rules: StageRules, load: CheckedLoad, quarantine: Quarantine,
                 may_mark: bool):
        self.stage = stage
        self.quarantine = quarantine
        self.sets_aside = bool(rules.quarantine_rules)
        self._marks = may_mark and 0 < len(rules.quarantine_rules) <= MOST_RULES
        self._df = df
        self._load = load
        self._actions = [ACTIONS[key] for key in ACTIONS for _ in getattr(rules, key)]
        self._rules = [rule for key in ACTIONS for rule in getattr(rules, key)]
        self._evaluate()

    def _evaluate(self) -> None:
        """Prepare the rows that go on; what is observed in them is known when they are computed."""
        setting_aside = [index for index, action in enumerate(self._actions) if action == QUARANTINE]
        self._checked = check_rows(self._df, self._rules, self._load.context(self.stage), setting_aside,
                                   self._load.args, f'{self._load.target.name}.{self.stage}')
        rows, failed = self._checked.rows, self._checked.failed_column
        if self._marks:
            self.onward = mark_failed_rows(rows, failed)
        else:
            self.onward = (rows.where(F.size(column(failed)) == 0) if self.sets_aside else rows).drop(failed)

    def result(self) -> StageResult:
        """Return what was found; the table that the rows go to must have been computed."""
        if not is_known(self._checked.counts):
            self._evaluate()
            compute(self.onward)
        counts = self._checked.counts()
        judgements = tuple(map(Judgement, self._actions, self._checked.outcomes()))
        return StageResult(self.stage, counts.rows, counts.failed, judgements)

    def quarantine_failed(self, result: StageResult, written: Staged | None) -> Collection[PartitionValues]:
        """Publish the rows that failed to the quarantine and return the partitions they fill.

        written  the staged load whose rows passed this stage; without it, failed rows are computed in a second pass
        Raises QualityError unless every row went on or is quarantined.
        """
        if not self.sets_aside:
            return ()
        passed = written.audit.rows if written else result.rows - result.failed
        filled = written.partitions if written else ()
        target, failed = self.quarantine.target, self._checked.failed_column
        if not result.failed:
            require_complete(result, passed, 0)
            empty_quarantine(lambda: self._failing(self._checked.rows.limit(0)), target, self._load, filled)
            return ()
        if written and written.failed_rows is not None:
            rows = unmark_failed_rows(written.failed_rows, failed)
        else:
            rows = self._checked.rows.where(F.size(column(failed)) > 0)
        with stage_quarantine(self._failing(rows), target, self._load, filled) as quarantined:
            require_complete(result, passed, quarantined.audit.rows)
            return quarantined.publish().partitions

    def _failing(self, rows: DataFrame) -> DataFrame:
        rules = list(map(str, self._rules))
        return self.quarantine.hide(explained(without_hidden(rows), self._checked.failed_column, rules, self._load))
