"""Chooses what evaluates the rules: the lake itself, or AWS Glue Data Quality where a job asks for it."""
from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

from pyspark.sql import DataFrame

from lake_etl import runtime
from lake_etl.dqdl.syntax_tree import AnyRule, Document
from lake_etl.errors import LakeError
from lake_etl.quality.evaluation.evaluate import observe_rules
from lake_etl.quality.evaluation.outcomes import EvaluationContext, QualityCounts, RuleOutcome
from lake_etl.spark.helper_names import without_hidden

ARGUMENT = 'data_quality_engine'
LAKE, GLUE = 'lake', 'glue'


class EvaluatedRows(Protocol):
    """Rows whose rules have been evaluated once the rows are computed.

    rows           the rows with the column `failed_column`
    failed_column  indexes of the rules in `rows_of` that the row fails
    """

    @property
    def rows(self) -> DataFrame: ...

    @property
    def failed_column(self) -> str: ...

    def outcomes(self) -> tuple[RuleOutcome, ...]:
        """Return the outcomes in the order of the rules; the rows must have been computed."""

    def counts(self) -> QualityCounts:
        """Return how many rows there were and how many failed; the rows must have been computed."""


def evaluate_rows(df: DataFrame, rules: Sequence[AnyRule], context: EvaluationContext, rows_of: Collection[int],
                  args: Mapping[str, Any], name: str) -> EvaluatedRows:
    """Return the rows checked by the engine that the job argument names; `name` is how AWS Glue publishes metrics."""
    engine = args.get(ARGUMENT, LAKE)
    if engine == LAKE:
        return observe_rules(df, rules, context, rows_of)
    if engine == GLUE:
        return _EvaluatedByGlue(without_hidden(df), rules, rows_of, name)
    raise LakeError(f"Job argument --{ARGUMENT} is '{engine}', expected {LAKE} or {GLUE}.")


class _EvaluatedByGlue:
    """Rows that AWS Glue has already evaluated."""

    def __init__(self, df: DataFrame, rules: Sequence[AnyRule], rows_of: Collection[int], name: str):
        answer = runtime.ruleset_engine().evaluate(df, str(Document(tuple(rules))), sorted(rows_of), name)
        if len(answer.rules) != len(rules):
            raise LakeError(f'AWS Glue Data Quality was asked about {len(rules)} rules and answered about '
                            f'{len(answer.rules)}. Nothing was published; leave --{ARGUMENT} out to have the lake '
                            'evaluate them.')
        self.rows, self.failed_column = answer.rows, answer.failed_column
        self._counts = QualityCounts(answer.counted, answer.failed)
        self._outcomes = tuple(RuleOutcome(rule, item.passed, item.reason, item.metrics)
                               for rule, item in zip(rules, answer.rules, strict=True))

    def outcomes(self) -> tuple[RuleOutcome, ...]:
        """Return the outcomes in the order of the rules."""
        return self._outcomes

    def counts(self) -> QualityCounts:
        """Return how many rows there were and how many failed."""
        return self._counts
