"""The documented surface of EvaluateDataQuality: frames by name, with answers that are laid down beforehand."""
from __future__ import annotations

from typing import Any

from awsglue.dynamicframe import DynamicFrame, DynamicFrameCollection


class EvaluateDataQuality:
    """Keeps what it is asked in `asked` and answers with the rows of `rules` and `marks`."""

    asked: dict[str, Any] = {}
    rules: list[tuple[Any, ...]] = []
    marks = ''

    def process_rows(self, frame: DynamicFrame, ruleset: str, publishing_options: dict[str, Any],
                     additional_options: dict[str, Any]) -> DynamicFrameCollection:
        """Return the outcomes of the rules, and the rows with those that each fails."""
        EvaluateDataQuality.asked = {'ruleset': ruleset, 'publishing': publishing_options,
                                     'additional': additional_options}
        outcomes = frame.toDF().sparkSession.createDataFrame(
            self.rules, 'Rule string, Outcome string, FailureReason string, EvaluatedMetrics map<string,double>')
        rows = frame.toDF().selectExpr(
            '*', 'array() AS DataQualityRulesPass', f'{self.marks} AS DataQualityRulesFail',
            'array() AS DataQualityRulesSkip', "'Passed' AS DataQualityEvaluationResult")
        return DynamicFrameCollection({'ruleOutcomes': DynamicFrame(outcomes), 'rowLevelOutcomes': DynamicFrame(rows)})
