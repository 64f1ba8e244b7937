"""Runs a workflow's quality rules on a frame, under the name that users' own code imports."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pyspark.sql import DataFrame

from lake_etl.config.quality_rules import QualityRules, parse_quality
from lake_etl.errors import ConfigurationError
from lake_etl.quality.alone import check_alone
from lake_etl.syntax.records import Findings


class DataQualityCheck:
    """Checks frames against the rules of a workflow; the jobs do the same while they write."""

    def __init__(self, rules: QualityRules | Mapping[str, Any] | None, partition: Sequence[str],
                 args: Mapping[str, Any], lineage: Any, sc: Any = None):
        self.rules = rules
        self.partition = partition
        self.args = args
        self.lineage = lineage
        self.spark_context = sc

    def run_data_quality(self, df: DataFrame, rules: QualityRules | Mapping[str, Any] | None,
                         stage: str) -> DataFrame:
        """Return the rows that may go on after `before_transform`, `after_transform` or `after_sparksql`.

        Evaluates the rules now, records their results and publishes the rows that are set aside. `rules` may be the
        content of a rules file. Raises QualityError when the rows must not be published.
        """
        parsed = rules if rules is None or isinstance(rules, QualityRules) else self._parsed(rules)
        return check_alone(df, parsed, stage, tuple(self.partition), self.args, self.lineage)

    def _parsed(self, rules: Mapping[str, Any]) -> QualityRules | None:
        findings = Findings(f'rules of {self.args.get("source_key", "a workflow")}')
        parsed = parse_quality(rules, findings)
        if findings.problems:
            raise ConfigurationError(findings.problems)
        return parsed
