"""Runs a workflow's quality rules at their place in a job."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pyspark.sql import DataFrame

from lake_etl.errors import LakeError
from lake_etl.spec.quality import QualityRules


class DataQualityCheck:
    """Checks frames against the rules of a workflow."""

    def __init__(self, rules: QualityRules | None, partition: Sequence[str], args: Mapping[str, Any], lineage: Any,
                 sc: Any = None):
        self.rules = rules
        self.partition = partition
        self.args = args
        self.lineage = lineage
        self.spark_context = sc

    def run_data_quality(self, df: DataFrame, rules: QualityRules | None, stage: str) -> DataFrame:
        """Return the rows that may go on after `before_transform`, `after_transform` or `after_sparksql`.

        Rules cannot be evaluated yet. Raises LakeError when the stage has any: unchecked data is never published.
        """
        stage_rules = getattr(rules, stage) if rules else None
        count = sum(len(kind) for kind in (stage_rules.warn_rules, stage_rules.quarantine_rules,
                                           stage_rules.halt_rules)) if stage_rules else 0
        if count:
            raise LakeError(f'The workflow {self.args.get("source_key", "")} has {count} quality rules for the stage '
                            f'{stage}, and this version evaluates none. Nothing was published. Take the rules out of '
                            'dq-rules to load without them.')
        return df
