"""Evaluates rules with AWS Glue Data Quality, whose library exists only on AWS Glue."""
from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from lake_etl.errors import LakeError
from lake_etl.ports import RuleAnswer, RulesetAnswer
from lake_etl.spark.columns import column
from lake_etl.spark.helper_names import unused_name

FRAME_NAME = 'lake_rows'
# Column that AWS Glue adds to the rows: the texts of the rules that a row fails.
FAILED_RULES = 'DataQualityRulesFail'
RULE_OUTCOMES, ROW_OUTCOMES = 'ruleOutcomes', 'rowLevelOutcomes'


class GlueDataQuality:
    """The transform EvaluateDataQuality of AWS Glue."""

    def __init__(self) -> None:
        try:
            from awsglue.dynamicframe import DynamicFrame
            from awsgluedq.transforms import EvaluateDataQuality
        except ImportError:
            raise LakeError(
                'AWS Glue Data Quality was not found. It exists only on AWS Glue. Run the job there, or omit the job '
                'argument --data_quality_engine, so that the lake evaluates the rules.') from None
        self._frame_type = DynamicFrame
        self._transform = EvaluateDataQuality

    def evaluate(self, df: DataFrame, ruleset: str, rows_of: Sequence[int], name: str) -> RulesetAnswer:
        """Evaluate the rules, and let AWS Glue publish metrics and results under the name."""
        # The job has already created the context.
        from awsglue.context import GlueContext
        context = GlueContext(df.sparkSession.sparkContext)
        evaluated = self._transform().process_rows(
            frame=self._frame_type.fromDF(df, context, FRAME_NAME), ruleset=ruleset,
            publishing_options={'dataQualityEvaluationContext': name.replace('.', '_'),
                                'enableDataQualityCloudWatchMetrics': True,
                                'enableDataQualityResultsPublishing': True},
            additional_options={'performanceTuning.caching': 'CACHE_NOTHING'})
        outcomes = evaluated.select(RULE_OUTCOMES).toDF().collect()
        marked, failed_column = marked_rows(evaluated.select(ROW_OUTCOMES).toDF(), df.columns,
                                            {outcomes[index]['Rule']: index for index in rows_of})
        counted = marked.agg(F.count(F.lit(1)), F.count(F.when(F.size(column(failed_column)) > 0, 1))).collect()[0]
        return RulesetAnswer(marked, failed_column, counted[0], counted[1], tuple(map(rule_answer, outcomes)))


def marked_rows(rows: DataFrame, names: Sequence[str], wanted: Mapping[str, int]) -> tuple[DataFrame, str]:
    """Return the rows with their own columns and the indexes of the wanted rules that each row fails.

    wanted  index of each rule, by its text as AWS Glue writes it
    """
    failed = unused_name(rows.schema, 'failed_rules')
    indexes = F.create_map(*(F.lit(item) for pair in wanted.items() for item in pair)) if wanted else None
    found = (F.array().cast('array<int>') if indexes is None else
             F.filter(F.transform(column(FAILED_RULES), lambda text: F.try_element_at(indexes, text)), F.isnotnull))
    marked = rows.withColumn(failed, F.coalesce(found, F.array().cast('array<int>')))
    return marked.select(*map(column, names), column(failed)), failed


def rule_answer(outcome: Row) -> RuleAnswer:
    """Return the outcome of one rule, with those metrics that are finite numbers."""
    metrics: Mapping[str, Any] = outcome['EvaluatedMetrics'] or {}
    return RuleAnswer(outcome['Outcome'] == 'Passed', outcome['FailureReason'] or '',
                      {name: float(value) for name, value in metrics.items()
                       if value is not None and math.isfinite(value)})
